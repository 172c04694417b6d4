"""Sound files of the demonstration: 8 kHz, 16 bit, mono WAV, as everywhere in the project."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 8000
"""Samples per second."""

FRAME = 160
"""Samples in 20 ms, the frame of the bridge."""

Samples = NDArray[np.int16]


class SoundError(ValueError):
    """A file is no sound that can be read here; the text names the file and what it is."""


def read_any(path: Path) -> tuple[NDArray[np.float64], int]:
    """Read a 16 bit mono WAV file of any rate: its samples, in int16 units, and its rate in Hz.

    Raises:
        SoundError: it is no WAV file, or not 16 bit mono.
    """
    try:
        with wave.open(str(path), "rb") as file:
            if (file.getsampwidth(), file.getnchannels()) != (2, 1):
                raise SoundError(f"{path}: not 16 bit mono; convert it first")
            data = file.readframes(file.getnframes())
            return np.frombuffer(data, "<i2").astype(np.float64), file.getframerate()
    except (wave.Error, EOFError) as error:
        raise SoundError(f"{path}: no WAV file ({error})") from error


def read(path: Path) -> Samples:
    """Read an 8 kHz, 16 bit, mono WAV file.

    Raises:
        SoundError: it is something else.
    """
    samples, rate = read_any(path)
    if rate != RATE:
        raise SoundError(f"{path}: {rate} samples per second, not {RATE}; convert it first")
    return samples.astype(np.int16)


def write(path: Path, samples: Samples) -> Path:
    """Write ``samples`` as a WAV file; give its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def resample(samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Bring a whole recording of ``rate`` Hz to 8 kHz, band limited (by its spectrum)."""
    if rate == RATE or samples.size == 0:
        return samples
    count = round(len(samples) * RATE / rate)
    spectrum = np.fft.rfft(samples)
    kept = np.zeros(count // 2 + 1, np.complex128)
    shared = min(len(kept), len(spectrum))
    kept[:shared] = spectrum[:shared]
    return np.fft.irfft(kept, count) * (count / len(samples))


def telephone_band(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keep what a telephone channel carries of an 8 kHz recording: 300 to 3400 Hz (ITU-T G.120)."""
    spectrum = np.fft.rfft(samples)
    hz = np.fft.rfftfreq(len(samples), 1 / RATE)
    rise = np.clip((hz - 250) / 100, 0, 1) * np.clip((3500 - hz) / 200, 0, 1)
    return np.fft.irfft(spectrum * rise, len(samples))
