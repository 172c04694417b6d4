"""The calls of an exchange line once it is seized: dialling, answer, end. Pure."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from firmware.lines.fxo_state import (
    Calling,
    Dialling,
    Down,
    Fxo,
    FxoState,
    Idle,
    Ringing,
    Seizing,
    Talking,
    Tries,
    Waiting,
)
from firmware.lines.fxo_times import MS, FxoConfig
from firmware.lines.fxo_types import (
    Answer,
    Answered,
    Dial,
    Ended,
    FlashHook,
    FxoOutput,
    HeardTone,
    Hearken,
    Offered,
    Press,
    PressR,
    Pulse,
    Refused,
    Release,
    RingsThere,
    Seize,
    SendKeys,
    Snoop,
    SpeechHeard,
    Through,
    ToneHeard,
)

NO_WAY, BUSY, UNKNOWN, NORMAL = 503, 486, 404, 200

# TBR 21 allows 15 automatic attempts. We cannot know who dials, a person or a machine behind the
# switchboard, so the same bound holds for all, until the number was left alone for a minute.
_MOST_TRIES = 15
_FORGET_NS = 60_000 * MS
_REFUSED = {
    HeardTone.BUSY: (BUSY, "busy"),
    HeardTone.CONGESTION: (NO_WAY, "congestion at the exchange"),
    HeardTone.SIT: (UNKNOWN, "the exchange refuses the number"),
    HeardTone.DIAL: (NO_WAY, "the exchange gave up"),
}

Step = tuple[Fxo, tuple[FxoOutput, ...]]


# --- out ----------------------------------------------------------------------------------------


def dial(fxo: Fxo, order: Dial, at_ns: int, config: FxoConfig) -> Step:
    """Call a number, now or when the line has rested."""
    if (why := _cannot(fxo, order, at_ns)) is not None:
        return fxo, (Refused(NO_WAY, why),)
    fxo = _tried(fxo, order.number, at_ns)
    if at_ns < fxo.guard_ns:
        return replace(fxo, now=Waiting(order, fxo.guard_ns)), ()
    return seize(fxo, order, at_ns, config)


def _cannot(fxo: Fxo, order: Dial, at_ns: int) -> str | None:
    match fxo.now:
        case Down():
            return fxo.alarm or "line out of service"
        case Idle():
            pass
        case Ringing():
            return "a call comes in"
        case _:
            return "line in use"
    if fxo.alarm:
        return fxo.alarm
    if fxo.in_use:
        return "line used by a parallel telephone"
    past = fxo.tries.get(order.number)
    stormy = past and past.count >= _MOST_TRIES and at_ns - past.last_ns < _FORGET_NS
    return "dialled too often without an answer" if stormy and not order.emergency else None


def _tried(fxo: Fxo, number: str, at_ns: int) -> Fxo:
    kept = {n: t for n, t in fxo.tries.items() if at_ns - t.last_ns < _FORGET_NS}
    before = kept[number].count if number in kept else 0
    tries = {**kept, number: Tries(before + 1, at_ns)}
    return replace(fxo, tries=MappingProxyType(tries))


def seize(fxo: Fxo, order: Dial, at_ns: int, config: FxoConfig) -> Step:
    """Close the loop and wait for dial tone."""
    until = at_ns + config.times.dial_tone_ms * MS
    return _closed(fxo, Seizing(order, until), at_ns, config), (
        *_quiet(config),
        Seize(off_hook=True),
        Hearken(on=True),
    )


def _closed(fxo: Fxo, now: FxoState, at_ns: int, config: FxoConfig) -> Fxo:
    ours = at_ns + config.times.settle_ms * MS
    return replace(fxo, now=now, ours_ns=ours, mute_ns=None, quiet_ns=None)


def _quiet(config: FxoConfig) -> tuple[FxoOutput, ...]:
    return (Snoop(on=False),) if config.snoop_always else ()


def no_dial_tone(fxo: Fxo, order: Dial, at_ns: int, config: FxoConfig) -> Step:
    """Give up, unless it is an emergency: an exchange may listen without saying so."""
    if order.emergency:
        return _begin_dialling(fxo, order, at_ns, config)
    return _opened(fxo, at_ns, Ended(NO_WAY, "no dial tone"), config)


def _begin_dialling(fxo: Fxo, order: Dial, at_ns: int, config: FxoConfig) -> Step:
    start = at_ns + config.times.before_digits_ms * MS
    return replace(fxo, now=Dialling(order, order.number, start)), ()


def next_digit(fxo: Fxo, now: Dialling, at_ns: int, config: FxoConfig) -> Step:
    """Send what is to be sent next; after the last digit the exchange is heard."""
    times, rest = config.times, now.rest
    if not rest:
        calling = Calling(now.dial, at_ns + times.answer_ms * MS)
        return replace(fxo, now=calling, reversed_at_start=fxo.reversed), (Through(),)
    if not config.pulse:
        length = len(rest) * (times.key_on_ms + times.key_off_ms)
        sent = replace(now, rest="", next_ns=at_ns + length * MS)
        return replace(fxo, now=sent), (SendKeys(rest, times.key_on_ms, times.key_off_ms),)
    digit, left = rest[0], rest[1:]
    count = 10 if digit == "0" else int(digit)
    length = count * (times.pulse_break_ms + times.pulse_make_ms) + times.pulse_gap_ms
    next_ns = at_ns + length * MS
    fxo = replace(fxo, now=replace(now, rest=left, next_ns=next_ns), ours_ns=next_ns, mute_ns=None)
    return fxo, (Pulse(digit, times.pulse_break_ms, times.pulse_make_ms),)


def glare(fxo: Fxo, at_ns: int, config: FxoConfig) -> Step:
    """It rang while we seized: we have answered a caller instead of calling."""
    until = at_ns + config.times.longest_ms * MS
    fxo = replace(fxo, now=Talking(until), reversed_at_start=fxo.reversed)
    return fxo, (Ended(NO_WAY, "a call came in"), Offered(None, answered=True))


# --- what the exchange tells --------------------------------------------------------------------


def tone(fxo: Fxo, heard: ToneHeard, config: FxoConfig) -> Step:
    """A tone of the exchange begins or ends."""
    at_ns = heard.at_ns
    match fxo.now, heard.tone:
        case Seizing(dial=order), HeardTone.DIAL:
            return _begin_dialling(fxo, order, at_ns, config)
        case Seizing(), HeardTone.BUSY | HeardTone.CONGESTION | HeardTone.SIT:
            return _opened(fxo, at_ns, Ended(NO_WAY, "busy instead of dial tone"), config)
        case Calling(), HeardTone.RINGBACK:
            far = at_ns + config.times.silence_ms * MS  # it rings as long as the caller likes
            told = () if fxo.now.ringback else (RingsThere(),)
            return replace(fxo, now=replace(fxo.now, ringback=True, answer_ns=far)), told
        case Calling(ringback=True), None:
            soon = at_ns + config.times.no_ringback_ms * MS
            return replace(fxo, now=replace(fxo.now, answer_ns=soon)), ()
        case Calling(), HeardTone() as refused:
            return _opened(fxo, at_ns, Ended(*_REFUSED[refused]), config)
        case Talking(), HeardTone.BUSY | HeardTone.CONGESTION | HeardTone.DIAL as end:
            return over(fxo, at_ns, f"{end.value} tone", config)
        case Talking(), None:
            return replace(fxo, quiet_ns=at_ns), ()
        case _:
            return fxo, ()


def speech(fxo: Fxo, heard: SpeechHeard, config: FxoConfig) -> Step:
    """Somebody at the far end begins to speak, or stops."""
    match fxo.now:
        case Calling() if heard.on and not config.reversal:
            fxo, told = answered(fxo, heard.at_ns, "speech", config)
            return replace(fxo, quiet_ns=None), told
        case Talking():
            return replace(fxo, quiet_ns=None if heard.on else heard.at_ns), ()
        case _:
            return fxo, ()


def polarity(fxo: Fxo, at_ns: int, config: FxoConfig) -> Step:
    """The exchange turned the polarity of the seized line."""
    if not config.reversal:
        return fxo, ()
    if at_ns < fxo.ours_ns:  # some exchanges turn it when we answer: that is how the call begins
        return replace(fxo, reversed_at_start=not fxo.reversed), ()
    turned = fxo.reversed is not fxo.reversed_at_start
    match fxo.now:
        case Calling() if turned:
            return answered(fxo, at_ns, "reversal", config)
        case Talking() if not turned:
            return over(fxo, at_ns, "reversal", config)
        case _:
            return fxo, ()


def answered(fxo: Fxo, at_ns: int, by: str, config: FxoConfig) -> Step:
    """The far end has answered our call."""
    assert isinstance(fxo.now, Calling)  # noqa: S101 - who calls looked
    number = fxo.now.dial.number
    tries = MappingProxyType({n: t for n, t in fxo.tries.items() if n != number})
    talking = Talking(at_ns + config.times.longest_ms * MS)
    return replace(fxo, now=talking, tries=tries, quiet_ns=at_ns), (Answered(by),)


# --- in, and the end ----------------------------------------------------------------------------


def obey(fxo: Fxo, wish: Answer | Release | PressR | Press, config: FxoConfig) -> Step:
    """Do what the inside wants of the call that there is."""
    match wish:
        case Answer(at_ns=at_ns):
            return _answer(fxo, at_ns, config)
        case Release(at_ns=at_ns):
            return _release(fxo, at_ns, config)
        case PressR(at_ns=at_ns):
            return _press_r(fxo, at_ns, config)
        case Press(digit=digit):
            return fxo, _press(fxo, digit, config)


def _answer(fxo: Fxo, at_ns: int, config: FxoConfig) -> Step:
    if not isinstance(fxo.now, Ringing) or not fxo.now.offered or fxo.now.ignored:
        return fxo, ()  # nobody inside knows of this call, or it is refused
    talking = Talking(at_ns + config.times.longest_ms * MS)
    closed = _closed(fxo, talking, at_ns, config)
    closed = replace(closed, reversed_at_start=not fxo.reversed, quiet_ns=at_ns)
    return closed, (*_quiet(config), Seize(off_hook=True), Hearken(on=True))


def _release(fxo: Fxo, at_ns: int, config: FxoConfig) -> Step:
    match fxo.now:
        case Ringing():
            return replace(fxo, now=replace(fxo.now, ignored=True)), ()
        case Waiting():
            return replace(fxo, now=Idle()), ()
        case Seizing() | Dialling() | Calling() | Talking():
            return _opened(fxo, at_ns, None, config)
        case Idle() | Down():
            return fxo, ()


def over(fxo: Fxo, at_ns: int, reason: str, config: FxoConfig) -> Step:
    """The far end or the exchange has ended the call."""
    code = NORMAL if isinstance(fxo.now, Talking) else NO_WAY
    return _opened(fxo, at_ns, Ended(code, reason), config)


def lost(fxo: Fxo, at_ns: int, reason: str, config: FxoConfig) -> Step:
    """The line is gone: so is its call."""
    match fxo.now:
        case Idle() | Down():
            return fxo, ()
        case Ringing(offered=offered, ignored=ignored):
            known = offered and not ignored
            return replace(fxo, now=Idle()), (Ended(NO_WAY, reason),) if known else ()
        case Waiting():
            return replace(fxo, now=Idle()), (Ended(NO_WAY, reason),)
        case _:
            return _opened(fxo, at_ns, Ended(NO_WAY, reason), config)


def _opened(fxo: Fxo, at_ns: int, ended: Ended | None, config: FxoConfig) -> Step:
    """Open the loop; the line rests for a while."""
    guard = at_ns + config.times.guard_ms * MS
    fxo = replace(fxo, now=Idle(), guard_ns=guard, ours_ns=guard, mute_ns=None, quiet_ns=None)
    again = (Snoop(on=True),) if config.snoop_always else ()
    said = (ended,) if ended else ()
    return fxo, (Hearken(on=False), Seize(off_hook=False), *again, *said)


# --- during a call ------------------------------------------------------------------------------


def _press_r(fxo: Fxo, at_ns: int, config: FxoConfig) -> Step:
    if not isinstance(fxo.now, Talking | Calling):
        return fxo, ()
    for_ms = config.times.flash_ms
    ours = at_ns + (for_ms + config.times.settle_ms) * MS
    return replace(fxo, ours_ns=ours, mute_ns=None), (FlashHook(for_ms),)


def _press(fxo: Fxo, digit: str, config: FxoConfig) -> tuple[FxoOutput, ...]:
    if not isinstance(fxo.now, Talking | Calling):
        return ()
    return (SendKeys(digit, config.times.key_on_ms, config.times.key_off_ms),)
