"""How a telephone answers its user: by a sentence where there is a voice, else by a tone. Pure.

What is heard one after the other is laid out when it begins, since the length of every sound is
known then; a sentence that cannot be said is left out.
"""

from __future__ import annotations

from dataclasses import replace

from firmware.calls.features import SERVICE_CODES, Code, Feature, Op, Permissions, Settings, is_set
from firmware.calls.office import MS, Office
from firmware.calls.station import Collecting, Notice, Refused, Sound, Station
from firmware.guide.phrases import Phrase, Sentence, completed
from firmware.lines.tones import ToneName
from firmware.site.choices import WayOut

_FORWARDS = frozenset(
    {
        Feature.FORWARD_ALWAYS,
        Feature.FORWARD_BUSY,
        Feature.FORWARD_NO_ANSWER,
        Feature.FORWARD_OFFLINE,
    }
)


def dial_tone(at_ns: int, office: Office) -> Collecting:
    """Wait for the first digit."""
    return Collecting(at_ns + office.plan.first_digit_ms * MS)


def notice(tone: ToneName, at_ns: int, office: Office, *phrases: Phrase | None) -> Notice:
    """Say ``phrases`` to the user, or play ``tone`` for a moment; then dial tone."""
    said = _laid_out(at_ns, office, *phrases)
    return Notice(said or _laid_out(at_ns, office, (tone, office.timers.notice_ms)))


def refuse(
    station: Station, tone: ToneName, at_ns: int, office: Office, why: Phrase | None = None
) -> Station:
    """Let the user hear why it does not go on, then that the handset is to be put down.

    With ``why`` the tone is played shortly, then it is said, then the tone goes on.
    """
    timers = office.timers
    first = (tone, timers.first_tone_ms)
    explained = _laid_out(at_ns, office, first, why) if _sayable(office, why) else ()
    since = explained[-1].until_ns if explained else at_ns
    rest = _laid_out(
        since,
        office,
        (tone, timers.refused_ms),
        Phrase(Sentence.HANG_UP),
        (ToneName.HOWLER, timers.howler_ms),
    )
    return replace(station, now=Refused(explained + rest))


def refused_number(number: str) -> Phrase:
    """Why ``number``, judged by the dial plan, is not called."""
    return Phrase(Sentence.NOT_ALLOWED if number else Sentence.NOT_IN_SERVICE)


def to_code(code: Code, settings: Settings, permissions: Permissions, *, agreed: bool) -> Phrase:
    """What is said after ``code``, which made the settings ``settings``."""
    feature = SERVICE_CODES.get(code.service)
    known = feature is not None and feature in permissions.allowed
    if feature is None or not known or not (agreed or code.op is Op.ASK):
        return Phrase(Sentence.CODE_REFUSED)
    match feature, code.op:
        case Feature.SHORT_DIAL, Op.SET:
            return Phrase(Sentence.SHORT_DIAL_SET)
        case Feature.SHORT_DIAL, Op.CLEAR:
            return Phrase(Sentence.SHORT_DIAL_CLEARED)
        case Feature.PICKUP, _:
            return Phrase(Sentence.CODE_REFUSED)
        case _, Op.SET if feature in _FORWARDS:  # as it was dialled, not as the trunk gets it
            return completed(Sentence(f"{feature}-on"), code.values[0]) or _off(feature)
        case _:
            return state(feature, settings)


def state(feature: Feature, settings: Settings) -> Phrase:
    """Say whether ``feature`` is switched on, and with what value."""
    if not is_set(feature, settings):
        return _off(feature)
    match feature:
        case Feature.WAKE_UP:
            value = settings.wake_at
        case Feature.REDIAL:
            value = settings.last_dialled
        case Feature.CALL_RETURN:
            value = settings.last_caller
        case _:
            value = settings.forward(feature) or ""
    return completed(Sentence(f"{feature}-on"), value) or Phrase(Sentence.CODE_REFUSED)


def identity(office: Office) -> tuple[Phrase | None, ...]:
    """Who this telephone is and where the box is in the network, for its installer."""
    address = completed(Sentence.ADDRESS_IS, office.box.address)
    return (
        completed(Sentence.EXTENSION_IS, office.extension),
        completed(Sentence.NUMBER_IS, office.number),
        address or Phrase(Sentence.NO_ADDRESS),
    )


def standing(office: Office) -> tuple[Phrase | None, ...]:
    """Whether the switchboard is there; if not, since when, and who can be called now."""
    if office.box.usable(office.trunk):
        return (Phrase(Sentence.SWITCHBOARD_HERE),)
    stamp = office.box.since.get(office.trunk or "", "")
    since = completed(Sentence.SWITCHBOARD_GONE_SINCE, stamp[4:])
    gone = since or Phrase(Sentence.SWITCHBOARD_GONE)
    outside = office.ways & {WayOut.EXCHANGE, WayOut.MOBILE}
    return (
        gone,
        Phrase(Sentence.CALLS_INSIDE),
        Phrase(Sentence.CALLS_OTHER_SITES) if WayOut.NEIGHBOURS in office.ways else None,
        Phrase(Sentence.CALLS_OUTSIDE) if outside else None,
    )


def _off(feature: Feature) -> Phrase:
    return Phrase(Sentence(f"{feature}-off"))


def _sayable(office: Office, phrase: Phrase | None) -> bool:
    return phrase is not None and office.box.voice.length_ms(phrase) is not None


def _laid_out(
    at_ns: int, office: Office, *parts: tuple[ToneName, int] | Phrase | None
) -> tuple[Sound, ...]:
    """Sounds one after the other from ``at_ns``: tones for their ms, phrases as long as they are.

    Phrases that cannot be said are left out.
    """
    sounds = []
    for part in parts:
        match part:
            case None:
                continue
            case Phrase():
                ms = office.box.voice.length_ms(part)
                if ms is None:
                    continue
                at_ns += ms * MS
                sounds.append(Sound(part, at_ns))
            case (tone, ms):
                at_ns += ms * MS
                sounds.append(Sound(tone, at_ns))
    return tuple(sounds)
