"""When an office receives: now, and when next. Pure; every time is local, without a zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from firmware.guide.calendar import is_holiday
from firmware.site.guide_schema import Hours

_FARTHEST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an office receives, why, and when that changes (None: not within a year)."""

    receives: bool
    why: str
    until: datetime | None


def closed_by(office: Hours, day: date) -> str:
    """Why ``office`` is closed the whole ``day``, or "" if it is an ordinary one."""
    if office.patron is not None and office.patron.hold(day):
        return "patron saint"
    for days in office.closed:
        if days.hold(day):
            return f"closed {days}"
    if office.holidays and is_holiday(day):
        return "public holiday"
    return ""


def is_open(office: Hours, at: datetime) -> bool:
    """Whether ``office`` receives at the local time ``at``."""
    minute = at.hour * 60 + at.minute
    ordinary = any(span.holds(at.weekday(), minute) for span in office.week)
    return ordinary and not closed_by(office, at.date())


def judge(office: Hours, at: datetime) -> Verdict:
    """Whether ``office`` receives at the local time ``at``, why, and until when that holds."""
    now = is_open(office, at)
    return Verdict(now, _why(office, at, now), next_change(office, at))


def _why(office: Hours, at: datetime, now: bool) -> str:  # noqa: FBT001 - the verdict itself
    if reason := closed_by(office, at.date()):
        return reason
    minute = at.hour * 60 + at.minute
    for span in office.week:
        if span.holds(at.weekday(), minute):
            return str(span)
    return "" if now else "outside its hours"


def next_change(office: Hours, at: datetime) -> datetime | None:
    """The first minute after ``at`` from which ``office`` is open if it was closed, or closed."""
    now = is_open(office, at)
    for moment in _borders(office, at):
        if moment > at and is_open(office, moment) is not now:
            return moment
    return None


def next_opening(office: Hours, at: datetime) -> datetime | None:
    """When ``office`` opens next, after ``at``; None if it never does within a year."""
    change = next_change(office, at)
    return next_change(office, change) if change and is_open(office, at) else change


def _borders(office: Hours, at: datetime) -> Iterator[datetime]:
    """Every moment of the next year at which hours begin or end, in order."""
    for days in range(_FARTHEST_DAYS):
        midnight = datetime.combine(at.date() + timedelta(days=days), time())
        spans = [span for span in office.week if midnight.weekday() in span.days]
        minutes = {0} | {m for span in spans for m in (span.from_minute, span.to_minute)}
        yield from (midnight + timedelta(minutes=minute) for minute in sorted(minutes))
