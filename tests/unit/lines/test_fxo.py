"""An exchange line: what it does in each situation, and what it never does whatever happens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.lines import fxo
from firmware.lines.fxo_state import Idle, Ringing, Talking
from firmware.lines.fxo_times import FxoConfig
from firmware.lines.fxo_types import (
    Alarm,
    Answer,
    Answered,
    CallerSeen,
    Current,
    Dial,
    Ended,
    Failed,
    Fed,
    FedReversed,
    FlashHook,
    HeardTone,
    Hearken,
    Offered,
    Press,
    PressR,
    Pulse,
    Refused,
    Release,
    Ring,
    RingsThere,
    Seize,
    SendKeys,
    Snoop,
    SpeechHeard,
    Through,
    ToneHeard,
    UsedBeside,
    Wake,
    Works,
)
from firmware.lines.fxs import Caller

MS = 1_000_000
S = 1000 * MS
ROSSI = Caller("0571000100", "Rossi", private=False, stamp="")
KEYS, PULSES, TOLD = FxoConfig(), FxoConfig(pulse=True), FxoConfig(reversal=True)


class Line:
    """A line in a test: times in ms from its start, what came out in order."""

    def __init__(self, config: FxoConfig = KEYS) -> None:
        self.config = config
        self.state = fxo.initial()
        self.said: list[object] = []
        self.do(Works, 0)

    def do(self, kind: type, at_ms: float, *values: object) -> list[object]:
        self.state, out = fxo.step(self.state, kind(round(at_ms * MS), *values), self.config)
        self.said += out
        return list(out)

    def dialled(self, at_ms: float = 0, number: str = "0571") -> float:
        """Dial and let all digits out; give when."""
        self.do(Dial, at_ms, number)
        self.do(ToneHeard, at_ms + 1500, HeardTone.DIAL)
        at_ms += 1500 + 300 + 200 * len(number)
        out = self.do(Wake, at_ms)
        assert out[-1] == Through()
        return at_ms


def test_a_call_waits_for_dial_tone_then_dials_by_keys() -> None:
    line = Line()
    assert line.do(Dial, 0, "0571") == [Seize(off_hook=True), Hearken(on=True)]
    assert line.do(ToneHeard, 1500, HeardTone.DIAL) == []
    assert line.do(Wake, 1800) == [SendKeys("0571", 100, 100)]
    assert line.do(Wake, 2600) == [Through()]


def test_pulses_go_one_digit_at_a_time() -> None:
    line = Line(PULSES)
    line.do(Dial, 0, "10")
    line.do(ToneHeard, 1500, HeardTone.DIAL)
    assert line.do(Wake, 1800) == [Pulse("1", 60, 40)]
    assert line.do(Wake, 2699) == []
    assert line.do(Wake, 2700) == [Pulse("0", 60, 40)]
    assert line.do(Wake, 4500) == [Through()]


def test_without_dial_tone_it_says_so_and_lets_go() -> None:
    line = Line()
    line.do(Dial, 0, "0571")
    out = line.do(Wake, 5000)
    assert out == [Hearken(on=False), Seize(off_hook=False), Ended(503, "no dial tone")]


def test_an_emergency_is_dialled_even_without_dial_tone() -> None:
    line = Line()
    line.do(Dial, 0, "112", True)
    assert line.do(Wake, 5300) == [SendKeys("112", 100, 100)]


@pytest.mark.parametrize(
    ("tone", "code"),
    [
        (HeardTone.BUSY, 486),
        (HeardTone.CONGESTION, 503),
        (HeardTone.SIT, 404),
        (HeardTone.DIAL, 503),
    ],
)
def test_what_the_exchange_says_instead_of_ringing(tone: HeardTone, code: int) -> None:
    line = Line()
    at = line.dialled()
    out = line.do(ToneHeard, at + 3000, tone)
    assert Seize(off_hook=False) in out
    assert out[-1].code == code


def test_speech_after_ringback_is_an_answer() -> None:
    line = Line()
    at = line.dialled()
    assert line.do(ToneHeard, at + 4000, HeardTone.RINGBACK) == [RingsThere()]
    assert line.do(ToneHeard, at + 9000, None) == []
    assert line.do(SpeechHeard, at + 9100, True) == [Answered("speech")]


def test_ringback_that_ends_in_silence_is_an_answer_after_a_while() -> None:
    line = Line()
    at = line.dialled()
    line.do(ToneHeard, at + 4000, HeardTone.RINGBACK)
    line.do(ToneHeard, at + 9000, None)
    assert line.do(Wake, at + 11_999) == []
    assert line.do(Wake, at + 12_000) == [Answered("time")]


def test_with_reversal_nothing_else_is_an_answer_and_its_end_ends_the_call() -> None:
    line = Line(TOLD)
    at = line.dialled()
    assert line.do(SpeechHeard, at + 1000, True) == []
    assert line.do(FedReversed, at + 5000, True) == [Answered("reversal")]
    assert line.do(FedReversed, at + 9000, False)[-1] == Ended(200, "reversal")


def test_an_incoming_call_that_the_exchange_marks_by_reversal_ends_by_it() -> None:
    line = Line(TOLD)
    line.do(Ring, 0, True)
    line.do(CallerSeen, 400, ROSSI)
    line.do(Answer, 500)
    assert line.do(FedReversed, 700, True) == []
    assert line.do(FedReversed, 60_000, False)[-1] == Ended(200, "reversal")


def test_a_break_of_current_ends_the_call_and_a_meter_pulse_does_not() -> None:
    line = Line()
    at = line.dialled()
    line.do(SpeechHeard, at + 1000, True)
    line.do(Current, at + 2000, False)
    assert line.do(Current, at + 2120, True) == []
    line.do(Current, at + 5000, False)
    assert line.do(Wake, at + 5250)[-1] == Ended(200, "current broken")


@pytest.mark.parametrize("tone", [HeardTone.BUSY, HeardTone.CONGESTION, HeardTone.DIAL])
def test_a_tone_after_the_call_ends_it(tone: HeardTone) -> None:
    line = Line()
    at = line.dialled()
    line.do(SpeechHeard, at + 1000, True)
    assert line.do(ToneHeard, at + 9000, tone)[-1] == Ended(200, f"{tone.value} tone")


def test_a_long_silence_ends_the_call_and_speech_does_not() -> None:
    line = Line()
    at = line.dialled()
    line.do(SpeechHeard, at, True)
    assert line.do(Wake, at + 299_000) == []
    line.do(SpeechHeard, at + 300_000, False)
    assert line.do(Wake, at + 599_999) == []
    assert line.do(Wake, at + 600_000)[-1] == Ended(200, "silence")


def test_no_call_lasts_for_ever() -> None:
    line = Line()
    line.do(Ring, 0, True)
    line.do(CallerSeen, 0, ROSSI)
    line.do(Answer, 500)
    line.do(SpeechHeard, 1000, True)
    assert line.do(Wake, 500 + 4 * 3600_000)[-1] == Ended(200, "as long as a call may be")


def test_a_caller_is_offered_once_with_caller_id_after_the_first_ring() -> None:
    line = Line()
    assert line.do(Ring, 0, True) == []
    assert line.do(Ring, 1000, False) == [Snoop(on=True)]
    assert line.do(CallerSeen, 2500, ROSSI) == [Snoop(on=False), Offered(ROSSI)]
    assert line.do(Ring, 5000, True) == []
    assert line.do(Answer, 5500) == [Seize(off_hook=True), Hearken(on=True)]


@pytest.mark.parametrize("second_ring", [True, False])
def test_without_caller_id_the_call_is_offered_all_the_same(second_ring: bool) -> None:
    line = Line()
    line.do(Ring, 0, True)
    line.do(Ring, 1000, False)
    out = line.do(Ring, 4000, True) if second_ring else line.do(Wake, 4500)
    assert out == [Snoop(on=False), Offered(None)]


def test_caller_id_before_the_first_ring_is_kept_for_it() -> None:
    line = Line(replace(KEYS, snoop_always=True))
    assert line.said == [Snoop(on=True)]
    line.do(CallerSeen, 100, ROSSI)
    line.do(Ring, 900, True)
    assert line.do(Wake, 901) == [Offered(ROSSI)]
    late = Line(replace(KEYS, snoop_always=True))
    late.do(CallerSeen, 100, ROSSI)
    late.do(Ring, 20_000, True)
    assert Offered(None) in late.do(Wake, 40_000)


def test_a_caller_who_gives_up_is_gone_after_the_longest_pause() -> None:
    line = Line()
    line.do(Ring, 0, True)
    line.do(Ring, 1000, False)
    assert line.do(Wake, 7999) == [Snoop(on=False), Offered(None)]
    assert line.do(Wake, 8000) == [Ended(487, "caller gave up")]


def test_a_call_nobody_wants_rings_out_and_is_not_offered_again() -> None:
    line = Line(replace(KEYS, caller_id=False))
    assert line.do(Ring, 0, True) == [Offered(None)]
    assert line.do(Release, 100) == []
    line.do(Ring, 1000, False)
    assert line.do(Ring, 5000, True) == []
    line.do(Ring, 6000, False)
    assert line.do(Wake, 13_000) == []
    assert isinstance(line.state.now, Idle)
    assert line.do(Ring, 30_000, True) == [Offered(None)]


def test_glare_is_an_answered_call() -> None:
    line = Line()
    line.do(Dial, 0, "0571")
    out = line.do(Ring, 300, True)
    assert out == [Ended(503, "a call came in"), Offered(None, answered=True)]
    assert isinstance(line.state.now, Talking)


def test_a_caller_comes_before_a_call_that_waits() -> None:
    line = Line()
    at = line.dialled()
    line.do(Release, at)
    assert line.do(Dial, at + 100, "112") == []
    assert line.do(Ring, at + 200, True) == [Ended(503, "a call came in")]
    assert isinstance(line.state.now, Ringing)


def test_the_line_rests_between_calls() -> None:
    line = Line()
    at = line.dialled()
    assert line.do(Release, at) == [Hearken(on=False), Seize(off_hook=False)]
    assert line.do(Dial, at + 500, "112") == []
    assert line.do(Wake, at + 2000) == [Seize(off_hook=True), Hearken(on=True)]


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ((UsedBeside, True), "parallel telephone"),
        ((Ring, True), "a call comes in"),
        ((Failed, "unplugged"), "unplugged"),
    ],
)
def test_what_cannot_be_dialled_is_said_at_once(before: tuple[type, object], why: str) -> None:
    line = Line()
    line.do(before[0], 0, before[1])
    (refused,) = line.do(Dial, 100, "0571")
    assert refused == Refused(503, refused.reason)
    assert why in refused.reason


def test_a_dead_line_is_an_alarm_once_until_it_is_fed() -> None:
    line = Line()
    line.do(Fed, 0, False)
    assert line.do(Wake, 999) == []
    assert line.do(Wake, 1000) == [Alarm("no battery: a cut wire?")]
    assert line.do(Dial, 2000, "0571") == [Refused(503, "no battery: a cut wire?")]
    assert line.do(Fed, 9000, True) == [Alarm("")]
    assert Seize(off_hook=True) in line.do(Dial, 9100, "0571")


def test_a_fault_ends_the_call_and_the_line_comes_back() -> None:
    line = Line()
    at = line.dialled()
    out = line.do(Failed, at, "I/O error")
    assert [type(each) for each in out if isinstance(each, Alarm | Ended)] == [Alarm, Ended]
    assert line.do(Works, at + 1000) == [Alarm("")]
    assert Seize(off_hook=True) in line.do(Dial, at + 2000, "0571")


def test_no_storm_of_redialling_but_an_emergency_is_never_held_back() -> None:
    line = Line()
    at = 0.0
    for _ in range(15):
        at = line.dialled(at) + 100
        line.do(Release, at)
        at += 2000
    assert line.do(Dial, at, "0571") == [Refused(503, "dialled too often without an answer")]
    assert Seize(off_hook=True) in line.do(Dial, at, "112", True)
    line.do(Release, at + 1)
    assert Seize(off_hook=True) in line.do(Dial, at + 61_000, "0571")


def test_r_and_digits_reach_the_exchange_in_a_call_only() -> None:
    line = Line()
    assert line.do(PressR, 0) == line.do(Press, 0, "5") == []
    at = line.dialled()
    assert line.do(PressR, at + 100) == [FlashHook(100)]
    line.do(Current, at + 100, False)
    assert line.do(Current, at + 210, True) == []
    assert line.do(Press, at + 900, "5") == [SendKeys("5", 100, 100)]


# --- whatever happens -----------------------------------------------------------------------------

EVENTS = st.one_of(
    st.tuples(st.just(Ring), st.booleans()),
    st.tuples(st.just(Current), st.booleans()),
    st.tuples(st.just(FedReversed), st.booleans()),
    st.tuples(st.just(Fed), st.booleans()),
    st.tuples(st.just(UsedBeside), st.booleans()),
    st.tuples(st.just(CallerSeen), st.just(ROSSI)),
    st.tuples(st.just(ToneHeard), st.sampled_from([*HeardTone, None])),
    st.tuples(st.just(SpeechHeard), st.booleans()),
    st.tuples(st.just(Failed), st.just("gone")),
    st.tuples(st.just(Works)),
    st.tuples(st.just(Wake)),
    st.tuples(st.just(Dial), st.sampled_from(["112", "0571"]), st.booleans()),
    st.tuples(st.just(Answer)),
    st.tuples(st.just(Release)),
    st.tuples(st.just(PressR)),
    st.tuples(st.just(Press), st.just("5")),
)
CONFIGS = st.builds(
    FxoConfig,
    pulse=st.booleans(),
    caller_id=st.booleans(),
    snoop_always=st.booleans(),
    reversal=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(CONFIGS, st.lists(st.tuples(st.integers(0, 9000), EVENTS), max_size=50))
def test_the_hook_follows_the_state_and_every_call_ends_once(
    config: FxoConfig, script: list[tuple[int, tuple]]
) -> None:
    line = Line(config)
    at, closed, up = 0, False, False
    # What is due comes before, to be told apart from what the event itself brings.
    steps = [each for wait, event in script for each in ((wait, (Wake,)), (0, event))]
    for wait, (kind, *values) in steps:
        at += wait
        said = line.do(kind, at, *values)
        if kind is Dial and not any(isinstance(out, Refused) for out in said):
            assert not up, "two calls on one line"
            up = True
        for out in said:
            match out:
                case Seize(off_hook=off_hook):
                    assert off_hook is not closed, "ordered what is so already"
                    closed = off_hook
                case Offered():
                    assert not up, "two calls on one line"
                    up = True
                case Through() | RingsThere() | Answered():
                    assert up, "news of no call"
                case Ended():
                    assert up, "an end without a call"
                    up = False
                case Pulse() | SendKeys() | FlashHook():
                    assert closed, "dialled on-hook"
        if kind is Release:
            up = False
        assert line.state.off_hook is closed
    # Left alone, it comes to rest: the longest call is over after four hours.
    line.do(Ring, at, False)
    line.do(Release, at)
    line.do(Wake, at + 5 * 3600_000)
    assert not line.state.busy
    assert not line.state.off_hook


@given(
    CONFIGS,
    st.lists(st.tuples(st.integers(1, 9000), EVENTS), max_size=25),
    st.lists(st.integers(1, 250_000), max_size=25),
)
def test_waking_late_or_early_changes_nothing(
    config: FxoConfig, script: list[tuple[int, tuple]], wakes: list[int]
) -> None:
    plain, woken = Line(config), Line(config)
    at = 0
    pending = sorted(wakes)
    for wait, (kind, *values) in script:
        at += wait
        while pending and pending[0] <= at:
            woken.do(Wake, pending.pop(0))
        plain.do(kind, at, *values)
        woken.do(kind, at, *values)
    assert woken.said == plain.said
    assert woken.state == plain.state
