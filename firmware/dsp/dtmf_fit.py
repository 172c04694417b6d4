"""How well two steady tones explain a piece of signal: the last word on a DTMF digit.

A digit is the same two sines from beginning to end.  Speech and music may show a pair for a few
milliseconds at a time, but not with one phase throughout.  The judgement is made below some
2 kHz, where all digits are and half of a telephone line's noise is not.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.dtmf_bank import RATE

_FORGIVEN = (50.0, 410.0, 425.0, 440.0)  # Hz: hum, dial tone 425 +-15 Hz (ITU-T E.180)

MARGIN = 4
"""Samples on either side of a piece that its filtering takes."""


def _low_pass() -> NDArray[np.float64]:
    """Return a windowed sinc, half-way down at 2100 Hz."""
    places = np.arange(-MARGIN, MARGIN + 1)
    taps = np.sinc(2 * 2100 / RATE * places) * np.hamming(2 * MARGIN + 1)
    return np.asarray(taps / taps.sum())


_LOW_PASS = _low_pass()


def fit(heard: NDArray[np.int16], times: NDArray[np.int64], tones: Sequence[float]) -> float:
    """Return the share, 0 to 1, of the energy that steady ``tones`` (Hz) explain.

    ``times`` are the positions in ``heard`` that count, each at least :data:`MARGIN` from its
    ends; they may have holes.  What a constant, hum and dial tone explain counts for nothing;
    they may change at a hole, as when the dial tone's cadence goes on under a digit.
    """
    first = int(times[0])
    wide = np.convolve(heard[first - MARGIN : int(times[-1]) + MARGIN + 1], _LOW_PASS, "valid")
    wide = wide[times - first]
    seconds = (times - times[0]) / RATE
    holes = np.flatnonzero(np.diff(times) > 1) + 1
    bounds = [0, *holes.tolist(), len(times)]
    forgiven = np.zeros((len(times), (len(bounds) - 1) * (1 + 2 * len(_FORGIVEN))))
    for piece, (begin, end) in enumerate(pairwise(bounds)):
        waves = _waves(seconds[begin:end], _FORGIVEN)
        width = waves.shape[1] + 1
        forgiven[begin:end, piece * width] = 1.0
        forgiven[begin:end, piece * width + 1 : (piece + 1) * width] = waves
    basis, _ = np.linalg.qr(np.hstack([forgiven, _waves(seconds, tones)]))
    shares = (basis.T @ wide) ** 2
    split = forgiven.shape[1]
    rest = float(wide @ wide) - float(shares[:split].sum())
    return float(shares[split:].sum()) / rest if rest > 0 else 0.0


def _waves(seconds: NDArray[np.float64], tones: Sequence[float]) -> NDArray[np.float64]:
    phase = 2 * np.pi * np.outer(seconds, tones)
    return np.hstack([np.cos(phase), np.sin(phase)])
