"""Calls that stay inside the box: two legs tied to each other, without any network. Pure.

Each end belongs to somebody who knows nothing of that: what is ordered at one end is what
happens at the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from firmware.calls.effects import (
    AlertLeg,
    AnswerLeg,
    EndLeg,
    HoldLeg,
    LegEffect,
    ProgressLeg,
    ResumeLeg,
    SendDigit,
    SendOnLeg,
    TransferLeg,
)
from firmware.calls.events import (
    DigitPath,
    LegAnswered,
    LegDigit,
    LegEnded,
    LegEvent,
    LegMedia,
    LegProgress,
    Media,
    TransferRefused,
)

_RINGING, _PROGRESS, _NORMAL, _CANCELLED = 180, 183, 200, 487


@dataclass(frozen=True, slots=True)
class End:
    """One end of a call inside; ``other`` is the leg at its other end.

    ``up``: it was answered. ``over``: both ends have been told that it has ended.
    """

    other: str
    up: bool = False
    over: bool = False


Ends = Mapping[str, End]
"""Every leg that is the end of a call inside, until its owner has heard that it ended."""


def tie(ends: Ends, one: str, other: str) -> Ends:
    """Add a call whose ends are the legs ``one`` and ``other``."""
    return MappingProxyType({**ends, one: End(other), other: End(one)})


def without(ends: Ends, leg: str) -> Ends:
    """Drop ``leg``: its owner has heard that it ended."""
    if leg not in ends:
        return ends
    return MappingProxyType({name: end for name, end in ends.items() if name != leg})


def ties(ends: Ends) -> Mapping[str, str]:
    """Which leg is tied to which."""
    return {leg: end.other for leg, end in ends.items()}


def obey(ends: Ends, order: LegEffect, at_ns: int) -> tuple[Ends, tuple[LegEvent, ...]]:
    """What ``order`` at one end makes happen."""
    leg = order.leg
    other = ends[leg].other
    if ends[leg].over:
        return ends, ()
    match order:
        case AlertLeg():
            return ends, (LegProgress(other, at_ns, _RINGING),)
        case ProgressLeg():
            return ends, (*_heard(leg, other, at_ns), LegProgress(other, at_ns, _PROGRESS))
        case AnswerLeg():
            up = {name: replace(ends[name], up=True) for name in (leg, other)}
            answered = LegAnswered(other, at_ns), LegAnswered(leg, at_ns)
            return MappingProxyType({**ends, **up}), (*_heard(leg, other, at_ns), *answered)
        case EndLeg(code=code):
            return _ended(ends, leg, at_ns, code)
        case HoldLeg():
            return ends, (LegMedia(other, at_ns, Media.HELD_IN_SILENCE, DigitPath.AUDIO),)
        case ResumeLeg():
            return ends, (LegMedia(other, at_ns, Media.ACTIVE, DigitPath.AUDIO),)
        case SendDigit(digit=digit):
            return ends, (LegDigit(other, at_ns, digit),)
        case TransferLeg() | SendOnLeg():
            return ends, (TransferRefused(leg, at_ns),)
        case _:
            return ends, ()


def _heard(leg: str, other: str, at_ns: int) -> tuple[LegEvent, ...]:
    """Both ends are connected; keys are heard as they are pressed."""
    return tuple(LegMedia(each, at_ns, Media.ACTIVE, DigitPath.AUDIO) for each in (leg, other))


def _ended(ends: Ends, leg: str, at_ns: int, code: int) -> tuple[Ends, tuple[LegEvent, ...]]:
    end = ends[leg]
    code = code or (_NORMAL if end.up else _CANCELLED)
    over = {name: replace(ends[name], over=True) for name in (leg, end.other) if name in ends}
    events = tuple(LegEnded(name, at_ns, code, "inside the box") for name in over)
    return MappingProxyType({**ends, **over}), events
