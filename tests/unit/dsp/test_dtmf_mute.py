"""Digits taken out of the audio: no receiver may hear them a second time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.signals_dtmf import Case, digits
from firmware.dsp import spandsp
from firmware.dsp.dtmf import DigitStart, DtmfReceiver, render
from firmware.dsp.dtmf_mute import DtmfMute


def through(samples, *, look_ahead_ms=10.0, size=160):
    mute = DtmfMute(look_ahead_ms=look_ahead_ms)
    out, events = [], []
    for at in range(0, len(samples), size):
        audio, found = mute.feed(samples[at : at + size])
        assert audio.dtype == np.int16
        out.append(audio)
        events += found
    return np.concatenate(out), events


CASES = [
    Case(on=50),
    Case(on=100, off=100),
    Case(on=50, snr=12),
    Case(on=40, low=-36, high=-36),
    Case(on=60, low=-10, high=-18),
    Case(on=60, hole=10),
    Case(on=50, low_off=0.015, high_off=-0.015),
    Case(on=60, dial=-10, cadenced=True),
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("look_ahead_ms", [0.0, 10.0])
def test_no_receiver_hears_what_leaks(case, look_ahead_ms):
    sent, samples = digits(case)
    audio, events = through(samples, look_ahead_ms=look_ahead_ms)
    assert "".join(e.digit for e in events if isinstance(e, DigitStart)) == sent
    again = DtmfReceiver().feed(audio)
    assert again == ()
    try:
        other = spandsp.DtmfDecoder()
    except spandsp.SpandspMissingError:
        pytest.skip("libspandsp2 is not installed")
    assert other.feed(audio) == ""


@pytest.mark.parametrize(("look_ahead_ms", "most"), [(0.0, 18.0), (10.0, 8.0)])
def test_leak_of_each_digit(look_ahead_ms, most):
    for shift in range(0, 160, 9):
        tone = render("3", on_ms=80, off_ms=120)
        samples = np.concatenate([np.zeros(400 + shift, np.int16), tone])
        audio, _ = through(samples, look_ahead_ms=look_ahead_ms)
        loud = np.flatnonzero(np.abs(audio.astype(int)) > 300)
        assert loud.size / 8 <= most


@given(st.lists(st.integers(0, 400), min_size=1, max_size=30), st.sampled_from([0.0, 5.0, 10.0]))
@settings(deadline=None, max_examples=40)
def test_without_digits_audio_is_only_delayed(sizes, look_ahead_ms):
    rng = np.random.default_rng(3)
    samples = rng.integers(-9000, 9000, 6000).astype(np.int16)
    mute = DtmfMute(look_ahead_ms=look_ahead_ms)
    out, at = [], 0
    for size in [*sizes, 6000]:
        out.append(mute.feed(samples[at : at + size])[0])
        at += size
    delay = round(look_ahead_ms * 8)
    audio = np.concatenate(out)
    assert len(audio) == len(samples)
    assert np.array_equal(audio[delay:], samples[: len(samples) - delay])


def test_audio_comes_back_after_a_digit():
    rng = np.random.default_rng(4)
    noise = rng.integers(-3000, 3000, 4000).astype(np.int16)
    audio, _ = through(np.concatenate([render("8", on_ms=70, off_ms=0), noise]))
    assert np.array_equal(audio[560 + 480 :], noise[480 - 80 : -80])


def test_size_of_pieces_does_not_matter():
    _, samples = digits(Case(count=8, off=80))
    # A larger piece may know more when its first sample goes out, so compare small ones.
    assert np.array_equal(through(samples, size=16)[0], through(samples, size=32)[0])


def test_negative_look_ahead_is_refused():
    with pytest.raises(ValueError, match="look-ahead"):
        DtmfMute(look_ahead_ms=-1)
