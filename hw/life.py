"""How a port fails and comes back: one message, everything safe, then trying again by itself."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from hw.clockwork import Due, Timer

log = logging.getLogger("derivato.hw")

_FIRST_RETRY_S = 2
_LAST_RETRY_S = 60


class Life:
    """The life of one port.

    ``start`` brings its device up and may fail with OSError; ``halt`` makes it safe and lets
    go of it, whatever still works; ``told`` hears why it failed, once until it works again.
    ``start`` and ``halt`` are called with the lock of this object held.
    """

    def __init__(
        self,
        timer: Timer,
        *,
        start: Callable[[], None],
        halt: Callable[[], None],
        told: Callable[[int, str], None],
    ) -> None:
        self.lock = threading.RLock()
        self.up = False
        self._timer = timer
        self._start = start
        self._halt = halt
        self._told = told
        self._wanted = False
        self._said = False
        self._retry_s = _FIRST_RETRY_S
        self._due: Due | None = None

    def begin(self) -> None:
        """Bring the device up, now or as soon as it can be."""
        with self.lock:
            self._wanted = True
            self._try()

    def end(self) -> None:
        """Make the device safe and let go of it for good."""
        with self.lock:
            self._wanted = False
            if self._due:
                self._due.cancel()
            self._down()

    def works(self) -> None:
        """Note that the device does its work: the next failure is a new one."""
        with self.lock:
            self._said = False
            self._retry_s = _FIRST_RETRY_S

    @contextmanager
    def using(self) -> Iterator[bool]:
        """Hold the lock, and take an OSError inside for a failure; gives whether it is up."""
        with self.lock:
            try:
                yield self.up
            except OSError as error:
                self.fail(error)

    def fail(self, error: OSError | str) -> None:
        """Take the port out of service because of ``error``, and try again later."""
        with self.lock:
            if not self._wanted:
                return
            self._down()
            if not self._said:
                self._said = True
                self._told(self._timer.now_ns(), str(error))
            else:
                log.debug("still failing: %s", error)
            at_ns = self._timer.now_ns() + self._retry_s * 10**9
            self._retry_s = min(2 * self._retry_s, _LAST_RETRY_S)
            self._due = self._timer.call_at(at_ns, self._again)

    def _again(self) -> None:
        with self.lock:
            if self._wanted and not self.up:
                self._try()

    def _try(self) -> None:
        self.up = True
        try:
            self._start()
        except OSError as error:
            self.fail(error)

    def _down(self) -> None:
        if self.up:
            self.up = False
            with suppress(OSError):
                self._halt()
