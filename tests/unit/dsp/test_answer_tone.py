"""The cheap watch for answer tones decides as the recogniser that listens all the time."""

import numpy as np
import pytest

from firmware.dsp.answer_tone import AnswerTone
from firmware.dsp.levels import amplitude
from firmware.dsp.progress import LineTone, ToneRecogniser, ToneStart

RATE = 8000


def answer_tone(*, hertz=2100.0, dbm0=-20.0, noise_db=None, reversals=True, seconds=3.3, hum=None):
    """ANSam's frame: half a second of nothing, the tone, half a second of nothing."""
    times = np.arange(round(seconds * RATE))
    turns = np.where(times // 3600 % 2, -1, 1) if reversals else 1
    tone = amplitude(dbm0) * turns * np.sin(2 * np.pi * hertz * times / RATE)
    wave = np.concatenate([np.zeros(4000), tone, np.zeros(4000)])
    rng = np.random.default_rng(3)
    if noise_db is not None:
        wave += rng.normal(size=wave.size) * amplitude(dbm0 - noise_db) / np.sqrt(2)
    if hum is not None:
        wave += amplitude(hum) * np.sin(2 * np.pi * 50 * np.arange(wave.size) / RATE)
    return np.clip(np.rint(wave), -32768, 32767).astype(np.int16)


def frames(samples):
    return samples[: len(samples) // 160 * 160].reshape(-1, 160)


def watched(samples):
    watch = AnswerTone()
    return [n for n, frame in enumerate(frames(samples)) if watch.feed(frame)]


def always(samples):
    recogniser = ToneRecogniser()
    return [
        n
        for n, frame in enumerate(frames(samples))
        for event in recogniser.feed(frame)
        if isinstance(event, ToneStart)
        and event.tone in (LineTone.FAX_ANSWER, LineTone.FAX_ANSWER_REVERSALS)
    ]


@pytest.mark.parametrize("hertz", [2085.0, 2093.0, 2100.0, 2115.0])
@pytest.mark.parametrize("dbm0", [0.0, -12.0, -38.0])
@pytest.mark.parametrize("more", [{}, {"noise_db": 12}, {"hum": -20.0}], ids=str)
def test_it_finds_what_the_recogniser_finds_at_the_same_time(hertz, dbm0, more):
    samples = answer_tone(hertz=hertz, dbm0=dbm0, **more)
    expected = always(samples)
    found = watched(samples)
    assert bool(found) == bool(expected)
    assert not expected or abs(found[0] - expected[0]) <= 2
    if not more:
        assert found


def test_a_fax_without_reversals_answers_too():
    assert watched(answer_tone(reversals=False))


def test_speech_and_other_tones_do_not_wake_the_recogniser():
    times = np.arange(2 * RATE) / RATE
    for hertz in (425, 1100, 1300, 1800, 2400):
        tone = (8000 * np.sin(2 * np.pi * hertz * times)).astype(np.int16)
        watch = AnswerTone()
        assert not any(watch.feed(frame) for frame in frames(tone))
        assert watch._recogniser is None


def test_it_forgets_a_tone_that_went_away():
    watch = AnswerTone()
    for frame in frames(answer_tone(seconds=0.3)):
        watch.feed(frame)
    assert watch._recogniser is None
