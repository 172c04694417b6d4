"""How well two steady tones explain a piece of signal: the last word on a DTMF digit.

A digit is the same two sines from beginning to end.  Speech and music may show a pair for a few
milliseconds at a time, but not with one phase throughout.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.dtmf_bank import RATE

_FORGIVEN = (50.0, 410.0, 425.0, 440.0)  # Hz: hum, dial tone 425 +-15 Hz (ITU-T E.180 §5)


def fit(samples: NDArray[np.int16], times: NDArray[np.int64], tones: Sequence[float]) -> float:
    """Return the share, 0 to 1, of the energy that steady ``tones`` (Hz) explain.

    ``times`` are the positions of ``samples`` in the stream; they may have holes.  What a
    constant, hum and dial tone explain counts for nothing.
    """
    seconds = (times - times[0]) / RATE
    phase = 2 * np.pi * np.outer(seconds, (*_FORGIVEN, *tones))
    split = len(_FORGIVEN)
    parts = [np.ones((len(seconds), 1))]
    parts += [np.cos(phase[:, :split]), np.sin(phase[:, :split])]
    parts += [np.cos(phase[:, split:]), np.sin(phase[:, split:])]
    basis, _ = np.linalg.qr(np.hstack(parts))
    wide = samples.astype(np.float64)
    shares = (basis.T @ wide) ** 2
    rest = float(wide @ wide) - float(shares[: 1 + 2 * split].sum())
    return float(shares[1 + 2 * split :].sum()) / rest if rest > 0 else 0.0
