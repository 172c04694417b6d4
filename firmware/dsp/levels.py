"""The level reference, written once: what 0 dBm0 is in 16-bit samples.

A sine that just reaches the overload point of the A-law coder has +3.14 dBm0 (ITU-T G.711 §4,
table 1a); that sine is taken to have the peak amplitude 32767.
"""

import math

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 32767
FULL_SCALE_DBM0 = 3.14
"""Level of a sine of peak :data:`FULL_SCALE`, dBm0 (ITU-T G.711)."""

SILENCE_DBM0 = -99.0
"""What is reported for digital silence."""


def amplitude(dbm0: float) -> float:
    """Return the peak amplitude, in int16 units, of a sine of level ``dbm0``."""
    return float(FULL_SCALE * 10 ** ((dbm0 - FULL_SCALE_DBM0) / 20))


def level_of_sine(peak: float) -> float:
    """Return the level in dBm0 of a sine of amplitude ``peak``, in int16 units."""
    if peak < 0.2:
        return SILENCE_DBM0
    return 20 * math.log10(peak / FULL_SCALE) + FULL_SCALE_DBM0


def level(samples: NDArray[np.int16]) -> float:
    """Return the level in dBm0 of any signal, from its mean power; empty is silence."""
    if samples.size == 0:
        return SILENCE_DBM0
    wide = samples.astype(np.float64)
    return level_of_sine(math.sqrt(2 * float(np.mean(wide * wide))))
