"""The telephones of a building: what happens to one, and what it orders. Pure.

The line tells what the hook does, the station decides, and what is audible before and after is
turned into orders, so that every tone started is ended.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from firmware.calls import emergency, network, user
from firmware.calls.answers import refuse
from firmware.calls.building import Config, Step, Switch
from firmware.calls.desk import (
    Desk,
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
    CallStarted,
    Effect,
    EndLeg,
    Listen,
    Order,
    PlaceCall,
    RingBurst,
    SaveSettings,
    SendSignal,
    SetPolarity,
    StopRing,
)
from firmware.calls.events import (
    DeskEvent,
    HoursChanged,
    LegEvent,
    LegIncoming,
    LineData,
    LineDigit,
    LineEdge,
    LineEvent,
    LineFault,
    LineReady,
    LineTrip,
    MessagesWaiting,
    WakeUp,
)
from firmware.calls.features import Feature
from firmware.calls.office import UNAVAILABLE, Move, Office
from firmware.calls.station import Idle, PickingUp, Ringing, Stage, Station, Talking, audible
from firmware.guide.phrases import Phrase, Sentence
from firmware.lines import fxs, hook
from firmware.lines.fxs import AskTurn, Burst, Polarity, Signal, StopBell
from firmware.lines.tones import ToneName


def line_event(switch: Switch, event: LineEvent, config: Config) -> Step:
    """Something happened on the wires of a telephone."""
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
            return settle(switch, name, move, at_ns, config)
        case LineData(at_ns=at_ns):
            return settle(switch, name, user.data(desk.station), at_ns, config)
        case LineReady(at_ns=at_ns):
            back = replace(desk.station, in_service=True)
            lifted = desk.line.lifted and isinstance(back.now, Idle)
            office, fresh = config.office_of(name, switch.box), switch.fresh
            move = user.lift(back, at_ns, office, fresh) if lifted else (back, ())
            return settle(switch, name, move, at_ns, config)
        case LineFault(at_ns=at_ns):
            station, effects = user.hang_up(desk.station, at_ns, config.office_of(name, switch.box))
            for leg in station.legs():
                effects = (*effects, EndLeg(leg.id, UNAVAILABLE))
            bare = replace(Station(name), settings=desk.station.settings, in_service=False)
            kept = replace(
                bare,
                messages=desk.station.messages,
                after_hours=desk.station.after_hours,
                cut_off=desk.station.cut_off,
                expects_ns=desk.station.expects_ns,
            )
            return settle(switch, name, (kept, effects), at_ns, config)


def deadline(switch: Switch, name: str, config: Config) -> int | None:
    """When one desk changes by itself, as CLOCK_MONOTONIC in ns."""
    desk = switch.desks[name]
    line, user_ = fxs.deadline(desk.line, config.lines[name].hook), user.deadline(desk.station)
    return min((at_ns for at_ns in (line, user_) if at_ns is not None), default=None)


def offered(switch: Switch, name: str, event: LegIncoming, config: Config) -> Step:
    """A call comes in for this telephone."""
    line, office = config.lines[name], config.office_of(name, switch.box)
    station = switch.desks[name].station
    move = network.offer(station, event, office, call_waiting=line.call_waiting)
    switch, effects = settle(switch, name, move, event.at_ns, config)
    return switch, (*effects, *splash(switch.desks[name].station, effects, line))


def heard(switch: Switch, name: str, event: LegEvent, config: Config) -> Step:
    """Something happened to a leg of this telephone."""
    station = switch.desks[name].station
    leg = station.find(event.leg)
    assert leg is not None  # noqa: S101 - the caller found it there
    move = network.hear(station, leg, event, config.office_of(name, switch.box), switch.fresh)
    return settle(switch, name, move, event.at_ns, config)


def told(switch: Switch, event: DeskEvent, config: Config) -> Step:
    """Somebody told something about this telephone."""
    name, at_ns = event.line, event.at_ns
    station = switch.desks[name].station
    match event:
        case MessagesWaiting(count=count):
            told_here = Feature.MESSAGES in config.lines[name].permissions.allowed
            move: Move = replace(station, messages=count if told_here else 0), ()
        case HoursChanged(after_hours=after_hours):
            move = replace(station, after_hours=after_hours), ()
        case WakeUp():
            move = user.wake(station, at_ns, config.office_of(name, switch.box))
    return settle(switch, name, move, at_ns, config)


def cut_off(switch: Switch, at_ns: int, config: Config) -> Step:
    """The switchboard of some telephones can be used again, or not any more."""
    orders: tuple[Order, ...] = ()
    for name, line in config.lines.items():
        station = switch.desks[name].station
        gone = not switch.box.usable(line.trunk)
        if gone is not station.cut_off:
            move = replace(station, cut_off=gone), ()
            switch, more = settle(switch, name, move, at_ns, config)
            orders += more
    return switch, orders


def tick(switch: Switch, name: str, at_ns: int, config: Config) -> Step:
    """Let what is due on one desk at ``at_ns`` happen."""
    desk = switch.desks[name]
    line_due = fxs.deadline(desk.line, config.lines[name].hook)
    if line_due is not None and line_due <= at_ns:
        return _line_step(switch, name, hook.Wake(at_ns), config)
    move = user.expire(desk.station, at_ns, config.office_of(name, switch.box), switch.fresh)
    return settle(switch, name, move, at_ns, config)


def _line_step(switch: Switch, name: str, event: hook.HookInput, config: Config) -> Step:
    desk = switch.desks[name]
    line, outputs = fxs.step(desk.line, event, config.lines[name].hook)
    switch = switch.with_desk(name, replace(desk, line=line))
    effects: list[Order] = []
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
            return replace(switch, rings=rings).with_desk(name, desk), ()
        case Polarity(reversed=reversed_):
            return switch, (SetPolarity(name, reversed_),)
        case Signal(segments=segments):
            return switch, (SendSignal(name, segments),)
        case hook.OffHook(at_ns=at_ns):
            move = user.lift(station, at_ns, office, switch.fresh)
            switch, effects = settle(switch, name, move, at_ns, config)
            return switch, (Listen(name, on=True), *effects)
        case hook.OnHook(at_ns=at_ns):
            move = user.hang_up(station, at_ns, office)
            switch, effects = settle(switch, name, move, at_ns, config)
            return switch, (Listen(name, on=False), *effects)
        case hook.Flash(at_ns=at_ns):
            return settle(switch, name, user.flash(station, at_ns, office), at_ns, config)
        case hook.Digit(at_ns=at_ns, digit=key):
            move = _press(switch, station, key, at_ns, office)
            return settle(switch, name, move, at_ns, config)


def _press(switch: Switch, station: Station, key: str, at_ns: int, office: Office) -> Move:
    return user.digit(station, key, at_ns, office, switch.fresh)


def settle(switch: Switch, name: str, move: Move, at_ns: int, config: Config) -> Step:
    """Put a moved station back and bring line and audio into agreement with it."""
    station, effects = move
    if isinstance(station.now, PickingUp):
        return _pick_up(switch, name, station, at_ns, config)
    desk = switch.desks[name]
    if any(leg.emergency for leg in desk.station.legs()):
        station = emergency.expecting(station, at_ns, config.office_of(name, switch.box))
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
    opened = sum(isinstance(effect, PlaceCall) for effect in effects)
    begun = {effect.call: effect.call for effect in effects if isinstance(effect, CallStarted)}
    calls = MappingProxyType({**switch.calls, **begun}) if begun else switch.calls
    switch = replace(switch.with_desk(name, after), legs=switch.legs + opened, calls=calls)
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
        switch, silenced = settle(switch, other, (quiet, ()), at_ns, config)
        taken = replace(station, now=Talking(ringing.leg))
        move = taken, (AnswerLeg(ringing.leg.id),)
        switch, answered = settle(switch, name, move, at_ns, config)
        return switch, silenced + answered
    why = Phrase(Sentence.NOTHING_RINGS)
    refused = refuse(station, ToneName.SIT, at_ns, config.office_of(name, switch.box), why)
    return settle(switch, name, (refused, ()), at_ns, config)


def _kept(station: Station) -> Effect:
    return SaveSettings(station.line, station.settings)
