"""One telephone line as the exchange sees it: its hook, and its bell with caller ID. Pure.

``step`` turns hook edges into what they mean; ``ring`` and ``stop_ring`` order the bell. What
must happen on the wires comes out as ``Burst``, ``StopBell``, ``Polarity`` and ``Signal``, each
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
    Silence,
    alert,
    duration_ms,
)
from firmware.lines.hook import HookEvent, HookProfile, HookState
from firmware.lines.ringing import Cadence

_MS = 1_000_000
_SETTLING_MS = 50  # of the line card after the loop is fed again (Ag1171 V1.6: 50 ms)


@dataclass(frozen=True, slots=True)
class Burst:
    """Ring for ``on_ms`` ms at ``hz`` Hz."""

    on_ms: int
    hz: float


@dataclass(frozen=True, slots=True)
class StopBell:
    """Stop ringing."""


@dataclass(frozen=True, slots=True)
class Polarity:
    """Feed the line reversed, or normally."""

    reversed: bool


@dataclass(frozen=True, slots=True)
class Signal:
    """Play caller ID: the segments back to back."""

    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class AskTurn:
    """The bell wants one turn of ``cadence``, from ``at_ns`` on; answer with ``take_turn``."""

    cadence: Cadence
    at_ns: int


Output = Burst | StopBell | Polarity | Signal | AskTurn | HookEvent


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom the display shows; ``stamp`` is the local time as MMDDHHMM, or "".

    ``redirecting`` is the number that sent the call on to this line, or "".
    """

    number: str | None
    name: str | None
    private: bool
    stamp: str
    redirecting: str = ""


@dataclass(frozen=True, slots=True)
class Bell:
    """A bell that rings for the call ``key``.

    ``queue`` holds orders waiting for their time; when it is empty, the bell asks for its next
    turn at ``next_ns`` (None: it has asked). ``caller_id`` goes into the next turn's pause.
    """

    key: str
    cadence: Cadence
    queue: tuple[tuple[int, Output], ...]
    next_ns: int | None
    caller_id: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True)
class Deaf:
    """We break the loop ourselves until ``until_ns``: what the hook seems to do is our doing.

    ``closed`` is the loop as last seen, which counts once it is over.
    """

    until_ns: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Fxs:
    """State of one line."""

    hook: HookState
    bell: Bell | None = None
    reversed: bool = False
    deaf: Deaf | None = None

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
    if line.deaf and event.at_ns < line.deaf.until_ns:
        if isinstance(event, hook.Edge):
            return replace(line, deaf=replace(line.deaf, closed=event.closed)), ()
    elif line.deaf:
        now = hook.Edge(line.deaf.until_ns, line.deaf.closed)
        line, outputs = _hook(replace(line, deaf=None), now, profile)
    while (due := _bell_due(line.bell)) is not None and due <= event.at_ns:
        line, heard = _hook(line, hook.Wake(due), profile)
        outputs += heard
        if line.bell:
            line, rung = _bell_step(line, line.bell)
            outputs += rung
    line, heard = _hook(line, event, profile)
    return line, outputs + heard


def break_loop(line: Fxs, at_ns: int, for_ms: int) -> Fxs:
    """Know that the loop is broken by us for ``for_ms`` ms (loop-current disconnect)."""
    settled_ns = at_ns + (for_ms + _SETTLING_MS) * _MS
    return replace(line, deaf=Deaf(settled_ns, closed=line.lifted))


def deadline(line: Fxs, profile: HookProfile) -> int | None:
    """When the line does something by itself, in ns, or None."""
    deaf_ns = line.deaf.until_ns if line.deaf else None
    dues = [hook.deadline(line.hook, profile), _bell_due(line.bell), deaf_ns]
    return min((due for due in dues if due is not None), default=None)


def ring(
    line: Fxs, key: str, caller: Caller, *, cadence: Cadence, plan: CallerIdPlan | None, at_ns: int
) -> Fxs:
    """Start the bell for the call ``key`` at ``at_ns``, unless it rings for it already.

    ``plan`` None rings without caller ID. A lifted handset is never rung.
    """
    if line.lifted or (line.bell and line.bell.key == key):
        return line
    segments = alert(plan, display_message(caller)) if plan else ()
    if plan and plan.after_first_ring:
        data = tuple(segment for segment in segments if not isinstance(segment, RingBurst))
        return replace(line, bell=Bell(key, cadence, (), at_ns, data))
    queue, end_ns = _before_ringing(segments, cadence, at_ns)
    return replace(line, bell=Bell(key, cadence, queue, end_ns))


def take_turn(line: Fxs, start_ns: int) -> Fxs:
    """Let the bell ring one turn of its cadence from ``start_ns``."""
    bell = line.bell
    if bell is None:
        return line
    length_ms = sum(duration_ms(segment) for segment in bell.caller_id)
    bursts = bell.cadence.bursts
    slot = bell.cadence.caller_id_slot(_data_ms(bell.caller_id))
    after = slot.bursts if slot else len(bursts)
    queue: list[tuple[int, Output]] = []
    now = start_ns
    for count, (on_ms, off_ms) in enumerate(bursts, 1):
        queue.append((now, Burst(on_ms, bell.cadence.hz)))
        quiet = now + on_ms * _MS
        now = quiet + off_ms * _MS
        if bell.caller_id and count == after:
            queue.append((quiet, Signal(bell.caller_id)))
            now = max(now, quiet + round(length_ms * _MS))
    return replace(line, bell=replace(bell, queue=tuple(queue), next_ns=now, caller_id=()))


def _data_ms(segments: tuple[Segment, ...]) -> float:
    """Length of what sounds; the cadence's slot brings the silence around it."""
    return sum(duration_ms(s) for s in segments if not isinstance(s, Silence))


def stop_ring(line: Fxs) -> tuple[Fxs, tuple[Output, ...]]:
    """Silence the bell, and put the polarity back if caller ID was half sent."""
    if line.bell is None:
        return line, ()
    normal: tuple[Output, ...] = (Polarity(reversed=False),) if line.reversed else ()
    return replace(line, bell=None, reversed=False), (StopBell(), *normal)


def _hook(line: Fxs, event: hook.HookInput, profile: HookProfile) -> tuple[Fxs, tuple[Output, ...]]:
    state, events = hook.step(line.hook, event, profile)
    line = replace(line, hook=state)
    if any(isinstance(seen, hook.OffHook) for seen in events):
        line, ended = stop_ring(line)
        return line, (*ended, *events)
    return line, events


def _bell_due(bell: Bell | None) -> int | None:
    if bell is None:
        return None
    return bell.queue[0][0] if bell.queue else bell.next_ns


def _bell_step(line: Fxs, bell: Bell) -> tuple[Fxs, tuple[Output, ...]]:
    if bell.queue:
        (_, output), *rest = bell.queue
        turned = output.reversed if isinstance(output, Polarity) else line.reversed
        return replace(line, bell=replace(bell, queue=tuple(rest)), reversed=turned), (output,)
    assert bell.next_ns is not None  # noqa: S101 - it was due
    asked = replace(line, bell=replace(bell, next_ns=None))
    return asked, (AskTurn(bell.cadence, bell.next_ns),)


def _before_ringing(
    segments: tuple[Segment, ...], cadence: Cadence, at_ns: int
) -> tuple[tuple[tuple[int, Output], ...], int]:
    """Lay out caller ID that comes before ringing: orders with their times, and the end."""
    queue: list[tuple[int, Output]] = []
    turned, now = False, float(at_ns)
    for segment in segments:
        match segment:
            case ReversePolarity():
                turned = not turned
                queue.append((round(now), Polarity(turned)))
            case RingPulse(ms=ms):
                queue.append((round(now), Burst(ms, cadence.hz)))
            case AwaitAck() | RingBurst():  # on-hook displays do not acknowledge (§6.1)
                continue
            case _:
                queue.append((round(now), Signal((segment,))))
        now += duration_ms(segment) * _MS
    return tuple(queue), round(now)


def display_message(caller: Caller) -> CallSetup:
    """What the display is told of ``caller``."""
    number: str | Absence = Absence.UNAVAILABLE
    name: str | Absence | None = None
    if caller.private:
        number = Absence.PRIVATE
    elif caller.number:
        number = shown_number(caller.number)
        name = shown_name(caller.name) if caller.name else None
    return CallSetup(
        number=number,
        name=name,
        at=_moment(caller.stamp),
        redirecting=caller.redirecting or None,
    )


def _moment(stamp: str) -> Moment | None:
    try:
        return Moment(*(int(stamp[i : i + 2]) for i in range(0, 8, 2)))
    except (CallerIdError, ValueError):
        return None
