"""One exchange line as a telephone on it would live: it is rung, it dials, it watches. Pure.

``step`` takes what happens and what is wanted, and gives orders to the port and words about the
call. A call ends by what can be trusted most (ETSI ES 203 021 leaves it to the terminal): a
break of the current, the polarity, a tone of the exchange, silence, and a limit in any case.
"""

from __future__ import annotations

from dataclasses import replace

from firmware.lines import fxo_calls as calls
from firmware.lines.fxo_state import (
    Calling,
    Dialling,
    Down,
    Fxo,
    Idle,
    Ringing,
    Seizing,
    Talking,
    Waiting,
)
from firmware.lines.fxo_times import MS, FxoConfig
from firmware.lines.fxo_types import (
    Alarm,
    Answer,
    CallerSeen,
    Current,
    Dial,
    Ended,
    Failed,
    Fed,
    FedReversed,
    FxoInput,
    FxoOutput,
    LineHappening,
    Offered,
    Press,
    PressR,
    Release,
    Ring,
    Snoop,
    SpeechHeard,
    ToneHeard,
    UsedBeside,
    Wake,
    Works,
)
from firmware.lines.fxs import Caller

_DEAD = "no battery: a cut wire?"
_SEEN_MS = 10_000  # caller ID before the first ring belongs to it (EN 300 659-1 §6.1: 2 s)
_GONE = 487

Step = tuple[Fxo, tuple[FxoOutput, ...]]


def initial() -> Fxo:
    """A line whose port has not said yet that it works."""
    return Fxo()


def step(fxo: Fxo, event: FxoInput, config: FxoConfig) -> Step:
    """Let what is due before ``event`` happen, then take it."""
    outputs: tuple[FxoOutput, ...] = ()
    while (due := deadline(fxo, config)) is not None and due <= event.at_ns:
        fxo, more = _tick(fxo, due, config)
        outputs += more
    fxo, more = _take(fxo, event, config)
    return fxo, outputs + more


def deadline(fxo: Fxo, config: FxoConfig) -> int | None:
    """When the line does something by itself, in ns, or None."""
    return min((due for due, _ in _dues(fxo, config)), default=None)


def _dues(fxo: Fxo, config: FxoConfig) -> list[tuple[int, str]]:
    times = config.times
    dues: list[tuple[int, str]] = []
    if fxo.unfed_ns is not None and not fxo.alarm and not fxo.off_hook:
        dues.append((fxo.unfed_ns + times.dead_ms * MS, "dead"))
    match fxo.now:
        case Ringing(offer_ns=offer, last_ns=last, on=on, offered=offered):
            dues += [] if offered else [(offer, "offer")]
            dues += [] if on else [(last + times.ring_gone_ms * MS, "gone")]
        case Waiting(until_ns=until):
            dues.append((until, "seize"))
        case Seizing(until_ns=until):
            dues.append((until, "no dial tone"))
        case Dialling(next_ns=next_ns):
            dues.append((next_ns, "digit"))
        case Calling(answer_ns=answer):
            dues.append((answer, "answered"))
        case Talking(until_ns=until):
            dues.append((until, "longest"))
            if fxo.quiet_ns is not None:
                dues.append((fxo.quiet_ns + times.silence_ms * MS, "silence"))
        case Idle() | Down():
            pass
    if fxo.off_hook and fxo.mute_ns is not None:
        dues.append((max(fxo.mute_ns, fxo.ours_ns) + times.break_ms * MS, "break"))
    return dues


def _tick(fxo: Fxo, at_ns: int, config: FxoConfig) -> Step:
    _, what = min(_dues(fxo, config))
    match what, fxo.now:
        case "dead", _:
            fxo = replace(fxo, alarm=_DEAD)
            fxo, ended = calls.lost(fxo, at_ns, _DEAD, config)
            return fxo, (Alarm(_DEAD), *ended)
        case "offer", Ringing():
            return _offer(fxo, _remembered(fxo, at_ns), config)
        case "gone", Ringing(offered=offered, ignored=ignored):
            ended = (Ended(_GONE, "caller gave up"),) if offered and not ignored else ()
            return replace(fxo, now=Idle(), seen=None), ended
        case "seize", Waiting(dial=dial):
            return calls.seize(fxo, dial, at_ns, config)
        case "no dial tone", Seizing(dial=dial):
            return calls.no_dial_tone(fxo, dial, at_ns, config)
        case "digit", Dialling():
            return calls.next_digit(fxo, fxo.now, at_ns, config)
        case "answered", Calling():
            return calls.answered(fxo, at_ns, "time", config)
        case reason, _:
            told = {"longest": "as long as a call may be", "break": "current broken"}
            return calls.over(fxo, at_ns, told.get(reason, reason), config)


def _take(fxo: Fxo, event: FxoInput, config: FxoConfig) -> Step:
    match event:
        case Wake():
            return fxo, ()
        case Works():
            return _works(fxo, config)
        case Failed(at_ns=at_ns, what=what):
            fxo, ended = calls.lost(fxo, at_ns, what, config)
            return Fxo(tries=fxo.tries, alarm=what), (Alarm(what), *ended)
        case Dial(at_ns=at_ns):
            return calls.dial(fxo, event, at_ns, config)
        case _ if isinstance(fxo.now, Down):
            return fxo, ()
        case ToneHeard():
            return calls.tone(fxo, event, config)
        case SpeechHeard():
            return calls.speech(fxo, event, config)
        case Answer() | Release() | PressR() | Press():
            return calls.obey(fxo, event, config)
        case _:
            return _happened(fxo, event, config)


def _happened(fxo: Fxo, event: LineHappening, config: FxoConfig) -> Step:
    match event:
        case Ring(at_ns=at_ns, on=on):
            return _ring(fxo, at_ns, config, on=on)
        case CallerSeen(at_ns=at_ns, caller=caller):
            return _seen(fxo, caller, at_ns, config)
        case Current(at_ns=at_ns, flows=flows):
            return replace(fxo, mute_ns=None if flows else at_ns), ()
        case FedReversed(at_ns=at_ns, reversed=reversed_):
            return calls.polarity(replace(fxo, reversed=reversed_), at_ns, config)
        case Fed(at_ns=at_ns, present=present):
            return _fed(fxo, at_ns, present=present)
        case UsedBeside(in_use=in_use):
            return replace(fxo, in_use=in_use), ()


def _works(fxo: Fxo, config: FxoConfig) -> Step:
    listening = (Snoop(on=True),) if config.snoop_always else ()
    healed = (Alarm(""),) if fxo.alarm else ()
    if isinstance(fxo.now, Down):
        return Fxo(now=Idle(), tries=fxo.tries), (*healed, *listening)
    return fxo, ()


def _fed(fxo: Fxo, at_ns: int, *, present: bool) -> Step:
    if not present:
        return (fxo if fxo.unfed_ns is not None else replace(fxo, unfed_ns=at_ns)), ()
    healed = (Alarm(""),) if fxo.alarm == _DEAD else ()
    alarm = "" if fxo.alarm == _DEAD else fxo.alarm
    return replace(fxo, unfed_ns=None, alarm=alarm), healed


# --- somebody calls -----------------------------------------------------------------------------


def _ring(fxo: Fxo, at_ns: int, config: FxoConfig, *, on: bool) -> Step:
    match fxo.now:
        case Idle() if on:
            begun = replace(fxo, now=_ringing(fxo, at_ns, config))
            return (begun, ()) if config.caller_id else _offer(begun, None, config)
        case Ringing() as ringing if on:
            fxo = replace(fxo, now=replace(ringing, on=True, last_ns=at_ns))
            return (fxo, ()) if ringing.offered else _offer(fxo, _remembered(fxo, at_ns), config)
        case Ringing(offered=True) as ringing:
            return replace(fxo, now=replace(ringing, on=False, last_ns=at_ns)), ()
        case Ringing() as ringing:  # the time for caller ID runs from the end of the first ring
            wait_ns = at_ns + config.times.caller_id_ms * MS
            fxo = replace(fxo, now=replace(ringing, on=False, last_ns=at_ns, offer_ns=wait_ns))
            return fxo, () if config.snoop_always else (Snoop(on=True),)
        case Waiting() if on:
            fxo = replace(fxo, now=_ringing(fxo, at_ns, config))
            return fxo, (Ended(calls.NO_WAY, "a call came in"),)
        case Seizing() if on:
            return calls.glare(fxo, at_ns, config)
        case _:
            return fxo, ()


def _ringing(fxo: Fxo, at_ns: int, config: FxoConfig) -> Ringing:
    # A ring that never ends is offered all the same.
    known = fxo.seen is not None and at_ns - fxo.seen_ns < _SEEN_MS * MS
    wait_ms = 0 if known else 2 * config.times.caller_id_ms
    return Ringing(offer_ns=at_ns + wait_ms * MS, last_ns=at_ns)


def _seen(fxo: Fxo, caller: Caller, at_ns: int, config: FxoConfig) -> Step:
    match fxo.now:
        case Ringing(offered=False):
            return _offer(fxo, caller, config)
        case Idle():
            return replace(fxo, seen=caller, seen_ns=at_ns), ()
        case _:
            return fxo, ()


def _remembered(fxo: Fxo, at_ns: int) -> Caller | None:
    return fxo.seen if at_ns - fxo.seen_ns < _SEEN_MS * MS else None


def _offer(fxo: Fxo, caller: Caller | None, config: FxoConfig) -> Step:
    assert isinstance(fxo.now, Ringing)  # noqa: S101 - who calls looked
    quiet = () if config.snoop_always or not config.caller_id else (Snoop(on=False),)
    fxo = replace(fxo, now=replace(fxo.now, offered=True), seen=None)
    return fxo, (*quiet, Offered(caller))
