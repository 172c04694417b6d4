"""Calls that cross the box: from an exchange line inward, from a switchboard out over one. Pure.

A crossing owns two sides of a call. Nobody lifts a handset for it: the caller's side is answered
when somebody inside answers, both end when one ends, and between them audio and keys pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from firmware.calls.attempts import WAY_FAILED
from firmware.calls.effects import (
    AlertLeg,
    AnswerLeg,
    CallStarted,
    Direction,
    EndLeg,
    Order,
    PlaceCall,
    ProgressLeg,
    SendDigit,
)
from firmware.calls.events import (
    LegAnswered,
    LegDigit,
    LegEnded,
    LegEvent,
    LegIncoming,
    LegMedia,
    LegProgress,
    LegReplaced,
    Media,
    Party,
)
from firmware.calls.exchange import ExchangeConfig, ExchangeLine
from firmware.calls.office import Box
from firmware.calls.routes import Ways
from firmware.calls.ways import ViaExchange, ViaGuide, ViaLine, ViaTrunk, Way

_BUSY = 486


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody to call: one call by ``ways``, as ``number``."""

    number: str
    ways: Ways


@dataclass(frozen=True, slots=True)
class Crossing:
    """One call across the box.

    ``outer`` is the leg that came in, on ``line``; ``inner`` are those that were called for it,
    with whether they are heard. ``answered`` is the one that answered. When all of ``inner``
    have failed, the targets of the next of ``stages`` are called at the same time. ``early``: the
    caller hears before he is answered. ``help``: somebody who was called for help calls back.
    """

    line: str
    outer: str
    caller: Party
    redirecting: str
    inner: Mapping[str, bool]
    stages: tuple[tuple[Target, ...], ...]
    answered: str | None = None
    outer_up: bool = False
    early: bool = False
    help: bool = False
    emergency: bool = False

    def legs(self) -> tuple[str, ...]:
        """Every leg that belongs to this crossing."""
        return (self.outer, *self.inner)

    def joins(self) -> frozenset[tuple[str, str]]:
        """Who hears whom: the caller, once connected, and whoever is heard inside."""
        if not (self.outer_up or self.early):
            return frozenset()
        heard = [leg for leg, heard in self.inner.items() if heard]
        if self.answered is not None:
            heard = [leg for leg in heard if leg == self.answered]
        return frozenset((self.outer, leg) for leg in heard[:1])


Move = tuple[Crossing | None, tuple[Order, ...]]
"""A crossing after an event, None when it is over, and what it orders."""

Placed = tuple[PlaceCall, Ways]
"""A call and the ways by which it is to be tried."""


def inward(
    offered: LegIncoming, line: ExchangeLine, config: ExchangeConfig, box: Box, trunks: Ways
) -> Move:
    """A call came in on an exchange line; its first stage is called by `call_next`.

    Who called for help over this line is called first, for a while.
    """
    back = line.kept_for if offered.at_ns < line.kept_ns else ""
    pbx = tuple(way for way in trunks if config.to_pbx and usable(way, box))
    stages = (
        _telephones((back,) if back else ()),
        (Target(config.number, pbx),) if pbx else (),
        _telephones(config.to),
        _telephones(config.alone),
    )
    crossing = Crossing(
        line=offered.exchange,
        outer=offered.leg,
        caller=offered.caller,
        redirecting=config.number if config.tell_number else "",
        inner={},
        stages=tuple(stage for stage in stages if stage),
        help=bool(back),
    )
    started = CallStarted(offered.leg, offered.exchange, Direction.IN, offered.caller)
    answer = (AnswerLeg(offered.leg),) if config.at_once else ()
    return crossing, (started, *answer)


def outward(offered: LegIncoming, lines: tuple[str, ...], number: str, *, emergency: bool) -> Move:
    """A switchboard calls ``number`` outside, by the first of the exchange ``lines`` that can."""
    crossing = Crossing(
        line=lines[0],
        outer=offered.leg,
        caller=offered.caller,
        redirecting="",
        inner={},
        stages=((Target(number, tuple(ViaExchange(line) for line in lines)),),),
        early=True,
        emergency=emergency,
    )
    return crossing, (CallStarted(offered.leg, lines[0], Direction.OUT, Party(number)),)


def usable(way: Way | None, box: Box) -> bool:
    """Whether the switchboard of ``way`` can be used."""
    return isinstance(way, ViaTrunk) and box.usable(way.trunk)


def _telephones(names: tuple[str, ...]) -> tuple[Target, ...]:
    """Telephones by the names of their lines; "menu …" and "group …" are of the guide."""
    return tuple(
        Target(name, (ViaGuide(),)) if " " in name else Target("", (ViaLine(name),))
        for name in names
    )


def call_next(crossing: Crossing, fresh: tuple[str, ...]) -> tuple[Crossing, tuple[Placed, ...]]:
    """Call the next stage; ``fresh`` are ids for its legs, as many as it has targets."""
    stage, *rest = crossing.stages
    legs = dict(zip(fresh, stage, strict=True))
    calls = tuple(
        (
            PlaceCall(
                leg,
                crossing.line,
                target.number,
                target.number,
                emergency=crossing.emergency,
                caller=crossing.caller,
                redirecting=crossing.redirecting,
            ),
            target.ways,
        )
        for leg, target in legs.items()
    )
    called = replace(crossing, inner=dict.fromkeys(legs, False), stages=tuple(rest))
    return called, calls


def hear(crossing: Crossing, event: LegEvent) -> Move:
    """Something happened to a leg of this crossing.

    A crossing without ``inner`` legs and with ``stages`` left wants `call_next`.
    """
    match event:
        case LegEnded(leg=leg) if leg == crossing.outer:
            return None, tuple(EndLeg(each) for each in crossing.inner)
        case LegEnded(leg=leg, code=code):
            return _inner_ended(crossing, leg, code)
        case LegAnswered(leg=leg) if leg == crossing.outer:
            return replace(crossing, outer_up=True), ()
        case LegAnswered(leg=leg) if crossing.answered is None:
            others = tuple(EndLeg(each) for each in crossing.inner if each != leg)
            answer = () if crossing.outer_up else (AnswerLeg(crossing.outer),)
            return replace(crossing, answered=leg), (*others, *answer)
        case LegProgress(leg=leg, code=180) if leg in crossing.inner and crossing.early:
            return crossing, () if any(crossing.inner.values()) else (AlertLeg(crossing.outer),)
        case LegMedia(leg=leg, media=media) if leg in crossing.inner:
            heard = media in (Media.ACTIVE, Media.HELD_BY_THEM)
            first = heard and not any(crossing.inner.values())
            tell = first and crossing.early and not crossing.outer_up
            now = replace(crossing, inner={**crossing.inner, leg: heard})
            return now, (ProgressLeg(crossing.outer),) if tell else ()
        case LegReplaced(leg=leg, new=new) if leg in crossing.inner:
            inner = {new if name == leg else name: on for name, on in crossing.inner.items()}
            answered = new if crossing.answered == leg else crossing.answered
            return replace(crossing, inner=inner, answered=answered), ()
        case LegDigit(leg=leg, digit=digit) if leg == crossing.answered:
            return crossing, (SendDigit(crossing.outer, digit),)
        case LegDigit(leg=leg, digit=digit) if leg == crossing.outer and crossing.answered:
            return crossing, (SendDigit(crossing.answered, digit),)
        case _:
            return crossing, ()


def _inner_ended(crossing: Crossing, leg: str, code: int) -> Move:
    inner = {name: on for name, on in crossing.inner.items() if name != leg}
    if crossing.answered == leg:
        return None, (EndLeg(crossing.outer), *(EndLeg(each) for each in inner))
    # Who is refused by the party called is not sent on: only a way that fails leads to the next.
    stages = crossing.stages if code in WAY_FAILED or crossing.help else ()
    if inner or stages:
        return replace(crossing, inner=inner, stages=stages), ()
    return None, (EndLeg(crossing.outer, code if crossing.early else _BUSY),)
