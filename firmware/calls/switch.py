"""A whole building in one pure machine: events in, orders out.

The switch owns no call logic. It finds whose event it is, lets that telephone move, carries out
what stays in the box, and tells the bridge the difference between who heard whom before and who
shall hear whom now, so that every audio path is there once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain
from types import MappingProxyType

from firmware.calls import connections, crossings, exchange, inside, joins, telephones, visits
from firmware.calls.building import Config, Step, Switch
from firmware.calls.desk import Desk
from firmware.calls.effects import CallAnswered, CallEnded, Effect, EndLeg, Join, Order, Part
from firmware.calls.events import (
    AddressChanged,
    ClockTold,
    DirectoryRead,
    Event,
    GuideDigit,
    GuideRecorded,
    HoursChanged,
    LegAnswered,
    LegEnded,
    LegEvent,
    LegIncoming,
    LegMedia,
    LegProgress,
    LegReplaced,
    LegTrying,
    LineData,
    LineDigit,
    LineEdge,
    LineFault,
    LineReady,
    LineTrip,
    MessageKept,
    MessagesWaiting,
    OnExchange,
    ProveLine,
    SpeechReady,
    TrunkChanged,
    Wake,
    WakeUp,
)
from firmware.calls.exchange import ExchangeLine
from firmware.calls.features import Settings
from firmware.calls.office import UNAVAILABLE
from firmware.calls.station import Station
from firmware.calls.ways import TrunkState, ViaTrunk
from firmware.lines import fxo_types as fxo
from firmware.lines import fxs
from firmware.lines.ring_schedule import RingSchedule

FORBIDDEN, NOT_FOUND = 403, 404

Item = Event | Order
Happened = tuple[Switch, tuple[Item, ...]]
Stepped = tuple[Switch, tuple[Effect, ...]]


def initial(config: Config, kept: Mapping[str, Settings] | None = None) -> Switch:
    """Every telephone on-hook, none in service yet; ``kept`` is what users have set, by line."""
    kept = kept or {}
    desks = {
        name: Desk(
            fxs.initial(), Station(name, settings=kept.get(name, Settings()), in_service=False)
        )
        for name in config.lines
    }
    exchange = {name: ExchangeLine() for name in config.exchange}
    return Switch(
        MappingProxyType(desks),
        RingSchedule(config.rings_at_once),
        exchange=MappingProxyType(exchange),
    )


def step(switch: Switch, event: Event, config: Config) -> Stepped:
    """Move to ``event.at_ns``, letting every deadline on the way pass, then take the event."""
    effects: list[Effect] = []
    while (due := _next(switch, config)) is not None and due[0] <= event.at_ns:
        at_ns, name = due
        switch, todo = _tick(switch, name, at_ns, config)
        switch, more = _run(switch, todo, at_ns, config)
        effects += more
    switch, more = _run(switch, (event,), event.at_ns, config)
    switch, parted, joined = _audio(switch)
    return switch, (*parted, *effects, *more, *joined)


def deadline(switch: Switch, config: Config) -> int | None:
    """When the switch wants to be woken, as CLOCK_MONOTONIC in ns."""
    due = _next(switch, config)
    return due[0] if due else None


def _run(switch: Switch, todo: Iterable[Item], at_ns: int, config: Config) -> Stepped:
    """Let events happen and carry orders out until only orders for the outside are left."""
    queue, outside = deque(todo), list[Effect]()
    while queue:
        item = queue.popleft()
        if isinstance(item, Event):
            switch, more = _happen(switch, item, config)
        else:
            switch, effects, more = connections.perform(switch, item, at_ns, config)
            outside += effects
        queue += more
    return switch, tuple(outside)


def _next(switch: Switch, config: Config) -> tuple[int, str] | None:
    """What is due first: a line by its name, an attempt or a caller in the guide by the leg."""
    desks = ((telephones.deadline(switch, name, config), name) for name in switch.desks)
    attempts = ((each.until_ns, leg) for leg, each in switch.attempts.items())
    lines = (
        (exchange.deadline(line, config.exchange[name]), name)
        for name, line in switch.exchange.items()
    )
    guided = ((visit.due(), name) for name, visit in switch.visits.items())
    all_dues = chain(desks, attempts, lines, guided)
    dues = ((at_ns, name) for at_ns, name in all_dues if at_ns is not None)
    return min(dues, default=None)


def _tick(switch: Switch, name: str, at_ns: int, config: Config) -> Happened:
    """Let what is due at ``at_ns`` happen."""
    if name in switch.desks:
        return telephones.tick(switch, name, at_ns, config)
    if name in switch.exchange:
        switch, orders, events = connections.on_exchange(switch, name, fxo.Wake(at_ns), config)
        return switch, (*orders, *events)
    visit = switch.visits.get(name)
    if visit and visit.due() == at_ns:
        return visits.tick(switch, name, at_ns, config)
    switch, orders, events = connections.try_next(switch, name, at_ns, config)
    return switch, (*events, *orders, EndLeg(name))


def _happen(switch: Switch, event: Event, config: Config) -> Happened:
    """Let one event have its effects: on a call's attempt, on who it is for, on its record."""
    match event:
        case LegEnded(leg=leg, at_ns=at_ns, code=code):
            switch = replace(switch, ends=inside.without(switch.ends, leg))
            attempt = switch.attempts.get(leg)
            if attempt and attempt.failed_by(code):
                switch, orders, events = connections.try_next(switch, leg, at_ns, config)
                return switch, (*events, *orders)
            switch = switch.without_attempt(leg)
        case LegAnswered(leg=leg) | LegReplaced(leg=leg):
            switch = switch.without_attempt(leg)
        case LegTrying(leg=leg) | LegProgress(leg=leg) | LegMedia(leg=leg):
            if attempt := switch.attempts.get(leg):
                switch = switch.with_attempt(attempt.begun())
        case _:
            pass
    switch, taken = _take(switch, event, config)
    switch, recorded = _record(switch, event)
    return switch, (*taken, *recorded)


def _take(switch: Switch, event: Event, config: Config) -> Happened:
    """Give an event to whom it is for."""
    match event:
        case Wake():
            return switch, ()
        case SpeechReady() | AddressChanged() | TrunkChanged() | ClockTold() | DirectoryRead():
            return _box_changed(switch, event, config)
        case LineEdge() | LineTrip() | LineDigit() | LineData() | LineFault() | LineReady():
            return telephones.line_event(switch, event, config)
        case MessagesWaiting() | HoursChanged() | WakeUp():
            return telephones.told(switch, event, config)
        case ProveLine(line=name, at_ns=at_ns):
            switch, orders, events = connections.prove(switch, name, at_ns, config)
            return switch, (*orders, *events)
        case GuideDigit() | GuideRecorded() | MessageKept():
            return visits.guided(switch, event, config)
        case OnExchange(line=name, what=what):
            switch, orders, events = connections.on_exchange(switch, name, what, config)
            return switch, (*orders, *events)
        case LegIncoming(exchange=line) if line:
            trunks = tuple(ViaTrunk(name) for name in config.routes.trunks)
            there, how = switch.exchange[line], config.exchange[line]
            move = crossings.inward(event, there, how, switch.box, trunks)
            return _crossed(switch.with_call(event.leg), event.leg, move, event.at_ns, config)
        case LegIncoming(neighbour=site) if site:
            return _called_by_neighbour(switch, event, config)
        case LegIncoming():
            return _called(switch, event, config)
        case _:
            return _leg_event(switch, event, config)


def _box_changed(
    switch: Switch,
    event: SpeechReady | AddressChanged | TrunkChanged | ClockTold | DirectoryRead,
    config: Config,
) -> Step:
    """What the box can do, or where it is, has changed."""
    match event:
        case SpeechReady(voice=voice):
            return replace(switch, box=replace(switch.box, voice=voice)), ()
        case AddressChanged(address=address):
            return replace(switch, box=replace(switch.box, address=address)), ()
        case DirectoryRead(sites=sites):
            return replace(switch, box=replace(switch.box, directory=sites)), ()
        case ClockTold(at_ns=at_ns, local=local):
            return replace(switch, box=replace(switch.box, clock=(at_ns, local))), ()
        case TrunkChanged(trunk=trunk, state=state, stamp=stamp):
            box = switch.box.with_trunk(trunk, state, stamp)
            return telephones.cut_off(replace(switch, box=box), event.at_ns, config)


def _leg_event(switch: Switch, event: LegEvent, config: Config) -> Happened:
    """Tell whoever has a leg what happened to it: a proof, the guide, a crossing, a telephone."""
    if event.leg in switch.proofs:
        return connections.proven(switch, event)
    if visit := switch.visit_of(event.leg):
        return visits.heard(switch, visit, event, config)
    if (crossing := switch.crossing(event.leg)) is not None:
        move = crossings.hear(crossing, event)
        return _crossed(switch, crossing.outer, move, event.at_ns, config)
    owner = switch.owner(event.leg)
    return telephones.heard(switch, owner, event, config) if owner else (switch, ())


def _called(switch: Switch, event: LegIncoming, config: Config) -> Happened:
    """A switchboard offers a call: to the guide, a telephone, or somebody past an exchange line."""
    if door := config.door(event):
        return visits.offered(switch, event, door, config)
    if name := config.line_called(event):
        return telephones.offered(switch, name, event, config)
    lines, number = config.exchange_called(event.called)
    return _outward(switch, event, lines, number, config)


def _called_by_neighbour(switch: Switch, event: LegIncoming, config: Config) -> Happened:
    """The box of another site calls: a telephone here, or for help, by our exchange lines.

    It has no business here while our switchboard works, unless the site wants that.
    """
    if config.is_emergency(event.called):
        return _outward(switch, event, config.routes.exchange, event.called, config)
    name = config.line_called(event)
    if name is None:
        return switch, (EndLeg(event.leg, NOT_FOUND),)
    trunk = config.lines[name].trunk
    state = switch.box.trunks.get(trunk, TrunkState.UP) if trunk else None
    if state is TrunkState.UP and not config.routes.neighbours_always:
        return switch, (EndLeg(event.leg, FORBIDDEN),)
    return telephones.offered(switch, name, event, config)


def _outward(
    switch: Switch, event: LegIncoming, lines: tuple[str, ...], number: str, config: Config
) -> Happened:
    """Carry a call on over the first of the exchange ``lines`` that can."""
    if not lines:
        return switch, (EndLeg(event.leg, NOT_FOUND),)
    move = crossings.outward(event, lines, number, emergency=config.is_emergency(number))
    return _crossed(switch.with_call(event.leg), event.leg, move, event.at_ns, config)


def _crossed(
    switch: Switch, outer: str, move: crossings.Move, at_ns: int, config: Config
) -> Happened:
    """Put a crossing back after a move; call who is next when nobody is being called."""
    crossing, orders = move
    switch = switch.with_crossing(outer, crossing)
    if crossing is None or crossing.inner:
        return switch, orders
    if not crossing.stages:
        return switch.with_crossing(outer, None), (*orders, EndLeg(outer, UNAVAILABLE))
    switch, called, events = connections.cross(switch, crossing, at_ns, config)
    return switch, (*orders, *called, *events)


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


def _audio(switch: Switch) -> tuple[Switch, tuple[Effect, ...], tuple[Effect, ...]]:
    """What the bridge has to part, and what to join."""
    owners = (
        *(desk.heard.joins for desk in switch.desks.values()),
        *(visit.joins for visit in switch.visits.values()),
        *(crossing.joins() for crossing in switch.crossings.values()),
    )
    ties = inside.ties(switch.ends)
    lines = {*switch.desks, *switch.exchange}
    names = exchange.names(switch.exchange)
    wanted = joins.physical(chain(*owners), lines=lines, ties=ties, names=names)
    parted = tuple(Part(a, b) for a, b in sorted(switch.joined - wanted))
    joined = tuple(Join(a, b) for a, b in sorted(wanted - switch.joined))
    return replace(switch, joined=wanted), parted, joined
