"""What a line card is to the rest of the program: ports, their events, their limits.

A port reports edges and faults and obeys simple orders; it knows nothing of telephony. The
code above never learns whether a port is hardware or simulated. Orders return at once and
never block; whatever takes time (a ring burst) is timed by the port, which also knows the
rules of its data sheet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
