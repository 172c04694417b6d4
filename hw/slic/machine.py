"""When the pins of a SLIC move, and what its hook line means. Pure.

``step(slic, event, profile)`` gives the new state and what is to be done; ``deadline`` says
when a ``Wake`` is wanted. The rules are those of the Silvertel Ag1171 data sheet (V1.6):

- ringing is F/R toggling while RM is high; SHK then pulses at the ringing rate, and a handset is
  lifted when it stays for 10 ms;
- at its end F/R goes forward and stays, and RM falls more than 10 ms later, well within 500 ms;
- RM is high for at most a third of the time;
- after power-down nothing counts for 50 ms, after a reversal the hook is disturbed for 50 ms.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hw.slic.events import (
    BreakLoop,
    Edge,
    Event,
    Feed,
    GiveUp,
    Output,
    Power,
    PowerDown,
    PowerUp,
    Ring,
    RingMode,
    SetPolarity,
    StopRing,
    TellHook,
    TellReady,
    TellShortened,
    TellTrip,
    Toggle,
    Wake,
)
from hw.slic.profiles import SlicProfile

_MS = 1_000_000
_LEAD_MS = 10  # of RM before F/R toggles; with whole periods, what hw.gpio's square waves want
_LEAST_BURST_MS = 40  # one cycle at 25 Hz: less is no ringing
_STORM = 400  # edges in a second: no contact does that, a loose wire beside a mains cable does


Step = tuple["Slic", tuple[Output, ...]]


# --- how it is ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Off:
    """Powered down."""


@dataclass(frozen=True, slots=True)
class Waking:
    """Powered up, nothing counts yet."""

    until_ns: int
    ready: bool  # it is new: say so; False after a break of the loop


@dataclass(frozen=True, slots=True)
class Feeding:
    """In use; what the hook seems to do before ``quiet_until_ns`` is not believed."""

    quiet_until_ns: int


@dataclass(frozen=True, slots=True)
class Ringing:
    """RM is high and F/R toggles; SHK has been at its closed level since ``closed_ns``."""

    end_ns: int
    closed_ns: int | None


@dataclass(frozen=True, slots=True)
class Settling:
    """F/R is forward again, RM still high; ``off``: power down afterwards."""

    until_ns: int
    off: bool


@dataclass(frozen=True, slots=True)
class Broken:
    """Powered down to break the loop."""

    until_ns: int


Stage = Off | Waking | Feeding | Ringing | Settling | Broken


@dataclass(frozen=True, slots=True)
class Slic:
    """One line.

    ``closed`` is what was told of the hook, ``reversed`` how the line shall be fed and
    ``turned`` how it is; ``rang`` is when RM was high, in ns.
    """

    stage: Stage = Off()
    closed: bool = False
    reversed: bool = False
    turned: bool = False
    rang: tuple[tuple[int, int], ...] = ()
    edges: tuple[int, int] = (0, 0)  # start of the second in which edges are counted, how many


def deadline(slic: Slic, profile: SlicProfile) -> int | None:
    """When a Wake is wanted, in ns, or None."""
    match slic.stage:
        case Waking(until) | Settling(until) | Broken(until):
            return until
        case Feeding(quiet):
            return quiet or None
        case Ringing(end, closed_ns):
            trip = end if closed_ns is None else closed_ns + profile.persistence_ms * _MS
            return min(end, trip)
        case _:
            return None


def step(slic: Slic, event: Event, profile: SlicProfile) -> Step:
    """Advance to ``event``."""
    match event:
        case PowerUp(at):
            waking = Waking(at + profile.wake_ms * _MS, ready=True)
            start = (RingMode(on=False), Feed(forward=True), Power(on=True))
            return Slic(waking, rang=slic.rang), start
        case PowerDown(at):
            return _power_down(slic, at, profile)
        case Edge(at, closed):
            return _edge(slic, at, closed=closed)
        case Wake(at, closed):
            return _wake(slic, at, profile, closed=closed)
        case Ring():
            return _ring(slic, event, profile)
        case StopRing(at):
            return _end_ringing(slic, at, profile)
        case SetPolarity(at, reversed_):
            return _polarity(replace(slic, reversed=reversed_), at, profile)
        case BreakLoop(at, for_ms):
            if not isinstance(slic.stage, Feeding):
                return slic, ()
            return replace(slic, stage=Broken(at + for_ms * _MS)), (Power(on=False),)


def _power_down(slic: Slic, at: int, profile: SlicProfile) -> Step:
    if isinstance(slic.stage, Ringing | Settling):
        until = at + profile.settle_ms * _MS
        return replace(slic, stage=Settling(until, off=True)), (Feed(forward=True),)
    return replace(slic, stage=Off(), closed=False), (RingMode(on=False), Power(on=False))


def _edge(slic: Slic, at: int, *, closed: bool) -> Step:
    start, count = slic.edges
    slic = replace(slic, edges=(start, count + 1) if at < start + 1000 * _MS else (at, 1))
    if slic.edges[1] > _STORM:
        what = f"its hook line changes more than {_STORM} times a second"
        return slic, (GiveUp(f"{what}; check the wires of SHK and of the telephone"),)
    match slic.stage:
        case Feeding(quiet) if at >= quiet:
            return _tell(slic, at, closed=closed)
        case Ringing(end, _):
            return replace(slic, stage=Ringing(end, at if closed else None)), ()
        case _:
            return slic, ()


def _tell(slic: Slic, at: int, *, closed: bool) -> Step:
    if closed == slic.closed:
        return slic, ()
    return replace(slic, closed=closed), (TellHook(at, closed),)


def _wake(slic: Slic, at: int, profile: SlicProfile, *, closed: bool) -> Step:
    due = deadline(slic, profile)
    if due is None or at < due:
        return slic, ()
    match slic.stage:
        case Waking(_, ready):
            slic, told = _settled(slic, at, profile, closed=closed)
            return slic, (*((TellReady(at),) if ready else ()), *told)
        case Feeding():
            return _settled(slic, at, profile, closed=closed)
        case Ringing(_, closed_ns) if closed_ns is not None and closed:
            slic, ended = _end_ringing(replace(slic, closed=True), at, profile)
            return slic, (*ended, TellHook(at, closed=True), TellTrip(at))
        case Ringing(end) if at < end:
            return replace(slic, stage=Ringing(end, None)), ()
        case Ringing():
            return _end_ringing(slic, at, profile)
        case Settling(_, off):
            rang = (*slic.rang[:-1], (slic.rang[-1][0], at))
            if off:
                slic = replace(slic, stage=Off(), closed=False, rang=rang)
                return slic, (RingMode(on=False), Power(on=False))
            quiet = profile.reversal_ms if slic.reversed else profile.hook_settle_ms
            slic = replace(slic, stage=Feeding(at + quiet * _MS), rang=rang)
            return slic, (RingMode(on=False),)
        case Broken():
            waking = Waking(at + profile.wake_ms * _MS, ready=False)
            return replace(slic, stage=waking), (Power(on=True),)
        case _:
            return slic, ()


def _ring(slic: Slic, event: Ring, profile: SlicProfile) -> Step:
    at = event.at_ns
    if not isinstance(slic.stage, Feeding):
        return slic, ()
    if slic.closed:
        return slic, (TellTrip(at),)  # lifted this moment: it never sounds
    on_ms, rang = _allowed(slic.rang, at, event.on_ms, profile)
    told = (TellShortened(on_ms, event.on_ms),) if on_ms < event.on_ms else ()
    if on_ms < _LEAST_BURST_MS:
        return replace(slic, rang=rang), (TellShortened(0, event.on_ms),)
    half_us = round(500_000 / event.hz)
    cycles = max(1, on_ms * 1000 // (2 * half_us))
    period = 2 * half_us * 1000
    start = -(-(at + _LEAD_MS * _MS) // period) * period
    end = start + cycles * period
    last = end + profile.settle_ms * _MS
    slic = replace(slic, stage=Ringing(end, None), rang=(*rang, (at, last)), turned=False)
    return slic, (*told, RingMode(on=True), Toggle(start, half_us, cycles))


def _allowed(
    rang: tuple[tuple[int, int], ...], at: int, on_ms: int, profile: SlicProfile
) -> tuple[int, tuple[tuple[int, int], ...]]:
    """How much of ``on_ms`` the duty limit allows, and the bursts that count."""
    window = profile.duty_window_s * 1000 * _MS
    recent = tuple((start, end) for start, end in rang if end > at - window)
    used = sum(end - start for start, end in recent)
    left = int(profile.limits.ring_duty * window) - used
    return min(on_ms, max(0, left // _MS - profile.settle_ms)), recent


def _end_ringing(slic: Slic, at: int, profile: SlicProfile) -> Step:
    if not isinstance(slic.stage, Ringing):
        return slic, ()
    settling = Settling(at + profile.settle_ms * _MS, off=False)
    return replace(slic, stage=settling), (Feed(forward=True),)


def _settled(slic: Slic, at: int, profile: SlicProfile, *, closed: bool) -> Step:
    """Believe the hook again, and turn the polarity if that had to wait."""
    slic, told = _tell(replace(slic, stage=Feeding(0)), at, closed=closed)
    slic, turned = _polarity(slic, at, profile)
    return slic, (*told, *turned)


def _polarity(slic: Slic, at: int, profile: SlicProfile) -> Step:
    """Feed as ``slic.reversed`` says, once the line has settled from what was before."""
    waits = not isinstance(slic.stage, Feeding) or at < slic.stage.quiet_until_ns
    if waits or slic.turned == slic.reversed:
        return slic, ()
    quiet = Feeding(at + profile.reversal_ms * _MS)
    return replace(slic, stage=quiet, turned=slic.reversed), (Feed(forward=not slic.reversed),)
