"""From dialled digits to a call, a star code, or a refusal. Pure."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from firmware.calls import answers, emergency, features
from firmware.calls.answers import notice, refuse, refused_number
from firmware.calls.dialplan import Decision, Verdict
from firmware.calls.effects import CallStarted, Direction, PlaceCall
from firmware.calls.events import Party
from firmware.calls.features import Code, Dial, Done, Feature, PickUp, Settings
from firmware.calls.office import MS, Move, Office
from firmware.calls.station import (
    Calling,
    Collecting,
    Leg,
    PickingUp,
    Stage,
    Station,
)
from firmware.guide.phrases import Phrase, Sentence
from firmware.lines.tones import ToneName


def collect(station: Station, digits: str, at_ns: int, office: Office, fresh: str) -> Move:
    """Judge the digits dialled so far; ``fresh`` is the id for a new leg."""
    until = at_ns + office.plan.inter_digit_ms * MS
    growing = replace(station, now=Collecting(until, digits))
    number = features.once_anonymous(digits)
    if number is None and features.is_code(digits):
        if wanted := emergency.in_code(digits, office):
            return call_help(station, wanted, fresh, office)
        if code := features.read(digits):
            return _obey(station, code, at_ns, office, fresh)
        if digits.endswith("#") and features.short_number(digits):
            return _short(station, digits, at_ns, office, fresh)
        return growing, ()
    if number == "":
        return growing, ()
    decision = office.plan.decide(number or digits, after_hours=station.after_hours)
    match decision.verdict:
        case Verdict.MORE:
            return growing, ()
        case Verdict.COMPLETE:
            return _dialled(station, decision, at_ns, office, fresh, anonymous=number is not None)
        case Verdict.REFUSED:
            why = refused_number(decision.number)
            return refuse(station, ToneName.SIT, at_ns, office, why), ()


def _dialled(
    station: Station, decision: Decision, at_ns: int, office: Office, fresh: str, *, anonymous: bool
) -> Move:
    """Call a complete number, if plan and lock allow it, and keep it for redialling."""
    locked = station.settings.locked and not decision.always
    if decision.verdict is not Verdict.COMPLETE or locked:
        why = refused_number(decision.number)
        return refuse(station, ToneName.SIT, at_ns, office, why), ()
    settings = replace(station.settings, last_dialled=decision.number)
    hidden = anonymous or Feature.WITHHOLD in settings.on
    station = replace(station, settings=settings)
    hidden = hidden and not decision.emergency
    return call(station, decision, fresh, anonymous=hidden)


def _obey(station: Station, code: Code, at_ns: int, office: Office, fresh: str) -> Move:
    """Carry out a star code and let its answer be heard."""
    if code == features.IDENTITY:
        told = notice(ToneName.SIT, at_ns, office, *answers.identity(office))
        return replace(station, now=told), ()
    if code == features.STATE:
        gone = not office.box.usable(office.trunk)
        tone = ToneName.CONGESTION if gone else ToneName.CONFIRMATION
        return replace(station, now=notice(tone, at_ns, office, *answers.standing(office))), ()
    match features.carry_out(code, station.settings, office.permissions):
        case Done(settings=settings, agreed=agreed):
            settings, agreed = _reachable(station, settings, agreed=agreed, office=office)
            tone = ToneName.CONFIRMATION if agreed else ToneName.SIT
            said = answers.to_code(code, settings, office.permissions, agreed=agreed)
            now = notice(tone, at_ns, office, said)
            return replace(station, now=now, settings=settings), ()
        case Dial(number=number):
            decision = office.plan.whole(number, after_hours=station.after_hours)
            return _dialled(station, decision, at_ns, office, fresh, anonymous=False)
        case PickUp(extension=extension):
            return replace(station, now=PickingUp(extension)), ()


def _reachable(
    station: Station, settings: Settings, *, agreed: bool, office: Office
) -> tuple[Settings, bool]:
    """Forward only to numbers that the user may call, written as the trunk gets them."""
    forwards = dict(settings.forwards)
    for feature, target in settings.forwards.items():
        if station.settings.forward(feature) == target:
            continue
        decision = office.plan.timed_out(target, after_hours=station.after_hours)
        if decision.verdict is not Verdict.COMPLETE or decision.emergency:
            return station.settings, False
        forwards[feature] = decision.leaves
    return replace(settings, forwards=MappingProxyType(forwards)), agreed


def _short(station: Station, digits: str, at_ns: int, office: Office, fresh: str) -> Move:
    name = features.short_number(digits)
    number = station.settings.short.get(name or "")
    if number is None or Feature.SHORT_DIAL not in office.permissions.allowed:
        return refuse(station, ToneName.SIT, at_ns, office, Phrase(Sentence.CODE_REFUSED)), ()
    decision = office.plan.timed_out(number, after_hours=station.after_hours)
    return _dialled(station, decision, at_ns, office, fresh, anonymous=False)


def call(station: Station, decision: Decision, fresh: str, *, anonymous: bool = False) -> Move:
    """Call the number that the dial plan has judged, as new leg ``fresh``."""
    number = decision.number
    peer = Party(number=number)
    leg = Leg(
        fresh,
        Stage.DIALLED,
        peer,
        outgoing=True,
        leaves=decision.leaves or number,
        emergency=decision.emergency,
    )
    wish = PlaceCall(
        fresh,
        station.line,
        number,
        decision.leaves or number,
        decision.category,
        anonymous,
        decision.emergency,
    )
    began = CallStarted(fresh, station.line, Direction.OUT, peer)
    return replace(station, now=Calling(leg)), (began, wish)


def call_help(station: Station, number: str, fresh: str, office: Office) -> Move:
    """Call the emergency ``number`` at once, whatever goes on."""
    station, orders = emergency.make_room(station)
    station, more = call(station, office.plan.whole(number), fresh)
    return station, (*orders, *more)


def call_hotline(station: Station, fresh: str, office: Office) -> Move:
    """Call the number that is called by lifting the handset, whatever the class of service."""
    number = office.permissions.hotline
    judged = office.plan.whole(number)
    if judged.verdict is not Verdict.COMPLETE:
        judged = Decision(Verdict.COMPLETE, number, "hotline", judged.category, leaves=number)
    return call(station, judged, fresh)


def no_more_digits(station: Station, digits: str, at_ns: int, office: Office, fresh: str) -> Move:
    """Call what was dialled: no further digit came in time."""
    if features.short_number(digits):
        return _short(station, digits, at_ns, office, fresh)
    if wanted := emergency.in_code(digits, office, no_more=True):
        return call_help(station, wanted, fresh, office)
    if features.read(digits + "#") == features.STATE:
        return _obey(station, features.STATE, at_ns, office, fresh)
    number = features.once_anonymous(digits)
    if number is not None or not features.is_code(digits):
        decision = office.plan.timed_out(number or digits, after_hours=station.after_hours)
        hidden = number is not None
        return _dialled(station, decision, at_ns, office, fresh, anonymous=hidden)
    return refuse(station, ToneName.SIT, at_ns, office, Phrase(Sentence.CODE_REFUSED)), ()
