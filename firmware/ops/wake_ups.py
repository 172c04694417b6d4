"""Waking people at the time they asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from firmware.ops import wall_clock

_LONGEST_S = 3600.0  # the clock may be set meanwhile: look again


class WakeUps:
    """One pending wake-up for each line, at local times HHMM of ``zone``.

    ``ring`` is called with the line when it is time. Used on one asyncio loop only.
    """

    def __init__(
        self,
        zone: ZoneInfo,
        ring: Callable[[str], None],
        *,
        now: Callable[[], datetime] = wall_clock.now,
    ) -> None:
        self._zone = zone
        self._ring = ring
        self._now = now
        self._due: dict[str, tuple[str, datetime]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def set(self, line: str, wake_at: str) -> None:
        """Wake ``line`` at the next ``wake_at`` (HHMM, or "" for not at all)."""
        if self._due.get(line, ("",))[0] == wake_at:
            return
        if timer := self._timers.pop(line, None):
            timer.cancel()
        self._due.pop(line, None)
        if wake_at:
            self._due[line] = wake_at, next_time(self._now(), wake_at, self._zone)
            self._look(line)

    def close(self) -> None:
        """Wake nobody any more."""
        for timer in self._timers.values():
            timer.cancel()

    def _look(self, line: str) -> None:
        _, due = self._due[line]
        left_s = (due - self._now()).total_seconds()
        if left_s <= 0:
            del self._due[line]
            self._timers.pop(line, None)
            self._ring(line)
            return
        loop = asyncio.get_running_loop()
        self._timers[line] = loop.call_later(min(left_s, _LONGEST_S), self._look, line)


def next_time(now: datetime, wake_at: str, zone: ZoneInfo) -> datetime:
    """The next instant at which clocks in ``zone`` show ``wake_at`` (HHMM), after ``now``."""
    local = now.astimezone(zone)
    wanted = local.replace(
        hour=int(wake_at[:2]), minute=int(wake_at[2:]), second=0, microsecond=0, fold=0
    )
    if wanted <= local:
        wanted += timedelta(days=1)
    return wanted.astimezone(UTC)
