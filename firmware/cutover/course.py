"""The course of a change of switchboards: when it switches, settles, or goes back. Pure.

Local times come as data in each event; what was reached is a value that can be kept, so that a
power cut in the middle loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from firmware.site.choices import Switching
from firmware.site.cutover_schema import Cutover


class Phase(Enum):
    """How far the change has come."""

    WAITING = "waiting"  # the old switchboard serves
    SWITCHED = "switched"  # the new one is to serve, not yet proven
    DONE = "done"
    RETURNED = "returned"  # the old one serves again


@dataclass(frozen=True, slots=True)
class Course:
    """Where the change stands.

    ``since`` is when the phase began. While switched, ``good_since`` is when all checks began to
    be good, ``bad_since`` when some began to fail; one of them at most.
    """

    phase: Phase = Phase.WAITING
    since: datetime | None = None
    good_since: datetime | None = None
    bad_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The checks were made at ``at``; ``failed`` names those that were not good."""

    at: datetime
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ordered:
    """Somebody (``by``) wants the new switchboard to serve now, or the old one again."""

    at: datetime
    new: bool
    by: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log of the change."""

    at: datetime
    what: str


Event = Checked | Ordered
Step = tuple[Course, tuple[Entry, ...]]


def trunk_in_use(course: Course, plan: Cutover) -> str:
    """The trunk through which the telephones call now."""
    new = course.phase in (Phase.SWITCHED, Phase.DONE)
    return str(plan.new_trunk if new else plan.old_trunk)


def step(course: Course, event: Event, plan: Cutover) -> Step:
    """Take one event; what happened comes out as entries of the log."""
    match event:
        case Ordered(at=at, new=True, by=by) if course.phase in (Phase.WAITING, Phase.RETURNED):
            return _enter(Phase.SWITCHED, at, f"switched to {plan.new_trunk} by {by}")
        case Ordered(at=at, new=False, by=by) if course.phase in (Phase.SWITCHED, Phase.DONE):
            return _enter(Phase.RETURNED, at, f"returned to {plan.old_trunk} by {by}")
        case Ordered():
            return course, ()
        case Checked(at=at) if course.phase is Phase.WAITING:
            if plan.switching is Switching.PLAN and at >= plan.at:
                return _enter(Phase.SWITCHED, at, f"switched to {plan.new_trunk} by the plan")
            return course, ()
        case Checked() if course.phase is Phase.SWITCHED:
            return _watched(course, event, plan)
        case Checked():
            return course, ()


def _enter(phase: Phase, at: datetime, what: str) -> Step:
    return Course(phase, at), (Entry(at, what),)


def _watched(course: Course, checked: Checked, plan: Cutover) -> Step:
    """Judge the new switchboard while it is not proven."""
    at = checked.at
    if not checked.failed:
        good_since = course.good_since or at
        told = () if course.good_since else (Entry(at, "all checks are good"),)
        if at - good_since >= timedelta(seconds=plan.settle_s):
            after, done = _enter(Phase.DONE, at, f"done: {plan.new_trunk} serves")
            return after, (*told, *done)
        return replace(course, good_since=good_since, bad_since=None), told
    bad_since = course.bad_since or at
    what = f"not good: {', '.join(checked.failed)}"
    told = () if course.bad_since else (Entry(at, what),)
    # Before `expected_by` nobody promised that the new one answers; the time counts from there.
    counted = max(bad_since, plan.expected_by)
    if plan.back_after_s and at - counted >= timedelta(seconds=plan.back_after_s):
        after, back = _enter(Phase.RETURNED, at, f"returned to {plan.old_trunk}: {what}")
        return after, (*told, *back)
    return replace(course, good_since=None, bad_since=bad_since), told
