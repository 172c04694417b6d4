import numpy as np
import pytest

from firmware.dsp.tones import TonePlayer
from firmware.lab.patterns import PatternEar
from firmware.lines.tone_plans import ITALY
from firmware.lines.tones import ToneName

from .test_ears import Samples, listen, silence, speech, tone

ENDLESS = [name for name in ToneName if ITALY[name].endless]


@pytest.mark.parametrize("name", ToneName)
@pytest.mark.parametrize("lead_s", [0.0, 0.337])
def test_each_tone_is_heard(name: ToneName, lead_s: float) -> None:
    heard = np.concatenate([silence(lead_s), tone(name, 8)])
    assert listen(PatternEar(name), heard) == f"{name.value} tone"


@pytest.mark.parametrize("name", ToneName)
def test_no_tone_is_taken_for_another(name: ToneName) -> None:
    heard = np.concatenate([tone(name, 8), silence(0.5)])
    takers = {other for other in ToneName if listen(PatternEar(other), heard)}
    # After its stutter, that of messages is the ordinary dial tone.
    allowed = {name, ToneName.DIAL} if name is ToneName.DIAL_MWI else {name}
    assert takers == allowed


@pytest.mark.parametrize("name", ENDLESS)
def test_an_endless_tone_is_heard_by_who_joins_late(name: ToneName) -> None:
    if name in (ToneName.CALL_WAITING, ToneName.DIAL_MWI):
        return  # the one repeats after 15 s, the other begins only once
    heard = TonePlayer(ITALY[name]).read(8 * 12000)[3333:]
    assert listen(PatternEar(name), heard)


def test_a_tone_spoken_over_speech_and_noise_are_none() -> None:
    rng = np.random.default_rng(3)
    noise: Samples = rng.normal(0, 1500, 40_000).astype(np.int16)
    for heard in (speech(5, 5.0), noise, silence(5)):
        for name in ToneName:
            assert listen(PatternEar(name), heard) is None


def test_a_rhythm_that_is_a_third_too_slow_is_another() -> None:
    beat = tone(ToneName.DIAL_FORWARD, 0.14)
    heard = np.concatenate([np.concatenate([beat, silence(0.14)])] * 3 + [silence(1)])
    assert listen(PatternEar(ToneName.CONFIRMATION), heard) is None
