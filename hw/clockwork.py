"""When drivers do what is due: one thread with a clock, shared by the ports of a board."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

log = logging.getLogger("derivato.hw")


class Due(Protocol):
    """Something that will be done at its time."""

    def cancel(self) -> None:
        """Do it no more; it may be under way just now."""
        ...


class Timer(Protocol):
    """A clock that calls at a time; a simulated one makes seconds pass in microseconds."""

    def now_ns(self) -> int:
        """CLOCK_MONOTONIC in ns, the clock of the kernel's edge time stamps."""
        ...

    def call_at(self, at_ns: int, do: Callable[[], None]) -> Due:
        """Call ``do`` at ``at_ns`` or as soon after as possible, on the clock's thread."""
        ...

    def wait(self, done: Callable[[], bool], for_ms: int) -> bool:
        """Let time pass until ``done``, at most ``for_ms``; give whether it is."""
        ...


@dataclass(order=True, slots=True)
class _Entry:
    at_ns: int
    number: int
    do: Callable[[], None] = field(compare=False)
    dropped: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.dropped = True


class Clockwork:
    """The real clock; its thread starts with the first call and ends with ``close``."""

    def __init__(self) -> None:
        self._heap: list[_Entry] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def now_ns(self) -> int:
        """CLOCK_MONOTONIC in ns."""
        return time.monotonic_ns()

    def call_at(self, at_ns: int, do: Callable[[], None]) -> Due:
        """Call ``do`` at ``at_ns``; calls of the same instant keep their order."""
        entry = _Entry(at_ns, next(self._numbers), do)
        with self._changed:
            heapq.heappush(self._heap, entry)
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="clockwork", daemon=True)
                self._thread.start()
            if self._heap[0] is entry:
                self._changed.notify()
        return entry

    def wait(self, done: Callable[[], bool], for_ms: int) -> bool:
        """Sleep until ``done``, looking every 2 ms."""
        end_ns = self.now_ns() + for_ms * 1_000_000
        while not done():
            if self.now_ns() >= end_ns:
                return False
            time.sleep(0.002)
        return True

    def close(self) -> None:
        """Do nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        while (entry := self._next()) is not None:
            try:
                entry.do()
            except Exception:
                log.exception("a driver failed at what was due")  # its port; the others go on

    def _next(self) -> _Entry | None:
        with self._changed:
            while not self._closed:
                if not self._heap:
                    self._changed.wait()
                elif self._heap[0].dropped:
                    heapq.heappop(self._heap)
                elif (ahead_ns := self._heap[0].at_ns - self.now_ns()) > 0:
                    self._changed.wait(ahead_ns / 1e9)
                else:
                    return heapq.heappop(self._heap)
            return None
