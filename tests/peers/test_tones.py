"""The ear for tones against Asterisk's own, and keys against SIPp's recordings of them."""

from __future__ import annotations

import numpy as np
import pytest

from .hearing import RATE, Samples
from .tones import beats, is_rhythm, keys, rhythm


def tone(hertz: float, *cycle: int, seconds: float = 6.0, level: float = 0.2) -> Samples:
    """A tone of 425 Hz that starts in the middle of things."""
    gate = np.concatenate([np.full(8 * ms, 1 - n % 2) for n, ms in enumerate(cycle)])
    length = int(seconds * RATE)
    gate = np.resize(np.roll(gate, -900), length)
    sound = level * 32767 * gate * np.sin(2 * np.pi * hertz * np.arange(length) / RATE)
    return (sound + np.random.default_rng(0).normal(0, 8, length)).astype(np.int16)


@pytest.mark.parametrize(
    "cycle", [(200, 200, 600, 1000), (500, 500), (200, 200), (1000, 4000)], ids=str
)
def test_a_rhythm_is_recognised_at_any_phase(cycle: tuple[int, ...]) -> None:
    sound = tone(425, *cycle, seconds=12)
    assert is_rhythm(sound, *cycle), rhythm(sound)
    for other in ((200, 200, 600, 1000), (500, 500), (200, 200), (1000, 4000)):
        assert is_rhythm(sound, *other) is (other == cycle)


def test_another_pitch_is_another_tone() -> None:
    assert not is_rhythm(tone(480, 500, 500), 500, 500)
    assert not is_rhythm(np.zeros(RATE, np.int16), 500, 500)


def test_three_notes() -> None:
    notes = [tone(hertz, 330, seconds=0.33) for hertz in (950, 1400, 1800)]
    found = beats(np.concatenate([*notes, np.zeros(RATE, np.int16)]))
    assert [beat.hertz for beat in found] == [950, 1400, 1800, None]
    assert all(beat.ms == pytest.approx(330, abs=25) for beat in found[:3])


def test_keys_are_read_and_speech_is_not(root: object) -> None:
    pause = np.zeros(640, np.int16)
    pairs = {"1": (697, 1209), "5": (770, 1336), "#": (941, 1477)}
    sounds = [
        np.concatenate((tone(low, 70, seconds=0.07) + tone(high, 70, seconds=0.07), pause))
        for low, high in (pairs[key] for key in "15#5")
    ]
    assert keys(np.concatenate(sounds)) == "15#5"
