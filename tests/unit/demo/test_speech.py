"""What is said: at a line's level, from whatever voice there is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from firmware.demo import sound, speech
from firmware.dsp.levels import level

from .sounds import speech as made_up


def test_speech_is_brought_to_the_level_of_a_line() -> None:
    quiet = made_up(3, 3000).astype(np.float64) / 20
    said = speech.at_line_level(quiet)
    assert -19 < level(said) < -14
    assert np.abs(said).max() <= 30_000


def test_without_a_voice_the_error_names_the_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(speech.NoVoiceError, match=r"espeak-ng.*asterisk-core-sounds-it-wav"):
        speech.phrase_book(tmp_path, recorded=tmp_path / "none")


def test_recorded_prompts_stand_in_and_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    prompts = tmp_path / "prompts"
    for n, phrase in enumerate(speech.PHRASES.values()):
        for name in phrase.recorded:
            sound.write(prompts / f"{name}.wav", made_up(n, 900))
    book = speech.phrase_book(tmp_path / "cache", recorded=prompts)
    assert set(book) == set(speech.PHRASES)
    files = sorted((tmp_path / "cache").iterdir())
    assert len(files) == len(book)
    files[0].write_bytes(b"no WAV")
    with pytest.raises(sound.SoundError, match="no WAV file"):
        speech.phrase_book(tmp_path / "cache", recorded=prompts)


def test_keys_are_spelt_in_their_order() -> None:
    book = {"1": np.full(10, 1, np.int16), "#": np.full(10, 2, np.int16)}
    said = speech.spell(book, "1x#")
    assert [int(v) for v in said[said != 0][[0, -1]]] == [1, 2]


def test_resampling_keeps_a_tone() -> None:
    at_22k = 9000 * np.sin(2 * np.pi * 440 * np.arange(22_050) / 22_050)
    at_8k = sound.resample(at_22k, 22_050)
    assert len(at_8k) == 8000
    expected = 9000 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    assert np.abs(at_8k - expected)[100:-100].max() < 10


def test_other_rates_and_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_text("hello")
    with pytest.raises(sound.SoundError, match=r"x\.wav: no WAV file"):
        sound.read(tmp_path / "x.wav")
