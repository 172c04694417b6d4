"""The bar of the DTMF receiver, limit by limit (ITU-T Q.24, ETSI ES 201 235-3)."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.signals_dtmf import Case, digits
from firmware.dsp.dtmf import DigitEnd, DigitStart, DtmfReceiver, render
from firmware.dsp.levels import amplitude

DEVIATIONS = list(product((-0.015, 0.0, 0.015), repeat=2))
TOO_FAR = [pair for pair in product((-0.035, 0.0, 0.035), repeat=2) if pair != (0.0, 0.0)]


def events(samples, size=1600):
    receiver = DtmfReceiver()
    found = []
    for at in range(0, len(samples), size):
        found += receiver.feed(samples[at : at + size])
    return [*found, *receiver.flush()]


def heard(samples):
    return "".join(e.digit for e in events(samples) if isinstance(e, DigitStart))


def accepts(**case):
    """Every digit is received, once."""
    sent, samples = digits(Case(count=48, **case))
    assert heard(samples) == sent


def rejects(**case):
    """No digit is received."""
    _, samples = digits(Case(count=48, **case))
    assert heard(samples) == ""


@pytest.mark.parametrize(("low_off", "high_off"), DEVIATIONS)
def test_frequencies_off_by_1_5_percent(low_off, high_off):
    accepts(on=40, low_off=low_off, high_off=high_off)


@pytest.mark.parametrize(("low_off", "high_off"), TOO_FAR)
def test_frequencies_off_by_3_5_percent_are_rejected(low_off, high_off):
    rejects(on=100, low_off=low_off, high_off=high_off)


def test_deviation_and_noise_together():
    accepts(on=40, low_off=0.015, high_off=-0.015, snr=12)
    rejects(on=100, low_off=0.035, high_off=0.035, snr=15)


@pytest.mark.parametrize("on", [40, 50, 80, 200])
def test_40_ms_are_enough(on):
    accepts(on=on)
    accepts(on=on, snr=12, seed=2)


@pytest.mark.parametrize("on", [5, 10, 15, 20])
def test_20_ms_are_too_short(on):
    rejects(on=on)
    rejects(on=on, snr=12)


@pytest.mark.parametrize("hole", [2, 5, 8, 10])
@pytest.mark.parametrize("on", [50, 70, 120])
def test_interruptions_up_to_10_ms_are_bridged(hole, on):
    accepts(on=on, hole=hole)


def test_interruptions_are_bridged_in_noise():
    accepts(on=60, hole=10, snr=12)


@pytest.mark.parametrize("off", [25, 40, 50])
def test_pauses_separate_equal_digits(off):
    accepts(on=40, off=off, same=True)
    accepts(on=40, off=max(off, 40), same=True, snr=12)


def test_ten_digits_a_second():
    accepts(on=50, off=50)
    accepts(on=60, off=40, same=True)


@pytest.mark.parametrize("twist", [-8, -6, -4, 4, 6, 8])
def test_twist(twist):
    """+4/-8 dB and the reverse: the high tone up to 8 dB above or below the low one."""
    accepts(on=40, low=-12 - max(twist, 0), high=-12 + min(twist, 0))
    accepts(on=40, low=-12 - max(twist, 0), high=-12 + min(twist, 0), snr=12)


@pytest.mark.parametrize("twist", [-14, 14])
def test_a_tone_much_weaker_than_the_other_is_no_digit(twist):
    rejects(low=-10 - max(twist, 0), high=-10 + min(twist, 0))


@pytest.mark.parametrize("level", [-3, -10, -20, -30, -36])
def test_levels(level):
    accepts(on=40, low=level, high=level)


def test_lowest_level_with_twist_and_deviation():
    accepts(on=40, low=-28, high=-36, low_off=0.015, high_off=-0.015)


def test_below_the_dynamic_range_nothing_is_heard():
    rejects(low=-45, high=-45)


@pytest.mark.parametrize("seed", range(4))
def test_noise(seed):
    """S/N 12 dB of the two tones together over the full band: 192 digits without an error."""
    accepts(on=40, snr=12, seed=seed)


@pytest.mark.parametrize("level", [-10, -20, -36])
def test_continuous_dial_tone(level):
    accepts(on=40, dial=-10, low=level, high=level)


@pytest.mark.parametrize("seed", range(3))
def test_cadenced_dial_tone_goes_on_under_the_digits(seed):
    accepts(on=40, off=47, dial=-10, cadenced=True, seed=seed)
    accepts(on=70, off=70, dial=-10, cadenced=True, low=-14, high=-14, seed=seed)


@pytest.mark.parametrize("level", [-10, -36])
def test_hum(level):
    accepts(on=40, hum=-20, low=level, high=level)


def test_all_at_once():
    accepts(on=50, snr=15, dial=-15, hum=-20, low=-14, high=-10, low_off=-0.01, high_off=0.01)


def test_times_and_levels():
    """Within 1.5 ms and 0.3 dB, whatever the digit's place between the windows."""
    tone = render("5", on_ms=50, off_ms=60)
    for shift in range(0, 200, 7):
        samples = np.concatenate([np.zeros(800 + shift, np.int16), tone])
        start, end = events(samples)
        assert isinstance(start, DigitStart)
        assert isinstance(end, DigitEnd)
        # The soft flanks are half way up 1 ms after the beginning and 1 ms before the end.
        assert abs(start.at_ms - (100 + shift / 8 + 1)) <= 1.5
        assert abs(end.at_ms + end.for_ms - (100 + shift / 8 + 49)) <= 1.5
        assert end.low_dbm0 == pytest.approx(-11, abs=0.3)
        assert end.high_dbm0 == pytest.approx(-9, abs=0.3)
        assert end.level_dbm0 == pytest.approx(-9.9, abs=0.3)


def test_reported_in_time():
    samples = np.concatenate([np.zeros(800, np.int16), render("7", on_ms=100, off_ms=100)])
    receiver = DtmfReceiver()
    told = {}
    for at in range(0, len(samples), 8):
        for event in receiver.feed(samples[at : at + 8]):
            told[type(event)] = (at + 8) / 8
    assert 128 <= told[DigitStart] <= 145
    assert 200 <= told[DigitEnd] <= 235


def test_suspicion_is_early_and_falls():
    samples = np.concatenate([np.zeros(800, np.int16), render("7", on_ms=60, off_ms=100)])
    receiver = DtmfReceiver()
    suspected = []
    for at in range(0, len(samples), 8):
        receiver.feed(samples[at : at + 8])
        suspected.append(receiver.suspected)
    first = suspected.index(True)
    assert 108 <= first <= 116
    assert all(suspected[first:160])
    assert not any(suspected[195:])


@given(st.integers(0, 400), st.lists(st.integers(0, 500), min_size=1, max_size=40))
@settings(deadline=None, max_examples=40)
def test_events_do_not_depend_on_how_samples_are_fed(shift, sizes):
    samples = np.concatenate([np.zeros(shift, np.int16), render("19D#", on_ms=45, off_ms=45)])
    receiver = DtmfReceiver()
    found, at = [], 0
    for size in sizes:
        found += receiver.feed(samples[at : at + size])
        at += size
    found += receiver.feed(samples[at:])
    assert [*found, *receiver.flush()] == events(samples, len(samples))


@given(arrays(np.int16, st.integers(0, 4000)))
@settings(deadline=None, max_examples=60)
def test_any_samples_are_survived(samples):
    with np.errstate(all="raise", under="ignore"):
        for event in events(samples, 333):
            assert np.isfinite(event.level_dbm0)


def test_offset_clipping_and_8_bit_audio():
    sent = "0123456789ABCD*#"
    tone = render(sent, on_ms=60, off_ms=60).astype(np.float64)
    assert heard(np.clip(tone + 12000, -32768, 32767).astype(np.int16)) == sent
    loud = np.clip(tone * 10 ** (13 / 20), -32768, 32767).astype(np.int16)  # 7 dB into clipping
    assert heard(loud) == sent
    coarse = (np.round(tone / 256) * 256).astype(np.int16)
    assert heard(coarse) == sent


def test_memory_does_not_grow():
    receiver = DtmfReceiver()
    times = np.arange(8000 * 30) / 8000
    wave = amplitude(-10) * (np.sin(2 * np.pi * 697 * times) + np.sin(2 * np.pi * 1209 * times))
    receiver.feed(wave.astype(np.int16)[:100])
    for at in range(100, wave.size, 1600):
        receiver.feed(wave[at : at + 1600].astype(np.int16))
    assert len(receiver._heard) <= 1024 + 1600
    assert len(receiver._run.lows) <= 64
