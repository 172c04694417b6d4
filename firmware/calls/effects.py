"""What the pure core wants done: every order it can give.

Orders are requests. Whoever carries one out answers with an event, never with a value; an
order that cannot be carried out comes back as LegEnded or LineFault.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from firmware.calls.events import Party
from firmware.calls.features import Settings
from firmware.calls.ways import Way
from firmware.guide.phrases import Phrase
from firmware.lines.callerid_plan import Segment
from firmware.lines.fxo_types import PortOrder
from firmware.lines.tones import ToneName
from firmware.site.choices import Category

# --- to the switch itself ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlaceCall:
    """Call ``number`` from ``line`` as leg ``leg`` by the ways that the line may use, in order.

    ``number`` is in normal form (`firmware.calls.numbering`), ``leaves`` is what the line's own
    trunk gets. ``category`` None is not known. The rest is as in `DialLeg`.
    """

    leg: str
    line: str
    number: str
    leaves: str
    category: Category | None = None
    anonymous: bool = False
    emergency: bool = False
    caller: Party | None = None
    redirecting: str = ""


# --- to a line ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RingBurst:
    """Ring ``line`` for ``on_ms`` ms at ``hz`` Hz."""

    line: str
    on_ms: int
    hz: float


@dataclass(frozen=True, slots=True)
class StopRing:
    """End the burst on ``line`` now."""

    line: str


@dataclass(frozen=True, slots=True)
class SetPolarity:
    """Feed ``line`` reversed, or normally."""

    line: str
    reversed: bool


@dataclass(frozen=True, slots=True)
class BreakLoop:
    """Feed ``line`` no current for ``for_ms`` ms: the far end has hung up."""

    line: str
    for_ms: int


@dataclass(frozen=True, slots=True)
class SendSignal:
    """Send caller ID on ``line``: the segments back to back, from now."""

    line: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Listen:
    """Look for DTMF on ``line`` (it is off-hook), or stop looking."""

    line: str
    on: bool


@dataclass(frozen=True, slots=True)
class PlayTone:
    """Play ``tone`` on ``line`` until told otherwise; None ends it."""

    line: str
    tone: ToneName | None


@dataclass(frozen=True, slots=True)
class Say:
    """Say ``phrase`` on ``line``, once; None stops what is being said."""

    line: str
    phrase: Phrase | None


@dataclass(frozen=True, slots=True)
class PlayDigit:
    """Let the telephone on ``line`` hear a DTMF digit that came beside the audio."""

    line: str
    digit: str


@dataclass(frozen=True, slots=True)
class MuteDigits:
    """Take DTMF out of the audio that leaves ``line`` (it travels beside it), or let it pass."""

    line: str
    on: bool


@dataclass(frozen=True, slots=True)
class ToExchange:
    """An order to the port or the audio of the exchange line ``line``."""

    line: str
    order: PortOrder


@dataclass(frozen=True, slots=True)
class LineAlarm:
    """The exchange line ``line`` cannot be used since ``what`` happened; "": it can again."""

    line: str
    what: str


@dataclass(frozen=True, slots=True)
class LineProven:
    """The exchange line ``line`` ``works``, or not; ``what`` says by what we know, for people."""

    line: str
    works: bool
    what: str


# --- to a leg ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DialLeg:
    """Call ``number`` from ``line`` as new leg ``leg``; ``anonymous`` hides who calls.

    ``via`` None is the line's own trunk. ``caller`` calls where it is not the line itself,
    ``redirecting`` is the number that sent the call on ("": nobody did).
    """

    leg: str
    line: str
    number: str
    anonymous: bool = False
    via: Way | None = None
    emergency: bool = False
    caller: Party | None = None
    redirecting: str = ""


@dataclass(frozen=True, slots=True)
class AlertLeg:
    """Tell the caller that the telephone rings (180)."""

    leg: str


@dataclass(frozen=True, slots=True)
class ProgressLeg:
    """Let the caller hear us without an answer (183 with SDP, RFC 3960 early media)."""

    leg: str


@dataclass(frozen=True, slots=True)
class AnswerLeg:
    """Answer an incoming leg (200)."""

    leg: str


@dataclass(frozen=True, slots=True)
class EndLeg:
    """End a leg: BYE, CANCEL or a final answer of ``code``, as its state demands."""

    leg: str
    code: int = 0


@dataclass(frozen=True, slots=True)
class RedirectLeg:
    """Send an incoming leg that is not answered yet to ``number`` (302, RFC 3261 §21.3.3)."""

    leg: str
    number: str


@dataclass(frozen=True, slots=True)
class HoldLeg:
    """Put the far end on hold."""

    leg: str


@dataclass(frozen=True, slots=True)
class ResumeLeg:
    """Take the far end off hold."""

    leg: str


@dataclass(frozen=True, slots=True)
class SendDigit:
    """Send a key press to the far end beside the audio (RFC 4733 or INFO)."""

    leg: str
    digit: str


@dataclass(frozen=True, slots=True)
class TransferLeg:
    """Connect the far ends of ``leg`` and ``to`` with each other (REFER with Replaces)."""

    leg: str
    to: str


@dataclass(frozen=True, slots=True)
class SendOnLeg:
    """Have the far end of an answered leg call ``number`` itself (REFER, RFC 5589 §6)."""

    leg: str
    number: str


@dataclass(frozen=True, slots=True)
class PassData:
    """Keep ``leg`` fit for a fax or modem: G.711 alone, with a delay that does not change."""

    leg: str


# --- to a voice of the guide -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GuideSay:
    """Let ``channel`` say the texts ``keys`` now, instead of what it says; none is silence."""

    channel: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GuideMusic:
    """Let ``channel`` play what callers hear who wait, when it says nothing, or end that."""

    channel: str
    on: bool


@dataclass(frozen=True, slots=True)
class GuideListen:
    """Let ``channel`` look for keys in what the caller says, or stop looking."""

    channel: str
    on: bool


@dataclass(frozen=True, slots=True)
class GuideRecord:
    """Let ``channel`` record what the caller says, for ``most_ms`` ms at most; 0 stops it."""

    channel: str
    most_ms: int


@dataclass(frozen=True, slots=True)
class KeepMessage:
    """Keep for ``office`` what ``channel`` recorded, or that ``number`` is to be called back."""

    visit: str
    channel: str
    office: str
    caller: Party
    number: str = ""


# --- audio paths ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Join:
    """Let ``a`` and ``b`` (each a line or a leg) hear each other."""

    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Part:
    """Undo Join."""

    a: str
    b: str


# --- records ----------------------------------------------------------------------------------


class Direction(Enum):
    """Seen from the building."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A call began: first entry of its record."""

    call: str
    line: str
    direction: Direction
    peer: Party


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """The call was answered."""

    call: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The call is over: last entry of its record. ``code`` is a SIP status."""

    call: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class SaveSettings:
    """Keep what the user of ``line`` has set through restarts."""

    line: str
    settings: Settings


LineEffect = (
    RingBurst
    | StopRing
    | SetPolarity
    | BreakLoop
    | SendSignal
    | Listen
    | PlayTone
    | Say
    | PlayDigit
    | MuteDigits
)
LegEffect = (
    DialLeg
    | AlertLeg
    | ProgressLeg
    | AnswerLeg
    | EndLeg
    | RedirectLeg
    | HoldLeg
    | ResumeLeg
    | SendDigit
    | TransferLeg
    | SendOnLeg
    | PassData
)
GuideEffect = GuideSay | GuideMusic | GuideListen | GuideRecord | KeepMessage
ExchangeEffect = ToExchange | LineAlarm | LineProven
AudioEffect = Join | Part
RecordEffect = CallStarted | CallAnswered | CallEnded
Effect = (
    LineEffect
    | ExchangeEffect
    | LegEffect
    | GuideEffect
    | AudioEffect
    | RecordEffect
    | SaveSettings
)
"""What leaves the core."""

Order = Effect | PlaceCall
"""What a telephone orders: the switch does by itself what stays in the box."""
