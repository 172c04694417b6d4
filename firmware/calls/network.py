"""What happens to a telephone's calls when the far end or the network does something. Pure."""

from __future__ import annotations

from dataclasses import replace

from firmware.calls.effects import (
    AlertLeg,
    CallStarted,
    Direction,
    EndLeg,
    PlayDigit,
    ResumeLeg,
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
    TransferRefused,
)
from firmware.calls.station import (
    Calling,
    Conference,
    Idle,
    Leg,
    Recall,
    Ringing,
    Stage,
    Station,
    Talking,
)
from firmware.calls.user import BUSY_HERE, MS, UNAVAILABLE, Move, Office, refuse
from firmware.lines.tones import ToneName, tone_for_status

_NORMAL = 200


def offer(station: Station, event: LegIncoming, office: Office, *, call_waiting: bool) -> Move:
    """A call comes in for this telephone."""
    leg = Leg(
        event.leg,
        Stage.OFFERED,
        event.caller,
        alert_info=event.alert_info,
        stamp=event.stamp,
    )
    began = CallStarted(leg.id, station.line, Direction.IN, event.caller)
    if not station.in_service:
        return station, (began, EndLeg(leg.id, UNAVAILABLE))
    match station.now:
        case Idle():
            until = event.at_ns + office.timers.ring_ms * MS
            return replace(station, now=Ringing(leg, until)), (began, AlertLeg(leg.id))
        case Talking(leg=busy) if call_waiting and _can_knock(station, busy):
            return replace(station, waiting=leg), (began, AlertLeg(leg.id))
        case _:
            return station, (began, EndLeg(leg.id, BUSY_HERE))


def _can_knock(station: Station, talking: Leg) -> bool:
    return talking.stage is Stage.UP and station.waiting is None and station.held is None


def hear(station: Station, leg: Leg, event: LegEvent, office: Office) -> Move:
    """Something happened to ``leg`` of this telephone."""
    match event:
        case LegProgress():
            ringing = replace(leg, stage=Stage.ALERTING)
            return station.with_leg(ringing if leg.stage is Stage.DIALLED else leg), ()
        case LegMedia(media=media, digits=digits):
            return station.with_leg(replace(leg, media=media, digits=digits)), ()
        case LegAnswered():
            return _answered(station, replace(leg, stage=Stage.UP)), ()
        case LegDigit(digit=digit):
            heard = isinstance(station.now, Talking | Calling) and station.now.leg.id == leg.id
            return station, (PlayDigit(station.line, digit),) if heard else ()
        case LegReplaced(new=new):
            return station.exchange(leg.id, replace(leg, id=new)), ()
        case TransferRefused():  # then we connect the two ourselves, for as long as they talk
            return station, (ResumeLeg(leg.id),) if leg in station.departing else ()
        case LegEnded():
            return _ended(station, leg, event, office)


def _answered(station: Station, leg: Leg) -> Station:
    if isinstance(station.now, Calling) and station.now.leg.id == leg.id:
        return replace(station, now=Talking(leg))
    return station.with_leg(leg)


def _ended(station: Station, leg: Leg, event: LegEnded, office: Office) -> Move:
    if leg in station.departing:
        rest = tuple(other for other in station.departing if other is not leg)
        return replace(station, departing=rest), tuple(EndLeg(other.id) for other in rest)
    if leg in (station.held, station.waiting):
        held = None if station.held is leg else station.held
        waiting = None if station.waiting is leg else station.waiting
        station = replace(station, held=held, waiting=waiting)
        if isinstance(station.now, Recall):
            station = replace(station, now=Talking(station.now.leg))
        return station, ()
    match station.now:
        case Ringing():
            return replace(station, now=Idle()), ()
        case Conference(first=first, second=second):
            return replace(station, now=Talking(second if first is leg else first)), ()
        case Talking() | Recall() if event.code == _NORMAL or leg.stage is Stage.UP:
            return refuse(station, ToneName.BUSY, event.at_ns, office), ()
        case Calling() | Talking() | Recall():
            return refuse(station, tone_for_status(event.code), event.at_ns, office), ()
        case _:
            return station, ()
