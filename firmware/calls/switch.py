"""All telephones of a building in one pure machine: events in, orders out.

The switch owns no call logic. It finds whose event it is, lets that telephone's line and
station move, and turns the difference between what was audible before and after into orders,
so that every tone started is ended and every audio path is there once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from firmware.calls import network, user
from firmware.calls.effects import (
    CallAnswered,
    CallEnded,
    CallStarted,
    DialLeg,
    Effect,
    EndLeg,
    Join,
    Listen,
    MuteDigits,
    Part,
    PlayTone,
    RingBurst,
    SendSignal,
    SetPolarity,
    StopRing,
)
from firmware.calls.events import (
    DigitPath,
    Event,
    LegAnswered,
    LegEnded,
    LegIncoming,
    LegReplaced,
    LineDigit,
    LineEdge,
    LineEvent,
    LineFault,
    LineReady,
    LineTrip,
    Media,
    Wake,
)
from firmware.calls.station import Audible, Idle, Leg, Ringing, Station, audible
from firmware.calls.user import Move, Office
from firmware.lines import fxs, hook
from firmware.lines.callerid_plan import CountryPlans, Silence, alert
from firmware.lines.fxs import AskTurn, Burst, Caller, Fxs, Polarity, Signal, StopBell
from firmware.lines.ring_schedule import RingSchedule
from firmware.lines.ringing import Cadence

NOT_FOUND = 404
WAITING_TONE_MS = 1000
"""Length of the beats of the Italian call-waiting tone, rounded up (400/100/250/100/150 ms)."""


RingChoice = Callable[[str, str | None], Cadence]
"""The cadence for a call with this Alert-Info from this number."""


@dataclass(frozen=True, slots=True)
class LineConfig:
    """What the switch must know of a line: who it is and how it behaves."""

    extension: str
    hook: hook.HookProfile
    ringing: RingChoice
    caller_id: CountryPlans | None
    aliases: tuple[str, ...] = ()
    call_waiting: bool = True
    ring_ms: int = 60_000


@dataclass(frozen=True, slots=True)
class Config:
    """What the switch must know of the building.

    ``rings_at_once`` is how many telephones the power supply can ring at the same instant.
    """

    office: Office
    lines: Mapping[str, LineConfig]
    rings_at_once: int = 4

    def line_called(self, event: LegIncoming) -> str | None:
        """Name of the line that a call is for: by number called, by To, by account."""
        for number in filter(None, (event.called, event.to)):
            for name, line in self.lines.items():
                if number == line.extension or number in line.aliases:
                    return name
        return event.line

    def office_of(self, line: str) -> Office:
        """The office's rules with the line's own ringing time."""
        timers = replace(self.office.timers, ring_ms=self.lines[line].ring_ms)
        return replace(self.office, timers=timers)


@dataclass(frozen=True, slots=True)
class Desk:
    """One telephone: its line, its station and what it sounds like now."""

    line: Fxs
    station: Station
    heard: Audible = Audible(None, frozenset())  # noqa: RUF009 - frozen
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Switch:
    """State of every telephone.

    ``rings`` shares the ringing power, ``legs`` counts those that we opened; ``calls`` is the
    record of each leg alive, by its id: it keeps its name when a transfer replaces the dialog.
    """

    desks: Mapping[str, Desk]
    rings: RingSchedule
    legs: int = 0
    calls: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def owner(self, leg: str) -> str | None:
        """Name of the line whose station has ``leg``."""
        for name, desk in self.desks.items():
            if desk.station.find(leg):
                return name
        return None


Step = tuple[Switch, tuple[Effect, ...]]


def initial(config: Config) -> Switch:
    """Every telephone on-hook, none in service yet."""
    desks = {name: Desk(fxs.initial(), Station(name, in_service=False)) for name in config.lines}
    return Switch(MappingProxyType(desks), RingSchedule(config.rings_at_once))


def step(switch: Switch, event: Event, config: Config) -> Step:
    """Move to ``event.at_ns``, letting every deadline on the way pass, then take the event."""
    effects: list[Effect] = []
    while (due := _next(switch, config)) is not None and due[0] <= event.at_ns:
        at_ns, name = due
        switch, more = _tick(switch, name, at_ns, config)
        effects += more
    switch, more = _take(switch, event, config)
    switch, recorded = _record(switch, event)
    return switch, (*effects, *more, *recorded)


def deadline(switch: Switch, config: Config) -> int | None:
    """When the switch wants to be woken, as CLOCK_MONOTONIC in ns."""
    due = _next(switch, config)
    return due[0] if due else None


def _record(switch: Switch, event: Event) -> Step:
    """Enter into the call's record what the network says, whoever still cares."""
    match event:
        case LegAnswered(leg=leg) if leg in switch.calls:
            return switch, (CallAnswered(switch.calls[leg]),)
        case LegReplaced(leg=leg, new=new) if leg in switch.calls:
            calls = {**switch.calls, new: switch.calls[leg]}
            del calls[leg]
            return replace(switch, calls=MappingProxyType(calls)), ()
        case LegEnded(leg=leg, code=code, reason=reason) if leg in switch.calls:
            calls = dict(switch.calls)
            ended = CallEnded(calls.pop(leg), code, reason)
            return replace(switch, calls=MappingProxyType(calls)), (ended,)
        case _:
            return switch, ()


def _next(switch: Switch, config: Config) -> tuple[int, str] | None:
    dues = (
        (at_ns, name)
        for name, desk in switch.desks.items()
        for at_ns in (
            fxs.deadline(desk.line, config.lines[name].hook),
            user.deadline(desk.station),
        )
        if at_ns is not None
    )
    return min(dues, default=None)


def _take(switch: Switch, event: Event, config: Config) -> Step:
    match event:
        case Wake():
            return switch, ()
        case LineEdge() | LineTrip() | LineDigit() | LineFault() | LineReady():
            return _line_event(switch, event, config)
        case LegIncoming():
            name = config.line_called(event)
            if name is None:
                return switch, (EndLeg(event.leg, NOT_FOUND),)
            waiting = config.lines[name].call_waiting
            station = switch.desks[name].station
            office = config.office_of(name)
            move = network.offer(station, event, office, call_waiting=waiting)
            return _settle(switch, name, move, event.at_ns, config)
        case _:
            name = switch.owner(event.leg)
            if name is None:
                return switch, ()
            station = switch.desks[name].station
            leg = station.find(event.leg)
            assert leg is not None  # noqa: S101 - owner() found it there
            move = network.hear(station, leg, event, config.office_of(name))
            return _settle(switch, name, move, event.at_ns, config)


def _line_event(switch: Switch, event: LineEvent, config: Config) -> Step:
    name = event.line
    desk = switch.desks[name]
    match event:
        case LineEdge(at_ns=at_ns, closed=closed):
            return _line_step(switch, name, hook.Edge(at_ns, closed), config)
        case LineTrip(at_ns=at_ns):
            return _line_step(switch, name, hook.RingTrip(at_ns), config)
        case LineDigit(at_ns=at_ns, digit=key):
            if not desk.line.lifted:
                return switch, ()
            move = _press(switch, desk.station, key, at_ns, config.office_of(name))
            return _settle(switch, name, move, at_ns, config)
        case LineReady(at_ns=at_ns):
            back = replace(desk.station, in_service=True)
            lifted = desk.line.lifted and isinstance(back.now, Idle)
            move = user.lift(back, at_ns, config.office_of(name)) if lifted else (back, ())
            return _settle(switch, name, move, at_ns, config)
        case LineFault(at_ns=at_ns):
            station, effects = user.hang_up(desk.station, at_ns, config.office_of(name))
            for leg in station.legs():
                effects = (*effects, EndLeg(leg.id, user.UNAVAILABLE))
            out = replace(desk.station, in_service=False)
            out = replace(out, now=Station(name).now, held=None, waiting=None, departing=())
            return _settle(switch, name, (out, effects), at_ns, config)


def _tick(switch: Switch, name: str, at_ns: int, config: Config) -> Step:
    """Let what is due on one desk at ``at_ns`` happen."""
    desk = switch.desks[name]
    line_due = fxs.deadline(desk.line, config.lines[name].hook)
    if line_due is not None and line_due <= at_ns:
        return _line_step(switch, name, hook.Wake(at_ns), config)
    move = user.expire(desk.station, at_ns, config.office_of(name), _fresh(switch))
    return _settle(switch, name, move, at_ns, config)


def _line_step(switch: Switch, name: str, event: hook.HookInput, config: Config) -> Step:
    desk = switch.desks[name]
    line, outputs = fxs.step(desk.line, event, config.lines[name].hook)
    switch = _with_desk(switch, name, replace(desk, line=line))
    effects: list[Effect] = []
    for output in outputs:
        switch, more = _line_output(switch, name, output, config)
        effects += more
    return switch, tuple(effects)


def _line_output(switch: Switch, name: str, output: fxs.Output, config: Config) -> Step:
    office = config.office_of(name)
    station = switch.desks[name].station
    match output:
        case Burst(on_ms=on_ms, hz=hz):
            return switch, (RingBurst(name, on_ms, hz),)
        case StopBell():
            return replace(switch, rings=switch.rings.cancel(name)), (StopRing(name),)
        case AskTurn(cadence=cadence, at_ns=at_ns):
            rings, start_ns = switch.rings.book(name, cadence, at_ns)
            desk = switch.desks[name]
            desk = replace(desk, line=fxs.take_turn(desk.line, start_ns))
            return _with_desk(replace(switch, rings=rings), name, desk), ()
        case Polarity(reversed=reversed_):
            return switch, (SetPolarity(name, reversed_),)
        case Signal(segments=segments):
            return switch, (SendSignal(name, segments),)
        case hook.OffHook(at_ns=at_ns):
            move = user.lift(station, at_ns, office)
            switch, effects = _settle(switch, name, move, at_ns, config)
            return switch, (Listen(name, on=True), *effects)
        case hook.OnHook(at_ns=at_ns):
            move = user.hang_up(station, at_ns, office)
            switch, effects = _settle(switch, name, move, at_ns, config)
            return switch, (Listen(name, on=False), *effects)
        case hook.Flash(at_ns=at_ns):
            return _settle(switch, name, user.flash(station, at_ns, office), at_ns, config)
        case hook.Digit(at_ns=at_ns, digit=key):
            move = _press(switch, station, key, at_ns, office)
            return _settle(switch, name, move, at_ns, config)


def _press(switch: Switch, station: Station, key: str, at_ns: int, office: Office) -> Move:
    return user.digit(station, key, at_ns, office, _fresh(switch))


def _fresh(switch: Switch) -> str:
    return f"out{switch.legs + 1}"


def _settle(switch: Switch, name: str, move: Move, at_ns: int, config: Config) -> Step:
    """Put a moved station back and bring line and audio into agreement with it."""
    station, effects = move
    desk = switch.desks[name]
    line, outputs = _ring_as_wanted(desk.line, station, at_ns, config.lines[name])
    now = audible(station)
    muted = _digits_travel_apart(station)
    after = Desk(line, station, now, muted)
    opened = sum(isinstance(effect, DialLeg) for effect in effects)
    begun = {effect.call: effect.call for effect in effects if isinstance(effect, CallStarted)}
    calls = MappingProxyType({**switch.calls, **begun}) if begun else switch.calls
    switch = replace(_with_desk(switch, name, after), legs=switch.legs + opened, calls=calls)
    more = (*_audio(name, desk, after), *_knocking(desk, station, config.lines[name]), *effects)
    for output in outputs:
        switch, ordered = _line_output(switch, name, output, config)
        more += ordered
    return switch, more


def _ring_as_wanted(
    line: Fxs, station: Station, at_ns: int, config: LineConfig
) -> tuple[Fxs, tuple[fxs.Output, ...]]:
    match station.now:
        case Ringing(leg=leg):
            cadence = config.ringing(leg.alert_info, leg.peer.number)
            plan = config.caller_id.call if config.caller_id else None
            who = _shown(leg)
            return fxs.ring(line, leg.id, who, cadence=cadence, plan=plan, at_ns=at_ns), ()
        case _:
            return fxs.stop_ring(line)


def _shown(leg: Leg) -> Caller:
    return Caller(leg.peer.number, leg.peer.name, leg.peer.private, leg.stamp)


def _knocking(desk: Desk, station: Station, config: LineConfig) -> tuple[Effect, ...]:
    """Caller ID of a call that begins to wait, after the first beats of the waiting tone."""
    if station.waiting is None or desk.station.waiting or config.caller_id is None:
        return ()
    message = fxs.display_message(_shown(station.waiting))
    segments = (Silence(WAITING_TONE_MS), *alert(config.caller_id.waiting, message))
    return (SendSignal(station.line, segments),)


def _digits_travel_apart(station: Station) -> bool:
    """Whether DTMF must be taken out of the audio, lest the far end gets digits twice."""
    return any(
        leg.media is not Media.NONE and leg.digits is DigitPath.EVENTS for leg in station.legs()
    )


def _audio(name: str, before: Desk, after: Desk) -> tuple[Effect, ...]:
    """Orders that make of what was heard before what is heard after: ends first."""
    gone = before.heard.joins - after.heard.joins
    come = after.heard.joins - before.heard.joins
    effects: list[Effect] = [Part(a, b) for a, b in sorted(gone)]
    if after.heard.tone is not before.heard.tone:
        effects.append(PlayTone(name, after.heard.tone))
    if after.muted is not before.muted:
        effects.append(MuteDigits(name, on=after.muted))
    effects += [Join(a, b) for a, b in sorted(come)]
    return tuple(effects)


def _with_desk(switch: Switch, name: str, desk: Desk) -> Switch:
    return replace(switch, desks=MappingProxyType({**switch.desks, name: desk}))
