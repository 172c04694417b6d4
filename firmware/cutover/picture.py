"""The calls of a window as a picture: a row for each line, a bar for each call. Pure.

The picture is geometry in a box of 1 by 1, so that a page and a PDF draw the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from firmware.cutover.window import Call, Fate

FILLS: Mapping[Fate, str] = MappingProxyType(
    {
        Fate.ANSWERED: "#1f7a3d",
        Fate.GUIDE: "#0b5cad",
        Fate.MESSAGE: "#7a2f9b",
        Fate.BUSY: "#b8860b",
        Fate.GAVE_UP: "#9aa5b1",
        Fate.FAILED: "#c1121f",
        Fate.CUT: "#000000",
    }
)
_LEAST = 0.004  # the width of the shortest call, to be seen at all


@dataclass(frozen=True, slots=True)
class Bar:
    """A call: from ``left`` to ``right`` of the width, on ``row`` counted from the top."""

    row: int
    left: float
    right: float
    fate: Fate


@dataclass(frozen=True, slots=True)
class Picture:
    """Bars on rows named ``labels``; ``ticks`` are times at shares of the width."""

    labels: tuple[str, ...]
    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, str], ...]


def picture(calls: Sequence[Call], start: datetime, end: datetime) -> Picture:
    """Draw ``calls`` between ``start`` and ``end``; times are told in the zone of ``start``."""
    labels = tuple(sorted({call.line for call in calls}))
    rows = {label: row for row, label in enumerate(labels)}
    length = end - start

    def share(at: datetime) -> float:
        return min(max((at - start) / length, 0.0), 1.0)

    bars = []
    for call in calls:
        left = share(call.at)
        right = share(call.at + timedelta(seconds=call.waited_s + call.talked_s))
        bars.append(Bar(rows[call.line], left, max(right, left + _LEAST), call.fate))
    return Picture(labels, tuple(bars), _ticks(start, end))


def _ticks(start: datetime, end: datetime) -> tuple[tuple[float, str], ...]:
    """At most seven round times."""
    length = end - start
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1440)
    minutes = next((step for step in steps if length / timedelta(minutes=step) <= 7), steps[-1])
    step = timedelta(minutes=minutes)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + step * -((midnight - start) // step)
    ticks: list[tuple[float, str]] = []
    while at <= end and len(ticks) < 60:
        ticks.append(((at - start) / length, f"{at:%H:%M}"))
        at += step
    return tuple(ticks)
