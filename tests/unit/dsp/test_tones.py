"""Sound of tones: to the sample, at the level, without a click."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from firmware.dsp.levels import amplitude, level
from firmware.dsp.tones import RATE, TonePlayer
from firmware.lines.tone_plans import ITALY, PLANS
from firmware.lines.tones import Phrase, Segment, Tone, ToneName

TONES = [tone for plan in PLANS for tone in plan.tones]


def tone(*segments: Segment, times: int | None = 1) -> Tone:
    return Tone(ToneName.BUSY, (Phrase(segments, times),))


def seconds(name: ToneName, s: float) -> NDArray[np.int16]:
    return TonePlayer(ITALY[name]).read(round(s * RATE))


def runs(samples: NDArray[np.int16]) -> list[tuple[bool, int]]:
    """Lengths in samples of sound and silence; a zero crossing is no silence."""
    edges = np.flatnonzero(np.abs(samples) > 0)
    gaps = np.flatnonzero(np.diff(edges) > 8)
    starts, ends = [edges[0], *edges[gaps + 1]], [*edges[gaps], edges[-1]]
    out: list[tuple[bool, int]] = []
    at = 0
    for start, end in zip(starts, ends, strict=True):
        out += [(False, start - at), (True, end + 1 - start)]
        at = end + 1
    return [run for run in out if run[1] > 8]


@pytest.mark.parametrize(
    ("name", "cadence_ms"),
    [
        (ToneName.DIAL, [200, 200, 600, 1000]),
        (ToneName.RINGBACK, [1000, 4000]),
        (ToneName.BUSY, [500, 500]),
        (ToneName.CONGESTION, [200, 200]),
        (ToneName.DIAL_FORWARD, [500, 50]),
        (ToneName.CALL_WAITING, [400, 100, 250, 100, 150, 14000]),
    ],
)
def test_durations_are_exact_to_the_sample(name: ToneName, cadence_ms: list[int]) -> None:
    cycle = sum(cadence_ms) * 8
    sound = TonePlayer(ITALY[name]).read(3 * cycle + 1)[: 3 * cycle]
    expected = np.cumsum([0, *cadence_ms]) * 8
    for start, end, heard in zip(expected, expected[1:], [True, False] * 9, strict=False):
        part = sound[2 * cycle + start : 2 * cycle + end]
        if heard:  # the soft edge's first and last samples may round to zero
            found = np.flatnonzero(part)
            assert found[0] <= 4
            assert found[-1] >= part.size - 5
        else:
            assert not part.any()
    assert np.array_equal(sound[:cycle], sound[cycle : 2 * cycle])


@settings(max_examples=40, deadline=None)
@given(
    which=st.sampled_from(TONES),
    sizes=st.lists(st.integers(0, 4000), min_size=1, max_size=30),
)
def test_however_it_is_read_it_sounds_the_same(which: Tone, sizes: list[int]) -> None:
    player = TonePlayer(which)
    parts = np.concatenate([player.read(size) for size in sizes])
    assert parts.dtype == np.int16
    assert np.array_equal(parts, TonePlayer(which).read(sum(sizes)))


@pytest.mark.parametrize("dbm0", [-40.0, -19.0, -13.0, -9.0, 0.0, 3.14])
def test_level(dbm0: float) -> None:
    sound = TonePlayer(tone(Segment((425.0,), dbm0, 2000))).read(16000)[800:15200]
    assert level(sound) == pytest.approx(dbm0, abs=0.02)


def test_each_component_has_its_level() -> None:
    sound = TonePlayer(tone(Segment((400.0, 425.0), -16.0, 2000))).read(16000).astype(float)
    middle = sound[4000:12000]
    for hertz in (400, 425):
        wave = np.exp(-2j * np.pi * hertz * np.arange(middle.size) / RATE)
        assert 2 * abs(wave @ middle) / middle.size == pytest.approx(amplitude(-16.0), rel=0.01)


@pytest.mark.parametrize("name", [ToneName.DIAL, ToneName.BUSY, ToneName.CONGESTION, ToneName.HOLD])
def test_no_clicks(name: ToneName) -> None:
    """Nothing 400 Hz away from the tone comes within 50 dB of it in any 32 ms."""
    sound = seconds(name, 6.0).astype(float)
    window = np.blackman(256)
    away = np.abs(np.fft.rfftfreq(256, 1 / RATE) - 425) > 400
    away &= np.fft.rfftfreq(256, 1 / RATE) > 100  # a real sine's image below 0 Hz
    steady = np.abs(
        np.fft.rfft(window * sound[400:656] if name is not ToneName.HOLD else 0 * window)
    ).max()
    steady = max(steady, amplitude(-19.0) * window.sum() / 2)
    worst = max(
        np.abs(np.fft.rfft(window * sound[at : at + 256]))[away].max()
        for at in range(0, sound.size - 256, 16)
    )
    assert 20 * np.log10(worst / steady) < -50


def test_a_hard_edge_would_be_heard_as_a_click() -> None:
    """The measurement above can fail."""
    sound = amplitude(-13.0) * np.sin(2 * np.pi * 425 * np.arange(512) / RATE + 1.0)
    sound[:128] = 0
    window = np.blackman(256)
    hertz = np.fft.rfftfreq(256, 1 / RATE)
    away = (np.abs(hertz - 425) > 400) & (hertz > 100)
    worst = np.abs(np.fft.rfft(window * sound[:256]))[away].max()
    assert 20 * np.log10(worst / (amplitude(-13.0) * window.sum() / 2)) > -50


def test_phase_is_continuous_for_hours() -> None:
    """An endless tone, odd frequency, after three hours: still a pure sine."""
    player = TonePlayer(tone(Segment((425.3,), -13.0, None), times=None))
    player._at = 3 * 3600 * RATE
    parts = np.concatenate([player.read(size) for size in (160, 7, 160, 313, 160, 2400, 800)])
    first, second = 3 * 3600 * RATE, np.arange(parts.size)
    ideal = amplitude(-13.0) * np.sin(2 * np.pi * 425.3 * ((first + second) / RATE))
    assert np.abs(parts - ideal).max() <= 1.0


def test_a_tone_that_ends() -> None:
    player = TonePlayer(ITALY[ToneName.CONFIRMATION])
    assert player.read(4799).any()
    assert not player.finished
    assert not player.read(1).any()
    assert player.finished
    assert player.read(160).tolist() == [0] * 160


def test_phrases_follow_each_other() -> None:
    sound = seconds(ToneName.DIAL_MWI, 4.0)
    assert [(heard, round(length / 80) * 10) for heard, length in runs(sound)][:9] == [
        (True, 100), (False, 100), (True, 100), (False, 700),
        (True, 100), (False, 100), (True, 100), (False, 700),
        (True, 200),
    ]  # fmt: skip


def test_too_loud_a_sum_is_clipped_not_wrapped() -> None:
    sound = TonePlayer(tone(Segment((400.0, 401.0), 3.0, 2500))).read(20000).astype(int)
    assert sound.max() == 32767
    assert sound.min() == -32768
    assert np.abs(np.diff(sound)).max() < 32768  # a wrap jumps by 65536


def test_reading_nothing() -> None:
    assert TonePlayer(ITALY[ToneName.DIAL]).read(0).shape == (0,)


@pytest.mark.parametrize("which", TONES, ids=lambda t: t.name)
def test_memory_is_bounded(which: Tone) -> None:
    player = TonePlayer(which)
    kept = sum(
        sound.samples.nbytes
        for sounds, _ in player._phrases
        for sound in sounds
        if sound.samples is not None
    )
    assert kept <= 64_000


def test_a_long_segment_is_not_kept_but_sounds_the_same() -> None:
    long = TonePlayer(tone(Segment((425.0,), -13.0, 3_600_000)))
    short = TonePlayer(tone(Segment((425.0,), -13.0, 1000)))
    assert long._phrases[0][0][0].samples is None
    assert np.array_equal(long.read(7000), short.read(7000))
