"""What the hook classifier remembers of one loop; times in ns."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Down:
    """On hook."""


@dataclass(frozen=True, slots=True)
class Lifting:
    """Closed, not yet for long enough to be off hook."""

    since_ns: int


@dataclass(frozen=True, slots=True)
class Answered:
    """Off hook by ring trip; breaks are not believed before ``until_ns``."""

    until_ns: int


@dataclass(frozen=True, slots=True)
class Up:
    """Off hook, nothing being dialled."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Closed after a break that is a pulse in company and perhaps a flash alone."""

    since_ns: int
    break_ns: int


@dataclass(frozen=True, slots=True)
class Dialling:
    """Closed after the last of ``pulses`` breaks so far; the first was at ``first_ns``."""

    since_ns: int
    first_ns: int
    pulses: int


@dataclass(frozen=True, slots=True)
class Spoilt:
    """Closed within a digit that cannot be read; waits for its end."""

    since_ns: int


@dataclass(frozen=True, slots=True)
class Open:
    """Off hook with the loop open; ``before`` is what the break interrupted."""

    since_ns: int
    before: Up | Doubtful | Dialling | Spoilt


Phase = Down | Lifting | Answered | Up | Doubtful | Dialling | Spoilt | Open


@dataclass(frozen=True, slots=True)
class Burst:
    """Edges that may be a change of level or mere bounce."""

    first_ns: int
    last_ns: int


@dataclass(frozen=True, slots=True)
class HookState:
    """What is known of one loop. ``raw`` is the last edge's level, ``rest`` the debounced one."""

    raw: bool
    rest: bool
    rest_ns: int
    settled_ns: int
    burst: Burst | None
    phase: Phase
