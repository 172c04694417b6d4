"""Speech from espeak-ng's voices, made when it is provisioned and never in a call."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmware.dsp import loudness
from firmware.dsp.wav import WavError, read_wav

RECORDED = Path("/usr/share/asterisk/sounds/it_IT_m_Carlo")
"""Where Debian's asterisk-core-sounds-it-wav puts its prompts."""

_WORDS_PER_MINUTE = 160
_WITHIN_S = 30.0


class SynthesisError(RuntimeError):
    """The synthesiser is there and does not work; the text says what it did."""


def engine() -> str | None:
    """Path of the synthesiser, or None if it is not installed."""
    return shutil.which("espeak-ng")


def speak(words: str, *, engine: str, tongue: str = "it") -> NDArray[np.int16]:
    """Let ``engine`` say ``words`` in the language ``tongue``: 8 kHz, at its own level.

    Raises:
        SynthesisError: it failed, took longer than 30 s, or wrote nothing that can be read.
    """
    with tempfile.TemporaryDirectory(prefix="derivato-speech-") as directory:
        file = Path(directory) / "said.wav"
        speed = str(_WORDS_PER_MINUTE)
        command = [engine, "-v", tongue, "-s", speed, "-w", str(file), "--", words]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_WITHIN_S)
            return read_wav(file)
        except (subprocess.SubprocessError, WavError, OSError) as error:
            raise SynthesisError(f"{engine} did not say {words!r}: {error}") from error


def for_the_line(samples: NDArray[np.int16], level_dbm0: float) -> NDArray[np.int16]:
    """Trim ``samples``, keep what a telephone carries, at the active level ``level_dbm0``."""
    wave = loudness.trimmed(loudness.telephone_band(samples.astype(np.float64)))
    return loudness.at_level(wave, level_dbm0)
