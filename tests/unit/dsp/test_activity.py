"""Speech, and what is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.signals_dtmf import to_samples
from bench.signals_tones import CADENCES, cadence
from firmware.dsp.activity import ActivityDetector, SpeechEnd, SpeechStart
from firmware.dsp.levels import amplitude

QUIET = np.zeros(8000, np.int16)


def babble(*, seconds=2.0, level=-15.0, seed=1):
    """Noise with the loudness of syllables: five a second, and vowels that swell and fade."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * 8000)) / 8000
    swell = np.abs(np.sin(2 * np.pi * 2.5 * times)) ** 1.5
    wave = np.convolve(rng.normal(size=times.size), np.ones(6) / 6, "same") * swell
    return to_samples(wave / wave.std() * amplitude(level) / np.sqrt(2))


def run(samples, size=160):
    detector = ActivityDetector()
    found = []
    for at in range(0, len(samples), size):
        found += detector.feed(samples[at : at + size])
    return [*found, *detector.flush()]


@pytest.mark.parametrize("level", [-5, -20, -35])
@pytest.mark.parametrize("noise", [None, -45])
def test_speech_between_silences(level, noise):
    samples = np.concatenate([QUIET, babble(level=level), QUIET]).astype(np.float64)
    if noise and level > -35:
        samples += np.random.default_rng(5).normal(size=samples.size) * amplitude(noise) / 2**0.5
    start, end = run(to_samples(samples))
    assert isinstance(start, SpeechStart)
    assert isinstance(end, SpeechEnd)
    assert start.at_ms == pytest.approx(1000, abs=120)
    assert end.at_ms + end.for_ms == pytest.approx(3000, abs=120)
    assert end.level_dbm0 == pytest.approx(level, abs=1.5)


def test_short_pauses_belong_to_speech_and_long_ones_do_not():
    pause = np.zeros(8 * 250, np.int16)
    together = run(np.concatenate([QUIET, babble(seed=1), pause, babble(seed=2), QUIET]))
    assert len(together) == 2
    apart = run(np.concatenate([QUIET, babble(seed=1), QUIET, babble(seed=2), QUIET]))
    assert len(apart) == 4


@pytest.mark.parametrize("level", [-10, -25, -40])
def test_steady_noise_is_no_speech(level):
    rng = np.random.default_rng(1)
    assert run(to_samples(rng.normal(size=80000) * amplitude(level) / 2**0.5)) == []


@pytest.mark.parametrize("name", ["busy", "dial", "congestion"])
def test_tones_are_no_speech(name):
    assert run(cadence(CADENCES[name], cycles=4)) == []


def test_hum_and_offset_are_silence():
    times = np.arange(40000) / 8000
    hum = amplitude(-10) * np.sin(2 * np.pi * 50 * times) + 5000
    detector = ActivityDetector()
    assert detector.feed(to_samples(hum)) == ()
    assert detector.quiet_ms == 5000
    assert not detector.speaking


def test_quiet_time():
    detector = ActivityDetector()
    detector.feed(np.concatenate([QUIET, babble()]))
    assert detector.speaking
    assert detector.quiet_ms <= 100
    detector.feed(QUIET)
    assert not detector.speaking
    assert 950 <= detector.quiet_ms <= 1100


@given(arrays(np.int16, st.integers(0, 3000)), st.integers(1, 500))
@settings(deadline=None, max_examples=40)
def test_any_samples_in_any_pieces(samples, size):
    with np.errstate(all="raise", under="ignore"):
        assert run(samples, size) == run(samples, 3000)
