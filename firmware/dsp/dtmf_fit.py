"""How well two steady tones explain a piece of signal: the last word on a DTMF digit.

A digit is the same two sines from beginning to end.  Speech and music may show a pair for a few
milliseconds at a time, but not with one phase throughout.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.dtmf_bank import RATE

_FORGIVEN = (50.0, 410.0, 425.0, 440.0)  # Hz: hum, dial tone 425 +-15 Hz (ITU-T E.180)


def fit(samples: NDArray[np.int16], times: NDArray[np.int64], tones: Sequence[float]) -> float:
    """Return the share, 0 to 1, of the energy that steady ``tones`` (Hz) explain.

    ``times`` are the positions of ``samples`` in the stream; they may have holes.  What a
    constant, hum and dial tone explain counts for nothing; they may change at a hole, as when
    the dial tone's cadence goes on under a digit.
    """
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
    wide = samples.astype(np.float64)
    shares = (basis.T @ wide) ** 2
    split = forgiven.shape[1]
    rest = float(wide @ wide) - float(shares[:split].sum())
    return float(shares[split:].sum()) / rest if rest > 0 else 0.0


def _waves(seconds: NDArray[np.float64], tones: Sequence[float]) -> NDArray[np.float64]:
    phase = 2 * np.pi * np.outer(seconds, tones)
    return np.hstack([np.cos(phase), np.sin(phase)])
