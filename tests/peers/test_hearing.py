"""The tests' ear itself: it must tell one sentence from another at any level."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from .hearing import (
    RATE,
    Samples,
    hear,
    level_dbm0,
    read_wav,
    write_wav,
)

SENTENCES = (
    "demo-congrats",
    "demo-instruct",
    "vm-nobodyavail",
    "privacy-prompt",
    "tt-weasels",
    "vm-intro",
)


@pytest.fixture(scope="module")
def speech(root: Path) -> dict[str, Samples]:
    directory = root / "usr/share/asterisk/sounds/it_IT_m_Carlo"
    return {name: read_wav(directory / f"{name}.wav")[: 6 * RATE] for name in SENTENCES}


def through_mu_law(samples: Samples, *, gain_db: float) -> Samples:
    """Quantise as G.711 µ-law does (section 3 there), after a change of level."""
    real = samples / 32768 * 10 ** (gain_db / 20)
    small = np.sign(real) * np.log1p(255 * np.abs(real)) / np.log(256)
    coarse = np.round(small * 127) / 127
    return np.asarray(np.sign(coarse) * (256 ** np.abs(coarse) - 1) / 255 * 32767, np.int16)


def test_other_speech_is_not_heard(speech: dict[str, Samples]) -> None:
    for one, other in itertools.permutations(SENTENCES, 2):
        assert hear(speech[one], speech[other]).figure < 0.2, (one, other)


@pytest.mark.parametrize("gain_db", [0, -20, -35])
@pytest.mark.parametrize("name", SENTENCES)
def test_the_same_speech_is_heard(speech: dict[str, Samples], name: str, gain_db: float) -> None:
    noise = np.random.default_rng(1).normal(0, 5, 12 * RATE)
    recording = noise
    quiet = through_mu_law(speech[name], gain_db=gain_db)
    recording[2000 : 2000 + len(quiet)] += quiet
    recording[80000:] += speech["vm-intro" if name != "vm-intro" else "tt-weasels"][:16000]
    heard = hear(recording.astype(np.int16), speech[name])
    assert heard.figure > 0.9
    assert heard.delay_ms == pytest.approx(250, abs=0.2)


def test_a_missing_beginning_lowers_the_figure(speech: dict[str, Samples]) -> None:
    whole = speech["demo-congrats"]
    heard = hear(whole[RATE:], whole)
    assert heard.delay_ms == pytest.approx(-1000, abs=0.2)
    assert 0.8 < heard.figure < 0.97


def test_a_slip_is_counted_and_the_sentence_still_heard(speech: dict[str, Samples]) -> None:
    whole = speech["demo-congrats"]
    slipped = np.concatenate((whole[: 3 * RATE], whole[3 * RATE + 160 :]))
    heard = hear(slipped, whole)
    assert heard.figure > 0.9
    assert heard.slips == 1
    assert heard.pieces[0].delay_ms - heard.pieces[-1].delay_ms == pytest.approx(20, abs=0.2)
    assert hear(whole, whole).slips == 0


def test_silence_is_nothing(speech: dict[str, Samples]) -> None:
    assert hear(np.zeros(RATE, np.int16), speech["vm-intro"]).figure == 0
    assert hear(np.zeros(0, np.int16), speech["vm-intro"]).figure == 0


def test_full_scale_sine_is_3_14_dbm0() -> None:
    sine = 32767 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)
    assert level_dbm0(sine.astype(np.int16)) == pytest.approx(3.14, abs=0.01)


def test_a_file_still_being_written_is_read(tmp_path: Path, speech: dict[str, Samples]) -> None:
    path = write_wav(tmp_path / "a.wav", speech["vm-intro"])
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = b"\0\0\0\0"
    path.write_bytes(data)
    assert np.array_equal(read_wav(path), speech["vm-intro"])
