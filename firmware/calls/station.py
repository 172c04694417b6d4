"""What one telephone is doing: its calls and what its user hears. Pure.

A station has a *foreground*, which is what the handset is used for now, and beside it at most
one leg on hold and one leg waiting. What is heard follows from the state alone (``audible``),
so a tone or an audio path can neither be forgotten nor doubled.

The R key (hook flash) follows ETSI EN 300 208 habits: with one call it asks for a second dial
tone; with two it waits for a digit: 0 refuses or drops the call in the background, 1 drops the
one in the foreground, 2 swaps them, 3 joins the three.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from firmware.calls.events import DigitPath, Media, Party
from firmware.calls.features import Feature, Settings
from firmware.guide.phrases import Phrase
from firmware.lines.tones import ToneName


class Stage(Enum):
    """How far a leg has come."""

    OFFERED = "offered"  # they call us, not answered yet
    DIALLED = "dialled"  # we called, nothing heard yet
    ALERTING = "alerting"  # their telephone rings
    UP = "up"


@dataclass(frozen=True, slots=True)
class Leg:
    """One SIP dialog of a station; ``leaves`` is the number that was called, as the trunk got it.

    ``data``: a fax or modem speaks. ``emergency``: an emergency service was called.
    """

    id: str
    stage: Stage
    peer: Party
    media: Media = Media.NONE
    digits: DigitPath = DigitPath.EVENTS
    outgoing: bool = False
    redirecting: str = ""
    alert_info: str = ""
    stamp: str = ""
    leaves: str = ""
    data: bool = False
    emergency: bool = False


# --- foregrounds -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Idle:
    """On-hook, nothing going on."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """On-hook and rung for ``leg`` until ``until_ns``; it is new, or was left on hold."""

    leg: Leg
    until_ns: int


@dataclass(frozen=True, slots=True)
class Collecting:
    """Off-hook, dialling; ``until_ns`` is when the digits so far count as complete."""

    until_ns: int
    digits: str = ""


@dataclass(frozen=True, slots=True)
class Calling:
    """An outgoing leg on its way."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class Talking:
    """A conversation."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class Conference:
    """Three in a conversation."""

    first: Leg
    second: Leg


@dataclass(frozen=True, slots=True)
class Recall:
    """R was pressed with two calls at hand: which digit follows decides, until ``until_ns``."""

    leg: Leg
    until_ns: int


@dataclass(frozen=True, slots=True)
class Sound:
    """A tone or a phrase that is heard until ``until_ns``."""

    what: ToneName | Phrase
    until_ns: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Sounds say that it did not work, or that it is over; after the last one, silence.

    There is at least one; the first is heard now.
    """

    sounds: tuple[Sound, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """Sounds answer the user; after the last one, or at a digit, dialling begins.

    There is at least one; the first is heard now.
    """

    sounds: tuple[Sound, ...]


@dataclass(frozen=True, slots=True)
class PickingUp:
    """The user asks for the call that rings at ``extension``, or ("") anywhere."""

    extension: str


@dataclass(frozen=True, slots=True)
class Waking:
    """On-hook and rung until ``until_ns``, because the user wanted to be woken at ``at`` (HHMM)."""

    until_ns: int
    at: str = ""


@dataclass(frozen=True, slots=True)
class LockedOut:
    """Left off-hook for too long: silent until hung up."""


Foreground = (
    Idle
    | Ringing
    | Waking
    | Collecting
    | PickingUp
    | Calling
    | Talking
    | Conference
    | Recall
    | Refused
    | Notice
    | LockedOut
)


@dataclass(frozen=True, slots=True)
class Station:
    """One telephone and its calls.

    ``departing`` are two legs that were connected with each other when the handset went down.
    They hear each other through us until their far ends have taken over. One alone is on hold
    and was asked to call ``sent_to`` itself. ``messages`` wait at
    the switchboard. ``after_hours``: its class of service calls only inside the house now.
    ``cut_off``: its switchboard cannot be used now. ``pressed`` are the last digits dialled where
    no number was expected, the last at ``pressed_ns``. Until ``expects_ns`` an emergency service
    may call back.
    """

    line: str
    now: Foreground = Idle()
    held: Leg | None = None
    waiting: Leg | None = None
    departing: tuple[Leg, ...] = ()
    sent_to: str = ""
    settings: Settings = field(default_factory=Settings)
    messages: int = 0
    after_hours: bool = False
    cut_off: bool = False
    pressed: str = ""
    pressed_ns: int = 0
    expects_ns: int = 0
    in_service: bool = True

    def legs(self) -> tuple[Leg, ...]:
        """Every leg that belongs to this station."""
        match self.now:
            case Ringing(leg=leg) | Calling(leg=leg) | Talking(leg=leg) | Recall(leg=leg):
                front: tuple[Leg, ...] = (leg,)
            case Conference(first=first, second=second):
                front = (first, second)
            case _:
                front = ()
        return front + tuple(leg for leg in (self.held, self.waiting) if leg) + self.departing

    def with_leg(self, leg: Leg) -> Station:
        """Put ``leg`` where the leg with its id is now."""
        return self.exchange(leg.id, leg)

    def exchange(self, old: str, leg: Leg) -> Station:
        """Put ``leg`` where the leg called ``old`` is now."""
        if self.held and self.held.id == old:
            return replace(self, held=leg)
        if self.waiting and self.waiting.id == old:
            return replace(self, waiting=leg)
        if any(gone.id == old for gone in self.departing):
            rest = tuple(leg if gone.id == old else gone for gone in self.departing)
            return replace(self, departing=rest)
        match self.now:
            case Ringing() | Calling() | Talking() | Recall() if self.now.leg.id == old:
                return replace(self, now=replace(self.now, leg=leg))
            case Conference(first=first, second=second) if first.id == old:
                return replace(self, now=Conference(leg, second))
            case Conference(first=first, second=second) if second.id == old:
                return replace(self, now=Conference(first, leg))
            case _:
                return self

    def find(self, leg_id: str) -> Leg | None:
        """The leg called ``leg_id``, if it is here."""
        return next((leg for leg in self.legs() if leg.id == leg_id), None)


@dataclass(frozen=True, slots=True)
class Audible:
    """What a line carries: a tone, audio paths between lines and legs, a phrase said once."""

    tone: ToneName | None
    joins: frozenset[tuple[str, str]]
    phrase: Phrase | None = None


def _flows(leg: Leg) -> bool:
    return leg.media is not Media.NONE


def audible(station: Station) -> Audible:
    """Derive what is heard from what is going on."""
    heard = _in_front(station)
    match station.departing:
        case (one, other):
            return replace(heard, joins=heard.joins | {(one.id, other.id)})
        case _:
            return heard


def _in_front(station: Station) -> Audible:
    line = station.line
    knock = ToneName.CALL_WAITING if station.waiting else None
    match station.now:
        case Collecting(digits=""):
            return Audible(_dial_tone(station), frozenset())
        case Calling(leg=leg) if _flows(leg):  # early media replaces local ringback (RFC 3960)
            return Audible(None, frozenset({(line, leg.id)}))
        case Calling(leg=leg):
            ringing = leg.stage is Stage.ALERTING
            return Audible(ToneName.RINGBACK if ringing else None, frozenset())
        case Talking(leg=leg):
            silent = leg.media is Media.HELD_IN_SILENCE
            tone = ToneName.HOLD if silent and not knock else knock
            return Audible(tone, frozenset({(line, leg.id)}))
        case Conference(first=a, second=b):
            return Audible(knock, frozenset({(line, a.id), (line, b.id), (a.id, b.id)}))
        case Recall():
            return Audible(ToneName.DIAL, frozenset())
        case Refused(sounds=sounds) | Notice(sounds=sounds):
            what = sounds[0].what
            if isinstance(what, Phrase):
                return Audible(None, frozenset(), what)
            return Audible(what, frozenset())
        case Idle() | Ringing() | Waking() | Collecting() | PickingUp() | LockedOut():
            return Audible(None, frozenset())


def _dial_tone(station: Station) -> ToneName:
    """The dial tone that tells what is special about this telephone now."""
    settings = station.settings
    if settings.locked or station.cut_off:
        return ToneName.DIAL_RESTRICTED
    if Feature.DO_NOT_DISTURB in settings.on or settings.forward(Feature.FORWARD_ALWAYS):
        return ToneName.DIAL_FORWARD
    return ToneName.DIAL_MWI if station.messages else ToneName.DIAL
