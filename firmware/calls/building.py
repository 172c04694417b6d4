"""What there is in a building, and how all of it is: configuration and state of the switch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from firmware.calls.attempts import Attempt
from firmware.calls.crossings import Crossing
from firmware.calls.desk import Desk, LineConfig
from firmware.calls.dialplan import DialPlan
from firmware.calls.effects import Order, PlaceCall
from firmware.calls.events import LegIncoming
from firmware.calls.exchange import ExchangeConfig, Lines
from firmware.calls.groups import Team
from firmware.calls.inside import Ends
from firmware.calls.joins import Joins
from firmware.calls.office import Box, Office
from firmware.calls.routes import Routes, Ways, ways
from firmware.calls.visit import GuideConfig, Teams, Visit, Visits
from firmware.calls.ways import ViaGuide, ViaLine
from firmware.lines.ring_schedule import RingSchedule
from firmware.site.guide_values import Target


@dataclass(frozen=True, slots=True)
class Config:
    """What the switch must know of the building: its telephones ``lines``, its ``exchange`` lines.

    ``rings_at_once`` is how many telephones the power supply can ring at the same instant.
    """

    office: Office
    lines: Mapping[str, LineConfig]
    rings_at_once: int = 4
    routes: Routes = field(default_factory=Routes)
    exchange: Mapping[str, ExchangeConfig] = field(default_factory=lambda: MappingProxyType({}))
    guide: GuideConfig = field(default_factory=GuideConfig)

    def door(self, event: LegIncoming) -> Target | None:
        """Where in the guide a call leads, by number called or by To; None if nowhere."""
        doors = self.guide.doors
        return doors.get(event.called) or doors.get(event.to)

    def line_called(self, event: LegIncoming) -> str | None:
        """Name of the line that a call is for: by number called, by To, by account."""
        return self.line_numbered(event.called) or self.line_numbered(event.to) or event.line

    def line_numbered(self, number: str) -> str | None:
        """Name of the line with ``number`` as its extension or another of its numbers."""
        for name, line in self.lines.items():
            if number and (number == line.extension or number in line.aliases):
                return name
        return None

    def exchange_called(self, number: str) -> tuple[tuple[str, ...], str]:
        """The exchange lines that a switchboard means by ``number``, and what to dial there."""
        prefixes = {line.prefix for line in self.exchange.values() if line.prefix}
        longest = max(
            (each for each in prefixes if number.startswith(each) and number != each),
            key=len,
            default=None,
        )
        lines = tuple(name for name, line in self.exchange.items() if line.prefix == longest)
        return (lines, number.removeprefix(longest)) if longest else ((), "")

    def is_emergency(self, number: str) -> bool:
        """Whether ``number`` is an emergency number to one of the telephones."""
        plans = (line.plan or self.office.plan for line in self.lines.values())
        return any(number in plan.emergency for plan in plans)

    def ways_for(self, call: PlaceCall, box: Box) -> Ways:
        """The ways that ``call`` can take now, in order."""
        guide, own = self.guide, self.line_numbered(call.number)
        if call.number in guide.doors:  # the guide does not call itself
            return (ViaGuide(),) if call.line else ()
        known = call.line in self.lines
        if not known and own is not None:
            return (ViaLine(own),)
        if not known:
            return ways(call, self.routes, box, trunk=guide.trunk, allowed=guide.ways, own=None)
        line = self.lines[call.line]
        return ways(
            call,
            self.routes,
            box,
            trunk=line.trunk,
            allowed=line.ways,
            own=own if own != call.line else None,
        )

    def trunk_of(self, line: str) -> str | None:
        """The trunk of ``line``; "" is the voice guide, an exchange line has none."""
        if line in self.lines:
            return self.lines[line].trunk
        return None if line else self.guide.trunk

    def plan_of(self, line: str) -> DialPlan:
        """The dial plan of ``line``; who is no telephone has that of the voice guide."""
        return (
            (self.lines[line].plan or self.office.plan) if line in self.lines else self.guide.plan
        )

    def office_of(self, line: str, box: Box) -> Office:
        """The office's rules as they are for one line."""
        config = self.lines[line]
        timers = replace(
            self.office.timers,
            ring_ms=config.ring_ms,
            refused_ms=config.refused_ms,
            howler_ms=config.howler_ms,
        )
        return replace(
            self.office,
            plan=config.plan or self.office.plan,
            timers=timers,
            permissions=config.permissions,
            extension=config.extension,
            number=config.number,
            trunk=config.trunk,
            ways=self.routes.there(config.ways, box),
            box=box,
        )


@dataclass(frozen=True, slots=True)
class Switch:
    """State of a building.

    ``desks`` are its telephones, which share the ringing power of ``rings``. ``legs`` counts
    those that we opened; ``box`` is what the box can do and where it is. ``calls`` is the record
    of each leg alive, by its id: it keeps its name when another leg takes its place. ``ends``
    are the legs of calls that stay inside, ``attempts`` the calls that are not answered yet, by
    leg; ``joined`` is what the bridge was told to connect. ``exchange`` are its exchange lines,
    ``crossings`` the calls that cross the box, by the leg that came in; ``proofs`` are the
    exchange lines that are being proven, by leg. ``visits`` are
    the callers in the voice guide, ``teams`` what has happened in its groups.
    """

    desks: Mapping[str, Desk]
    rings: RingSchedule
    legs: int = 0
    box: Box = field(default_factory=Box)
    calls: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    ends: Ends = field(default_factory=lambda: MappingProxyType({}))
    attempts: Mapping[str, Attempt] = field(default_factory=lambda: MappingProxyType({}))
    joined: Joins = frozenset()
    exchange: Lines = field(default_factory=lambda: MappingProxyType({}))
    crossings: Mapping[str, Crossing] = field(default_factory=lambda: MappingProxyType({}))
    proofs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    visits: Visits = field(default_factory=lambda: MappingProxyType({}))
    teams: Teams = field(default_factory=lambda: MappingProxyType({}))

    def visit_of(self, leg: str) -> Visit | None:
        """The caller in the guide whose leg, or whose called one's leg, is ``leg``."""
        for visit in self.visits.values():
            if leg == visit.leg or leg in visit.others:
                return visit
        return None

    def with_visit(self, visit: Visit) -> Switch:
        """The same with ``visit`` as it is now."""
        return replace(self, visits=MappingProxyType({**self.visits, visit.id: visit}))

    def without_visit(self, name: str) -> Switch:
        """The same without the visit called ``name``: it is over."""
        visits = {each: visit for each, visit in self.visits.items() if each != name}
        return replace(self, visits=MappingProxyType(visits))

    def with_call(self, leg: str) -> Switch:
        """The same with the record of a call that began with ``leg``."""
        return replace(self, calls=MappingProxyType({**self.calls, leg: leg}))

    def with_team(self, group: str, team: Team) -> Switch:
        """The same with what has happened in ``group``."""
        return replace(self, teams=MappingProxyType({**self.teams, group: team}))

    def owner(self, leg: str) -> str | None:
        """Name of the line whose station has ``leg``."""
        for name, desk in self.desks.items():
            if desk.station.find(leg):
                return name
        return None

    def crossing(self, leg: str) -> Crossing | None:
        """The crossing that has ``leg``."""
        return next((each for each in self.crossings.values() if leg in each.legs()), None)

    def with_crossing(self, outer: str, crossing: Crossing | None) -> Switch:
        """The same with the crossing of ``outer`` as it is now; None: it is over."""
        crossings = {name: each for name, each in self.crossings.items() if name != outer}
        if crossing is not None:
            crossings[outer] = crossing
        return replace(self, crossings=MappingProxyType(crossings))

    @property
    def fresh(self) -> str:
        """The id that the next leg gets."""
        return f"out{self.legs + 1}"

    def with_desk(self, name: str, desk: Desk) -> Switch:
        """The same with ``desk`` as it is now."""
        return replace(self, desks=MappingProxyType({**self.desks, name: desk}))

    def with_attempt(self, attempt: Attempt) -> Switch:
        """The same with ``attempt`` as it is now."""
        attempts = {**self.attempts, attempt.call.leg: attempt}
        return replace(self, attempts=MappingProxyType(attempts))

    def without_attempt(self, leg: str) -> Switch:
        """The same without the attempt whose leg is ``leg``: answered, ended or given up."""
        if leg not in self.attempts:
            return self
        attempts = {name: each for name, each in self.attempts.items() if name != leg}
        return replace(self, attempts=MappingProxyType(attempts))


Step = tuple[Switch, tuple[Order, ...]]
