import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest

from firmware.ops import control
from firmware.ops.client import Client, NotReachable
from firmware.ops.control import Json
from firmware.ops.orders import (
    BadOrder,
    Dial,
    Flash,
    NoSuchLine,
    OffHook,
    OrderRefused,
    Play,
    SimOrder,
)
from firmware.ops.stream import Stream


class Building:
    """A gateway that is not there."""

    def __init__(self) -> None:
        self.stream = Stream()
        self.orders: list[tuple[str, SimOrder]] = []
        self.cancelled = asyncio.Event()

    def status(self) -> Json:
        return {"site": "nido", "name": "Nido di Sovigliana è aperto"}

    def lines(self) -> list[Json]:
        return [{"line": "nido-1"}]

    def calls(self, limit: int) -> Json:
        return {"active": [], "recent": [{"call": str(n)} for n in range(limit)]}

    def trunks(self) -> list[Json]:
        raise RuntimeError("broken")

    async def sim(self, line: str, order: SimOrder) -> Json:
        if line != "nido 1/à":
            raise NoSuchLine(f"no line called {line}")
        self.orders.append((line, order))
        match order:
            case Flash():
                raise OrderRefused("cannot flash: the handset is on-hook")
            case Play():
                try:
                    await asyncio.sleep(3600)
                finally:
                    self.cancelled.set()
        return {"done": True}

    def test_line(self, line: str) -> AsyncIterator[Json]:
        if line == "in use":
            raise OrderRefused("in use is in use; hang up and try again")
        if line != "nido 1/à":
            raise NoSuchLine(f"no line called {line}")
        return self._steps()

    async def _steps(self) -> AsyncIterator[Json]:
        yield {"ask": "lift it"}
        await asyncio.sleep(0)
        yield {"test": "hook", "outcome": "pass", "seen": "the loop closed", "look": []}

    def subscribe(self) -> AbstractContextManager[AsyncIterator[Json]]:
        return self.stream.subscribe()


@pytest.fixture
def building() -> Building:
    return Building()


@pytest.fixture
async def client(building: Building, tmp_path: Path) -> AsyncIterator[Client]:
    path = tmp_path / "control.sock"
    async with control.serve(building, path):
        yield Client(path)
    assert not path.exists()


async def test_questions_are_answered_with_schema(client: Client) -> None:
    status = await asyncio.to_thread(client.get, "/status")
    assert status == {
        "schema": "derivato.status/1",
        "site": "nido",
        "name": "Nido di Sovigliana è aperto",
    }
    lines = await asyncio.to_thread(client.get, "/lines")
    assert lines == {"schema": "derivato.lines/1", "lines": [{"line": "nido-1"}]}
    calls = await asyncio.to_thread(client.get, "/calls?limit=3")
    assert calls["schema"] == "derivato.calls/1"
    assert len(calls["recent"]) == 3  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", ["-1", "x", "10001", "9" * 5000, "%C2%B2"])
async def test_a_limit_that_is_none_is_refused(client: Client, limit: str) -> None:
    with pytest.raises(BadOrder):
        await asyncio.to_thread(client.get, f"/calls?limit={limit}")


async def test_orders_arrive_as_they_were_given(client: Client, building: Building) -> None:
    answer = await asyncio.to_thread(client.sim, "nido 1/à", Dial("112", pulse=True))
    assert answer == {"schema": "derivato.sim/1", "done": True}
    assert building.orders == [("nido 1/à", Dial("112", pulse=True))]


async def test_refusals_carry_the_reason(client: Client) -> None:
    with pytest.raises(OrderRefused, match="cannot flash: the handset is on-hook"):
        await asyncio.to_thread(client.sim, "nido 1/à", Flash())
    with pytest.raises(NoSuchLine, match="no line called esterna"):
        await asyncio.to_thread(client.sim, "esterna", OffHook())


async def test_a_failure_of_ours_is_said_without_details(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(OrderRefused, match="its log tells why"):
        await asyncio.to_thread(client.get, "/trunks")
    assert "RuntimeError: broken" in caplog.text


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST /lines/a/sim HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz", 400),
        (b"POST /lines/a/sim HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]", 400),
        (b"POST /lines/a/sim HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n\xff\xfe", 400),
        (
            b"POST /lines/a/sim HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n"
            + b"[" * 70_000,
            413,
        ),
        (b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"DELETE /status HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    ],
)
async def test_bad_requests_get_a_json_error(client: Client, request_: bytes, status: int) -> None:
    body = await asyncio.to_thread(_raw, client.path, request_)
    assert body.startswith(f"HTTP/1.1 {status} ".encode())
    content = json.loads(body.partition(b"\r\n\r\n")[2])
    assert content["schema"] == "derivato.error/1"
    assert content["error"]


def _raw(path: Path, request: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(5)
        wire.connect(str(path))
        wire.sendall(request.replace(b"Host: x", b"Host: x\r\nConnection: close"))
        return b"".join(iter(lambda: wire.recv(65536), b""))


async def test_events_are_told_to_all_who_listen(client: Client, building: Building) -> None:
    def listen() -> list[object]:
        with client.events() as events:
            building_loop.call_soon_threadsafe(building.stream.publish, "off-hook")
            return [next(events)]

    building_loop = asyncio.get_running_loop()
    (event,) = await asyncio.to_thread(listen)
    assert event == {"schema": "derivato.event/1", "event": "off-hook"}


async def test_the_daemon_stops_although_somebody_listens(
    building: Building, tmp_path: Path
) -> None:
    path = tmp_path / "control.sock"
    listening = asyncio.Event()
    loop = asyncio.get_running_loop()

    def listen() -> int:
        with Client(path).events() as events:
            loop.call_soon_threadsafe(listening.set)
            try:
                return len(list(events))
            except NotReachable:
                return 0

    async with asyncio.timeout(5):
        async with control.serve(building, path):
            task = asyncio.create_task(asyncio.to_thread(listen))
            await listening.wait()
        with suppress(NotReachable):
            await task


async def test_an_order_stops_when_who_gave_it_is_gone(client: Client, building: Building) -> None:
    def give_up() -> None:
        client.sim("nido 1/à", Play(Path("/speech.wav")), within_s=0.2)

    with pytest.raises(NotReachable, match="does not answer"):
        await asyncio.to_thread(give_up)
    await asyncio.wait_for(building.cancelled.wait(), 5)


def test_nobody_there_is_said_with_the_socket_that_was_tried(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with pytest.raises(NotReachable, match=f"{path}: no daemon runs here; start it with"):
        Client(path).get("/status")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with pytest.raises(NotReachable, match="the daemon is gone"):
        Client(path).get("/status")


async def test_a_line_is_tested_step_by_step(client: Client) -> None:
    def tested() -> list[Json]:
        with client.test_line("nido 1/à") as steps:
            return list(steps)

    steps = await asyncio.to_thread(tested)
    assert [step["schema"] for step in steps] == ["derivato.line-test/1"] * 2
    assert steps[0]["ask"] == "lift it"
    assert steps[1]["outcome"] == "pass"


@pytest.mark.parametrize(("line", "error"), [("no", NoSuchLine), ("in use", OrderRefused)])
async def test_a_line_that_cannot_be_tested_is_refused(client: Client, line, error) -> None:
    def refused() -> None:
        with client.test_line(line):
            pass

    with pytest.raises(error, match=line):
        await asyncio.to_thread(refused)
