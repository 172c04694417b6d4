"""What the audio clock spends in each tick of 20 ms, with a stop watch in the gateway."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmware.ops.orders import Dial, OffHook, OnHook, Play

from . import g711, machine, stage
from .calls_cost import speech
from .far import Dialog, Manners
from .report import table

_SPEAK_S = 8.0
_DANGER_MS = 10.0


@dataclass(frozen=True, slots=True)
class Ticks:
    """Ticks while every telephone speaks and hears: wall time and processor time in ms."""

    lines: int
    wall_ms: NDArray[np.float64]
    cpu_ms: NDArray[np.float64]
    load: float

    @property
    def in_danger(self) -> bool:
        """Whether one tick in a hundred takes half of its 20 ms."""
        return float(np.percentile(self.wall_ms, 99)) > _DANGER_MS


async def measure(work: Path, lines: int) -> Ticks:
    """Let all telephones talk for some seconds."""
    frame = (np.random.default_rng(5).normal(size=g711.FRAME) * 2000).astype(np.int16)
    tone = g711.encode(frame)

    def manners(_: str) -> Manners:
        return Manners(ring_s=0.0, answer_s=0.0, tone=tone)

    place = work / str(lines)
    place.mkdir()
    said = speech(place / "speech.wav", seconds=_SPEAK_S + 4)
    watched = place / "watches.npz"
    os.environ |= {"BENCH_PROBE": str(watched), "BENCH_AUDIO": ""}
    names = [f"l{n}" for n in range(1, lines + 1)]
    async with stage.loopback(
        place, lines=lines, manners=manners, module="bench.calls_probe"
    ) as ready:
        await asyncio.gather(*(_begin(ready, n) for n in range(1, lines + 1)))
        talking = [asyncio.create_task(ready.box.sim(name, Play(said))) for name in names]
        await asyncio.sleep(_SPEAK_S)
        load = machine.load()
        for task in talking:
            task.cancel()
        await asyncio.gather(*(ready.box.sim(name, OnHook()) for name in names))
    return _read(np.load(watched)["callbacks"], lines, load)


async def _begin(ready: stage.Stage, line: int) -> Dialog:
    await asyncio.sleep(0.05 * line)
    await ready.box.sim(f"l{line}", OffHook())
    await asyncio.sleep(0.3)
    await ready.box.sim(f"l{line}", Dial(f"2{line:02}"))
    return await ready.far.expect(f"2{line:02}")


def _read(callbacks: NDArray[np.int64], lines: int, load: float) -> Ticks:
    """Group callbacks into ticks: each line receives once in each."""
    ends = np.flatnonzero(callbacks[:, 0] == 1)[lines - 1 :: lines]
    starts = np.concatenate(([0], ends[:-1] + 1))
    wall = (callbacks[ends, 2] - callbacks[starts, 1]) / 1e6
    spent = np.concatenate(([0], np.cumsum(callbacks[:, 3])))
    cpu = (spent[ends + 1] - spent[starts]) / 1e6
    # The last second belongs to hanging up; the talk is before it.
    middle = slice(len(wall) - round((_SPEAK_S + 0.5) * 50), len(wall) - 50)
    return Ticks(lines, wall[middle], cpu[middle], load)


def text(results: Sequence[Ticks]) -> str:
    """A table of them."""
    head = (
        "tick of the audio clock (20 ms), all telephones talking",
        *(f"{t.lines} calls" for t in results),
    )
    rows = []
    for what, pick in (("wall time", "wall_ms"), ("processor time", "cpu_ms")):
        for name, share in (("median", 50), ("99 %", 99), ("longest", 100)):
            figures = [np.percentile(getattr(t, pick), share) for t in results]
            rows.append((f"{what}, {name}, ms", *(f"{figure:.1f}" for figure in figures)))
    per_line = [1000 * np.median(t.cpu_ms) / t.lines for t in results]
    rows.append(("processor time of a line, µs", *(f"{figure:.0f}" for figure in per_line)))
    rows.append(("load of the machine", *(f"{t.load:.1f}" for t in results)))
    return table(head, rows)
