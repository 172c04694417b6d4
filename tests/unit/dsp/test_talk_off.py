"""No digit and no tone in speech and music: the sound packages of Debian's Asterisk."""

from pathlib import Path

import numpy as np
import pytest

from firmware.dsp.dtmf import DtmfReceiver
from firmware.dsp.progress import ToneRecogniser
from firmware.dsp.wav import read_wav

SHARE = "/usr/share/asterisk"
SOUNDS = {
    "it": ["sounds/it_IT_m_Carlo", "sounds/it_IT_f_Menardi"],
    "en": ["sounds/en_US_f_Allison"],
    "es": ["sounds/es_MX_f_Allison"],
    "fr": ["sounds/fr_CA_f_June"],
    "music": ["moh"],
}


def recordings(name):
    files = sorted(f for d in SOUNDS[name] for f in Path(SHARE).glob(f"{d}/**/*.wav"))
    if not files:
        pytest.skip(f"no sound package for {name} (asterisk-core-sounds-*-wav, asterisk-moh-*-wav)")
    for file in files:
        yield file, read_wav(file)


def events(recogniser, samples):
    found = []
    for at in range(0, len(samples), 16000):
        found += recogniser.feed(samples[at : at + 16000])
    return [*found, *recogniser.flush()]


@pytest.mark.slow
@pytest.mark.parametrize("gain", [0, -10, -20])
@pytest.mark.parametrize("name", SOUNDS)
def test_no_digit(name, gain):
    for file, samples in recordings(name):
        quieter = np.rint(samples * 10 ** (gain / 20)).astype(np.int16)
        assert events(DtmfReceiver(), quieter) == [], file


@pytest.mark.slow
@pytest.mark.parametrize("name", SOUNDS)
def test_no_tone(name):
    for file, samples in recordings(name):
        assert events(ToneRecogniser(), samples) == [], file
