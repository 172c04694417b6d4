"""What happens to a telephone's calls when the far end or the network does something. Pure."""

from __future__ import annotations

from dataclasses import replace

from firmware.calls import transfer
from firmware.calls.answers import refuse
from firmware.calls.attempts import PREEMPTED, WAY_FAILED
from firmware.calls.effects import (
    AlertLeg,
    CallStarted,
    Direction,
    Effect,
    EndLeg,
    PlayDigit,
    RedirectLeg,
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
    LegTrying,
    Media,
    TransferRefused,
)
from firmware.calls.features import Feature, Settings
from firmware.calls.office import BUSY_HERE, MS, UNAVAILABLE, Move, Office
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
from firmware.guide.phrases import Phrase, Sentence
from firmware.lines.tones import ToneName, tone_for_status

_NORMAL, _FORBIDDEN = 200, 403
ANONYMITY_DISALLOWED = 433  # RFC 5079


def offer(station: Station, event: LegIncoming, office: Office, *, call_waiting: bool) -> Move:
    """A call comes in for this telephone."""
    leg = Leg(
        event.leg,
        Stage.OFFERED,
        event.caller,
        redirecting=event.redirecting,
        alert_info=event.alert_info,
        stamp=event.stamp,
    )
    began = CallStarted(leg.id, station.line, Direction.IN, event.caller)
    settings = station.settings
    if event.caller.number:
        settings = replace(settings, last_caller=event.caller.number)
        station = replace(station, settings=settings)
    expected = event.at_ns < station.expects_ns
    if leg.peer.private and Feature.REJECT_ANONYMOUS in settings.on and not expected:
        return station, (began, EndLeg(leg.id, ANONYMITY_DISALLOWED))
    if not station.in_service:
        return station, (began, _elsewhere(leg, settings, Feature.FORWARD_OFFLINE, UNAVAILABLE))
    if not expected and (turned := _turned_away(leg, settings)):
        return station, (began, turned)
    match station.now:
        case Idle():
            rings_ms = office.timers.ring_ms if expected else _rings_ms(settings, office)
            until = event.at_ns + rings_ms * MS
            return replace(station, now=Ringing(leg, until)), (began, AlertLeg(leg.id))
        case Talking(leg=busy) if _can_knock(station, busy, wanted=call_waiting, always=expected):
            return replace(station, waiting=leg), (began, AlertLeg(leg.id))
        case _:
            return station, (began, _elsewhere(leg, settings, Feature.FORWARD_BUSY, BUSY_HERE))


def _turned_away(leg: Leg, settings: Settings) -> Effect | None:
    """How a call fares that the user of a telephone does not want to hear, if so."""
    if settings.forward(Feature.FORWARD_ALWAYS):
        return _elsewhere(leg, settings, Feature.FORWARD_ALWAYS, BUSY_HERE)
    if Feature.DO_NOT_DISTURB in settings.on:
        return EndLeg(leg.id, BUSY_HERE)
    return None


def _elsewhere(leg: Leg, settings: Settings, when: Feature, code: int) -> Effect:
    """Send the caller where the user wants it in this case, or refuse with ``code``."""
    target = settings.forward(when)
    return RedirectLeg(leg.id, target) if target else EndLeg(leg.id, code)


def _rings_ms(settings: Settings, office: Office) -> int:
    """How long a call rings: shorter if it then goes elsewhere."""
    forwarded = settings.forward(Feature.FORWARD_NO_ANSWER) is not None
    limit = office.permissions.no_answer_ms if forwarded else office.timers.ring_ms
    return min(limit, office.timers.ring_ms)


def _can_knock(station: Station, talking: Leg, *, wanted: bool, always: bool) -> bool:
    """Whether a second call may be announced; ``always``: whatever the user and the site want."""
    free = station.waiting is None and station.held is None
    wanted = always or (wanted and not station.settings.waiting_off)
    undisturbed = talking.data or talking.emergency
    return talking.stage is Stage.UP and free and wanted and not undisturbed


def hear(station: Station, leg: Leg, event: LegEvent, office: Office, fresh: str) -> Move:
    """Something happened to ``leg`` of this telephone; ``fresh`` is the id for a new leg."""
    match event:
        case LegTrying():
            return station, ()
        case LegProgress():
            ringing = replace(leg, stage=Stage.ALERTING)
            return station.with_leg(ringing if leg.stage is Stage.DIALLED else leg), ()
        case LegMedia(media=media, digits=digits):
            return station.with_leg(replace(leg, media=media, digits=digits)), ()
        case LegAnswered():
            let_in = transfer.answered(station, leg)
            return _answered(station, replace(leg, stage=Stage.UP)), let_in
        case LegDigit(digit=digit):
            return station, _pressed(station, leg, digit)
        case LegReplaced(new=new):
            return station.exchange(leg.id, _successor(leg, new)), ()
        case TransferRefused():
            return transfer.refused(station, leg, office, fresh)
        case LegEnded():
            return _ended(station, leg, event, office)


def _pressed(station: Station, leg: Leg, digit: str) -> tuple[Effect, ...]:
    """Let a key that the far end of ``leg`` pressed be heard where ``leg`` is heard."""
    if leg in station.departing:
        others = (other for other in station.departing if other is not leg)
        return tuple(SendDigit(other.id, digit) for other in others)
    heard = isinstance(station.now, Talking | Calling) and station.now.leg.id == leg.id
    return (PlayDigit(station.line, digit),) if heard else ()


def _successor(leg: Leg, new: str) -> Leg:
    """The leg ``new`` in the place of ``leg``; a call that is tried another way begins anew."""
    if leg.outgoing and leg.stage is not Stage.UP:
        return replace(leg, id=new, stage=Stage.DIALLED, media=Media.NONE)
    return replace(leg, id=new)


def _answered(station: Station, leg: Leg) -> Station:
    if isinstance(station.now, Calling) and station.now.leg.id == leg.id:
        return replace(station, now=Talking(leg))
    return station.with_leg(leg)


def _ended(station: Station, leg: Leg, event: LegEnded, office: Office) -> Move:
    if leg in station.departing:
        return transfer.ended(station, leg, event.at_ns, office)
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
        case Talking() | Recall() | Calling() if event.code == PREEMPTED:
            why = Phrase(Sentence.CLEARED_FOR_HELP)
            return refuse(station, ToneName.WARNING, event.at_ns, office, why), ()
        case Talking() | Recall() if event.code == _NORMAL or leg.stage is Stage.UP:
            return refuse(station, ToneName.BUSY, event.at_ns, office), ()
        case Calling() | Talking() | Recall():
            tone = tone_for_status(event.code)
            return refuse(station, tone, event.at_ns, office, _reason(event.code, office)), ()
        case _:
            return station, ()


def _reason(code: int, office: Office) -> Phrase | None:
    """What a caller is told when trying again is useless; the other tones speak for themselves."""
    if tone_for_status(code) is ToneName.SIT:
        return Phrase(Sentence.NOT_ALLOWED if code == _FORBIDDEN else Sentence.NOT_IN_SERVICE)
    if code in WAY_FAILED and not office.box.usable(office.trunk):
        return Phrase(Sentence.SWITCHBOARD_GONE)
    return None
