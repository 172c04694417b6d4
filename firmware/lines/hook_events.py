"""What goes into the hook classifier and what comes out of it; times in ns of one clock."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edge:
    """The loop closed or opened at ``at_ns`` (kernel clock), not debounced."""

    at_ns: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Wake:
    """No edge came before ``at_ns``."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class RingTrip:
    """The port driver saw loop current during ringing at ``at_ns``: somebody answers."""

    at_ns: int


HookInput = Edge | Wake | RingTrip


# --- events out: ``at_ns`` is when it was decided, ``since_ns`` when it began -------------------
@dataclass(frozen=True, slots=True)
class OffHook:
    """The handset was lifted."""

    at_ns: int
    since_ns: int


@dataclass(frozen=True, slots=True)
class OnHook:
    """The handset was put down."""

    at_ns: int
    since_ns: int


@dataclass(frozen=True, slots=True)
class Flash:
    """The R key, or a tap on the hook."""

    at_ns: int
    since_ns: int


@dataclass(frozen=True, slots=True)
class Digit:
    """One digit ``"0"``…``"9"`` from a dial; ``since_ns`` is its first break."""

    at_ns: int
    since_ns: int
    digit: str


HookEvent = OffHook | OnHook | Flash | Digit
