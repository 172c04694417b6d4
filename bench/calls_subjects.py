"""Programs that answer calls: the gateway, baresip, and pjsua of the same build as our pjsua2."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from firmware.ops.orders import OffHook, OnHook, Play
from tests.peers.roots import CACHE

from . import box
from .far import Address, Dialog, Far

HERE = Path(__file__).resolve().parents[1]
PJSUA = HERE / ".cache/bench/pjsua"
_START_S = 1.0


@dataclass(frozen=True, slots=True)
class Ground:
    """Where programs run: the prefix that puts them into a namespace, and their address."""

    prefix: tuple[str, ...]
    address: str


@dataclass(slots=True)
class Subject:
    """A running program that answers; `gateway` only where telephones must be lifted for it."""

    name: str
    pid: int
    address: Address
    gateway: box.Box | None = None
    speech: Path | None = None
    talking: list[asyncio.Task[object]] = field(default_factory=list)

    async def bring_up(self, far: Far, calls: int, tone: bytes) -> list[Dialog]:
        """Call it until so many calls are up, all at about the same time."""
        return list(await asyncio.gather(*(self._call(far, n, tone) for n in range(1, calls + 1))))

    async def _call(self, far: Far, number: int, tone: bytes) -> Dialog:
        uri = f"sip:{600 + number}@{self.address[0]}:{self.address[1]}"
        await asyncio.sleep(0.05 * number)
        mark = len(self.gateway.events) if self.gateway else 0
        label = f"{self.name}-{number}"
        calling = asyncio.create_task(
            far.call(uri, self.address, caller="0571000", label=label, tone=tone)
        )
        if self.gateway and self.speech:
            line = f"l{number}"
            await self.gateway.until("ring-burst", since=mark, line=line)
            await self.gateway.sim(line, OffHook())
        dialog = await calling
        if dialog.status != 200:
            raise RuntimeError(f"{self.name} answers call {number} with {dialog.status}")
        if self.gateway and self.speech:
            await self._speak(line)
        return dialog

    async def _speak(self, line: str) -> None:
        assert self.gateway
        assert self.speech
        task = asyncio.create_task(self.gateway.sim(line, Play(self.speech)))
        self.talking.append(task)

    async def take_down(self, far: Far, dialogs: Sequence[Dialog]) -> None:
        """End the calls."""
        for dialog in dialogs:
            await far.hang_up(dialog)
        for task in self.talking:
            task.cancel()
        if self.gateway:
            for number in range(1, len(dialogs) + 1):
                await self.gateway.sim(f"l{number}", OnHook())
        self.talking.clear()
        await asyncio.sleep(0.6)


@contextlib.asynccontextmanager
async def derivato(
    work: Path, ground: Ground, far: Far, speech: Path, *, lines: int
) -> AsyncIterator[Subject]:
    """The gateway with as many simulated telephones as there will be calls."""
    address = (ground.address, box.free_port())
    server = f"{far.address[0]}:{far.address[1]}"
    text = box.site(lines=lines, bind=address[0], port=address[1], server=server)
    async with box.running(work, text, prefix=ground.prefix) as gateway:
        yield Subject("derivato", gateway.program.pid, address, gateway, speech)


@contextlib.asynccontextmanager
async def pjsua(work: Path, ground: Ground, speech: Path) -> AsyncIterator[Subject]:
    """The C program on the same library: auto-answer, null sound device, a WAV file in a loop."""
    address = (ground.address, box.free_port())
    options = ["--null-audio", "--auto-answer=200", "--auto-play", f"--play-file={speech}"]
    options += [f"--local-port={address[1]}", f"--bound-addr={address[0]}", "--no-tcp", "--no-vad"]
    options += ["--rtp-port=26000", "--max-calls=16", "--clock-rate=8000", "--ec-tail=0"]
    options += ["--ptime=20", "--dis-codec=*", "--add-codec=PCMA", "--snd-clock-rate=8000"]
    options += ["--log-level=1", "--app-log-level=1"]
    async with _fed([*ground.prefix, str(PJSUA), *options], work / "pjsua.log") as pid:
        yield Subject("pjsua", pid, address)


@contextlib.asynccontextmanager
async def baresip(work: Path, ground: Ground, speech: Path) -> AsyncIterator[Subject]:
    """baresip 1.1 of the tree of test peers, with its own loader: auto-answer, WAV, no player."""
    address = (ground.address, box.free_port())
    home = work / "baresip"
    _baresip_home(home, address, speech)
    root = baresip_root()
    libraries = next(root.glob("usr/lib/*-linux-gnu"))
    loader = next(root.glob("usr/lib/*-linux-gnu/ld-linux-*.so.*"))
    argv = [*ground.prefix, str(loader), "--library-path", str(libraries)]
    async with _fed(
        [*argv, str(root / "usr/bin/baresip"), "-f", str(home)], work / "baresip.log"
    ) as pid:
        yield Subject("baresip", pid, address)


def baresip_root() -> Path:
    """The tree of test peers that holds baresip."""
    return next(path for path in CACHE.glob("*/usr/bin/baresip")).parents[2]


def _baresip_home(home: Path, address: Address, speech: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    modules = baresip_root() / "usr/lib/baresip/modules"
    account = f"<sip:bench@{address[0]}>;answermode=auto;regint=0;audio_codecs=PCMA\n"
    (home / "accounts").write_text(account)
    (home / "contacts").touch()
    lines = [f"sip_listen\t{address[0]}:{address[1]}", f"net_interface\t{address[0]}"]
    lines += [f"module_path\t{modules}", f"audio_source\taufile,{speech}"]
    lines += ["audio_player\taubridge,nil", "audio_alert\taubridge,nil", "rtp_ports\t31000-31200"]
    lines += ["call_max_calls\t16", "call_hold_other_calls\tno", "statmode_default\toff"]
    names = ("aufile", "aubridge", "debug_cmd", "g711", "menu", "uuid", "account")
    lines += [f"module\t{name}.so" for name in names]
    (home / "config").write_text("\n".join(lines) + "\n")


@contextlib.asynccontextmanager
async def _fed(argv: Sequence[str], log: Path) -> AsyncIterator[int]:
    """Run a program whose standard input stays open: it would read its end again and again."""
    child = _start(argv, log)
    try:
        await asyncio.sleep(_START_S)
        if child.poll() is not None:
            raise RuntimeError(f"{argv[-1]} ended; see {log}")
        yield child.pid
    finally:
        child.terminate()
        try:
            await asyncio.to_thread(child.wait, 5.0)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _start(argv: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *argv],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def missing() -> dict[str, str]:
    """Programs that cannot be measured here, with the reason."""
    found = {}
    if not PJSUA.exists():
        found["pjsua"] = "not built; run tools/pjsua2 --pjsua .cache/bench"
    if os.geteuid() != 0:
        found["baresip"] = "refuses loopback, and only root can make it a namespace"
    elif not list(CACHE.glob("*/usr/bin/baresip")):
        found["baresip"] = "the tree of test peers is not there; run the peer tests once"
    return found
