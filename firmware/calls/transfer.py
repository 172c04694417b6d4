"""Connecting two others with each other by hanging up. Pure.

Both parties may be there (REFER with Replaces), or only the one on hold while the other's
telephone still rings: then ours lets go of the second and has the first call it (REFER). Where a
switchboard refuses, the box connects the two itself for as long as they talk.
"""

from __future__ import annotations

from dataclasses import replace

from firmware.calls.effects import (
    CallStarted,
    Direction,
    EndLeg,
    Order,
    PlaceCall,
    ResumeLeg,
    SendOnLeg,
    TransferLeg,
)
from firmware.calls.events import Party
from firmware.calls.features import Feature
from firmware.calls.office import MS, Move, Office
from firmware.calls.station import (
    Calling,
    Conference,
    Idle,
    Leg,
    Ringing,
    Stage,
    Station,
    Talking,
)


def by_hanging_up(station: Station, office: Office) -> Move | None:
    """What hanging up connects; None if there are no two to connect."""
    if Feature.TRANSFER not in office.permissions.allowed or station.departing:
        return None
    bare = replace(station, now=Idle(), held=None, waiting=None)
    held = station.held
    match station.now:
        case Conference(first=first, second=second):
            return replace(bare, departing=(first, second)), (TransferLeg(first.id, second.id),)
        case Talking(leg=leg) if held and leg.stage is Stage.UP:
            return replace(bare, departing=(held, leg)), (TransferLeg(held.id, leg.id),)
        case Calling(leg=leg) if held and leg.leaves not in office.plan.emergency:
            sent = replace(bare, departing=(held,), sent_to=leg.leaves)
            return sent, (EndLeg(leg.id), SendOnLeg(held.id, leg.leaves))
        case _:
            return None


def refused(station: Station, leg: Leg, office: Office, fresh: str) -> Move:
    """The far end of ``leg`` would not go: connect the two here; ``fresh`` is a new leg's id."""
    if leg not in station.departing:
        return station, ()
    if not station.sent_to:
        return station, (ResumeLeg(leg.id),)
    number = station.sent_to
    peer = Party(number=number)
    other = Leg(fresh, Stage.DIALLED, peer, outgoing=True, leaves=number)
    called = replace(station, departing=(leg, other), sent_to="")
    began = CallStarted(fresh, station.line, Direction.OUT, peer)
    judged = office.plan.whole(number)
    return called, (began, PlaceCall(fresh, station.line, judged.number, number, judged.category))


def answered(station: Station, leg: Leg) -> tuple[Order, ...]:
    """``leg`` answers: who was kept on hold for it is let in."""
    match station.departing:
        case (waiting, called) if called.id == leg.id and called.stage is not Stage.UP:
            return (ResumeLeg(waiting.id),)
        case _:
            return ()


def ended(station: Station, leg: Leg, at_ns: int, office: Office) -> Move:
    """One of two that departed is gone: the other goes too, unless it never got to talk.

    Who was to be connected and was not comes back to this telephone, if it is free.
    """
    rest = tuple(other for other in station.departing if other is not leg)
    station = replace(station, departing=(), sent_to="")
    if leg.stage is Stage.UP or not rest or not _free(station):
        return station, tuple(EndLeg(other.id) for other in rest)
    until = at_ns + office.timers.reminder_ms * MS
    return replace(station, now=Ringing(rest[0], until)), ()


def _free(station: Station) -> bool:
    return isinstance(station.now, Idle) and station.in_service
