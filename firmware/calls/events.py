"""What can happen to the calls of a building: every event the pure core is fed with.

``at_ns`` is CLOCK_MONOTONIC in ns. Events never arrive before earlier ones of the same line
or leg; between lines the order is that of arrival.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from firmware.calls.ways import TrunkState
from firmware.guide.phrases import Voice
from firmware.lines.fxo_types import Happening


@dataclass(frozen=True, slots=True)
class Party:
    """The person at the far end, as far as the network tells.

    ``number`` and ``name`` are None when unknown; ``private`` when the caller withheld them
    (RFC 3323 ``Privacy: id``), in which case neither is shown.
    """

    number: str | None = None
    name: str | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class LineEdge:
    """The loop of ``line`` closed or opened, undebounced."""

    line: str
    at_ns: int
    closed: bool


@dataclass(frozen=True, slots=True)
class LineTrip:
    """The handset of ``line`` was lifted while it rang (the port's ring trip)."""

    line: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class LineDigit:
    """A DTMF digit was heard on ``line``."""

    line: str
    at_ns: int
    digit: str


@dataclass(frozen=True, slots=True)
class LineData:
    """A fax or modem answered on ``line`` or at the far end of its call (2100 Hz)."""

    line: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class LineFault:
    """The port of ``line`` failed: out of service until LineReady."""

    line: str
    at_ns: int
    what: str


@dataclass(frozen=True, slots=True)
class LineReady:
    """The port of ``line`` works (again)."""

    line: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class OnExchange:
    """Something happened on the exchange line ``line``."""

    line: str
    what: Happening

    @property
    def at_ns(self) -> int:
        """When."""
        return self.what.at_ns


@dataclass(frozen=True, slots=True)
class MessagesWaiting:
    """The switchboard keeps ``count`` new messages for ``line`` (RFC 3842)."""

    line: str
    at_ns: int
    count: int


@dataclass(frozen=True, slots=True)
class HoursChanged:
    """The hours in which the class of service of ``line`` may call began or ended."""

    line: str
    at_ns: int
    after_hours: bool


@dataclass(frozen=True, slots=True)
class WakeUp:
    """It is the time at which the user of ``line`` wanted to be woken."""

    line: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class SpeechReady:
    """What ``voice`` has can be said from now on; what it has not, no more."""

    at_ns: int
    voice: Voice


@dataclass(frozen=True, slots=True)
class TrunkChanged:
    """The switchboard of ``trunk`` is ``state`` now; ``cause`` says why, for people.

    ``stamp`` is the local wall-clock time as MMDDHHMM, for those who ask since when.
    """

    at_ns: int
    trunk: str
    state: TrunkState
    cause: str = ""
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class ProveLine:
    """Somebody wants to know whether the exchange line ``line`` would carry a call."""

    line: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class AddressChanged:
    """The box is reached at this network address now; "" is nowhere."""

    at_ns: int
    address: str


@dataclass(frozen=True, slots=True)
class ClockTold:
    """It is the local time ``local`` now (ISO 8601, without a zone)."""

    at_ns: int
    local: str


@dataclass(frozen=True, slots=True)
class GuideDigit:
    """A key was heard by the guide's voice ``channel``."""

    channel: str
    at_ns: int
    digit: str


@dataclass(frozen=True, slots=True)
class GuideRecorded:
    """The guide's voice ``channel`` has recorded for ``for_ms`` ms, and does no more."""

    channel: str
    at_ns: int
    for_ms: int


@dataclass(frozen=True, slots=True)
class MessageKept:
    """What the caller ``visit`` left is on the disk, or (not ``well``) could not be kept."""

    visit: str
    at_ns: int
    well: bool


@dataclass(frozen=True, slots=True)
class DirectoryRead:
    """These are the ``sites`` that can be called directly, by id, with their internal numbers."""

    at_ns: int
    sites: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class LegIncoming:
    """The network offers a call to ``called`` (user part of the Request-URI).

    ``to`` is the user part of To, where some switchboards leave the number when the Request-URI
    holds the registered user; ``line`` is the line whose own account was called, if any.
    ``exchange`` is the exchange line that rings, "" where the network offers the call;
    ``neighbour`` the site whose box calls us directly, "" where a switchboard does.
    ``redirecting`` is the number that sent the call on to us (Diversion, RFC 5806), or "".
    ``alert_info`` is the raw Alert-Info value or "", ``stamp`` the local wall-clock time as
    MMDDHHMM for the caller-ID display (EN 300 659-3 §5.4.1).
    """

    leg: str
    at_ns: int
    trunk: str
    called: str
    caller: Party
    to: str = ""
    line: str | None = None
    redirecting: str = ""
    alert_info: str = ""
    stamp: str = ""
    exchange: str = ""
    neighbour: str = ""


@dataclass(frozen=True, slots=True)
class LegTrying:
    """Somebody on the way of an outgoing leg works on it (SIP 100): the way is alive."""

    leg: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class LegProgress:
    """The far end of an outgoing leg rings (SIP 18x)."""

    leg: str
    at_ns: int
    code: int


class Media(Enum):
    """What the voice path of a leg does."""

    NONE = "none"
    ACTIVE = "active"
    HELD_BY_THEM = "held"  # whoever holds plays what is heard
    HELD_IN_SILENCE = "held-in-silence"  # nothing comes from there: what is heard is ours


class DigitPath(Enum):
    """How digits travel on a leg: events apart from the audio, or in it."""

    EVENTS = "events"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class LegMedia:
    """The voice path of a leg changed; ``digits`` says how keys pressed now will travel."""

    leg: str
    at_ns: int
    media: Media
    digits: DigitPath = DigitPath.EVENTS


@dataclass(frozen=True, slots=True)
class LegAnswered:
    """Both sides agreed: the leg is up."""

    leg: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class LegDigit:
    """The far end pressed a key (RFC 4733 or INFO)."""

    leg: str
    at_ns: int
    digit: str


@dataclass(frozen=True, slots=True)
class LegReplaced:
    """The dialog ``new`` takes the place of ``leg``: the far end transferred the call."""

    leg: str
    at_ns: int
    new: str


@dataclass(frozen=True, slots=True)
class TransferRefused:
    """The far end of ``leg`` would not connect with the other one (REFER refused or failed)."""

    leg: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class LegEnded:
    """The leg is gone; ``code`` is the SIP status (200 for a normal end)."""

    leg: str
    at_ns: int
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Wake:
    """Nothing else happened until ``at_ns``."""

    at_ns: int


LineEvent = LineEdge | LineTrip | LineDigit | LineData | LineFault | LineReady
LegEvent = (
    LegTrying
    | LegProgress
    | LegMedia
    | LegAnswered
    | LegDigit
    | LegReplaced
    | TransferRefused
    | LegEnded
)
DeskEvent = MessagesWaiting | WakeUp | HoursChanged
GuideEvent = GuideDigit | GuideRecorded | MessageKept
BoxEvent = SpeechReady | AddressChanged | TrunkChanged | DirectoryRead | ProveLine | ClockTold
Event = LineEvent | DeskEvent | BoxEvent | GuideEvent | OnExchange | LegIncoming | LegEvent | Wake
