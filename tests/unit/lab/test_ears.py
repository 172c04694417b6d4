import numpy as np
import pytest
from numpy.typing import NDArray

from firmware.dsp.dtmf_send import render
from firmware.dsp.tones import TonePlayer
from firmware.lab.ears import DigitsEar, Ear, SilenceEar, SpeechEar, ToneEar, in_words
from firmware.lines.tone_plans import PLANS
from firmware.lines.tones import ToneName

Samples = NDArray[np.int16]
ITALY = next(plan for plan in PLANS if plan.country == "it")


def tone(name: ToneName, s: float) -> Samples:
    return TonePlayer(ITALY[name]).read(round(s * 8000))


def speech(seed: int, s: float = 2.0) -> Samples:
    """Noise with the rhythm of syllables: like nothing but itself."""
    chance = np.random.default_rng(seed)
    count = round(s * 8000)
    loud = np.repeat(chance.uniform(0.05, 1, count // 800 + 1), 800)[:count]
    noise = np.convolve(chance.normal(0, 1, count), np.ones(4) / 4, "same")
    return (noise * loud * 4000).astype(np.int16)


def silence(s: float) -> Samples:
    return np.zeros(round(s * 8000), np.int16)


def listen(ear: Ear, heard: Samples, *, piece: int = 730) -> str | None:
    for start in range(0, len(heard), piece):
        if found := ear.feed(heard[start : start + piece]):
            return found
    return None


@pytest.mark.parametrize("name", [ToneName.DIAL, ToneName.BUSY, ToneName.CONGESTION, ToneName.SIT])
def test_each_tone_is_heard_and_no_other(name: ToneName) -> None:
    heard = tone(name, 5)
    for wanted in ("dial", "busy", "congestion", "sit", "ringback"):
        found = listen(ToneEar(wanted), heard)
        assert (found is not None) == (wanted == name.value), wanted


def test_the_digits_wanted_are_heard_and_no_others() -> None:
    heard = np.concatenate([silence(0.3), render("112#"), silence(0.5)])
    assert listen(DigitsEar("112#"), heard) == "digits 112#"
    assert listen(DigitsEar("113"), heard) is None
    assert listen(DigitsEar("12#"), heard) is None


def test_speech_is_heard_wherever_it_is_and_at_another_level() -> None:
    wanted = speech(1)
    heard = np.concatenate([silence(3), speech(2), (wanted // 4).astype(np.int16), silence(1)])
    found = listen(SpeechEar(wanted), heard)
    assert found is not None
    assert "score" in found


def test_other_speech_and_half_a_sentence_are_not_heard() -> None:
    wanted = speech(1)
    other = np.concatenate([speech(2), speech(3), silence(1)])
    ear = SpeechEar(wanted)
    assert listen(ear, other) is None
    assert 0 < ear.best < 0.5
    assert listen(SpeechEar(wanted), np.concatenate([wanted[:8000], silence(4)])) is None


def test_silence_must_be_long_enough() -> None:
    heard = np.concatenate([silence(0.9), render("1"), silence(0.9), render("1"), silence(1.1)])
    assert listen(SilenceEar(1.0), heard) == "silence for 1.0 s"
    assert listen(SilenceEar(1.2), heard) is None


def test_what_was_heard_instead_is_said_in_words() -> None:
    heard = np.concatenate([tone(ToneName.BUSY, 3), silence(0.5), render("7"), silence(0.5)])
    words = in_words(heard)
    assert "busy tone at 0.0 s" in words
    assert "digit 7 at 3.5 s" in words
    assert in_words(heard[:0]) == "no audio at all"
