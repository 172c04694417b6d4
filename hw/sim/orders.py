"""What one can ask of a simulated telephone or exchange line, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from firmware.lines.tones import ToneName
from hw.sim.exchange import Telling

# --- a telephone ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OffHook:
    """Lift the handset."""


@dataclass(frozen=True, slots=True)
class OnHook:
    """Hang up."""


@dataclass(frozen=True, slots=True)
class Flash:
    """Press R: open the loop for ``ms`` ms."""

    ms: int = 100


@dataclass(frozen=True, slots=True)
class Dial:
    """Dial ``digits`` on the keypad, or on the rotary dial if ``pulse``; done when all are out."""

    digits: str
    pulse: bool = False


# --- either -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Play:
    """Say what the WAV file at ``path`` holds; done when all is said."""

    path: Path


@dataclass(frozen=True, slots=True)
class Record:
    """Write what the ear hears to ``path`` (WAV) for ``for_s`` seconds, or until StopRecord.

    With ``for_s`` the order is done when the file is; without, at once.
    """

    path: Path
    for_s: float | None = None


@dataclass(frozen=True, slots=True)
class StopRecord:
    """Close the file that Record began."""


@dataclass(frozen=True, slots=True)
class Hear:
    """Listen for ``for_s`` seconds and tell what was recognised."""

    for_s: float = 3.0


@dataclass(frozen=True, slots=True)
class Show:
    """Tell what can be seen: hook, bell, display, lamp; or what the exchange does and heard."""


# --- an exchange line -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ring:
    """Call the line as ``number`` and ``name``, or ``private``; ``telling`` is how that is told."""

    number: str | None = None
    name: str | None = None
    private: bool = False
    telling: Telling = Telling.AFTER_RING


@dataclass(frozen=True, slots=True)
class StopRing:
    """The caller gives up."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The party that was dialled answers; ``reversal``: the exchange reverses the polarity."""

    reversal: bool = False


@dataclass(frozen=True, slots=True)
class RemoteHangUp:
    """The far party hangs up: busy tone, a break of ``break_ms`` ms, a ``reversal``."""

    break_ms: int = 0
    reversal: bool = False


@dataclass(frozen=True, slots=True)
class PlayTone:
    """The exchange plays ``tone`` on the seized line: ringback, busy, congestion …"""

    tone: ToneName


@dataclass(frozen=True, slots=True)
class Cut:
    """The wire is cut, or (``on`` False) mended."""

    on: bool = True


@dataclass(frozen=True, slots=True)
class Parallel:
    """A telephone parallel to us is lifted, or (``on`` False) put down."""

    on: bool = True


@dataclass(frozen=True, slots=True)
class Meter:
    """The exchange sends a metering pulse."""


Common = Play | Record | StopRecord | Hear | Show
PhoneOrder = OffHook | OnHook | Flash | Dial | Common
ExchangeOrder = Ring | StopRing | Answer | RemoteHangUp | PlayTone | Cut | Parallel | Meter | Common
SimOrder = PhoneOrder | ExchangeOrder
