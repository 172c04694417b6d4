"""What becomes of orders to legs: the box carries out itself what needs no network. Pure.

A call is placed by the first of its ways and tried by the next when that one fails. The new leg
takes the place of the old one, so that whoever placed the call only sees it begin anew.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from firmware.calls import crossings, exchange, inside
from firmware.calls.attempts import Attempt, attempt
from firmware.calls.building import Config, Switch
from firmware.calls.crossings import Crossing
from firmware.calls.effects import (
    DialLeg,
    Effect,
    EndLeg,
    LegEffect,
    LineProven,
    Order,
    PlaceCall,
    RedirectLeg,
    TransferLeg,
)
from firmware.calls.events import (
    Event,
    LegEnded,
    LegEvent,
    LegIncoming,
    LegMedia,
    LegReplaced,
    Party,
    TransferRefused,
)
from firmware.calls.numbering import normal
from firmware.calls.routes import Ways
from firmware.calls.ways import ViaExchange, ViaGuide, ViaLine, ViaTrunk
from firmware.lines.fxo_types import FxoInput

_MOVED, _LOOP, _NO_WAY = 302, 482, 503
_HOPS = 5  # forwardings one after the other: beyond that they run in a circle

Done = tuple[Switch, tuple[Effect, ...], tuple[Event, ...]]
"""State after an order, what is left of it for the outside, what it made happen inside."""


def perform(switch: Switch, order: Order, at_ns: int, config: Config) -> Done:
    """Carry out ``order`` as far as the box can do that by itself."""
    match order:
        case PlaceCall():
            return _place(switch, order, at_ns, config)
        case RedirectLeg(leg=leg, number=number) if leg in switch.ends:
            return _redirected(switch, leg, number, at_ns, config)
        case TransferLeg(leg=leg, to=to) if to in switch.ends or _on_exchange(switch, to):
            return switch, (), (TransferRefused(leg, at_ns),)
        case EndLeg(leg=leg):
            switch = switch.without_attempt(leg)
        case _:
            pass
    if isinstance(order, LegEffect) and order.leg in switch.ends:
        ends, events = inside.obey(switch.ends, order, at_ns)
        return replace(switch, ends=ends), (), events
    if isinstance(order, LegEffect) and (line := _on_exchange(switch, order.leg)):
        config_of = config.exchange[line]
        moved = exchange.obey(line, switch.exchange[line], order, at_ns, config_of)
        return _moved(switch, line, moved)
    return switch, (order,), ()


def _on_exchange(switch: Switch, leg: str) -> str | None:
    return exchange.line_of(switch.exchange, leg)


def _moved(switch: Switch, name: str, moved: exchange.Moved) -> Done:
    line, effects, events = moved
    return replace(switch, exchange=exchange.put(switch.exchange, name, line)), effects, events


def on_exchange(switch: Switch, name: str, what: FxoInput, config: Config) -> Done:
    """Let something happen on an exchange line."""
    moved = exchange.happen(name, switch.exchange[name], what, config.exchange[name], switch.fresh)
    if any(isinstance(event, LegIncoming) for event in moved[2]):
        switch, _ = _counted(switch)
    return _moved(switch, name, moved)


def try_next(switch: Switch, leg: str, at_ns: int, config: Config) -> Done:
    """Try the call of ``leg`` by its next way."""
    before = switch.attempts[leg]
    switch, fresh = _counted(switch.without_attempt(leg))
    after = before.next(fresh, at_ns, config.routes.trying_ms)
    switch, orders, events = _begin(switch, after, at_ns, config)
    return switch, orders, (LegReplaced(leg, at_ns, fresh), *events)


def _counted(switch: Switch) -> tuple[Switch, str]:
    return replace(switch, legs=switch.legs + 1), switch.fresh


def cross(switch: Switch, crossing: Crossing, at_ns: int, config: Config) -> Done:
    """Call the next stage of ``crossing``."""
    fresh = []
    for _ in crossing.stages[0]:
        switch, leg = _counted(switch)
        fresh.append(leg)
    crossing, calls = crossings.call_next(crossing, tuple(fresh))
    switch = switch.with_crossing(crossing.outer, crossing)
    orders: tuple[Effect, ...] = ()
    events: tuple[Event, ...] = ()
    for call, ways in calls:
        first = attempt(call, _free_first(ways, switch), at_ns, config.routes.trying_ms)
        switch, more, happened = _begin(switch, first, at_ns, config)
        orders, events = orders + more, events + happened
    return switch, orders, events


def _place(switch: Switch, call: PlaceCall, at_ns: int, config: Config, *, hops: int = 0) -> Done:
    ways = _free_first(config.ways_for(call, switch.box), switch)
    if not ways:
        return switch, (), (LegEnded(call.leg, at_ns, _NO_WAY, "no way out"),)
    first = attempt(call, ways, at_ns, config.routes.trying_ms, hops=hops)
    return _begin(switch, first, at_ns, config)


def _begin(switch: Switch, now: Attempt, at_ns: int, config: Config) -> Done:
    """Call by the way of ``now``."""
    call = now.call
    switch = switch.with_attempt(now)
    match now.way:
        case ViaLine(line=line):
            called = config.lines[line].extension
            return _inside(switch, call, called, at_ns, config)
        case ViaGuide():
            return _inside(switch, call, call.number, at_ns, config)
        case ViaExchange(line=line) as way:
            dial = DialLeg(
                call.leg,
                call.line,
                call.number,
                via=way,
                emergency=call.emergency,
                caller=call.caller,
            )
            return dial_out(switch, line, dial, at_ns, config)
        case way:
            dial = DialLeg(
                call.leg,
                call.line,
                call.leaves if _by_own_trunk(now, config) else call.number,
                call.anonymous,
                way,
                call.emergency,
                call.caller,
                call.redirecting,
            )
            return switch, (dial,), ()


def dial_out(switch: Switch, line: str, dial: DialLeg, at_ns: int, config: Config) -> Done:
    """Call on an exchange line; a call for help clears the one that is there."""
    effects: tuple[Effect, ...] = ()
    events: tuple[Event, ...] = ()
    there = switch.exchange[line]
    if dial.emergency and there.may_be_cleared and there.leg is not None:
        cleared = exchange.clear(line, there, at_ns, config.exchange[line])
        switch, effects, events = _moved(switch, line, cleared)
    moved = exchange.dial(line, switch.exchange[line], dial, at_ns, config.exchange[line])
    switch, more, happened = _moved(switch, line, moved)
    return switch, effects + more, events + happened


def prove(switch: Switch, line: str, at_ns: int, config: Config) -> Done:
    """Seize an exchange line to hear whether it has dial tone; no digit is dialled."""
    if switch.exchange[line].leg is not None:
        return switch, (LineProven(line, works=True, what="it has a call"),), ()
    switch, leg = _counted(switch)
    switch = replace(switch, proofs=MappingProxyType({**switch.proofs, leg: line}))
    return dial_out(switch, line, DialLeg(leg, line, "", via=ViaExchange(line)), at_ns, config)


def proven(switch: Switch, event: LegEvent) -> tuple[Switch, tuple[Order, ...]]:
    """What became of a proof whose leg ``event`` is about."""
    line = switch.proofs[event.leg]
    match event:
        case LegMedia():
            result = LineProven(line, works=True, what="dial tone heard")
            return _without_proof(switch, event.leg), (EndLeg(event.leg), result)
        case LegEnded(reason=reason):
            return _without_proof(switch, event.leg), (LineProven(line, works=False, what=reason),)
        case _:
            return switch, ()


def _without_proof(switch: Switch, leg: str) -> Switch:
    proofs = {name: line for name, line in switch.proofs.items() if name != leg}
    return replace(switch, proofs=MappingProxyType(proofs))


def _free_first(ways: Ways, switch: Switch) -> Ways:
    """Exchange lines without a call before those with one, each where one of them was."""
    lines = [way for way in ways if isinstance(way, ViaExchange)]
    free = iter(sorted(lines, key=lambda way: switch.exchange[way.line].leg is not None))
    return tuple(next(free) if isinstance(way, ViaExchange) else way for way in ways)


def _by_own_trunk(now: Attempt, config: Config) -> bool:
    """Whether the call goes through the line's own switchboard, which has a form for numbers."""
    match now.way:
        case ViaTrunk(trunk=trunk):
            return trunk == config.trunk_of(now.call.line)
        case way:
            return way is None


def _inside(switch: Switch, call: PlaceCall, called: str, at_ns: int, config: Config) -> Done:
    """Offer ``call`` to another telephone of the box, or to its guide."""
    switch, leg = _counted(switch)
    ends = inside.tie(switch.ends, call.leg, leg)
    offered = LegIncoming(
        leg,
        at_ns,
        trunk="",
        called=called,
        caller=call.caller or _calling(call, config),
        redirecting=call.redirecting,
    )
    return replace(switch, ends=ends), (), (offered,)


def _calling(call: PlaceCall, config: Config) -> Party:
    line = config.lines.get(call.line)  # "" is the guide, which knows no more of its caller
    number, name = (line.extension, line.name or None) if line else (None, None)
    return Party(number, name, private=call.anonymous)


def _redirected(switch: Switch, leg: str, number: str, at_ns: int, config: Config) -> Done:
    """Send a call inside on to ``number``: who called calls there, by the ways it has itself.

    A call from outside has none; it goes by those of the telephone that sends it on.
    """
    before = switch.attempts[switch.ends[leg].other]
    calling, by = before.call.leg, before.way
    assert isinstance(by, ViaLine)  # noqa: S101 - a call inside has no other way
    switch, fresh = _counted(switch.without_attempt(calling))
    switch = replace(switch, ends=inside.without(inside.without(switch.ends, calling), leg))
    line = before.call.line if before.call.line in config.lines else by.line
    judged = config.office_of(line, switch.box).plan.whole(number)
    call = replace(
        before.call,
        leg=fresh,
        line=line,
        number=normal(number),
        leaves=number,
        category=judged.category,
        redirecting=config.lines[by.line].extension,
    )
    moved = LegReplaced(calling, at_ns, fresh), LegEnded(leg, at_ns, _MOVED, "sent on")
    if before.hops >= _HOPS:
        return switch, (), (*moved, LegEnded(fresh, at_ns, _LOOP, "sent on in a circle"))
    switch, orders, events = _place(switch, call, at_ns, config, hops=before.hops + 1)
    return switch, orders, (*moved, *events)
