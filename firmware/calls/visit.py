"""A caller in the voice guide: what is known of them, and what goes on for them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from firmware.calls.dialplan import DialPlan
from firmware.calls.events import DigitPath, Party
from firmware.calls.groups import Round, Team
from firmware.guide.leaving import Leaving
from firmware.guide.menu import Session
from firmware.guide.script import House, Keys
from firmware.site.choices import WayOut
from firmware.site.guide_values import Target


@dataclass(frozen=True, slots=True)
class GuideConfig:
    """The voice guide of a building.

    ``doors`` maps every number by which it is called to where that leads, ``numbers`` the names of
    outside numbers to what is dialled for them. ``channels`` are the names of its voices on the
    bridge. Calls from it leave by ``plan`` through ``trunk`` on ``ways``. Longer messages than
    ``message_ms`` are cut off.
    """

    house: House = field(default_factory=House)
    doors: Mapping[str, Target] = field(default_factory=lambda: MappingProxyType({}))
    numbers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    channels: tuple[str, ...] = ()
    plan: DialPlan = field(default_factory=DialPlan)
    trunk: str | None = None
    ways: frozenset[WayOut] = frozenset(WayOut)
    message_ms: int = 120_000


@dataclass(frozen=True, slots=True)
class Try:
    """A call to somebody who may answer; ``member`` is who of the group, or ""."""

    leg: str
    member: str = ""


@dataclass(frozen=True, slots=True)
class Guided:
    """In the menus: the session says where."""


@dataclass(frozen=True, slots=True)
class Depositing:
    """Leaving a message or a number for ``office``."""

    office: str
    leaving: Leaving


@dataclass(frozen=True, slots=True)
class Seeking:
    """Waiting for somebody to answer: of ``group``, or ("") one target alone.

    ``since_ns`` is when that began, which is also the order of those who wait. ``calling`` is who
    is rung now, ``rest`` who comes next in this round, ``rounds`` how many are over. ``told`` is
    how many were said to wait before; -1 is nothing said yet.
    """

    group: str
    since_ns: int
    calling: tuple[Try, ...] = ()
    rest: Round = ()
    rounds: int = 0
    told: int = -1


@dataclass(frozen=True, slots=True)
class Talking:
    """In a conversation with somebody on ``leg``; ``member`` of ``group``, or ""."""

    leg: str
    group: str = ""
    member: str = ""


Doing = Guided | Depositing | Seeking | Talking


@dataclass(frozen=True, slots=True)
class Visit:
    """One caller; ``id`` is the leg they came with, ``leg`` that of now.

    ``gone``: they have hung up.

    ``up``: the call is answered, ``media``: they hear us. ``channel`` is the voice that speaks to
    them ("": none). ``pending`` is what is said as soon as they hear. ``spoken_ns`` is when all is
    said, ``due_ns`` when something else happens by itself. ``music``: they hear that they wait.
    """

    id: str
    leg: str
    caller: Party
    called: str
    session: Session = field(default_factory=Session)
    now: Doing = Guided()
    up: bool = False
    media: bool = False
    gone: bool = False
    digits: DigitPath = DigitPath.EVENTS
    channel: str = ""
    pending: Keys = ()
    spoken_ns: int | None = None
    due_ns: int | None = None
    music: bool = False

    @property
    def others(self) -> tuple[str, ...]:
        """The legs of those who are called or talk with the caller."""
        match self.now:
            case Seeking(calling=calling):
                return tuple(each.leg for each in calling)
            case Talking(leg=leg):
                return (leg,)
            case _:
                return ()

    @property
    def joins(self) -> frozenset[tuple[str, str]]:
        """Who hears whom."""
        if isinstance(self.now, Talking):
            return frozenset({(self.leg, self.now.leg)})
        if self.channel and self.up and not self.gone:
            return frozenset({(self.channel, self.leg)})
        return frozenset()

    def due(self) -> int | None:
        """When something happens by itself."""
        times = (at_ns for at_ns in (self.spoken_ns, self.due_ns) if at_ns is not None)
        return min(times, default=None)

    def exchange(self, old: str, new: str) -> Visit:
        """Put the leg ``new`` in the place of ``old``."""
        if self.leg == old:
            return replace(self, leg=new)
        match self.now:
            case Seeking(calling=calling) as seeking:
                tries = tuple(replace(t, leg=new) if t.leg == old else t for t in calling)
                return replace(self, now=replace(seeking, calling=tries))
            case Talking(leg=leg) as talking if leg == old:
                return replace(self, now=replace(talking, leg=new))
            case _:
                return self


Visits = Mapping[str, Visit]
"""Every caller in the guide, by the leg with which they came, in the order of their coming."""

Teams = Mapping[str, Team]
"""What has happened in each group, by name."""
