"""All telephones of a building in one pure machine: events in, orders out.

The switch owns no call logic. It finds whose event it is, lets that telephone's line and
station move, and turns the difference between what was audible before and after into orders,
so that every tone started is ended and every audio path is there once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from firmware.calls import network, user
from firmware.calls.answers import refuse
from firmware.calls.desk import (
    Desk,
    LineConfig,
    answered_call,
    audio_orders,
    digits_travel_apart,
    disconnected,
    knock,
    lamp_as_wanted,
    ring_as_wanted,
    splash,
)
from firmware.calls.effects import (
    AnswerLeg,
    BreakLoop,
    CallAnswered,
    CallEnded,
    CallStarted,
    DialLeg,
    Effect,
    EndLeg,
    Listen,
    RingBurst,
    SaveSettings,
    SendSignal,
    SetPolarity,
    StopRing,
)
from firmware.calls.events import (
    AddressChanged,
    Event,
    HoursChanged,
    LegAnswered,
    LegEnded,
    LegIncoming,
    LegReplaced,
    LineData,
    LineDigit,
    LineEdge,
    LineEvent,
    LineFault,
    LineReady,
    LineTrip,
    MessagesWaiting,
    SpeechReady,
    TrunkChanged,
    Wake,
    WakeUp,
)
from firmware.calls.features import Feature, Settings
from firmware.calls.office import UNAVAILABLE, Box, Move, Office
from firmware.calls.station import (
    Idle,
    PickingUp,
    Ringing,
    Stage,
    Station,
    Talking,
    audible,
)
from firmware.guide.phrases import Phrase, Sentence
from firmware.lines import fxs, hook
from firmware.lines.fxs import AskTurn, Burst, Polarity, Signal, StopBell
from firmware.lines.ring_schedule import RingSchedule
from firmware.lines.tones import ToneName

NOT_FOUND = 404


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
        return self.line_numbered(event.called) or self.line_numbered(event.to) or event.line

    def line_numbered(self, number: str) -> str | None:
        """Name of the line with ``number`` as its extension or another of its numbers."""
        for name, line in self.lines.items():
            if number and (number == line.extension or number in line.aliases):
                return name
        return None

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
            box=box,
        )


@dataclass(frozen=True, slots=True)
class Switch:
    """State of every telephone.

    ``rings`` shares the ringing power, ``legs`` counts those that we opened; ``box`` is what the
    box can do and where it is; ``calls`` is the
    record of each leg alive, by its id: it keeps its name when a transfer replaces the dialog.
    """

    desks: Mapping[str, Desk]
    rings: RingSchedule
    legs: int = 0
    box: Box = field(default_factory=Box)
    calls: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def owner(self, leg: str) -> str | None:
        """Name of the line whose station has ``leg``."""
        for name, desk in self.desks.items():
            if desk.station.find(leg):
                return name
        return None


Step = tuple[Switch, tuple[Effect, ...]]


def initial(config: Config, kept: Mapping[str, Settings] | None = None) -> Switch:
    """Every telephone on-hook, none in service yet; ``kept`` is what users have set, by line."""
    kept = kept or {}
    desks = {
        name: Desk(
            fxs.initial(), Station(name, settings=kept.get(name, Settings()), in_service=False)
        )
        for name in config.lines
    }
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
        case SpeechReady(voice=voice):
            return replace(switch, box=replace(switch.box, voice=voice)), ()
        case AddressChanged(address=address):
            return replace(switch, box=replace(switch.box, address=address)), ()
        case TrunkChanged(trunk=trunk, state=state):
            trunks = MappingProxyType({**switch.box.trunks, trunk: state})
            return replace(switch, box=replace(switch.box, trunks=trunks)), ()
        case LineEdge() | LineTrip() | LineDigit() | LineData() | LineFault() | LineReady():
            return _line_event(switch, event, config)
        case MessagesWaiting(line=line, at_ns=at_ns, count=count):
            told = Feature.MESSAGES in config.lines[line].permissions.allowed
            station = replace(switch.desks[line].station, messages=count if told else 0)
            return _settle(switch, line, (station, ()), at_ns, config)
        case HoursChanged(line=line, at_ns=at_ns, after_hours=after_hours):
            station = replace(switch.desks[line].station, after_hours=after_hours)
            return _settle(switch, line, (station, ()), at_ns, config)
        case WakeUp(line=line, at_ns=at_ns):
            move = user.wake(switch.desks[line].station, at_ns, config.office_of(line, switch.box))
            return _settle(switch, line, move, at_ns, config)
        case LegIncoming():
            name = config.line_called(event)
            if name is None:
                return switch, (EndLeg(event.leg, NOT_FOUND),)
            waiting = config.lines[name].call_waiting
            station = switch.desks[name].station
            office = config.office_of(name, switch.box)
            move = network.offer(station, event, office, call_waiting=waiting)
            switch, effects = _settle(switch, name, move, event.at_ns, config)
            station = switch.desks[name].station
            return switch, (*effects, *splash(station, effects, config.lines[name]))
        case _:
            name = switch.owner(event.leg)
            if name is None:
                return switch, ()
            station = switch.desks[name].station
            leg = station.find(event.leg)
            assert leg is not None  # noqa: S101 - owner() found it there
            move = network.hear(
                station, leg, event, config.office_of(name, switch.box), _fresh(switch)
            )
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
            move = _press(switch, desk.station, key, at_ns, config.office_of(name, switch.box))
            return _settle(switch, name, move, at_ns, config)
        case LineData(at_ns=at_ns):
            return _settle(switch, name, user.data(desk.station), at_ns, config)
        case LineReady(at_ns=at_ns):
            back = replace(desk.station, in_service=True)
            lifted = desk.line.lifted and isinstance(back.now, Idle)
            office, fresh = config.office_of(name, switch.box), _fresh(switch)
            move = user.lift(back, at_ns, office, fresh) if lifted else (back, ())
            return _settle(switch, name, move, at_ns, config)
        case LineFault(at_ns=at_ns):
            station, effects = user.hang_up(desk.station, at_ns, config.office_of(name, switch.box))
            for leg in station.legs():
                effects = (*effects, EndLeg(leg.id, UNAVAILABLE))
            bare = replace(Station(name), settings=desk.station.settings, in_service=False)
            kept = replace(
                bare, messages=desk.station.messages, after_hours=desk.station.after_hours
            )
            return _settle(switch, name, (kept, effects), at_ns, config)


def _tick(switch: Switch, name: str, at_ns: int, config: Config) -> Step:
    """Let what is due on one desk at ``at_ns`` happen."""
    desk = switch.desks[name]
    line_due = fxs.deadline(desk.line, config.lines[name].hook)
    if line_due is not None and line_due <= at_ns:
        return _line_step(switch, name, hook.Wake(at_ns), config)
    move = user.expire(desk.station, at_ns, config.office_of(name, switch.box), _fresh(switch))
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
    office = config.office_of(name, switch.box)
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
            move = user.lift(station, at_ns, office, _fresh(switch))
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
    if isinstance(station.now, PickingUp):
        return _pick_up(switch, name, station, at_ns, config)
    desk = switch.desks[name]
    line, outputs = ring_as_wanted(desk.line, station, at_ns, config.lines[name])
    cut_ms = config.lines[name].break_ms if disconnected(desk.station, station) else 0
    if cut_ms:
        line = fxs.break_loop(line, at_ns, cut_ms)
        effects = (*effects, BreakLoop(name, cut_ms))
    now = audible(station)
    muted = digits_travel_apart(station)
    reversed_ = config.lines[name].reversal and answered_call(station)
    after = Desk(line, station, now, muted, reversed_, desk.lamp)
    after, lamp = lamp_as_wanted(after, config.lines[name])
    opened = sum(isinstance(effect, DialLeg) for effect in effects)
    begun = {effect.call: effect.call for effect in effects if isinstance(effect, CallStarted)}
    calls = MappingProxyType({**switch.calls, **begun}) if begun else switch.calls
    switch = replace(_with_desk(switch, name, after), legs=switch.legs + opened, calls=calls)
    kept = () if station.settings == desk.station.settings else (_kept(station),)
    signals = (*knock(desk, station, config.lines[name]), *lamp)
    more = (*audio_orders(name, desk, after), *signals, *effects, *kept)
    for output in outputs:
        switch, ordered = _line_output(switch, name, output, config)
        more += ordered
    return switch, more


def _pick_up(switch: Switch, name: str, station: Station, at_ns: int, config: Config) -> Step:
    """Bring a call that rings at another telephone to this one."""
    assert isinstance(station.now, PickingUp)  # noqa: S101 - the caller looked
    wanted = station.now.extension
    for other, desk in switch.desks.items():
        ringing = desk.station.now
        if not isinstance(ringing, Ringing) or ringing.leg.stage is not Stage.OFFERED:
            continue
        if other == name or wanted not in ("", config.lines[other].extension):
            continue
        quiet = replace(desk.station, now=Idle())
        switch, silenced = _settle(switch, other, (quiet, ()), at_ns, config)
        taken = replace(station, now=Talking(ringing.leg))
        move = taken, (AnswerLeg(ringing.leg.id),)
        switch, answered = _settle(switch, name, move, at_ns, config)
        return switch, silenced + answered
    why = Phrase(Sentence.NOTHING_RINGS)
    refused = refuse(station, ToneName.SIT, at_ns, config.office_of(name, switch.box), why)
    return _settle(switch, name, (refused, ()), at_ns, config)


def _kept(station: Station) -> Effect:
    return SaveSettings(station.line, station.settings)


def _with_desk(switch: Switch, name: str, desk: Desk) -> Switch:
    return replace(switch, desks=MappingProxyType({**switch.desks, name: desk}))
