"""The daemon as a process: how it starts, is refused, reloads and ends."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from firmware.ops.client import Client, NotReachable

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not importlib.util.find_spec("pjsua2"), reason="pjsua2 is not installed"),
]

SITE = """\
[site]
id = "nido"
name = "Nido"
time_zone = "Europe/Rome"
[sip]
bind = "127.0.0.1"
port = {port}
[trunks.pbx]
servers = ["127.0.0.1:9"]
[lines.nido-1]
port = "fxs1"
extension = "201"
[board]
name = "sim"
"""


class Box:
    """A directory with a site file, and daemons that run from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = folder / "site.toml"
        self.socket = folder / "control.sock"
        self.log = folder / "log"
        self.write()

    def write(self, *, port: int = 0, more: str = "") -> None:
        self.site.write_text(SITE.format(port=port) + more)

    def start(self, *, socket: Path | None = None, **environment: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "firmware", "run", "--site", str(self.site)]
        command += ["--socket", str(socket or self.socket), "--state", str(self.folder / "state")]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, stderr=log, env=os.environ | environment)

    @contextmanager
    def running(self, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        process = self.start(**environment)
        try:
            self.until(lambda: bool(self.status()))
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()

    def status(self) -> dict[str, object]:
        try:
            return Client(self.socket).get("/status")
        except NotReachable:
            return {}

    def until(self, true: object, within_s: float = 20.0) -> None:
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            if true():  # type: ignore[operator]
                return
            time.sleep(0.05)
        pytest.fail(self.log.read_text())

    def said(self, text: str) -> bool:
        return text in self.log.read_text()


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_it_serves_and_ends_at_sigterm(box: Box) -> None:
    with box.running() as process:
        assert box.status()["site"] == "nido"
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert not box.socket.exists()


def test_systemd_is_told_when_it_is_ready_and_when_it_stops(box: Box) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
        manager.bind(str(box.folder / "notify"))
        manager.settimeout(20)
        with box.running(NOTIFY_SOCKET=str(box.folder / "notify")) as process:
            assert manager.recv(4096) == b"READY=1\nSTATUS=Nido in service"
            process.send_signal(signal.SIGTERM)
            assert manager.recv(4096).startswith(b"STOPPING=1")
            process.wait(15)


def test_a_second_daemon_is_refused_and_the_first_goes_on(box: Box) -> None:
    with box.running():
        second = box.start()
        assert second.wait(15) == 1
        assert box.said("another derivato answers there; stop it or use --socket")
        assert box.status()


def test_a_port_in_use_is_said_and_ends_it(box: Box) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as taken:
        taken.bind(("127.0.0.1", 0))
        box.write(port=taken.getsockname()[1])
        process = box.start()
        try:
            assert process.wait(15) == 1
        finally:
            process.kill()
            process.wait()
    assert box.said("cannot listen on udp 127.0.0.1")


def test_a_broken_site_file_ends_it_with_every_problem(box: Box) -> None:
    box.write(more='wrong = 1\n[lines.nido-2]\nport = "x"\n')
    assert box.start().wait(15) == 2
    assert box.said("board.wrong: unknown key")
    assert box.said("lines.nido-2.port:")


def test_a_broken_site_file_does_not_disturb_a_running_daemon(box: Box) -> None:
    with box.running() as process:
        before = box.status()["uptime_s"]
        box.write(more="wrong = 1\n")
        process.send_signal(signal.SIGHUP)
        box.until(lambda: box.said("site file not taken, the old one stays"))
        assert box.said("board.wrong: unknown key")
        assert box.status()["uptime_s"] >= before  # type: ignore[operator]


def test_a_new_site_file_is_taken_in_the_same_process(box: Box) -> None:
    with box.running() as process:
        box.write(more='[lines.nido-2]\nport = "fxs2"\nextension = "202"\n')
        process.send_signal(signal.SIGHUP)
        box.until(lambda: len(box.status().get("lines", [])) == 2)  # type: ignore[arg-type]
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def test_a_daemon_that_was_killed_leaves_nothing_in_the_way(box: Box) -> None:
    with box.running() as process:
        process.kill()
        process.wait()
    assert box.socket.exists()
    with box.running():
        assert box.status()


def test_an_applied_configuration_is_taken_and_goes_back_unconfirmed(box: Box) -> None:
    def derivato(*words: str) -> str:
        command = [sys.executable, "-m", "firmware", *words, "--config", str(box.folder / "config")]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout

    def named(name: str) -> bool:
        return bool(box.status()) and box.status()["name"] == name

    wanted = box.folder / "wanted.toml"
    text = box.site.read_text()
    wanted.write_text(text)
    derivato("apply", str(wanted))
    box.site = box.folder / "config" / "current" / "site.toml"
    with box.running():
        wanted.write_text(text.replace("Nido", "Nido nuovo"))
        out = derivato("apply", str(wanted), "--confirm-within", "8s", "--socket", str(box.socket))
        assert "version 2 is in force; the daemon takes it now" in out
        box.until(lambda: named("Nido nuovo"))
        box.until(lambda: named("Nido"), 40.0)
        assert box.said("not confirmed in time: back to configuration 1")
        derivato("apply", str(wanted), "--confirm-within", "1h", "--socket", str(box.socket))
        derivato("confirm")
        box.until(lambda: named("Nido nuovo"))
    assert "in force" in derivato("history")
