"""The alerting signal of displays: sent right, recognised within its limits, not in speech."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.dsp.alerting import DUAL_TONE_HZ, dual_tone, render
from firmware.dsp.dual_tone import DualToneDetector
from firmware.dsp.levels import amplitude, level
from firmware.lines.callerid_plan import Dtmf, DualTone, Fsk, Silence, duration_ms


def line(ms, *, low_dbm0=-15.0, high_dbm0=-15.0, clock=1.0, snr_db=None, before=1600, hum=None):
    times = np.arange(round(ms * 8)) / 8000
    low, high = DUAL_TONE_HZ
    tone = amplitude(low_dbm0) * np.sin(2 * np.pi * low * clock * times)
    tone += amplitude(high_dbm0) * np.sin(2 * np.pi * high * clock * times)
    samples = np.concatenate((np.zeros(before), tone, np.zeros(1600)))
    rng = np.random.default_rng(before)
    if snr_db is not None:
        noise = amplitude(min(low_dbm0, high_dbm0) + 3 - snr_db) / np.sqrt(2)
        samples += rng.normal(0, noise, samples.size)
    if hum is not None:
        samples += amplitude(hum) * np.sin(2 * np.pi * 50 * np.arange(samples.size) / 8000)
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)


def count(**how):
    """Signals found in 20 places against the windows, out of 20."""
    return sum(len(DualToneDetector().feed(line(before=1600 + 8 * k, **how))) for k in range(20))


def test_sent_level_length_and_clean_edges():
    samples = dual_tone(100, level_dbm0=-15)
    assert samples.size == 800
    assert level(samples[100:700]) == pytest.approx(-12, abs=0.1)
    assert abs(int(samples[0])) < 50
    assert abs(int(samples[-1])) < 50


@pytest.mark.parametrize(
    "segment", [Silence(33), DualTone(80), Fsk(b"\x82\x03\x0b\x01\xff\x70"), Dtmf("A12C")]
)
def test_rendered_segments_last_as_planned(segment):
    assert render(segment).size / 8 == pytest.approx(duration_ms(segment), abs=0.13)


def test_event_tells_when_how_long_and_how_loud():
    (event,) = DualToneDetector().feed(line(100))
    assert event.at_ms == pytest.approx(200, abs=10)
    assert event.for_ms == pytest.approx(100, abs=11)
    assert event.level_dbm0 == pytest.approx(-15, abs=1)


@pytest.mark.parametrize("ms", [75, 80, 85, 90, 100, 110])
def test_lengths_of_the_norms(ms):
    assert count(ms=ms) == 20


@pytest.mark.parametrize("ms", [20, 30, 40, 160, 300])
def test_other_lengths_are_no_signal(ms):
    assert count(ms=ms) == 0


@pytest.mark.parametrize("clock", [0.995, 1.005])
def test_frequencies_of_the_norms(clock):
    assert count(ms=80, clock=clock, snr_db=20) == 20


@pytest.mark.parametrize("clock", [0.98, 1.02])
def test_other_frequencies_are_no_signal(clock):
    assert count(ms=80, clock=clock) == 0


@pytest.mark.parametrize(("low", "high"), [(-15, -21), (-21, -15), (-3.5, -3.5), (-38, -38)])
def test_levels_and_twist(low, high):
    assert count(ms=80, low_dbm0=low, high_dbm0=high) == 20


@pytest.mark.parametrize(("low", "high"), [(-15, -25), (-25, -15), (-45, -45), (-15, -99)])
def test_levels_and_twist_outside(low, high):
    assert count(ms=80, low_dbm0=low, high_dbm0=high) == 0


def test_noise_and_hum():
    assert count(ms=80, snr_db=15) == 20
    assert count(ms=80, low_dbm0=-30, high_dbm0=-30, hum=-15) == 20


@pytest.mark.parametrize("piece", [1, 77, 160, 161, 4000])
def test_pieces_of_any_length(piece):
    samples = line(80, snr_db=20)
    detector = DualToneDetector()
    events = []
    for first in range(0, samples.size, piece):
        events += detector.feed(samples[first : first + piece])
    (at_once,) = DualToneDetector().feed(samples)
    assert [(event.at_ms, event.for_ms) for event in events] == [(at_once.at_ms, at_once.for_ms)]
    assert events[0].level_dbm0 == pytest.approx(at_once.level_dbm0, abs=0.01)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_noise_is_no_signal(seed):
    noise = np.random.default_rng(seed).normal(0, 5000, 16000)
    assert DualToneDetector().feed(np.clip(noise, -32768, 32767).astype(np.int16)) == ()


def test_empty_and_constant_input():
    detector = DualToneDetector()
    with np.errstate(all="raise", under="ignore"):
        assert detector.feed(np.zeros(0, np.int16)) == ()
        assert detector.feed(np.full(4000, -32768, np.int16)) == ()
