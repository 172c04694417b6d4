"""A thousand keys and flashes in a second on eight telephones, and whether all of them survive it.

    python -m bench.stress [--write [FILE]] [--lines 8] [--rate 1000] [--minutes 10]

The far side rings, answers some calls and refuses others. Exit status 1 says that a criterion was
not met: a telephone that cannot be used afterwards, a daemon that answered late, memory that grew.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import numpy as np

from firmware.ops.orders import Dial, OffHook, OnHook

from . import box, far, machine
from .far import Manners
from .report import DOCUMENT, put, table

GROWTH_KB = 100.0
"""In a minute, the least that counts as growth: in 10 minutes, 1 % of what the daemon holds."""

LATE_S = 2.0
"""Longest that the control socket may take for an answer meanwhile."""

_WARM_UP = 0.3  # of the time: caches and pools fill
_LONG_S = 240.0  # growth is not judged in less
_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What the daemon holds at a time, and how long it took to answer."""

    at_s: float
    holds: machine.Footprint
    answer_s: float


@dataclass(slots=True)
class Stress:
    """How it went; ``wedged`` are telephones that could not call afterwards, with the reason."""

    lines: int
    rate: float
    for_s: float
    samples: list[Sample] = field(default_factory=list)
    wedged: list[str] = field(default_factory=list)
    calls: int = 0
    played: str = ""
    cpu_s: float = 0.0
    faults: list[str] = field(default_factory=list)

    def steady(self) -> list[Sample]:
        """Samples after the warm-up."""
        return [sample for sample in self.samples if sample.at_s >= _WARM_UP * self.for_s]

    def slope_kb(self) -> tuple[float, float]:
        """Growth of RSS in kB a minute after the warm-up, and its standard error."""
        steady = self.steady()
        if len(steady) < 8:
            return 0.0, float("inf")
        at = np.array([sample.at_s for sample in steady]) / 60
        rss = np.array([sample.holds.rss_kb for sample in steady], float)
        (slope, _), covariance = np.polyfit(at, rss, 1, cov=True)
        return float(slope), float(np.sqrt(covariance[0, 0]))

    def problems(self) -> list[str]:
        """Everything that was not as it should be."""
        found = [*self.wedged, *self.faults]
        slope, error = self.slope_kb()
        if self.for_s >= _LONG_S and slope - 2 * error > GROWTH_KB:
            found.append(f"memory grows by {slope:.0f} ± {2 * error:.0f} kB a minute")
        late = max((sample.answer_s for sample in self.samples), default=0.0)
        if late > LATE_S:
            found.append(f"an answer took {late:.1f} s")
        return found


def manners(number: str) -> Manners:
    """The last digit decides: even numbers answer, odd ones only ring."""
    even = number[-1:] in tuple("02468")
    return Manners(ring_s=0.0, answer_s=0.1 if even else None)


async def stress(work: Path, *, lines: int, rate: float, for_s: float) -> Stress:
    """Let the child play, watch the daemon, then try every telephone."""
    result = Stress(lines, rate, for_s)
    os.environ["BENCH_STRESS"] = f"{for_s} {rate}"
    sockets = far.loopback(8 * lines)
    async with far.Far(sockets, manners=manners) as other:
        server = f"127.0.0.1:{other.address[1]}"
        text = box.site(lines=lines, bind="127.0.0.1", port=box.free_port(), server=server)
        text = text.replace("[site]", "[site]\nspeech = false", 1)
        async with box.running(work, text, module="bench.stress_probe", listening=False) as daemon:
            await _watch(daemon, other, result)
            await _rest(daemon, lines)
            for line in range(1, lines + 1):
                await _try(daemon, other, line, result)
            result.faults += _faults(daemon.program.log.read_text(errors="replace"))
            result.played = _played(daemon.program.log.read_text(errors="replace"))
    return result


async def _watch(daemon: box.Box, other: far.Far, result: Stress) -> None:
    begun, pid = time.monotonic(), daemon.program.pid
    cpu = machine.cpu_s(pid)
    while (at_s := time.monotonic() - begun) < result.for_s:
        asked = time.monotonic()
        await daemon.get("status")
        answered = time.monotonic() - asked
        result.samples.append(Sample(at_s, machine.footprint(pid), answered))
        result.calls += len(other.dialogs)
        other.dialogs.clear()
        await asyncio.sleep(_EVERY_S)
    result.cpu_s = machine.cpu_s(pid) - cpu


async def _rest(daemon: box.Box, lines: int, within_s: float = 20.0) -> None:
    """Wait until the child has hung up and every telephone is at rest."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        states = [line["state"] for line in (await daemon.get("lines"))["lines"]]
        if states == ["idle"] * lines:
            return
        await asyncio.sleep(0.2)


async def _try(daemon: box.Box, other: far.Far, line: int, result: Stress) -> None:
    """Call from a telephone by its keypad, as anybody would."""
    name, number = f"l{line}", f"2{line:02}"
    try:
        await daemon.sim(name, OffHook())
        await asyncio.sleep(0.5)
        await daemon.sim(name, Dial(number))
        await other.expect(number)
        await daemon.sim(name, OnHook())
    except (TimeoutError, RuntimeError, aiohttp.ClientError) as error:
        state = (await daemon.get("lines"))["lines"][line - 1]["state"]
        result.wedged.append(f"{name} cannot call ({state}): {str(error)[:120]}")


def _faults(log: str) -> list[str]:
    wrong = [line for line in log.splitlines() if "Traceback" in line or " error   " in line]
    return wrong[:5]


def _played(log: str) -> str:
    return next((line for line in log.splitlines() if line.startswith("stress: ")), "")[8:]


def text(result: Stress) -> str:
    """A table of it."""
    slope, error = result.slope_kb()
    rss = [sample.holds.rss_kb / 1024 for sample in result.steady()]
    answers = [1000 * sample.answer_s for sample in result.samples]
    first, last = result.samples[0].holds, result.samples[-1].holds
    rows = [
        ("telephones", str(result.lines)),
        ("inputs", result.played),
        ("calls that left the box", str(result.calls)),
        ("telephones that could not call afterwards", str(len(result.wedged))),
        ("errors in the log", str(len(result.faults))),
        ("RSS after the first third, least and most, MB", f"{min(rss):.1f}, {max(rss):.1f}"),
        ("growth after the first third, kB a minute", f"{slope:.0f} ± {2 * error:.0f}"),
        ("open files first, last", f"{first.files}, {last.files}"),
        ("threads first, last", f"{first.threads}, {last.threads}"),
        (
            "answer of the control socket meanwhile, median and longest, ms",
            f"{np.median(answers):.0f}, {max(answers):.0f}",
        ),
        (
            "CPU of the daemon, % of one processor",
            f"{100 * result.cpu_s / result.for_s:.0f}",
        ),
    ]
    return table(("random keys and flashes", ""), rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(prog="python -m bench.stress", description=__doc__)
    parser.add_argument("--write", type=Path, nargs="?", const=DOCUMENT, help="put the table there")
    parser.add_argument("--lines", type=int, default=8, help="telephones")
    parser.add_argument("--rate", type=float, default=1000.0, help="inputs in a second, of all")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long")
    options = parser.parse_args(arguments)
    about = f"{machine.this_machine()}; load {machine.load():.1f} before"
    with tempfile.TemporaryDirectory(prefix="derivato-bench-") as place:
        given = {"lines": options.lines, "rate": options.rate, "for_s": 60 * options.minutes}
        result = asyncio.run(stress(Path(place), **given))
    told = f"{about}, {machine.load():.1f} after.\n\n{text(result)}"
    print(told)
    if options.write:
        put(options.write, "bench.stress", told)
    for problem in result.problems():
        print(f"bench.stress: {problem}", file=sys.stderr)
    return bool(result.problems())


if __name__ == "__main__":
    sys.exit(main())
