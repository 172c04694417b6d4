"""How loud speech is while somebody speaks, and bringing recordings to one level.

The level of speech is that of its active parts: pauses do not make a talker quieter. It is
measured by method B of ITU-T P.56 (§6): an envelope, thresholds a factor of 2 apart, a hangover,
and the threshold at which level and activity differ by the margin.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.levels import FULL_SCALE, SILENCE_DBM0, amplitude, level_of_sine

RATE = 8000

MARGIN_DB = 15.9
"""Between the active level and its threshold (ITU-T P.56 §6.4)."""

_SMOOTHING_S = 0.03  # time constant of each of the two averages (P.56 §6.2)
_HANGOVER = RATE // 5  # 200 ms (P.56 §6.2)
_PEAK = 30_000  # 0.8 dB below what 16 bits hold
_EDGE = RATE // 25  # 40 ms kept before the first and after the last sound

Wave = NDArray[np.float64]


def active_level(wave: Wave) -> float:
    """Return the active speech level of ``wave`` (int16 units) in dBm0 (ITU-T P.56, method B).

    What is never loud enough to count as speech has SILENCE_DBM0.
    """
    energy = float(np.sum(wave * wave))
    if energy < 1:
        return SILENCE_DBM0
    envelope = _envelope(np.abs(wave))
    above: tuple[float, float] | None = None  # level and its distance to the threshold before
    for exponent in range(15):
        threshold = 2.0**exponent
        active = _active(envelope >= threshold)
        if not active:
            break
        now = level_of_sine(float(np.sqrt(2 * energy / active)))
        apart = now - level_of_sine(threshold * np.sqrt(2))
        if apart <= MARGIN_DB:
            if above is None:
                return now
            share = (above[1] - MARGIN_DB) / max(above[1] - apart, 1e-9)
            return above[0] + share * (now - above[0])
        above = now, apart
    return above[0] if above else SILENCE_DBM0


def at_level(wave: Wave, dbm0: float) -> NDArray[np.int16]:
    """Return ``wave`` with the active speech level ``dbm0``; quieter if peaks would be cut."""
    measured = active_level(wave)
    if measured <= SILENCE_DBM0:
        return np.rint(np.clip(wave, -FULL_SCALE, FULL_SCALE)).astype(np.int16)
    gain = min(amplitude(dbm0) / amplitude(measured), _PEAK / float(np.abs(wave).max()))
    return np.rint(wave * gain).astype(np.int16)


def trimmed(wave: Wave) -> Wave:
    """Cut silence (34 dB below the peak) off both ends; 40 ms stay for a soft beginning and end."""
    loud = np.flatnonzero(np.abs(wave) > np.abs(wave).max(initial=0) / 50)
    if not loud.size:
        return wave
    return wave[max(int(loud[0]) - _EDGE, 0) : int(loud[-1]) + _EDGE]


def telephone_band(wave: Wave) -> Wave:
    """Keep what a telephone channel carries: 300 to 3400 Hz (ITU-T G.120)."""
    spectrum = np.fft.rfft(wave)
    hz = np.fft.rfftfreq(len(wave), 1 / RATE)
    rise = np.clip((hz - 250) / 100, 0, 1) * np.clip((3500 - hz) / 200, 0, 1)
    return np.fft.irfft(spectrum * rise, len(wave))


def _envelope(rectified: Wave) -> Wave:
    """Two exponential averages after each other: together t·exp(-t/T), cut off at 10 T."""
    times = np.arange(round(10 * _SMOOTHING_S * RATE)) / RATE
    kernel = times * np.exp(-times / _SMOOTHING_S)
    kernel /= kernel.sum()
    size = 1 << (len(rectified) + len(kernel)).bit_length()
    product = np.fft.rfft(rectified, size) * np.fft.rfft(kernel, size)
    return np.asarray(np.fft.irfft(product, size)[: len(rectified)])


def _active(loud: NDArray[np.bool_]) -> int:
    """Count the samples that are loud, or follow a loud one within the hangover."""
    places = np.arange(len(loud))
    last = np.maximum.accumulate(np.where(loud, places, -_HANGOVER - 1))
    return int(np.count_nonzero(places - last <= _HANGOVER))
