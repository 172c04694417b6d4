"""The far side of the pins, a process of its own: SLIC chip, telephone and their hands.

Reads orders from standard input, one JSON array a line, and answers each with one JSON line.
"""

from __future__ import annotations

import heapq
import itertools
import json
import os
import select
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from hw.sim.mock_pins import Drive
from hw.sim.rules import RuleBrokenError
from hw.sim.slic_chip import SlicChip
from hw.sim.telephone import Telephone
from tests.kernel.gpio_sim import SimChip

MS = 1_000_000
HOOK, REVERSE, RING_MODE, POWER_DOWN = 17, 27, 22, 23
POLL_S = 0.0003


class _Entry:
    def __init__(self, do: Callable[[], None]) -> None:
        self.do = do

    def cancel(self) -> None:
        self.do = lambda: None


class Person:
    def __init__(self) -> None:
        self.pins = SimChip()
        self.pins.pull(POWER_DOWN, True)
        self.pins.pull(REVERSE, True)  # as the driver will drive it
        self.pins.pull(HOOK, False)
        self.heap: list[tuple[int, int, _Entry]] = []
        self.numbers = itertools.count()
        self.edges: list[tuple[int, int]] = []  # when SHK was set: before and after, in ns
        self.turns: list[int] = []  # when F/R was seen to change, in ns
        self.ring_mode: list[tuple[int, bool]] = []
        self.gaps: list[int] = []  # between looks at the pins, in ns
        self.telephone = Telephone()
        self.chip = SlicChip(self.telephone, now_ns=time.monotonic_ns, at=self.at, show=self.show)
        self.seen = {REVERSE: True, RING_MODE: False, POWER_DOWN: True}

    def at(self, at_ns: int, do: Callable[[], None]) -> _Entry:
        entry = _Entry(do)
        heapq.heappush(self.heap, (at_ns, next(self.numbers), entry))
        return entry

    def show(self, closed: bool, _at_ns: int) -> None:
        before = time.monotonic_ns()
        self.pins.pull(HOOK, closed)
        self.edges.append((before, time.monotonic_ns()))

    def look(self) -> None:
        levels = {line: self.pins.value(line) for line in self.seen}
        order = [(REVERSE, self.chip.reverse), (RING_MODE, self.chip.ring_mode)]
        if levels[RING_MODE]:
            order.reverse()  # RM rises before F/R moves, and falls after it
        for line, chip in (*order, (POWER_DOWN, self.chip.power_down)):
            level = levels[line]
            if level == self.seen[line]:
                continue
            self.seen[line] = level
            now = time.monotonic_ns()
            if line == REVERSE:
                self.turns.append(now)
            if line == RING_MODE:
                self.ring_mode.append((now, level))
            drive = Drive.HIGH if level else Drive.LOW
            if line == POWER_DOWN and level:
                drive = Drive.OPEN  # what the pull shows once nobody drives it
            with suppress(RuleBrokenError):
                chip(drive)

    def run(self) -> None:
        last = time.monotonic_ns()
        while True:
            now = time.monotonic_ns()
            self.gaps.append(now - last)
            last = now
            while self.heap and self.heap[0][0] <= now:
                entry = heapq.heappop(self.heap)[2]
                with suppress(RuleBrokenError):
                    entry.do()
            self.look()
            if select.select([sys.stdin], [], [], POLL_S)[0]:
                line = sys.stdin.readline()
                if not line:
                    return
                answer = self.obey(*json.loads(line))
                sys.stdout.write(json.dumps(answer) + "\n")
                sys.stdout.flush()

    def obey(self, order: str, *values: object) -> object:
        match order, values:
            case "hook", (bool() as lifted,):
                self.telephone.off_hook = lifted
                self.chip.loop(closed=lifted, at_ns=time.monotonic_ns())
            case "loop", (list() as steps,):
                start = time.monotonic_ns() + 20 * MS
                for at_ms, closed in steps:
                    at_ns = start + round(at_ms * MS)
                    self.at(
                        at_ns,
                        lambda closed=closed: self.chip.loop(
                            closed=closed, at_ns=time.monotonic_ns()
                        ),
                    )
            case "report", ():
                told = {
                    "edges": self.edges,
                    "turns": self.turns,
                    "ring_mode": self.ring_mode,
                    "worst_gap_ns": max(self.gaps, default=0),
                    "broken": self.chip.broken,
                    "bell": [(b.for_ms, b.hz) for b in self.telephone.bell],
                }
                self.edges, self.turns, self.ring_mode, self.gaps = [], [], [], []
                self.chip.broken = []
                return told
        return "ok"


if __name__ == "__main__":
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))
    Person().run()
