"""Processor time and memory per call, side by side in one run."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.peers.netns import Namespace

from . import calls_subjects as subjects
from . import ears, g711, machine
from .calls_subjects import Ground, Subject
from .far import Dialog, Far, Manners, loopback

CALLS = (1, 8)
_SETTLE_S, _MEASURE_S = 0.5, 2.5
_FAR, _THEM = "10.77.0.4", "10.77.0.6"


@dataclass(frozen=True, slots=True)
class Cost:
    """One program in one run: CPU in per cent of one processor and RSS in kB by calls up.

    `received` is the least number of packets that a call sent per second: 50 is all of them.
    """

    name: str
    cpu: dict[int, float]
    rss_kb: dict[int, int]
    received: float

    @property
    def cpu_per_call(self) -> float:
        """Per cent of a processor that each of many calls takes."""
        most = max(CALLS)
        return (self.cpu[most] - self.cpu[0]) / most

    @property
    def kb_per_call(self) -> float:
        """Memory that each of many calls takes."""
        most = max(CALLS)
        return (self.rss_kb[most] - self.rss_kb[0]) / most


def speech(path: Path, *, seconds: float = 30.0) -> Path:
    """Something like speech: noise in syllables of 200 ms, the same in every run."""
    rng = np.random.default_rng(7)
    count = round(seconds * g711.RATE)
    loud = np.repeat(rng.random(count // 1600 + 1), 1600)[:count]
    return ears.write_wav(path, (rng.normal(size=count) * 2500 * loud).astype(np.int16))


async def measure(work: Path, runs: int) -> list[Cost]:
    """Measure every program that can be had here, in turn, `runs` times."""
    said = speech(work / "speech.wav")
    frame = (np.random.default_rng(8).normal(size=g711.FRAME) * 2000).astype(np.int16)
    found = []
    async with _ground(work) as (ground, far):
        for run in range(runs):
            place = work / f"run-{run}"
            place.mkdir()
            absent = subjects.missing()
            for name, start in (
                ("derivato", lambda p: subjects.derivato(p, ground, far, said, lines=max(CALLS))),
                ("baresip", lambda p: subjects.baresip(p, ground, said)),
                ("pjsua", lambda p: subjects.pjsua(p, ground, said)),
            ):
                if name not in absent:
                    async with start(place) as subject:
                        found.append(await _cost(subject, far, g711.encode(frame)))
    return found


@contextlib.asynccontextmanager
async def _ground(work: Path) -> AsyncIterator[tuple[Ground, Far]]:
    """Everybody in one namespace as root, else on loopback."""

    def manners(_: str) -> Manners:
        return Manners()

    if "baresip" in subjects.missing():
        async with Far(loopback(max(CALLS) + 4), manners=manners) as far:
            yield Ground((), "127.0.0.1"), far
        return
    place = work / "namespace"
    place.mkdir()
    with Namespace(place) as namespace:
        sockets = [namespace.udp(_FAR) for _ in range(max(CALLS) + 5)]
        async with Far(sockets, manners=manners) as far:
            yield Ground(("ip", "netns", "exec", namespace.name), _THEM), far


async def _cost(subject: Subject, far: Far, tone: bytes) -> Cost:
    await asyncio.sleep(_SETTLE_S)
    cpu = {0: await _cpu(subject.pid)}
    rss = {0: machine.footprint(subject.pid).rss_kb}
    received = []
    for calls in CALLS:
        dialogs = await subject.bring_up(far, calls, tone)
        await asyncio.sleep(_SETTLE_S)
        marks = [len(dialog.heard) for dialog in dialogs]
        cpu[calls] = await _cpu(subject.pid)
        rss[calls] = machine.footprint(subject.pid).rss_kb
        received += [_rate(dialog, mark) for dialog, mark in zip(dialogs, marks, strict=True)]
        await subject.take_down(far, dialogs)
    return Cost(subject.name, cpu, rss, min(received))


def _rate(dialog: Dialog, mark: int) -> float:
    return (len(dialog.heard) - mark) / _MEASURE_S


async def _cpu(pid: int) -> float:
    loop = asyncio.get_running_loop()
    used, begun = machine.cpu_s(pid), loop.time()
    await asyncio.sleep(_MEASURE_S)
    return 100 * (machine.cpu_s(pid) - used) / (loop.time() - begun)
