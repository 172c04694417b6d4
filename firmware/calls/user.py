"""What happens when the user of a telephone lifts, dials, presses R or hangs up. Pure."""

from __future__ import annotations

from dataclasses import replace

from firmware.calls import emergency, transfer
from firmware.calls.answers import dial_tone, notice, refuse
from firmware.calls.dialling import call_help, call_hotline, collect, no_more_digits
from firmware.calls.effects import (
    AnswerLeg,
    EndLeg,
    HoldLeg,
    Order,
    PassData,
    RedirectLeg,
    ResumeLeg,
    SendDigit,
)
from firmware.calls.events import DigitPath, Media
from firmware.calls.features import Feature
from firmware.calls.office import BUSY_HERE, MS, UNAVAILABLE, Move, Office
from firmware.calls.station import (
    Calling,
    Collecting,
    Conference,
    Foreground,
    Idle,
    Leg,
    LockedOut,
    Notice,
    Recall,
    Refused,
    Ringing,
    Stage,
    Station,
    Talking,
    Waking,
)
from firmware.guide.phrases import Sentence, completed
from firmware.lines.tones import ToneName


def lift(station: Station, at_ns: int, office: Office, fresh: str) -> Move:
    """The handset was lifted; ``fresh`` is the id for a new leg (hotline)."""
    permissions = office.permissions
    match station.now:
        case Ringing(leg=leg) if leg.stage is Stage.OFFERED:
            return replace(station, now=Talking(leg)), (AnswerLeg(leg.id),)
        case Ringing(leg=leg):  # rung back: the party on hold is still there
            return replace(station, now=Talking(leg)), (ResumeLeg(leg.id),)
        case Waking(at=at):
            greeting = completed(Sentence.WAKE_UP_NOW, at)
            return replace(station, now=notice(ToneName.CONFIRMATION, at_ns, office, greeting)), ()
        case Idle() if permissions.hotline and not permissions.hotline_ms:
            return call_hotline(station, fresh, office)
        case Idle():
            collecting = dial_tone(at_ns, office)
            if permissions.hotline:
                until_ns = at_ns + permissions.hotline_ms * MS
                collecting = replace(collecting, until_ns=min(collecting.until_ns, until_ns))
            return replace(station, now=collecting), ()
        case _:
            return station, ()


def hang_up(station: Station, at_ns: int, office: Office) -> Move:
    """The handset was put down: calls end, two at hand are connected with each other."""
    front, held = station.now, station.held
    if isinstance(front, Idle | Ringing | Waking):
        return station, ()
    if isinstance(front, Talking) and emergency.kept(front.leg, office):
        until = at_ns + office.timers.keep_ms * MS
        others = tuple(leg for leg in (held, station.waiting) if leg)
        rung = replace(station, now=Ringing(front.leg, until), held=None, waiting=None)
        return rung, tuple(EndLeg(leg.id) for leg in others)
    if connected := transfer.by_hanging_up(station, office):
        return connected
    effects: tuple[Order, ...]
    match front:
        case Conference(first=first, second=second):
            effects = (EndLeg(first.id), EndLeg(second.id))
        case Talking(leg=leg) | Calling(leg=leg) | Recall(leg=leg):
            effects = (EndLeg(leg.id),)
        case _:
            effects = ()
    if held or station.waiting:
        return _ring_back(station, at_ns, office, effects)
    return replace(station, now=Idle()), effects


def _ring_back(station: Station, at_ns: int, office: Office, ended: tuple[Order, ...]) -> Move:
    """Ring for a caller who waits, or for one left on hold."""
    if station.waiting:
        until = at_ns + office.timers.ring_ms * MS
        drop: tuple[Order, ...] = (EndLeg(station.held.id),) if station.held else ()
        now: Foreground = Ringing(station.waiting, until)
        return replace(station, now=now, held=None, waiting=None), ended + drop
    assert station.held is not None  # noqa: S101 - the caller looked
    until = at_ns + office.timers.reminder_ms * MS
    return replace(station, now=Ringing(station.held, until), held=None), ended


def flash(station: Station, at_ns: int, office: Office) -> Move:
    """R was pressed."""
    match station.now:
        case Talking(leg=leg) if station.held or station.waiting:
            until = at_ns + office.timers.recall_ms * MS
            return replace(station, now=Recall(leg, until)), ()
        case Talking(leg=leg) if leg.stage is Stage.UP and _may(Feature.ENQUIRY, office):
            asking = replace(station, now=dial_tone(at_ns, office), held=leg)
            return asking, (HoldLeg(leg.id),)
        case Conference(first=first, second=second):
            return replace(station, now=Talking(second), held=first), (HoldLeg(first.id),)
        case Recall(leg=leg):
            return replace(station, now=Talking(leg)), ()
        case Calling(leg=leg) if station.held:
            return _return_to_held(station, (EndLeg(leg.id),))
        case Collecting() | Refused() | Notice() if station.held:
            return _return_to_held(station, ())
        case _:
            return station, ()


def _return_to_held(station: Station, ended: tuple[Order, ...]) -> Move:
    assert station.held is not None  # noqa: S101 - the caller looked
    back = replace(station, now=Talking(station.held), held=None)
    return back, (*ended, ResumeLeg(station.held.id))


def digit(station: Station, key: str, at_ns: int, office: Office, fresh: str) -> Move:
    """A digit was dialled, by pulses or by tone; ``fresh`` is the id for a new leg."""
    station, wanted = emergency.listen(station, key, at_ns, office)
    if wanted:
        return call_help(station, wanted, fresh, office)
    match station.now:
        case Collecting(digits=before):
            return collect(station, before + key, at_ns, office, fresh)
        case Notice():
            return collect(station, key, at_ns, office, fresh)
        case Recall(leg=leg):
            return _recall(station, leg, key, office)
        case Talking(leg=leg) | Calling(leg=leg) if leg.media is not Media.NONE:
            return station, _keys((leg,), key)
        case Conference(first=first, second=second):
            return station, _keys((first, second), key)
        case _:
            return station, ()


def data(station: Station) -> Move:
    """A fax or modem is in the call: keep what it says as it is."""
    match station.now:
        case Talking(leg=leg) | Calling(leg=leg) if not leg.data:
            return station.with_leg(replace(leg, data=True)), (PassData(leg.id),)
        case _:
            return station, ()


def _keys(legs: tuple[Leg, ...], key: str) -> tuple[Order, ...]:
    return tuple(SendDigit(leg.id, key) for leg in legs if leg.digits is DigitPath.EVENTS)


def _may(what: Feature, office: Office) -> bool:
    return what in office.permissions.allowed


def _recall(station: Station, leg: Leg, key: str, office: Office) -> Move:
    """Obey the digit after R (ETSI EN 300 208 habits)."""
    other = station.waiting or station.held
    talking = replace(station, now=Talking(leg))
    if other is None:
        return talking, ()
    alone = replace(station, held=None, waiting=None)
    accept: tuple[Order, ...]
    accept = (AnswerLeg(other.id),) if other is station.waiting else (ResumeLeg(other.id),)
    match key:
        case "0":
            code = BUSY_HERE if other is station.waiting else 0
            return replace(alone, now=Talking(leg)), (EndLeg(other.id, code),)
        case "1":
            return replace(alone, now=Talking(other)), (EndLeg(leg.id), *accept)
        case "2":
            return replace(alone, now=Talking(other), held=leg), (HoldLeg(leg.id), *accept)
        case "3" if _may(Feature.CONFERENCE, office):
            return replace(alone, now=Conference(leg, other)), accept
        case _:
            return talking, ()


def expire(station: Station, at_ns: int, office: Office, fresh: str) -> Move:
    """The deadline of the foreground has passed."""
    match station.now:
        case Collecting(digits=""):
            if office.permissions.hotline:
                return call_hotline(station, fresh, office)
            return refuse(station, ToneName.CONGESTION, at_ns, office), ()
        case Collecting(digits=digits):
            return no_more_digits(station, digits, at_ns, office, fresh)
        case Refused(sounds=(_, *rest)) | Notice(sounds=(_, *rest)) if rest:
            return replace(station, now=replace(station.now, sounds=tuple(rest))), ()
        case Notice():
            return replace(station, now=dial_tone(at_ns, office)), ()
        case Waking():
            return replace(station, now=Idle()), ()
        case Recall(leg=leg):
            return replace(station, now=Talking(leg)), ()
        case Refused():
            return replace(station, now=LockedOut()), ()
        case Ringing(leg=leg):
            target = station.settings.forward(Feature.FORWARD_NO_ANSWER)
            if target and leg.stage is Stage.OFFERED:
                return replace(station, now=Idle()), (RedirectLeg(leg.id, target),)
            return replace(station, now=Idle()), (EndLeg(leg.id, UNAVAILABLE),)
        case _:
            return station, ()


def wake(station: Station, at_ns: int, office: Office) -> Move:
    """It is the time the user wanted to be woken; a telephone in use needs no waking."""
    at = station.settings.wake_at
    station = replace(station, settings=replace(station.settings, wake_at=""))
    if not isinstance(station.now, Idle) or not station.in_service:
        return station, ()
    return replace(station, now=Waking(at_ns + office.timers.reminder_ms * MS, at)), ()


def deadline(station: Station) -> int | None:
    """When the foreground changes by itself."""
    match station.now:
        case Ringing() | Waking() | Collecting() | Recall():
            return station.now.until_ns
        case Refused(sounds=(sound, *_)) | Notice(sounds=(sound, *_)):
            return sound.until_ns
        case _:
            return None
