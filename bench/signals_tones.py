"""Signals with line tones in them, for the tables and the tests of tone recognition."""

import numpy as np
from numpy.typing import NDArray

from bench.signals_dtmf import to_samples
from firmware.dsp.levels import amplitude

RATE = 8000
Beat = tuple[float, float]  # Hz (0 is silence), ms

CADENCES: dict[str, tuple[Beat, ...]] = {
    "dial": ((425, 200), (0, 200), (425, 600), (0, 1000)),
    "ringback 1/4": ((425, 1000), (0, 4000)),
    "ringback 1/5": ((425, 1000), (0, 5000)),
    "busy": ((425, 500), (0, 500)),
    "congestion": ((425, 200), (0, 200)),
    "sit": ((950, 330), (1400, 330), (1800, 330), (0, 1000)),
    "fax-cng": ((1100, 500), (0, 3000)),
}


def cadence(
    beats: tuple[Beat, ...],
    *,
    cycles: float,
    phase: float = 0.0,
    level: float = -13.0,
    noise: float | None = None,
    hum: float | None = None,
    detune: float = 0.0,
    stretch: float = 1.0,
    seed: int = 1,
) -> NDArray[np.int16]:
    """Return ``cycles`` of a cadence from ``phase`` (0 to 1) of its cycle on.

    Levels in dBm0, ``detune`` in Hz, ``stretch`` multiplies every time.
    """
    rng = np.random.default_rng(seed)
    ends = np.cumsum([ms * stretch for _, ms in beats])
    times = np.arange(round(cycles * ends[-1] * RATE / 1000)) / RATE
    place = (times * 1000 + phase * ends[-1]) % ends[-1]
    hertz = np.array([f + detune if f else 0 for f, _ in beats])[
        np.searchsorted(ends, place, "right")
    ]
    wave = np.where(hertz > 0, np.sin(2 * np.pi * np.cumsum(hertz) / RATE), 0) * amplitude(level)
    if noise is not None:
        wave += rng.normal(size=wave.size) * amplitude(noise) / np.sqrt(2)
    if hum is not None:
        wave += amplitude(hum) * np.sin(2 * np.pi * 50 * times)
    return to_samples(wave)


def answer_tone(
    *, reversals: bool, seconds: float = 3.0, level: float = -15.0
) -> NDArray[np.int16]:
    """Return 2100 Hz, the phase turned over every 450 ms or not (ITU-T V.25, G.165)."""
    times = np.arange(round(seconds * RATE)) / RATE
    turns = np.where((times // 0.45) % 2 == 1, -1.0, 1.0) if reversals else 1.0
    return to_samples(amplitude(level) * np.sin(2 * np.pi * 2100 * times) * turns)
