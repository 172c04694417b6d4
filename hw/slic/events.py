"""What happens to a SLIC, and what is done: the words of `hw.slic.machine`. Pure."""

from __future__ import annotations

from dataclasses import dataclass

# --- what happens ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PowerUp:
    """Power up from ``at_ns``."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class PowerDown:
    """Power down, in the order that the data sheet wants."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class Edge:
    """SHK went to the level of a closed or an open loop at ``at_ns``."""

    at_ns: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Ring:
    """Ring ``on_ms`` ms at ``hz`` Hz."""

    at_ns: int
    on_ms: int
    hz: float


@dataclass(frozen=True, slots=True)
class StopRing:
    """End the burst."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class SetPolarity:
    """Feed the line reversed, or normally."""

    at_ns: int
    reversed: bool


@dataclass(frozen=True, slots=True)
class BreakLoop:
    """Feed no current for ``for_ms`` ms."""

    at_ns: int
    for_ms: int


@dataclass(frozen=True, slots=True)
class Wake:
    """It is ``at_ns``, and SHK has the level of a closed or an open loop."""

    at_ns: int
    closed: bool


Event = PowerUp | PowerDown | Edge | Ring | StopRing | SetPolarity | BreakLoop | Wake


# --- what is done ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Power:
    """Let go of PD (``on``), or pull it low."""

    on: bool


@dataclass(frozen=True, slots=True)
class Feed:
    """Set F/R to feed forward or reversed, and stop toggling it."""

    forward: bool


@dataclass(frozen=True, slots=True)
class RingMode:
    """Set RM."""

    on: bool


@dataclass(frozen=True, slots=True)
class Toggle:
    """Toggle F/R from ``start_ns`` on for ``cycles`` of two halves of ``half_us``; Feed follows."""

    start_ns: int
    half_us: int
    cycles: int


@dataclass(frozen=True, slots=True)
class TellReady:
    """The line is fed."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class TellHook:
    """The loop closed or opened."""

    at_ns: int
    closed: bool


@dataclass(frozen=True, slots=True)
class TellTrip:
    """The handset was lifted while it rang."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class TellShortened:
    """The burst is shorter than asked for (``ms`` of ``of_ms``): the duty limit."""

    ms: int
    of_ms: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The line cannot work; ``what`` says why, for people."""

    what: str


Output = Power | Feed | RingMode | Toggle | TellReady | TellHook | TellTrip | TellShortened | GiveUp
