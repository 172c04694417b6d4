"""Hook classifier: raw loop edges in, off-hook, on-hook, flash and dialled digits out.

Pure. Two layers share one state. The lower one takes contact bounce away: a burst of edges
becomes one change, dated at the burst's *first* edge, because that is when the contact moved.
The upper one judges how long the loop stayed open or closed. Every decision has an exact due
time, so a late :class:`Wake` gives the same outcome as a punctual one.

Where a dialled pulse and a hook flash can look alike (a dial at 8 pulses a second with 67 % break
opens the loop for 83 ms, a flash starts at 78 ms), the neighbours decide: a break followed within
``make_max_ms`` by another one belongs to a digit; alone, it is judged by the flash window.

Answering is not delayed: while a line rings, the port driver recognises the lifted handset itself
(ring trip) and posts :class:`RingTrip`, which is believed at once. The ring generator leaves false
breaks on the loop until it has stopped; they are ignored for ``trip_guard_ms``.

The shell delivers edges in time order, and a :class:`Wake` only after every earlier edge.
"""

from dataclasses import replace
from typing import assert_never

from firmware.lines.hook_events import (
    Digit,
    Edge,
    Flash,
    HookEvent,
    HookInput,
    OffHook,
    OnHook,
    RingTrip,
    Wake,
)
from firmware.lines.hook_profile import BOTH, DTMF, PROFILES, ROTARY, HookProfile
from firmware.lines.hook_state import (
    Answered,
    Burst,
    Dialling,
    Doubtful,
    Down,
    HookState,
    Lifting,
    Open,
    Phase,
    Spoilt,
    Up,
)

__all__ = [
    "BOTH",
    "DTMF",
    "PROFILES",
    "ROTARY",
    "Digit",
    "Edge",
    "Flash",
    "HookEvent",
    "HookInput",
    "HookProfile",
    "HookState",
    "OffHook",
    "OnHook",
    "RingTrip",
    "Wake",
    "deadline",
    "initial",
    "is_dialling",
    "is_off_hook",
    "step",
]

_NS_PER_MS = 1_000_000


def initial(closed: bool = False) -> HookState:  # noqa: FBT001, FBT002 - a level, as in Edge
    """Give the state of a loop at rest: on hook, or known to be off hook if ``closed``."""
    return HookState(closed, closed, 0, 0, None, Up() if closed else Down())


def is_off_hook(state: HookState) -> bool:
    """Tell whether the last of OffHook and OnHook was OffHook."""
    return not isinstance(state.phase, Down | Lifting)


def is_dialling(state: HookState) -> bool:
    """Tell whether a digit is being dialled: the dial tone must already be silent."""
    phase = state.phase.before if isinstance(state.phase, Open) else state.phase
    return isinstance(phase, Dialling | Spoilt)


# --- time ---------------------------------------------------------------------------------------
def _ns(ms: float) -> int:
    return round(ms * _NS_PER_MS)


def deadline(state: HookState, profile: HookProfile) -> int | None:
    """Give the time, in ns, at which ``state`` changes by itself, or None."""
    if state.burst is not None:
        return _burst_due(state.burst, state, profile)
    due = _phase_due(state.phase, profile)
    # A burst that came to nothing holds decisions up; they are never dated back.
    return None if due is None else max(due, state.settled_ns)


def _burst_due(burst: Burst, state: HookState, profile: HookProfile) -> int:
    lasting = burst.last_ns + _ns(profile.bounce_ms)
    opening = state.rest and not state.raw
    return max(lasting, burst.first_ns + _ns(profile.break_min_ms)) if opening else lasting


def _phase_due(phase: Phase, profile: HookProfile) -> int | None:
    match phase:
        case Down() | Up():
            return None
        case Lifting(since):
            return since + _ns(profile.off_hook_ms)
        case Answered(until):
            return until
        case Doubtful(since):
            return since + _ns(profile.make_max_ms) + 1  # the limit itself is still within
        case Dialling(since) | Spoilt(since):
            return since + _ns(profile.digit_end_ms)
        case Open(since):
            return since + _ns(profile.release_ms)
        case _:
            assert_never(phase)


# --- the step -----------------------------------------------------------------------------------
def step(
    state: HookState, event: HookInput, profile: HookProfile
) -> tuple[HookState, tuple[HookEvent, ...]]:
    """Advance to ``event`` through every decision due on the way; never raises."""
    out: tuple[HookEvent, ...] = ()
    while (due := deadline(state, profile)) is not None and due <= event.at_ns:
        state, more = _expire(state, due, profile)
        out += more
    match event:
        case Edge(at, closed):
            state = _edge(state, at, closed=closed)
        case RingTrip(at):
            state, more = _trip(state, at, profile)
            out += more
        case Wake():
            pass
        case _:
            assert_never(event)
    return state, out


def _edge(state: HookState, at: int, *, closed: bool) -> HookState:
    if closed == state.raw:
        return state
    first = at if state.burst is None else state.burst.first_ns
    return replace(state, raw=closed, burst=Burst(first, at))


def _trip(
    state: HookState, at: int, profile: HookProfile
) -> tuple[HookState, tuple[HookEvent, ...]]:
    if is_off_hook(state):
        return state, ()
    since = state.phase.since_ns if isinstance(state.phase, Lifting) else at
    return replace(state, phase=Answered(at + _ns(profile.trip_guard_ms))), (OffHook(at, since),)


def _expire(
    state: HookState, at: int, profile: HookProfile
) -> tuple[HookState, tuple[HookEvent, ...]]:
    burst = state.burst
    if burst is None:
        phase, out = _expire_phase(state, at, profile)
        return replace(state, phase=phase), out
    state = replace(state, burst=None, settled_ns=at)
    if state.raw == state.rest:  # bounce that came to nothing
        return state, ()
    state = replace(state, rest=state.raw, rest_ns=burst.first_ns)
    phase, out = _change(state, profile)
    return replace(state, phase=phase), out


def _expire_phase(
    state: HookState, at: int, profile: HookProfile
) -> tuple[Phase, tuple[HookEvent, ...]]:
    phase = state.phase
    match phase:
        case Lifting(since):
            return Up(), (OffHook(at, since),)
        case Answered():
            return Up() if state.rest else Open(state.rest_ns, Up()), ()
        case Doubtful():
            return Up(), _flash(phase, at, profile)
        case Dialling(_, first, pulses):
            # A dial has ten holes; more pulses than that are not a digit.
            return Up(), (Digit(at, first, str(pulses % 10)),) if pulses <= 10 else ()
        case Spoilt():
            return Up(), ()
        case Open(since, before):
            flash = _flash(before, at, profile) if isinstance(before, Doubtful) else ()
            return Down(), (*flash, OnHook(at, since))
        case Down() | Up():
            return phase, ()  # nothing is due
        case _:
            assert_never(phase)


def _change(state: HookState, profile: HookProfile) -> tuple[Phase, tuple[HookEvent, ...]]:
    """Judge a debounced change to ``state.rest``, which began at ``state.rest_ns``."""
    phase, at = state.phase, state.rest_ns
    match phase:
        case Down():
            return Lifting(at) if state.rest else phase, ()
        case Lifting():
            return phase if state.rest else Down(), ()
        case Answered():
            return phase, ()
        case Up() | Doubtful() | Dialling() | Spoilt():
            return phase if state.rest else Open(at, phase), ()
        case Open():
            return _break(phase, state, profile) if state.rest else (phase, ())
        case _:
            assert_never(phase)


def _break(
    phase: Open, state: HookState, profile: HookProfile
) -> tuple[Phase, tuple[HookEvent, ...]]:
    """Judge a break that ended at ``state.rest_ns``, by its length and what was before it."""
    since, end, at = phase.since_ns, state.rest_ns, state.settled_ns
    pulse_like = end - since <= _ns(profile.train_max_ms)
    match phase.before:
        case Up():
            return _lone_break(Doubtful(end, end - since), at, profile)
        case Doubtful(prior_end, prior) if pulse_like:
            return Dialling(end, prior_end - prior, 2), ()
        case Doubtful() as prior_break:  # no digit goes on like this: two breaks on their own
            later, out = _lone_break(Doubtful(end, end - since), at, profile)
            return later, _flash(prior_break, at, profile) + out
        case Dialling(_, first, pulses) if pulse_like:
            return Dialling(end, first, pulses + 1), ()
        case Dialling() | Spoilt():
            return Spoilt(end), ()
        case _:
            assert_never(phase.before)


def _lone_break(
    seen: Doubtful, at: int, profile: HookProfile
) -> tuple[Phase, tuple[HookEvent, ...]]:
    if profile.pulse_max_ms is not None:
        if seen.break_ns <= _ns(profile.pulse_max_ms):
            return Dialling(seen.since_ns, seen.since_ns - seen.break_ns, 1), ()
        if seen.break_ns <= _ns(profile.train_max_ms):
            return seen, ()
    return Up(), _flash(seen, at, profile)


def _flash(seen: Doubtful, at: int, profile: HookProfile) -> tuple[HookEvent, ...]:
    if _ns(profile.flash_min_ms) <= seen.break_ns <= _ns(profile.flash_max_ms):
        return (Flash(at, seen.since_ns - seen.break_ns),)
    return ()
