"""Change the sampling rate of a whole recording, without aliases."""

from math import gcd

import numpy as np
from numpy.typing import NDArray

_PASS = 0.90  # of the lower rate's half: 3600 Hz at 8 kHz
_KAISER = 8.0  # aliases and images 80 dB down
_ROWS = 8192  # outputs at a time: bounds the memory

Wave = NDArray[np.float64]


def resample(wave: Wave, rate: int, new_rate: int) -> Wave:
    """Return ``wave`` at ``new_rate`` (Hz), in time with the original.

    A windowed sinc, evaluated at each output's own place between the inputs.  Flat within
    0.1 dB to 0.9 of the lower half rate; what lies above that half is 80 dB down.
    """
    common = gcd(rate, new_rate)
    up, down = new_rate // common, rate // common
    edge = min(rate, new_rate) / 2  # the stop band begins here
    width = edge * (1 - _PASS)
    reach = int(np.ceil(2.51 * rate / width)) + 1  # half of the length that 80 dB take (Kaiser)
    cutoff = (edge - width / 2) * 2 / rate
    padded = np.concatenate([np.zeros(reach), wave, np.zeros(reach + down)])
    count = -(-len(wave) * up // down)
    out = np.zeros(count)
    for phase in range(min(up, count)):
        start, rest = divmod(phase * down, up)
        taps = _taps(reach, rest / up, cutoff)
        rows = len(range(phase, count, up))
        frames = np.lib.stride_tricks.as_strided(
            padded[start:], (rows, 2 * reach), (8 * down, 8), writeable=False
        )
        for row in range(0, rows, _ROWS):
            end = min(row + _ROWS, rows)
            out[phase + row * up : phase + (end - 1) * up + 1 : up] = frames[row:end].copy() @ taps
    return out


def _taps(reach: int, shift: float, cutoff: float) -> Wave:
    """Return the weights of the inputs around a point ``shift`` of a sample after the middle."""
    places = np.arange(2 * reach) - reach - shift
    inside = np.clip(1 - (places / reach) ** 2, 0, None)
    window = np.i0(_KAISER * np.sqrt(inside)) / np.i0(_KAISER)
    taps = cutoff * np.sinc(cutoff * places) * window
    return np.asarray(taps / taps.sum())
