import asyncio
import itertools
import os
import queue
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware.ops.service import Service, watchdog_s
from firmware.site.problems import Problem, SiteError

MARK = b"that is all for now"


class Manager:
    """The other end of $NOTIFY_SOCKET, read by a thread as systemd would: sd_notify blocks."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self._path)
        self._said: queue.Queue[bytes] = queue.Queue()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while text := self._socket.recv(4096):
            self._said.put(text)

    def told(self) -> list[str]:
        """What came since the last question."""
        self._socket.sendto(MARK, self._path)
        said = iter(lambda: self._said.get(timeout=5), MARK)
        return [line for text in said for line in text.decode().split("\n")]

    def close(self) -> None:
        self._socket.sendto(b"", self._path)
        self._thread.join()
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    path = tmp_path / "notify"
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    manager = Manager(path)
    yield manager
    manager.close()


async def fine() -> None:
    pass


def service(**changes: object) -> Service:
    counter = itertools.count()
    options: dict[str, object] = {
        "ticks": {"sip": lambda: next(counter)},
        "reload": fine,
        "environment": {"WATCHDOG_USEC": "30000"},
    }
    return Service(**(options | changes))  # type: ignore[arg-type]


async def test_ready_status_and_stopping_are_told(manager: Manager) -> None:
    served = service()
    async with served.running("Nido in service"):
        assert manager.told()[:2] == ["READY=1", "STATUS=Nido in service"]
        served.say("one call")
        served.say("one call")
        assert [text for text in manager.told() if text.startswith("STATUS")] == ["STATUS=one call"]
    assert "STOPPING=1" in manager.told()


async def test_the_watchdog_is_fed_while_all_make_progress(manager: Manager) -> None:
    async with service().running("ok"):
        await asyncio.sleep(0.1)
    assert manager.told().count("WATCHDOG=1") >= 3


async def test_the_watchdog_starves_when_a_thread_hangs(
    manager: Manager, caplog: pytest.LogCaptureFixture
) -> None:
    async with service(ticks={"sip": lambda: 7}).running("ok"):
        await asyncio.sleep(0.1)
    assert manager.told().count("WATCHDOG=1") == 1  # at the start nothing is known yet
    assert "no progress: sip" in caplog.text


async def test_without_a_watchdog_none_is_fed(manager: Manager) -> None:
    async with service(environment={}).running("ok"):
        await asyncio.sleep(0.02)
    assert "WATCHDOG=1" not in manager.told()


async def test_sighup_reads_the_site_file_again(manager: Manager) -> None:
    reloaded = asyncio.Event()

    async def reload() -> None:
        reloaded.set()

    async with service(reload=reload).running("ok"):
        manager.told()
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.wait_for(reloaded.wait(), 5)
        await asyncio.sleep(0)
        told = [text for text in manager.told() if text != "WATCHDOG=1"]
    assert told[0] == "RELOADING=1"
    assert told[1].startswith("MONOTONIC_USEC=")
    assert told[2:] == ["READY=1", "STATUS=site file read again"]


async def test_a_broken_site_file_changes_nothing_and_is_told(
    manager: Manager, caplog: pytest.LogCaptureFixture
) -> None:
    async def reload() -> None:
        raise SiteError((Problem("nido.toml", 3, "lines.a.port", "is missing", "write it"),))

    served = service(reload=reload)
    async with served.running("ok"):
        await served.reload()
        told = manager.told()
    assert "nido.toml:3: lines.a.port: is missing; write it" in caplog.text
    assert "STATUS=old site file in use; 1 problems in the new" in told
    assert "READY=1" in told


async def test_a_reload_that_fails_does_not_stop_the_daemon(
    manager: Manager, caplog: pytest.LogCaptureFixture
) -> None:
    async def reload() -> None:
        raise RuntimeError("no")

    served = service(reload=reload)
    async with served.running("ok"):
        await served.reload()
        assert not served.stop.is_set()
    assert "RuntimeError: no" in caplog.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signals_ask_it_to_stop(number: signal.Signals) -> None:
    served = service()
    async with served.running("ok"):
        os.kill(os.getpid(), number)
        await asyncio.wait_for(served.stop.wait(), 5)


async def test_away_from_systemd_it_works_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    async with service().running("ok"):
        await asyncio.sleep(0.02)


def test_how_soon_the_watchdog_bites() -> None:
    assert watchdog_s({}) is None
    assert watchdog_s({"WATCHDOG_USEC": "0"}) is None
    assert watchdog_s({"WATCHDOG_USEC": "soon"}) is None
    assert watchdog_s({"WATCHDOG_USEC": "15000000"}) == 15.0
    assert watchdog_s({"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": str(os.getpid())}) == 15.0
    assert watchdog_s({"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": "1"}) is None
