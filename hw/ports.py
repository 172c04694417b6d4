"""What a line card is to the rest of the program: ports, their events, their limits.

A port reports edges and faults and obeys simple orders; it knows nothing of telephony. The
code above never learns whether a port is hardware or simulated. Orders return at once and
never block; whatever takes time (a ring burst) is timed by the port, which also knows the
rules of its data sheet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.int16]
"""20 ms of line audio: 160 samples, 8 kHz, 16 bit, mono."""


@dataclass(frozen=True, slots=True)
class FxsLimits:
    """What the data sheet of a line card allows.

    ``ring_duty`` is the longest share of time with ringing on (0 to 1), ``ring_hz`` the lowest
    and highest ringing frequency in Hz, ``ring_amps`` the supply current of one ringing line
    and ``off_hook_amps`` that of one line in use, in ampere.
    """

    ring_duty: float
    ring_hz: tuple[float, float]
    ring_amps: float
    off_hook_amps: float


@dataclass(frozen=True, slots=True)
class HookEdge:
    """The loop of ``port`` closed (current flows) or opened at ``at_ns``, undebounced.

    ``at_ns`` is CLOCK_MONOTONIC in ns, taken as near to the wire as the platform allows.
    """

    port: str
    at_ns: int
    closed: bool


@dataclass(frozen=True, slots=True)
class RingTrip:
    """The handset of ``port`` was lifted while it rang: the port has stopped ringing."""

    port: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class PortFault:
    """``port`` cannot work since ``at_ns``; ``what`` says why, for people."""

    port: str
    at_ns: int
    what: str


@dataclass(frozen=True, slots=True)
class PortReady:
    """``port`` works (again) since ``at_ns``."""

    port: str
    at_ns: int


PortEvent = HookEdge | RingTrip | PortFault | PortReady


# --- an exchange line --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FxoSenses:
    """What a line card for an exchange line can see; the rest must be inferred from tones.

    ``current``: loop current while off-hook; ``polarity``: which way the line is fed;
    ``battery``: whether it is fed at all while on-hook; ``parallel``: another telephone that
    uses the line; ``caller_id``: it decodes caller ID itself; ``tones``: it recognises
    call-progress tones itself.
    """

    current: bool = False
    polarity: bool = False
    battery: bool = False
    parallel: bool = False
    caller_id: bool = False
    tones: bool = False


@dataclass(frozen=True, slots=True)
class RingSignal:
    """Ringing voltage on ``port`` began (``on``) or ended, validated by frequency and length."""

    port: str
    at_ns: int
    on: bool


@dataclass(frozen=True, slots=True)
class LoopCurrent:
    """Current through the seized line of ``port`` flows, or stopped (a break ends a call)."""

    port: str
    at_ns: int
    flows: bool


@dataclass(frozen=True, slots=True)
class LinePolarity:
    """The exchange feeds ``port`` reversed, or normally."""

    port: str
    at_ns: int
    reversed: bool


@dataclass(frozen=True, slots=True)
class Battery:
    """The line of ``port``, on-hook, is fed by an exchange, or dead (a cut wire)."""

    port: str
    at_ns: int
    present: bool


@dataclass(frozen=True, slots=True)
class LineInUse:
    """A telephone parallel to ``port`` is off-hook, or no longer."""

    port: str
    at_ns: int
    in_use: bool


@dataclass(frozen=True, slots=True)
class CallerShown:
    """``port`` has decoded the caller ID of the call that rings; None is unknown."""

    port: str
    at_ns: int
    number: str | None
    name: str | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class ToneSensed:
    """``port`` itself has recognised a call-progress tone, by its name in the tone plan."""

    port: str
    at_ns: int
    tone: str


FxoEvent = (
    RingSignal
    | LoopCurrent
    | LinePolarity
    | Battery
    | LineInUse
    | CallerShown
    | ToneSensed
    | PortFault
    | PortReady
)


# --- a mobile modem ----------------------------------------------------------------------------


class MobileStage(Enum):
    """How far the one call of a mobile modem has come."""

    DIALLING = "dialling"
    ALERTING = "alerting"
    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class MobileNetwork:
    """The modem's network: ``ready`` if calls can be made; ``why`` not, for people.

    ``signal_dbm`` is None when unknown. ``emergency_only``: no SIM or no registration, but the
    module may still call emergency numbers.
    """

    port: str
    at_ns: int
    ready: bool
    why: str = ""
    signal_dbm: int | None = None
    roaming: bool = False
    emergency_only: bool = False
    operator: str = ""


@dataclass(frozen=True, slots=True)
class MobileIncoming:
    """Somebody calls the modem; ``number`` is None when withheld or unknown."""

    port: str
    at_ns: int
    number: str | None


@dataclass(frozen=True, slots=True)
class MobileCall:
    """The modem's call reached ``stage``; ``cause`` says why it ended, for people."""

    port: str
    at_ns: int
    stage: MobileStage
    cause: str = ""


@dataclass(frozen=True, slots=True)
class MobileMessage:
    """The text message ``reference`` was sent, or not: ``error`` says why ("" is sent)."""

    port: str
    at_ns: int
    reference: str
    error: str = ""


MobileEvent = MobileNetwork | MobileIncoming | MobileCall | MobileMessage | PortFault | PortReady


class AudioStream(Protocol):
    """The voice path of one port; both methods return within microseconds."""

    def read(self) -> Frame:
        """Give the next 20 ms that came from the line (silence if there is none)."""
        ...

    def write(self, frame: Frame) -> None:
        """Take the next 20 ms for the line."""
        ...


class FxsPort(Protocol):
    """One telephone's line card."""

    @property
    def name(self) -> str:
        """Name of the port on its board, such as ``fxs1``."""
        ...

    @property
    def limits(self) -> FxsLimits:
        """What its data sheet allows."""
        ...

    @property
    def audio(self) -> AudioStream:
        """Its voice path."""
        ...

    def open(self, post: Callable[[PortEvent], None]) -> None:
        """Power up and report events through ``post`` (called from any thread)."""
        ...

    def close(self) -> None:
        """Stop ringing and power down."""
        ...

    def ring(self, on_ms: int, hz: float) -> None:
        """Ring one burst of ``on_ms`` ms at ``hz`` Hz; trip within a cycle if lifted."""
        ...

    def stop_ringing(self) -> None:
        """End a burst before its time."""
        ...

    def set_polarity(self, *, reversed_: bool) -> None:
        """Feed the line in normal or reversed polarity."""
        ...

    def break_loop(self, for_ms: int) -> None:
        """Feed no current for ``for_ms`` ms; the hook may seem to open meanwhile."""
        ...


class FxoPort(Protocol):
    """One exchange line's interface (data access arrangement, DAA)."""

    @property
    def name(self) -> str:
        """Name of the port on its board, such as ``fxo1``."""
        ...

    @property
    def senses(self) -> FxoSenses:
        """What it can see of the line."""
        ...

    @property
    def audio(self) -> AudioStream:
        """Its voice path; caller ID and tones of the exchange are in it."""
        ...

    def open(self, post: Callable[[FxoEvent], None]) -> None:
        """Begin on-hook and report events through ``post`` (called from any thread)."""
        ...

    def close(self) -> None:
        """Go on-hook and let go of the device."""
        ...

    def seize(self, *, off_hook: bool) -> None:
        """Close the loop (seize or answer), or open it (release)."""
        ...

    def flash(self, for_ms: int) -> None:
        """Open the closed loop for ``for_ms`` ms (R)."""
        ...

    def pulse(self, digit: str, *, break_ms: int, make_ms: int) -> None:
        """Dial one digit by pulses; the port times them, silence between digits is ours."""
        ...

    def snoop(self, *, on: bool) -> None:
        """Let audio pass while on-hook, for caller ID; where that is always so, do nothing."""
        ...


class MobilePort(Protocol):
    """A mobile modem: one call, text messages."""

    @property
    def name(self) -> str:
        """Name of the port on its board, such as ``mobile1``."""
        ...

    @property
    def audio(self) -> AudioStream:
        """Its voice path."""
        ...

    def open(self, post: Callable[[MobileEvent], None]) -> None:
        """Find the network and report events through ``post`` (called from any thread)."""
        ...

    def close(self) -> None:
        """End the call and let go of the device."""
        ...

    def dial(self, number: str, *, emergency: bool = False) -> None:
        """Call ``number``; ``emergency`` lets the module call without SIM where it can."""
        ...

    def answer(self) -> None:
        """Answer the call that comes in."""
        ...

    def hang_up(self) -> None:
        """End or refuse the call."""
        ...

    def send_digit(self, digit: str) -> None:
        """Send a key press to the far end."""
        ...

    def send_message(self, reference: str, number: str, text: str) -> None:
        """Send a text message; MobileMessage with ``reference`` tells what became of it."""
        ...
