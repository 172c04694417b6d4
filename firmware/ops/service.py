"""The daemon as systemd sees it: readiness, status, watchdog, reload (sd_notify(3)).

Away from systemd everything here does nothing, except that signals still work.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress

from systemd import daemon

from firmware.site.problems import SiteError

log = logging.getLogger("derivato.service")

Notify = Callable[[str], object]
Ticks = Callable[[], int]

_CHECK_S = 10.0  # without a watchdog: how often a thread that hangs is noticed


class Service:
    """One daemon's talk with its service manager.

    ``ticks`` are counters that grow as long as a thread makes progress; ``reload`` reads the
    site file again and puts it to work, and raises SiteError if it cannot be used.
    """

    def __init__(
        self,
        *,
        ticks: Mapping[str, Ticks],
        reload: Callable[[], Awaitable[None]],
        notify: Notify = daemon.notify,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._ticks = ticks
        self._reload = reload
        self._notify = notify
        self._watchdog_s = watchdog_s(environment)
        self._last: dict[str, int] = {}
        self._reloading = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._status = ""
        self.stop = asyncio.Event()

    @asynccontextmanager
    async def running(self, status: str) -> AsyncIterator[None]:
        """Tell that the daemon serves; feed the watchdog and obey signals while it does.

        SIGTERM and SIGINT set ``stop``, SIGHUP reloads.
        """
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._start, self.reload)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop.set)
        self._status = status
        self._notify(f"READY=1\nSTATUS={status}")
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            self._notify("STOPPING=1\nSTATUS=stopping")
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def say(self, status: str) -> None:
        """Show ``status`` in ``systemctl status``."""
        if status != self._status:
            self._status = status
            self._notify(f"STATUS={status}")

    async def reload(self) -> None:
        """Read the site file again; what cannot be used changes nothing and is told."""
        async with self._reloading:
            now_us = time.monotonic_ns() // 1000
            self._notify(f"RELOADING=1\nMONOTONIC_USEC={now_us}")
            try:
                await self._reload()
            except SiteError as error:
                log.error("site file not taken, the old one stays:\n%s", error)  # noqa: TRY400
                self._status = f"old site file in use; {len(error.problems)} problems in the new"
            except Exception:
                log.exception("reload failed")
                self._status = "reload failed; see the log"
            else:
                log.info("site file read again")
                self._status = "site file read again"
            self._notify(f"READY=1\nSTATUS={self._status}")

    async def _watch(self) -> None:
        """Feed the watchdog while all threads make progress; this loop does, or is not here."""
        pause_s = _CHECK_S if self._watchdog_s is None else self._watchdog_s / 3
        while True:
            if stuck := self._stuck():
                log.error("no progress: %s", ", ".join(stuck))
            elif self._watchdog_s is not None:
                self._notify("WATCHDOG=1")
            await asyncio.sleep(pause_s)

    def _stuck(self) -> list[str]:
        now = {name: count() for name, count in self._ticks.items()}
        stuck = [name for name, count in now.items() if self._last.get(name) == count]
        self._last = now
        return stuck

    def _start(self, work: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            await work()

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def watchdog_s(environment: Mapping[str, str]) -> float | None:
    """How soon systemd wants to hear from us, in seconds, or None (sd_watchdog_enabled(3))."""
    text, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID")
    if not text.isdigit() or int(text) == 0 or (pid is not None and pid != str(os.getpid())):
        return None
    return int(text) / 1e6
