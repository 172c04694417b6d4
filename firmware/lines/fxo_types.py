"""What an exchange line is told and what it says: the words of `firmware.lines.fxo`.

``at_ns`` is CLOCK_MONOTONIC in ns throughout. Codes of ended calls are SIP statuses, so that
whoever called hears the tone of their meaning: 5xx says that this way does not work.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from firmware.lines.fxs import Caller

# --- what happens on the line -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ring:
    """Ringing voltage began or ended, validated by the port (a lone reversal is none)."""

    at_ns: int
    on: bool


@dataclass(frozen=True, slots=True)
class Current:
    """Loop current through the seized line flows, or has stopped."""

    at_ns: int
    flows: bool


@dataclass(frozen=True, slots=True)
class FedReversed:
    """The exchange feeds the line reversed, or normally."""

    at_ns: int
    reversed: bool


@dataclass(frozen=True, slots=True)
class Fed:
    """The line at rest is fed, or dead."""

    at_ns: int
    present: bool


@dataclass(frozen=True, slots=True)
class UsedBeside:
    """A telephone parallel to us uses the line, or no longer."""

    at_ns: int
    in_use: bool


@dataclass(frozen=True, slots=True)
class CallerSeen:
    """Caller ID came, from the exchange's signal or a port that decodes it."""

    at_ns: int
    caller: Caller


class HeardTone(Enum):
    """What a tone of the exchange means to a call."""

    DIAL = "dial"
    RINGBACK = "ringback"
    BUSY = "busy"
    CONGESTION = "congestion"
    SIT = "sit"


@dataclass(frozen=True, slots=True)
class ToneHeard:
    """A tone of the exchange is certain since ``at_ns``; None: the last one has ended."""

    at_ns: int
    tone: HeardTone | None


@dataclass(frozen=True, slots=True)
class SpeechHeard:
    """Somebody speaks at the far end, or stopped."""

    at_ns: int
    on: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """The port failed: out of service until `Works`."""

    at_ns: int
    what: str


@dataclass(frozen=True, slots=True)
class Works:
    """The port works (again)."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class Wake:
    """Nothing else happened until ``at_ns``."""

    at_ns: int


# --- what is wanted of it -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dial:
    """Call ``number``; an emergency is never held back."""

    at_ns: int
    number: str
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the call that rings."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class Release:
    """End the call; one that rings is left to ring."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class PressR:
    """Flash the hook: R at the exchange, for its own services."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class Press:
    """Send a digit to the far end."""

    at_ns: int
    digit: str


LineHappening = Ring | Current | FedReversed | Fed | UsedBeside | CallerSeen
Happening = LineHappening | ToneHeard | SpeechHeard | Failed | Works | Wake
Wish = Dial | Answer | Release | PressR | Press
FxoInput = Happening | Wish

# --- what it wants of the port and the audio ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seize:
    """Close the loop, or open it."""

    off_hook: bool


@dataclass(frozen=True, slots=True)
class FlashHook:
    """Open the closed loop for ``for_ms`` ms."""

    for_ms: int


@dataclass(frozen=True, slots=True)
class Pulse:
    """Dial one digit by pulses."""

    digit: str
    break_ms: int
    make_ms: int


@dataclass(frozen=True, slots=True)
class SendKeys:
    """Send DTMF digits, each ``on_ms`` long, with pauses of ``off_ms``."""

    digits: str
    on_ms: int
    off_ms: int


@dataclass(frozen=True, slots=True)
class Snoop:
    """Listen for caller ID on the line at rest, or stop."""

    on: bool


@dataclass(frozen=True, slots=True)
class Hearken:
    """Tell tones and speech of the far end, or stop."""

    on: bool


# --- what it says of its call -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offered:
    """Somebody calls; ``answered`` says that we are connected already (glare)."""

    caller: Caller | None
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Through:
    """The number is dialled: the exchange is heard from now on."""


@dataclass(frozen=True, slots=True)
class RingsThere:
    """Ringback is heard."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The far end has answered; ``by`` says how we know."""

    by: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The call that was just wanted cannot be made; one that there is goes on."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over; ``reason`` is for people."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """The line cannot be used since ``what`` happened; "" says that it can again."""

    what: str


PortOrder = Seize | FlashHook | Pulse | SendKeys | Snoop | Hearken
LegOutput = Offered | Refused | Through | RingsThere | Answered | Ended
FxoOutput = PortOrder | LegOutput | Alarm
