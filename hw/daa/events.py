"""What happens to a DAA, and what is done: the words of `hw.daa.machine`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Sense(Enum):
    """What a DAA may see of its line beside ringing."""

    LOOP = "loop"
    REVERSED = "reversed"
    BATTERY = "battery"


@dataclass(frozen=True, slots=True)
class Opened:
    """The pins are taken, the line is on-hook; ``levels`` is what is sensed."""

    at_ns: int
    levels: tuple[tuple[Sense, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class RingEdge:
    """The ring pin became active, or stopped being so."""

    at_ns: int
    active: bool


@dataclass(frozen=True, slots=True)
class Sensed:
    """A sense changed."""

    at_ns: int
    sense: Sense
    yes: bool


@dataclass(frozen=True, slots=True)
class Seize:
    """Close the loop, or open it."""

    at_ns: int
    off_hook: bool


@dataclass(frozen=True, slots=True)
class Flash:
    """Open the closed loop for ``for_ms``."""

    at_ns: int
    for_ms: int


@dataclass(frozen=True, slots=True)
class Dial:
    """Dial by ``pulses`` breaks of ``break_ms`` with ``make_ms`` between them."""

    at_ns: int
    pulses: int
    break_ms: int
    make_ms: int


@dataclass(frozen=True, slots=True)
class Snoop:
    """Let audio pass while on-hook."""

    at_ns: int
    on: bool


@dataclass(frozen=True, slots=True)
class Wake:
    """It is ``at_ns``."""

    at_ns: int


Event = Opened | RingEdge | Sensed | Seize | Flash | Dial | Snoop | Wake


@dataclass(frozen=True, slots=True)
class Hook:
    """Close the loop (OH), or open it; ends pulses."""

    closed: bool


@dataclass(frozen=True, slots=True)
class Pulses:
    """Open the loop ``count`` times for ``break_ms``, closed for ``make_ms`` after each."""

    count: int
    break_ms: int
    make_ms: int


@dataclass(frozen=True, slots=True)
class Cid:
    """Set the snoop pin."""

    on: bool


@dataclass(frozen=True, slots=True)
class TellRing:
    """Ringing began, or ended."""

    at_ns: int
    on: bool


@dataclass(frozen=True, slots=True)
class Tell:
    """A sense has settled at a new value."""

    at_ns: int
    sense: Sense
    yes: bool


Output = Hook | Pulses | Cid | TellRing | Tell
