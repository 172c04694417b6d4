"""The calls of the window of a change: who was answered where, who waited, who was lost. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum


class Fate(Enum):
    """How a call of the window ended for whoever called."""

    ANSWERED = "answered"  # by a person
    GUIDE = "guide"  # by the voice guide
    MESSAGE = "message"  # a message or a request to be called back was kept
    BUSY = "busy"
    GAVE_UP = "gave-up"  # the caller hung up before an answer
    FAILED = "failed"  # no way through
    CUT = "cut"  # the box lost power or was restarted during the call


LOST = frozenset({Fate.FAILED, Fate.CUT})
"""Fates that a change must not bring about."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call. ``at`` has a time zone; waiting and talking are in seconds.

    ``way`` is what carried it (a trunk, an exchange line, …), "" if unknown; ``told`` is what
    the caller was told by the box.
    """

    line: str
    incoming: bool
    peer: str
    at: datetime
    waited_s: float
    talked_s: float
    fate: Fate
    way: str = ""
    told: tuple[str, ...] = ()
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of a window; waiting times in seconds, of answered calls only."""

    calls: int
    fates: dict[Fate, int]
    ways: dict[str, int]
    median_wait_s: float
    longest_wait_s: float
    emergencies: int
    emergencies_through: int

    @property
    def lost(self) -> int:
        """How many calls ended as none should."""
        return sum(self.fates.get(fate, 0) for fate in LOST)


def within(calls: Iterable[Call], start: datetime, end: datetime) -> tuple[Call, ...]:
    """The calls that began in the window or were up when it began, in order of time."""
    chosen = (c for c in calls if c.at < end and _end(c) >= start)
    return tuple(sorted(chosen, key=lambda call: call.at))


def _end(call: Call) -> datetime:
    return call.at + timedelta(seconds=call.waited_s + call.talked_s)


def summary(calls: Sequence[Call]) -> Summary:
    """Count and measure ``calls``."""
    waits = sorted(call.waited_s for call in calls if call.fate is Fate.ANSWERED)
    helped = [call for call in calls if call.emergency]
    return Summary(
        calls=len(calls),
        fates={fate: n for fate in Fate if (n := sum(c.fate is fate for c in calls))},
        ways={
            way: sum(c.way == way for c in calls) for way in sorted({c.way for c in calls if c.way})
        },
        median_wait_s=waits[len(waits) // 2] if waits else 0.0,
        longest_wait_s=waits[-1] if waits else 0.0,
        emergencies=len(helped),
        emergencies_through=sum(c.fate is Fate.ANSWERED for c in helped),
    )
