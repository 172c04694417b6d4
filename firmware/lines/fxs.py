"""One telephone line as the exchange sees it: its hook, and its bell with caller ID. Pure.

``step`` turns hook edges into what they mean; ``ring`` and ``stop_ring`` order the bell. What
must happen on the wires comes out as ``Burst``, ``Silence``, ``Polarity`` and ``Signal``, each
at its time, in the order in which ``alert`` of the caller-ID plan wants them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from firmware.lines import hook
from firmware.lines.callerid_message import (
    Absence,
    CallerIdError,
    CallSetup,
    Moment,
    shown_name,
    shown_number,
)
from firmware.lines.callerid_plan import (
    AwaitAck,
    CallerIdPlan,
    ReversePolarity,
    RingBurst,
    RingPulse,
    Segment,
    alert,
    duration_ms,
)
from firmware.lines.hook import HookEvent, HookProfile, HookState
from firmware.lines.ringing import Cadence

_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Burst:
    """Ring for ``on_ms`` ms at ``hz`` Hz."""

    on_ms: int
    hz: float


@dataclass(frozen=True, slots=True)
class Silence:
    """Stop ringing."""


@dataclass(frozen=True, slots=True)
class Polarity:
    """Feed the line reversed, or normally."""

    reversed: bool


@dataclass(frozen=True, slots=True)
class Signal:
    """Play caller ID: the segments back to back."""

    segments: tuple[Segment, ...]


Output = Burst | Silence | Polarity | Signal | HookEvent


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom the display shows; ``stamp`` is the local time as MMDDHHMM, or ""."""

    number: str | None
    name: str | None
    private: bool
    stamp: str


@dataclass(frozen=True, slots=True)
class Bell:
    """A bell that rings for the call ``key``: orders waiting for their time.

    ``queue`` holds what comes before the steady cadence, ``cycle`` counts the bursts of the
    cadence begun, ``next_ns`` is when the next one is due.
    """

    key: str
    cadence: Cadence
    queue: tuple[tuple[int, Output], ...]
    cycle: int
    next_ns: int


@dataclass(frozen=True, slots=True)
class Fxs:
    """State of one line."""

    hook: HookState
    bell: Bell | None = None
    reversed: bool = False

    @property
    def lifted(self) -> bool:
        """Whether the handset is off the hook."""
        return hook.is_off_hook(self.hook)


def initial() -> Fxs:
    """A line at rest."""
    return Fxs(hook.initial())


def step(line: Fxs, event: hook.HookInput, profile: HookProfile) -> tuple[Fxs, tuple[Output, ...]]:
    """Advance to ``event``: the bell's orders and the hook's decisions that are due, in order."""
    outputs: tuple[Output, ...] = ()
    while line.bell and (due := _bell_due(line.bell)) <= event.at_ns:
        line, heard = _hook(line, hook.Wake(due), profile)
        outputs += heard
        if line.bell:
            line, rung = _bell_step(line, line.bell)
            outputs += rung
    line, heard = _hook(line, event, profile)
    return line, outputs + heard


def deadline(line: Fxs, profile: HookProfile) -> int | None:
    """When the line does something by itself, in ns, or None."""
    dues = [hook.deadline(line.hook, profile), _bell_due(line.bell) if line.bell else None]
    return min((due for due in dues if due is not None), default=None)


def ring(
    line: Fxs, key: str, caller: Caller, *, cadence: Cadence, plan: CallerIdPlan | None, at_ns: int
) -> Fxs:
    """Start the bell for the call ``key`` at ``at_ns``, unless it rings for it already.

    ``plan`` None rings without caller ID. A lifted handset is never rung.
    """
    if line.lifted or (line.bell and line.bell.key == key):
        return line
    segments = alert(plan, _message(caller)) if plan else ()
    queue, cycle, next_ns = _prelude(segments, cadence, at_ns)
    return replace(line, bell=Bell(key, cadence, queue, cycle, next_ns))


def stop_ring(line: Fxs) -> tuple[Fxs, tuple[Output, ...]]:
    """Silence the bell, and put the polarity back if caller ID was half sent."""
    if line.bell is None:
        return line, ()
    normal: tuple[Output, ...] = (Polarity(reversed=False),) if line.reversed else ()
    return replace(line, bell=None, reversed=False), (Silence(), *normal)


def _hook(line: Fxs, event: hook.HookInput, profile: HookProfile) -> tuple[Fxs, tuple[Output, ...]]:
    state, events = hook.step(line.hook, event, profile)
    line = replace(line, hook=state)
    if any(isinstance(seen, hook.OffHook) for seen in events):
        line, ended = stop_ring(line)
        return line, (*ended, *events)
    return line, events


def _bell_due(bell: Bell) -> int:
    return bell.queue[0][0] if bell.queue else bell.next_ns


def _bell_step(line: Fxs, bell: Bell) -> tuple[Fxs, tuple[Output, ...]]:
    if bell.queue:
        (_, output), *rest = bell.queue
        turned = output.reversed if isinstance(output, Polarity) else line.reversed
        return replace(line, bell=replace(bell, queue=tuple(rest)), reversed=turned), (output,)
    on_ms, off_ms = bell.cadence.bursts[bell.cycle % len(bell.cadence.bursts)]
    next_ns = bell.next_ns + (on_ms + off_ms) * _MS
    bell = replace(bell, cycle=bell.cycle + 1, next_ns=next_ns)
    return replace(line, bell=bell), (Burst(on_ms, bell.cadence.hz),)


def _prelude(
    segments: tuple[Segment, ...], cadence: Cadence, at_ns: int
) -> tuple[tuple[tuple[int, Output], ...], int, int]:
    """Lay out caller ID in time: orders, bursts of the cadence used, start of the next one."""
    queue: list[tuple[int, Output]] = []
    audible: list[Segment] = []
    start = now = float(at_ns)
    turned, cycle, pause_ms = False, 0, 0

    def flush() -> None:
        if audible:
            queue.append((round(start), Signal(tuple(audible))))
            audible.clear()

    for segment in segments:
        match segment:
            case ReversePolarity():
                flush()
                turned = not turned
                queue.append((round(now), Polarity(turned)))
            case RingBurst():
                flush()
                on_ms, pause_ms = cadence.bursts[0]
                queue.append((round(now), Burst(on_ms, cadence.hz)))
                cycle = 1
                now += on_ms * _MS
            case RingPulse(ms=ms):
                flush()
                queue.append((round(now), Burst(ms, cadence.hz)))
                now += ms * _MS
            case AwaitAck():  # on-hook displays do not acknowledge (EN 300 659-1 §6.1)
                continue
            case _:
                start = start if audible else now
                audible.append(segment)
                now += duration_ms(segment) * _MS
    flush()
    if cycle:
        now = max(now, at_ns + (cadence.bursts[0][0] + pause_ms) * _MS)
    return tuple(queue), cycle, round(now)


def _message(caller: Caller) -> CallSetup:
    number: str | Absence = Absence.UNAVAILABLE
    name: str | Absence | None = None
    if caller.private:
        number = Absence.PRIVATE
    elif caller.number:
        number = shown_number(caller.number)
        name = shown_name(caller.name) if caller.name else None
    return CallSetup(number=number, name=name, at=_moment(caller.stamp))


def _moment(stamp: str) -> Moment | None:
    try:
        return Moment(*(int(stamp[i : i + 2]) for i in range(0, 8, 2)))
    except (CallerIdError, ValueError):
        return None
