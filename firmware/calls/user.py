"""What happens when the user of a telephone lifts, dials, presses R or hangs up. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from firmware.calls.dialplan import DialPlan, Verdict
from firmware.calls.effects import (
    AnswerLeg,
    CallStarted,
    DialLeg,
    Direction,
    Effect,
    EndLeg,
    HoldLeg,
    ResumeLeg,
    SendDigit,
    TransferLeg,
)
from firmware.calls.events import DigitPath, Media, Party
from firmware.calls.station import (
    Calling,
    Collecting,
    Conference,
    Foreground,
    Idle,
    Leg,
    LockedOut,
    Recall,
    Refused,
    Ringing,
    Stage,
    Station,
    Talking,
)
from firmware.lines.tones import ToneName

MS = 1_000_000

BUSY_HERE, UNAVAILABLE, DECLINE = 486, 480, 603


@dataclass(frozen=True, slots=True)
class Timers:
    """How long things take on a telephone, in ms.

    ``refused_ms`` is how long a tone of refusal lasts before the howler, ``howler_ms`` how long
    that lasts before the line falls silent; ``ring_ms`` how long an unanswered call rings;
    ``recall_ms`` how long a digit after R is awaited; ``reminder_ms`` how long a telephone that
    was hung up on a held call is rung back.
    """

    refused_ms: int = 20_000
    howler_ms: int = 60_000
    ring_ms: int = 120_000
    recall_ms: int = 5_000
    reminder_ms: int = 30_000


@dataclass(frozen=True, slots=True)
class Office:
    """What the users' moves depend on: the dial plan and the timers."""

    plan: DialPlan
    timers: Timers = Timers()


Move = tuple[Station, tuple[Effect, ...]]


def lift(station: Station, at_ns: int, office: Office) -> Move:
    """The handset was lifted."""
    match station.now:
        case Ringing(leg=leg) if leg.stage is Stage.OFFERED:
            return replace(station, now=Talking(leg)), (AnswerLeg(leg.id),)
        case Ringing(leg=leg):  # rung back: the party on hold is still there
            return replace(station, now=Talking(leg)), (ResumeLeg(leg.id),)
        case Idle():
            return replace(station, now=_dial_tone(at_ns, office)), ()
        case _:
            return station, ()


def hang_up(station: Station, at_ns: int, office: Office) -> Move:
    """The handset was put down: calls end, two at hand are connected with each other."""
    front, held = station.now, station.held
    if isinstance(front, Idle | Ringing):
        return station, ()
    bare = replace(station, now=Idle(), held=None, waiting=None)
    effects: tuple[Effect, ...]
    match front:
        case Conference(first=first, second=second):
            return _departing(bare, first, second), (TransferLeg(first.id, second.id),)
        case Talking(leg=leg) if held and leg.stage is Stage.UP:
            return _departing(bare, held, leg), (TransferLeg(held.id, leg.id),)
        case Talking(leg=leg) | Calling(leg=leg) | Recall(leg=leg):
            effects = (EndLeg(leg.id),)
        case _:
            effects = ()
    if held or station.waiting:
        return _ring_back(station, at_ns, office, effects)
    return bare, effects


def _departing(bare: Station, first: Leg, second: Leg) -> Station:
    """Two legs that connect with each other; they end by themselves when that worked."""
    return replace(bare, departing=(first, second))


def _ring_back(station: Station, at_ns: int, office: Office, ended: tuple[Effect, ...]) -> Move:
    """Ring for a caller who waits, or for one left on hold."""
    if station.waiting:
        until = at_ns + office.timers.ring_ms * MS
        drop: tuple[Effect, ...] = (EndLeg(station.held.id),) if station.held else ()
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
        case Talking(leg=leg) if leg.stage is Stage.UP:
            asking = replace(station, now=_dial_tone(at_ns, office), held=leg)
            return asking, (HoldLeg(leg.id),)
        case Conference(first=first, second=second):
            return replace(station, now=Talking(second), held=first), (HoldLeg(first.id),)
        case Recall(leg=leg):
            return replace(station, now=Talking(leg)), ()
        case Calling(leg=leg) if station.held:
            return _return_to_held(station, (EndLeg(leg.id),))
        case Collecting() | Refused() if station.held:
            return _return_to_held(station, ())
        case _:
            return station, ()


def _return_to_held(station: Station, ended: tuple[Effect, ...]) -> Move:
    assert station.held is not None  # noqa: S101 - the caller looked
    back = replace(station, now=Talking(station.held), held=None)
    return back, (*ended, ResumeLeg(station.held.id))


def digit(station: Station, key: str, at_ns: int, office: Office, fresh: str) -> Move:
    """A digit was dialled, by pulses or by tone; ``fresh`` is the id for a new leg."""
    match station.now:
        case Collecting(digits=before):
            return _collect(station, before + key, at_ns, office, fresh)
        case Recall(leg=leg):
            return _recall(station, leg, key)
        case Talking(leg=leg) | Calling(leg=leg) if leg.media is not Media.NONE:
            return station, _keys((leg,), key)
        case Conference(first=first, second=second):
            return station, _keys((first, second), key)
        case _:
            return station, ()


def _keys(legs: tuple[Leg, ...], key: str) -> tuple[Effect, ...]:
    return tuple(SendDigit(leg.id, key) for leg in legs if leg.digits is DigitPath.EVENTS)


def _collect(station: Station, digits: str, at_ns: int, office: Office, fresh: str) -> Move:
    decision = office.plan.decide(digits)
    match decision.verdict:
        case Verdict.MORE:
            until = at_ns + office.plan.inter_digit_ms * MS
            return replace(station, now=Collecting(until, digits)), ()
        case Verdict.COMPLETE:
            return call(station, decision.number, fresh)
        case Verdict.REFUSED:
            return refuse(station, ToneName.SIT, at_ns, office), ()


def call(station: Station, number: str, fresh: str) -> Move:
    """Call ``number`` as new leg ``fresh``."""
    peer = Party(number=number)
    leg = Leg(fresh, Stage.DIALLED, peer)
    return replace(station, now=Calling(leg)), (
        CallStarted(fresh, station.line, Direction.OUT, peer),
        DialLeg(fresh, station.line, number),
    )


def _recall(station: Station, leg: Leg, key: str) -> Move:
    """Obey the digit after R (ETSI EN 300 208 habits)."""
    other = station.waiting or station.held
    talking = replace(station, now=Talking(leg))
    if other is None:
        return talking, ()
    alone = replace(station, held=None, waiting=None)
    accept: tuple[Effect, ...]
    accept = (AnswerLeg(other.id),) if other is station.waiting else (ResumeLeg(other.id),)
    match key:
        case "0":
            code = BUSY_HERE if other is station.waiting else 0
            return replace(alone, now=Talking(leg)), (EndLeg(other.id, code),)
        case "1":
            return replace(alone, now=Talking(other)), (EndLeg(leg.id), *accept)
        case "2":
            return replace(alone, now=Talking(other), held=leg), (HoldLeg(leg.id), *accept)
        case "3":
            return replace(alone, now=Conference(leg, other)), accept
        case _:
            return talking, ()


def expire(station: Station, at_ns: int, office: Office, fresh: str) -> Move:
    """The deadline of the foreground has passed."""
    match station.now:
        case Collecting(digits=""):
            return refuse(station, ToneName.CONGESTION, at_ns, office), ()
        case Collecting(digits=digits):
            decision = office.plan.timed_out(digits)
            if decision.verdict is Verdict.COMPLETE:
                return call(station, decision.number, fresh)
            return refuse(station, ToneName.SIT, at_ns, office), ()
        case Recall(leg=leg):
            return replace(station, now=Talking(leg)), ()
        case Refused(tone=ToneName.HOWLER):
            return replace(station, now=LockedOut()), ()
        case Refused():
            until = at_ns + office.timers.howler_ms * MS
            return replace(station, now=Refused(ToneName.HOWLER, until)), ()
        case Ringing(leg=leg):
            return replace(station, now=Idle()), (EndLeg(leg.id, UNAVAILABLE),)
        case _:
            return station, ()


def refuse(station: Station, tone: ToneName, at_ns: int, office: Office) -> Station:
    """Let the user hear why it does not go on."""
    return replace(station, now=Refused(tone, at_ns + office.timers.refused_ms * MS))


def deadline(station: Station) -> int | None:
    """When the foreground changes by itself."""
    match station.now:
        case Ringing() | Collecting() | Recall() | Refused():
            return station.now.until_ns
        case _:
            return None


def _dial_tone(at_ns: int, office: Office) -> Collecting:
    return Collecting(at_ns + office.plan.first_digit_ms * MS)
