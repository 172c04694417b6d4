"""A clock for tests of drivers: time passes when the test says so, and everything due is done."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from hw.clockwork import Due

MS = 1_000_000


class _Entry:
    def __init__(self, do: Callable[[], None]) -> None:
        self.do: Callable[[], None] | None = do

    def cancel(self) -> None:
        self.do = None


class SimClock:
    """Keeps the contract of `hw.clockwork.Timer`; ``late_ns`` delays every call by that much."""

    def __init__(self, start_ns: int = 10**12, *, late_ns: Callable[[], int] = lambda: 0) -> None:
        self._now = start_ns
        self._late = late_ns
        self._heap: list[tuple[int, int, _Entry]] = []
        self._numbers = itertools.count()

    def now_ns(self) -> int:
        """The time that has come."""
        return self._now

    def call_at(self, at_ns: int, do: Callable[[], None]) -> Due:
        """Call ``do`` when time has come to ``at_ns``."""
        entry = _Entry(do)
        heapq.heappush(self._heap, (at_ns + self._late(), next(self._numbers), entry))
        return entry

    def exactly_at(self, at_ns: int, do: Callable[[], None]) -> Due:
        """Call ``do`` at ``at_ns``, never late: for what is nature and not a program."""
        entry = _Entry(do)
        heapq.heappush(self._heap, (at_ns, next(self._numbers), entry))
        return entry

    def wait(self, done: Callable[[], bool], for_ms: int) -> bool:
        """Let time pass until ``done``."""
        end_ns = self._now + for_ms * MS
        while not done() and self._now < end_ns:
            self.pass_ms(1)
        return done()

    def pass_ms(self, ms: float) -> None:
        """Let ``ms`` pass; whatever is due then is done at its own time."""
        self.pass_until(self._now + round(ms * MS))

    def pass_until(self, at_ns: int) -> None:
        """Let time come to ``at_ns``."""
        while self._heap and self._heap[0][0] <= at_ns:
            due_ns, _, entry = heapq.heappop(self._heap)
            self._now = max(self._now, due_ns)
            if entry.do:
                entry.do()
        self._now = max(self._now, at_ns)
