"""The gateway under measurement: `derivato run` as a process, its control socket by asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from firmware.ops import orders
from firmware.ops.orders import SimOrder

Start = Callable[[Sequence[str]], int]
_SITE = """\
[site]
id = "bench"
name = "Bench"
time_zone = "Europe/Rome"
[board]
name = "sim"
fxs = {count}
rings_at_once = {count}
[sip]
bind = "{bind}"
port = {port}
rtp_ports = [{rtp}, {rtp_end}]
[trunks.pbx]
probe_s = 0
servers = ["{server}"]
[dialplan]
internal = ["9", "2xx", "3xx"]
"""
_LINE = '[lines.l{n}]\nport = "fxs{n}"\nextension = "{extension}"\n'
_RTP_PER_LINE = 8


class Program:
    """A program started for a measurement; ended by its id, also when we die."""

    def __init__(self, argv: Sequence[str], *, log: Path, cwd: Path | None = None) -> None:
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
            )
        self.log = log
        self.pid = self._child.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._child.poll()

    def stop(self, grace: float = 10.0) -> int:
        """SIGTERM, SIGKILL after `grace` seconds."""
        if self._child.poll() is None:
            self._child.terminate()
        try:
            return self._child.wait(grace)
        except subprocess.TimeoutExpired:
            self._child.kill()
            return self._child.wait()

    def tail(self) -> str:
        """The last lines of its output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


class Box:
    """A running gateway with simulated lines l1, l2 …, extensions 601, 602 ….

    Every event of the event stream goes to `events` (with `seen_ns`, when it came here), and
    wakes `until`. Make it with `running`.
    """

    def __init__(self, program: Program, session: aiohttp.ClientSession) -> None:
        self.program = program
        self.events: list[dict[str, Any]] = []
        self._session = session
        self._news = asyncio.Condition()

    async def sim(self, line: str, order: SimOrder) -> Mapping[str, Any]:
        """Give an order to a telephone; returns when it is done."""
        url = f"http://box/lines/{line}/sim"
        async with self._session.post(url, json=orders.encode(order)) as response:
            answer: dict[str, Any] = await response.json()
            if response.status != 200:
                raise RuntimeError(f"{line} {order}: {answer}\n{self.program.tail()}")
            return answer

    async def get(self, what: str) -> Mapping[str, Any]:
        """Ask the control socket."""
        async with self._session.get(f"http://box/{what}") as response:
            answer: dict[str, Any] = await response.json()
            return answer

    async def listen(self, ready: asyncio.Event) -> None:
        """Collect events until cancelled."""
        async with self._session.get("http://box/events") as response:
            ready.set()
            async for line in response.content:
                event = json.loads(line)
                event["seen_ns"] = time.monotonic_ns()
                self.events.append(event)
                async with self._news:
                    self._news.notify_all()

    async def until(
        self, kind: str, *, since: int, within_s: float = 5.0, **fields: object
    ) -> dict[str, Any]:
        """Wait for an event after the first `since` ones that has these fields."""
        at = since

        def found() -> dict[str, Any] | None:
            nonlocal at
            for event in self.events[at:]:
                if event["event"] == kind and fields.items() <= event.items():
                    return event
            at = len(self.events)
            return None

        async with self._news:
            try:
                event = await asyncio.wait_for(self._news.wait_for(found), within_s)
            except TimeoutError:
                last = self.events[since:][-6:]
                raise TimeoutError(f"no {kind} {fields} in {within_s} s; last: {last}") from None
        assert event is not None
        return event


def free_port() -> int:
    """A UDP port of loopback that nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def site(*, lines: int, bind: str, port: int, server: str) -> str:
    """Text of a site file; the ringing supply feeds all lines at once."""
    # Two runs on one machine must not take each other's ports.
    rtp = 33000 + 256 * (os.getpid() % 100)
    head = _SITE.format(
        count=lines,
        bind=bind,
        port=port,
        server=server,
        rtp=rtp,
        rtp_end=rtp + _RTP_PER_LINE * lines - 1,
    )
    return head + "".join(_LINE.format(n=n, extension=600 + n) for n in range(1, lines + 1))


@contextlib.asynccontextmanager
async def running(
    work: Path,
    text: str,
    *,
    module: str = "firmware",
    prefix: Sequence[str] = (),
    listening: bool = True,
) -> AsyncIterator[Box]:
    """Run the gateway of a site file; `module` may be an instrumented one.

    Its events are collected unless `listening` is off.
    """
    file, control = _site_file(work, text), work / "control"
    places = ["--site", str(file), "--socket", str(control), "--state", str(work / "state")]
    argv = [*prefix, sys.executable, "-m", module, "run", *places]
    program = Program(argv, log=work / "gateway.log")
    try:
        connector = aiohttp.UnixConnector(str(control), limit=0, force_close=True)
        forever = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(connector=connector, timeout=forever) as session:
            box = Box(program, session)
            await _ready(box)
            if not listening:
                yield box
                return
            begun = asyncio.Event()
            collecting = asyncio.create_task(box.listen(begun))
            await begun.wait()
            try:
                yield box
            finally:
                collecting.cancel()
    finally:
        code = await asyncio.to_thread(program.stop)
    if code != 0:
        raise RuntimeError(f"the gateway ended with {code}\n{program.tail()}")


def _site_file(work: Path, text: str) -> Path:
    work.mkdir(parents=True, exist_ok=True)
    file = work / "site.toml"
    file.write_text(text)
    return file


async def _ready(box: Box) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end and box.program.exit_code is None:
        try:
            await box.get("status")
        except aiohttp.ClientError:
            await asyncio.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the gateway did not start\n{box.program.tail()}")
