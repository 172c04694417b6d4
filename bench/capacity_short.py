"""Thousands of short calls, both ways, with what the gateway holds sampled meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from firmware.ops.orders import Dial, OffHook, OnHook, Show

from . import machine
from .far import Dialog
from .stage import Stage

NUMBER = "9"
_AFTER_LIFT_S, _TALK_S, _AFTER_HANG_UP_S = 0.15, 0.25, 0.45
_STEP_S = 8.0
_WARM_UP = 0.5  # of the calls: pools and caches reach their size
_FEW = 1500  # below, everything is warm-up, and growth is not judged
GROWTH_KB = 1024.0
"""Limit of the growth in the second half, in kB per 1000 calls: 1 kB a call. SQLite's cache of the
call records (2 MB at most) and the bell's memory of the simulated telephones (1000 bursts each)
still fill by less. A leak of a call's objects (10 kB in pjsip #4350) would show tenfold."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the gateway held when so many calls were over."""

    calls: int
    at_s: float
    holds: machine.Footprint


@dataclass(slots=True)
class Short:
    """The result. `failed` says what went wrong, call by call."""

    between: str
    lines: int
    outgoing: int = 0
    incoming: int = 0
    for_s: float = 0.0
    unheard: int = 0
    failed: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    before: machine.Footprint | None = None
    after: machine.Footprint | None = None

    @property
    def calls(self) -> int:
        """Calls that were made."""
        return self.outgoing + self.incoming

    def steady(self) -> list[Sample]:
        """Samples after the warm-up."""
        return [sample for sample in self.samples if sample.calls >= _WARM_UP * self.calls]

    def slope_kb(self) -> tuple[float, float]:
        """Growth of RSS in kB per 1000 calls after the warm-up, and its standard error."""
        steady = self.steady()
        calls = np.array([sample.calls for sample in steady]) / 1000
        rss = np.array([sample.holds.rss_kb for sample in steady], float)
        if len(steady) < 8:
            return 0.0, float("inf")
        (slope, _), covariance = np.polyfit(calls, rss, 1, cov=True)
        return float(slope), float(np.sqrt(covariance[0, 0]))

    def problems(self) -> list[str]:
        """Everything that was not as it should be."""
        found = list(self.failed)
        if self.unheard:
            found.append(f"{self.unheard} calls without audio")
        slope, error = self.slope_kb()
        if self.calls >= _FEW and slope - 2 * error > GROWTH_KB:
            found.append(f"memory grows by {slope:.0f} ± {2 * error:.0f} kB in 1000 calls")
        assert self.before
        assert self.after
        if self.after.files > self.before.files:
            found.append(f"{self.after.files - self.before.files} more open files than before")
        steady = self.steady()
        if steady and self.after.threads > steady[0].holds.threads:
            found.append(f"threads: {steady[0].holds.threads}, then {self.after.threads}")
        return found


async def short_calls(stage: Stage, count: int, *, every_s: float = 1.0) -> Short:
    """Make `count` calls on all lines at once, outgoing and incoming in turn."""
    result = Short(stage.between, stage.lines)
    pid = stage.box.program.pid
    await asyncio.sleep(0.5)
    result.before = machine.footprint(pid)
    left = iter(range(count))
    begun = time.monotonic()
    sampling = asyncio.create_task(_sample(result, pid, begun, every_s))
    await asyncio.gather(*(_line(stage, n, left, result) for n in range(1, stage.lines + 1)))
    result.for_s = time.monotonic() - begun
    sampling.cancel()
    await asyncio.sleep(3.0)
    result.after = machine.footprint(pid)
    legs = (await stage.box.get("calls"))["active"]
    if legs:
        result.failed.append(f"{len(legs)} calls left when all had ended")
    return result


async def _sample(result: Short, pid: int, begun: float, every_s: float) -> None:
    while True:
        holds = machine.footprint(pid)
        result.samples.append(Sample(result.calls, time.monotonic() - begun, holds))
        await asyncio.sleep(every_s)


async def _line(stage: Stage, line: int, left: Iterator[int], result: Short) -> None:
    """One telephone: call after call until there are enough."""
    name = f"l{line}"
    await asyncio.sleep(0.05 * line)
    for turn, number in enumerate(left):
        outgoing = turn % 2 == 0
        try:
            async with asyncio.timeout(3 * _STEP_S):
                dialog = await (_outgoing if outgoing else _incoming)(stage, line, number)
                await _end(stage, name, dialog, by_far=turn % 4 < 2)
        except (TimeoutError, RuntimeError) as error:
            result.failed.append(f"call {number} on {name}, {'out' if outgoing else 'in'}: {error}")
            await _recover(stage, name)
            continue
        if outgoing:
            result.outgoing += 1
        else:
            result.incoming += 1
        result.unheard += len(dialog.heard) < 3
        dialog.heard.clear()
        stage.far.dialogs.remove(dialog)


async def _outgoing(stage: Stage, line: int, _: int) -> Dialog:
    name = f"l{line}"
    await stage.box.sim(name, OffHook())
    await asyncio.sleep(_AFTER_LIFT_S)
    await stage.box.sim(name, Dial(NUMBER))
    dialog = await stage.far.expect(NUMBER, within_s=_STEP_S)
    await asyncio.wait_for(dialog.confirmed.wait(), _STEP_S)
    return dialog


async def _incoming(stage: Stage, line: int, number: int) -> Dialog:
    name = f"l{line}"
    uri, to = stage.way_in(line)
    label = f"in{number}"
    calling = asyncio.create_task(stage.far.call(uri, to, caller="0571000", label=label))
    await _rings(stage, name)
    await stage.box.sim(name, OffHook())
    dialog = await calling
    if dialog.status != 200:
        raise RuntimeError(f"answered with {dialog.status}")
    return dialog


async def _rings(stage: Stage, name: str) -> None:
    end = time.monotonic() + _STEP_S
    while not (await stage.box.sim(name, Show()))["ringing"]:
        if time.monotonic() > end:
            raise TimeoutError(f"{name} does not ring")
        await asyncio.sleep(0.05)


async def _end(stage: Stage, name: str, dialog: Dialog, *, by_far: bool) -> None:
    """Talk a little; then one side hangs up, and the other notices."""
    await asyncio.sleep(_TALK_S)
    if by_far:
        await stage.far.hang_up(dialog)
        await asyncio.sleep(0.1)
        await stage.box.sim(name, OnHook())
    else:
        await stage.box.sim(name, OnHook())
        await asyncio.wait_for(dialog.ended.wait(), _STEP_S)
    await asyncio.sleep(_AFTER_HANG_UP_S)


async def _recover(stage: Stage, name: str) -> None:
    with contextlib.suppress(RuntimeError):
        await stage.box.sim(name, OnHook())
    await asyncio.sleep(1.0)
