"""Speech recognised by its file, tones by their rhythm; what is not there is not heard."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from firmware.demo.checks import plan_of
from firmware.demo.hearing import RECOGNISED, follows, match, pulses, recognise
from firmware.lines.tones import ToneName

from .sounds import RATE, Samples, a_law, cadence, silence, speech, tone

SENTENCES = {f"sentence {seed}": speech(seed) for seed in range(6)}
DIAL = (200.0, 200.0, 600.0, 1000.0)


# --- speech ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("gain_db", [0, -15, -30])
@pytest.mark.parametrize("name", SENTENCES)
def test_a_sentence_is_found_at_any_level(name: str, gain_db: float) -> None:
    said = SENTENCES[name]
    quiet = (said * 10 ** (gain_db / 20)).astype(np.int16)
    heard = a_law(np.concatenate([silence(750), quiet, silence(500)]))
    found = match(heard, said)
    assert found.score >= 0.95
    assert found.delay_ms == pytest.approx(750, abs=0.5)
    assert recognise(heard, SENTENCES)[0] == name


def test_other_speech_scores_below_0_3() -> None:
    for one, other in itertools.permutations(SENTENCES.values(), 2):
        heard = np.concatenate([silence(400), one, silence(400)])
        assert match(heard, other).score < 0.3


def test_a_slip_of_a_frame_is_forgiven_but_half_a_sentence_is_not() -> None:
    said = SENTENCES["sentence 1"]
    half = len(said) // 2
    slipped = np.concatenate([said[:half], silence(20), said[half:]])
    assert match(slipped, said).score >= RECOGNISED
    cut = np.concatenate([said[:half], silence(2000)])
    assert match(cut, said).score < RECOGNISED


def test_a_missing_beginning_shows_as_a_negative_delay() -> None:
    said = SENTENCES["sentence 2"]
    assert match(said[RATE // 4 :], said).delay_ms == pytest.approx(-250, abs=0.5)


@pytest.mark.parametrize(
    "heard", [silence(0), silence(3000), tone(425, 3000), cadence(425, 200, 200, times=8)]
)
def test_no_speech_is_no_speech(heard: Samples) -> None:
    assert match(heard, SENTENCES["sentence 0"]).score < 0.3


def test_noise_is_no_speech() -> None:
    noise = np.random.default_rng(7).normal(0, 3000, 4 * RATE).astype(np.int16)
    assert match(noise, SENTENCES["sentence 0"]).score < 0.3


# --- tones ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset_ms", [0, 130, 390, 900, 1500])
def test_the_dial_tone_is_measured_wherever_listening_begins(offset_ms: int) -> None:
    heard = a_law(cadence(425, *DIAL, times=4)[offset_ms * 8 :])
    found = follows(pulses(heard), DIAL, hz=(425.0,))
    assert found is not None
    assert found.period_ms == pytest.approx(DIAL, abs=6)
    assert found.hz == pytest.approx(425, abs=1)
    assert found.level_dbm0 == pytest.approx(-13, abs=0.3)


@pytest.mark.parametrize(
    "heard",
    [
        tone(425, 4000),
        cadence(425, 500, 500, times=5),
        cadence(425, 200, 200, 600, 700, times=3),
        cadence(425, 200, 200, 570, 1000, times=3),
        cadence(450, *DIAL, times=3),
        cadence(425, *DIAL, times=1),
        silence(4000),
        SENTENCES["sentence 3"],
    ],
    ids=[
        "endless",
        "busy",
        "short pause",
        "short tone",
        "450 Hz",
        "too little",
        "silence",
        "speech",
    ],
)
def test_a_wrong_rhythm_is_refused(heard: Samples) -> None:
    assert follows(pulses(heard), DIAL, hz=(425.0,)) is None


def test_the_special_information_tone_needs_its_three_notes_in_order() -> None:
    times, hertz, _ = plan_of(ToneName.SIT)
    notes = {hz: tone(hz, 330) for hz in hertz}
    right = np.concatenate([*notes.values(), silence(1000), *notes.values(), silence(300)])
    found = follows(pulses(a_law(right)), times, hz=hertz, periods=1.2)
    assert found is not None
    assert found.period_ms[0] == pytest.approx(330, abs=10)
    wrong = np.concatenate([*reversed(notes.values()), silence(1000), *reversed(notes.values())])
    assert follows(pulses(wrong), times, hz=hertz, periods=0.45) is None


@pytest.mark.parametrize(
    "name", [ToneName.DIAL, ToneName.BUSY, ToneName.CONGESTION, ToneName.RINGBACK]
)
def test_every_tone_is_told_from_every_other(name: ToneName) -> None:
    times, hertz, level_dbm0 = plan_of(name)
    heard = cadence(hertz[0], *times, times=round(12_000 / sum(times)) + 1, dbm0=level_dbm0)
    for other in (ToneName.DIAL, ToneName.BUSY, ToneName.CONGESTION, ToneName.RINGBACK):
        other_times, other_hz, _ = plan_of(other)
        assert (follows(pulses(heard), other_times, hz=other_hz) is not None) is (other is name)
