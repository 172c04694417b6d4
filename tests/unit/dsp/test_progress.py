"""Tones of an exchange line: from any phase, weak, in noise and hum, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.signals_dtmf import Case, digits, to_samples
from bench.signals_tones import CADENCES, answer_tone, cadence
from firmware.dsp.levels import amplitude
from firmware.dsp.progress import LineTone, ToneEnd, ToneRecogniser, ToneStart

PHASES = [0.0, 0.03, 0.11, 0.19, 0.31, 0.42, 0.53, 0.66, 0.78, 0.9]
CONDITIONS = {
    "clean": {},
    "weak, noise and hum": {"level": -35, "noise": -40, "hum": -20},
    "15 Hz high": {"level": -35, "noise": -40, "detune": 15},
    "15 Hz low": {"level": -35, "noise": -40, "detune": -15},
    "slow": {"stretch": 1.08},
    "fast": {"stretch": 0.92},
    "loud noise": {"level": -10, "noise": -25},
    "clipping": {"level": 5},
}


def run(samples, size=400):
    """Return the events, each with the time in ms at which it was told."""
    recogniser = ToneRecogniser()
    told = []
    for at in range(0, len(samples), size):
        told += [((at + size) / 8, event) for event in recogniser.feed(samples[at : at + size])]
    return told + [(len(samples) / 8, event) for event in recogniser.flush()]


def starts(samples):
    return [(at, event) for at, event in run(samples) if isinstance(event, ToneStart)]


@pytest.mark.parametrize("name", CADENCES)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_recognised_within_2_5_cycles_from_any_phase(name, condition):
    beats = CADENCES[name]
    cycle = sum(ms for _, ms in beats) * CONDITIONS[condition].get("stretch", 1.0)
    for phase in PHASES[:: 1 if cycle < 3000 else 3]:
        samples = cadence(beats, cycles=2.9, phase=phase, **CONDITIONS[condition])
        told = starts(samples)
        assert [event.tone.value for _, event in told] == [name.split()[0]], phase
        assert told[0][0] <= 2.5 * cycle
        assert told[0][1].level_dbm0 == pytest.approx(
            CONDITIONS[condition].get("level", -13), abs=1.5
        )


@pytest.mark.parametrize("detune", [-40, -25, 25, 40])
@pytest.mark.parametrize("name", ["busy", "dial", "congestion"])
def test_other_frequencies_are_not_line_tones(name, detune):
    """425 +-15 Hz are; 400 and 450 Hz, the tones of other countries, are not."""
    assert starts(cadence(CADENCES[name], cycles=6, detune=detune)) == []


@pytest.mark.parametrize("on_off", [(300, 300), (700, 700), (250, 750), (500, 1500), (100, 100)])
def test_other_rhythms_are_not_line_tones(on_off):
    beats = ((425, on_off[0]), (0, on_off[1]))
    assert starts(cadence(beats, cycles=8)) == []


def test_busy_after_ringback_after_dial():
    parts = [
        cadence(CADENCES["dial"], cycles=2),
        np.zeros(8000, np.int16),
        cadence(CADENCES["ringback 1/4"], cycles=2),
        cadence(CADENCES["busy"], cycles=5),
    ]
    told = [event for _, event in run(np.concatenate(parts))]
    assert [event.tone for event in told if isinstance(event, ToneEnd)] == [
        LineTone.DIAL,
        LineTone.RINGBACK,
        LineTone.BUSY,
    ]
    ends = [event for event in told if isinstance(event, ToneEnd)]
    assert ends[1].at_ms == pytest.approx(5000, abs=20)
    assert ends[2].at_ms == pytest.approx(15000, abs=20)
    assert ends[2].for_ms == pytest.approx(5000, abs=520)


def test_times_of_a_tone():
    samples = np.concatenate(
        [np.zeros(8000, np.int16), cadence(CADENCES["busy"], cycles=3.5), np.zeros(12000, np.int16)]
    )
    (_, start), (at, end) = run(samples)
    assert start.at_ms == pytest.approx(1000, abs=15)
    assert end.at_ms + end.for_ms == pytest.approx(4500, abs=25)
    assert at <= 4500 + 700
    assert end.hertz == pytest.approx(425, abs=1)


def test_a_voice_in_the_pause_ends_the_ringing():
    """Somebody answers: the exchange only stops ringing, and speech begins."""
    rng = np.random.default_rng(1)
    voice = to_samples(rng.normal(size=8000) * amplitude(-25))
    ringing = cadence(CADENCES["ringback 1/4"], cycles=1.5)
    told = run(np.concatenate([ringing, voice]))
    assert [type(event) for _, event in told] == [ToneStart, ToneEnd]
    assert told[1][0] <= 7500 + 200


@pytest.mark.parametrize("level", [-5, -20, -35])
@pytest.mark.parametrize("reversals", [True, False])
def test_answer_tone_with_and_without_reversals(level, reversals):
    ((_, start), (_, _)) = run(answer_tone(reversals=reversals, level=level))
    want = LineTone.FAX_ANSWER_REVERSALS if reversals else LineTone.FAX_ANSWER
    assert start.tone is want


@pytest.mark.parametrize("offset", [0.1, 0.25, 0.4, 0.449])
def test_reversals_at_any_place(offset):
    samples = answer_tone(reversals=True, seconds=4)[round(offset * 8000) :]
    assert starts(samples)[0][1].tone is LineTone.FAX_ANSWER_REVERSALS


def test_modems():
    calling = cadence(((1300, 600), (0, 1700)), cycles=2.5)
    assert [event.tone for _, event in starts(calling)] == [LineTone.MODEM]
    answer = cadence(((2225, 3000), (0, 100)), cycles=1)
    assert [event.tone for _, event in starts(answer)] == [LineTone.MODEM]


def test_continuous_dial_tone():
    told = starts(cadence(((425, 5000), (0, 10)), cycles=1, level=-30, noise=-40))
    assert [event.tone for _, event in told] == [LineTone.DIAL]


def test_digits_noise_and_silence_are_no_tones():
    assert run(digits(Case(snr=12))[1]) == []
    rng = np.random.default_rng(2)
    assert run(to_samples(rng.normal(size=80000) * 3000)) == []
    assert run(np.zeros(80000, np.int16)) == []
    assert run(np.full(80000, 32767, np.int16)) == []


@given(st.lists(st.integers(0, 900), min_size=1, max_size=30))
@settings(deadline=None, max_examples=20)
def test_events_do_not_depend_on_how_samples_are_fed(sizes):
    samples = cadence(CADENCES["congestion"], cycles=4.3, noise=-45)
    recogniser = ToneRecogniser()
    found, at = [], 0
    for size in sizes:
        found += recogniser.feed(samples[at : at + size])
        at += size
    found += [*recogniser.feed(samples[at:]), *recogniser.flush()]
    assert found == [event for _, event in run(samples)]


@given(arrays(np.int16, st.integers(0, 4000)))
@settings(deadline=None, max_examples=40)
def test_any_samples_are_survived(samples):
    with np.errstate(all="raise", under="ignore"):
        run(samples, 333)


def test_8_bit_audio_and_offset():
    samples = cadence(CADENCES["busy"], cycles=3).astype(int)
    coarse = np.clip((samples // 256) * 256 + 9000, -32768, 32767).astype(np.int16)
    assert [event.tone for _, event in starts(coarse)] == [LineTone.BUSY]
