"""What the pins of a DAA mean, and when they move. Pure.

``step(daa, event, profile)`` gives the new state and what is to be done; ``deadline`` says when a
``Wake`` is wanted. What the pins show while the hook itself moves is not believed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hw.daa.events import (
    Cid,
    Dial,
    Event,
    Flash,
    Hook,
    Opened,
    Output,
    Pulses,
    RingEdge,
    Seize,
    Sense,
    Sensed,
    Snoop,
    Tell,
    TellRing,
    Wake,
)
from hw.daa.profiles import DaaProfile, RingInput

_MS = 1_000_000
_LEAST_PULSES = 4  # a reversal gives one, its bounce two or three


@dataclass(frozen=True, slots=True)
class Bell:
    """Ringing as it is seen: since ``first_ns``, last active at ``last_ns``.

    ``active`` is the pin's state, ``heard`` whether it was told.
    """

    first_ns: int
    last_ns: int
    count: int = 1
    active: bool = True
    heard: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One sense: ``told`` is what was told (None: nothing yet), ``yes`` since ``since_ns``."""

    sense: Sense
    yes: bool
    since_ns: int
    told: bool | None = None


@dataclass(frozen=True, slots=True)
class Daa:
    """One exchange line.

    ``breaking_ns``: the loop is open until then (a flash), or pulses are under way;
    ``quiet_ns``: until then nothing is believed.
    """

    off_hook: bool = False
    breaking_ns: int | None = None
    quiet_ns: int | None = None
    bell: Bell | None = None
    snoop_ns: int | None = None
    snooping: bool = False
    senses: tuple[Seen, ...] = ()


Step = tuple[Daa, tuple[Output, ...]]


def deadline(daa: Daa, profile: DaaProfile) -> int | None:
    """When a Wake is wanted, in ns, or None."""
    dues = [daa.breaking_ns, daa.quiet_ns, daa.snoop_ns]
    dues += [_bell_due(daa.bell, profile)] if daa.bell else []
    if daa.quiet_ns is None and daa.breaking_ns is None:
        dues += [_stable_ns(seen, profile) for seen in daa.senses if _waits(seen, daa)]
    return min((due for due in dues if due is not None), default=None)


def step(daa: Daa, event: Event, profile: DaaProfile) -> Step:
    """Advance to ``event``."""
    match event:
        case Opened(at, levels):
            senses = tuple(Seen(sense, yes, at) for sense, yes in levels)
            return Daa(quiet_ns=at + profile.settle_ms * _MS, senses=senses), (Hook(closed=False),)
        case RingEdge(at, active):
            return _ring(daa, at, profile, active=active)
        case Sensed(at, sense, yes):
            return replace(daa, senses=_sensed(daa.senses, sense, at, yes=yes)), ()
        case Seize(at, off_hook):
            return _seize(daa, at, profile, off_hook=off_hook)
        case Flash(at, for_ms):
            if not daa.off_hook or daa.breaking_ns is not None:
                return daa, ()
            return replace(daa, breaking_ns=at + for_ms * _MS), (Hook(closed=False),)
        case Dial(at, pulses, break_ms, make_ms):
            if not daa.off_hook or daa.breaking_ns is not None:
                return daa, ()
            end = at + (pulses * (break_ms + make_ms) - make_ms) * _MS
            return replace(daa, breaking_ns=end), (Pulses(pulses, break_ms, make_ms),)
        case Snoop(at, on):
            return _snoop(daa, at, profile, on=on)
        case Wake(at):
            return _wake(daa, at, profile)


def _seize(daa: Daa, at: int, profile: DaaProfile, *, off_hook: bool) -> Step:
    if daa.off_hook == off_hook:
        return daa, ()
    outputs: tuple[Output, ...] = (Hook(closed=off_hook),)
    if daa.snooping and off_hook:
        outputs = (Cid(on=False), *outputs)
    if daa.bell and daa.bell.heard:
        outputs += (TellRing(at, on=False),)
    quiet = at + profile.settle_ms * _MS
    # What is told of the loop belongs to this seizure, of the battery to this rest.
    fresh = Sense.LOOP if off_hook else Sense.BATTERY
    senses = tuple(replace(s, told=None) if s.sense is fresh else s for s in daa.senses)
    return Daa(off_hook, quiet_ns=quiet, senses=senses), outputs


def _snoop(daa: Daa, at: int, profile: DaaProfile, *, on: bool) -> Step:
    if daa.off_hook or profile.snoop_always or on == daa.snooping:
        return daa, ()
    until = at + profile.snoop_most_ms * _MS if on and profile.snoop_most_ms else None
    return replace(daa, snooping=on, snoop_ns=until), (Cid(on),)


def _wake(daa: Daa, at: int, profile: DaaProfile) -> Step:
    outputs: list[Output] = []
    if daa.breaking_ns is not None and daa.breaking_ns <= at:
        daa = replace(daa, breaking_ns=None, quiet_ns=at + profile.settle_ms * _MS)
        outputs.append(Hook(closed=True))
    if daa.quiet_ns is not None and daa.quiet_ns <= at:
        daa = replace(daa, quiet_ns=None)
    if daa.snoop_ns is not None and daa.snoop_ns <= at:
        daa = replace(daa, snooping=False, snoop_ns=None)
        outputs.append(Cid(on=False))
    daa, rung = _bell(daa, at, profile)
    daa, told = _tell(daa, at, profile)
    return daa, (*outputs, *rung, *told)


# --- ringing -----------------------------------------------------------------------------------


def _ring(daa: Daa, at: int, profile: DaaProfile, *, active: bool) -> Step:
    if daa.off_hook or daa.quiet_ns is not None:
        return daa, ()
    bell = daa.bell
    if bell is None:
        return replace(daa, bell=Bell(at, at) if active else None), ()
    if profile.ring is RingInput.ENVELOPE:
        return replace(daa, bell=replace(bell, active=active, last_ns=at)), ()
    if not active:
        return daa, ()
    low, high = _intervals_ns(profile)
    gap = at - bell.last_ns
    if gap < low:
        return daa, ()  # a slow edge that bounces
    if gap > high and not bell.heard:
        return replace(daa, bell=Bell(at, at)), ()
    bell = replace(bell, last_ns=at, count=bell.count + 1)
    confirmed = at - bell.first_ns >= profile.ring_confirm_ms * _MS
    if bell.heard or not confirmed or bell.count < _LEAST_PULSES:
        return replace(daa, bell=bell), ()
    return replace(daa, bell=replace(bell, heard=True)), (TellRing(at, on=True),)


def _bell_due(bell: Bell, profile: DaaProfile) -> int | None:
    if profile.ring is RingInput.PULSES or not bell.active:
        return bell.last_ns + profile.ring_end_ms * _MS
    return None if bell.heard else bell.first_ns + profile.ring_confirm_ms * _MS


def _bell(daa: Daa, at: int, profile: DaaProfile) -> Step:
    bell = daa.bell
    if bell is None:
        return daa, ()
    due = _bell_due(bell, profile)
    if due is None or due > at:
        return daa, ()
    if profile.ring is RingInput.ENVELOPE and bell.active:
        return replace(daa, bell=replace(bell, heard=True)), (TellRing(at, on=True),)
    return replace(daa, bell=None), (TellRing(at, on=False),) if bell.heard else ()


def _intervals_ns(profile: DaaProfile) -> tuple[float, float]:
    """Shortest and longest time between the pulses of a bell that rings at an allowed frequency."""
    (low_hz, high_hz), (fewest, most) = profile.ring_hz, profile.pulses_per_cycle
    return 0.9e9 / (high_hz * most), 1.1e9 / (low_hz * fewest)


# --- loop, polarity, battery -------------------------------------------------------------------


def _sensed(seen: tuple[Seen, ...], sense: Sense, at: int, *, yes: bool) -> tuple[Seen, ...]:
    return tuple(replace(s, yes=yes, since_ns=at) if s.sense is sense else s for s in seen)


def _waits(seen: Seen, daa: Daa) -> bool:
    """Whether this sense counts now and has something to tell."""
    means = {Sense.LOOP: daa.off_hook, Sense.BATTERY: not daa.off_hook, Sense.REVERSED: True}
    return means[seen.sense] and seen.yes != seen.told


def _stable_ns(seen: Seen, profile: DaaProfile) -> int:
    return seen.since_ns + profile.stable_ms * _MS


def _tell(daa: Daa, at: int, profile: DaaProfile) -> Step:
    if daa.quiet_ns is not None or daa.breaking_ns is not None:
        return daa, ()
    senses, told = [], []
    for seen in daa.senses:
        if _waits(seen, daa) and _stable_ns(seen, profile) <= at:
            told.append(Tell(at, seen.sense, seen.yes))
            senses.append(replace(seen, told=seen.yes))
        else:
            senses.append(seen)
    return replace(daa, senses=tuple(senses)), tuple(told)
