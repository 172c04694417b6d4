"""What an exchange line can be doing. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from firmware.lines.fxo_types import Dial
from firmware.lines.fxs import Caller


@dataclass(frozen=True, slots=True)
class Idle:
    """On-hook, nobody calls."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """Somebody calls. Before it is ``offered`` caller ID is awaited until ``offer_ns``.

    ``on``: ringing voltage is there now; ``last_ns`` is when it last was. ``ignored``: the
    inside does not want it; it rings on until the caller gives up.
    """

    offer_ns: int
    last_ns: int
    on: bool = True
    offered: bool = False
    ignored: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """On-hook until ``until_ns``, because the line rests; then ``dial``."""

    dial: Dial
    until_ns: int


@dataclass(frozen=True, slots=True)
class Seizing:
    """Off-hook: dial tone is awaited until ``until_ns``."""

    dial: Dial
    until_ns: int


@dataclass(frozen=True, slots=True)
class Dialling:
    """Digits are sent: ``rest`` from ``next_ns`` on."""

    dial: Dial
    rest: str
    next_ns: int


@dataclass(frozen=True, slots=True)
class Calling:
    """The number is out; ``answer_ns`` is when it counts as answered if nothing tells."""

    dial: Dial
    answer_ns: int
    ringback: bool = False


@dataclass(frozen=True, slots=True)
class Talking:
    """A conversation until ``until_ns`` at the latest."""

    until_ns: int


@dataclass(frozen=True, slots=True)
class Down:
    """The port does not work."""


FxoState = Idle | Ringing | Waiting | Seizing | Dialling | Calling | Talking | Down


@dataclass(frozen=True, slots=True)
class Tries:
    """Calls of one number without an answer: how many, and when the last one began."""

    count: int
    last_ns: int


@dataclass(frozen=True, slots=True)
class Fxo:
    """State of one exchange line.

    ``unfed_ns`` is since when the line at rest is dead, ``mute_ns`` since when the seized one
    has no current, ``quiet_ns`` since when nothing is heard in a conversation; None: it is not
    so. What the line does until ``ours_ns`` is our own doing; before ``guard_ns`` it is not
    seized. ``reversed_at_start`` is how it was fed when the last digit was out, or when we
    answered. ``seen`` is caller ID that came before the first ring, at ``seen_ns``.
    """

    now: FxoState = field(default_factory=Down)
    in_use: bool = False
    reversed: bool = False
    reversed_at_start: bool = False
    unfed_ns: int | None = None
    mute_ns: int | None = None
    quiet_ns: int | None = None
    ours_ns: int = 0
    guard_ns: int = 0
    seen: Caller | None = None
    seen_ns: int = 0
    tries: Mapping[str, Tries] = field(default_factory=lambda: MappingProxyType({}))
    alarm: str = ""

    @property
    def off_hook(self) -> bool:
        """Whether we have closed the loop."""
        return isinstance(self.now, Seizing | Dialling | Calling | Talking)

    @property
    def busy(self) -> bool:
        """Whether the line has a call, or is about to."""
        return not isinstance(self.now, Idle | Down)
