"""Hours of the week, as people write them: ``mon-fri 07:30-18:00``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from firmware.site.problems import Wrong

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_SPAN = re.compile(
    r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? "
    r"(?P<from>[0-9]{2}:[0-9]{2})-(?P<to>[0-9]{2}:[0-9]{2})"
)
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class WeekSpan:
    """The same hours on some days of the week (0 is Monday), from and to minutes of the day."""

    days: tuple[int, ...]
    from_minute: int
    to_minute: int

    def __str__(self) -> str:
        first, last = DAYS[self.days[0]], DAYS[self.days[-1]]
        days = first if len(self.days) == 1 else f"{first}-{last}"
        return f"{days} {_clock(self.from_minute)}-{_clock(self.to_minute)}"

    def holds(self, day: int, minute: int) -> bool:
        """Whether ``minute`` of ``day`` lies inside; the end does not."""
        return day in self.days and self.from_minute <= minute < self.to_minute


def parse(text: str) -> WeekSpan:
    """Read ``mon-fri 07:30-18:00`` or ``sat 08:00-24:00``; raises `Wrong` with a remedy.

    Days may run over the end of the week (``sat-mon``); hours may not run over midnight.
    """
    match = _SPAN.fullmatch(text)
    if not match or not {match["first"], match["last"] or match["first"]} <= set(DAYS):
        raise Wrong("is not a time of the week", 'write it as "mon-fri 07:30-18:00"')
    for clock in (match["from"], match["to"]):
        if not _CLOCK.fullmatch(clock):
            raise Wrong(f"has the time {clock}", "times go from 00:00 to 24:00")
    start, end = _minutes(match["from"]), _minutes(match["to"])
    if end <= start:
        raise Wrong(
            "ends before it begins", "write hours over midnight in two, to 24:00 and from 00:00"
        )
    first = DAYS.index(match["first"])
    last = DAYS.index(match["last"] or match["first"])
    days = tuple((first + n) % 7 for n in range((last - first) % 7 + 1))
    return WeekSpan(days, start, end)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _clock(minute: int) -> str:
    return "24:00" if minute == _DAY_MINUTES else f"{minute // 60:02}:{minute % 60:02}"
