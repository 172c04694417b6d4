"""Follow the strongest single tone of a signal, every 10 ms: the front end of the recognisers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.levels import level_of_sine

RATE = 8000
HOP = 80  # samples: 10 ms
WINDOW = 240  # samples: 30 ms
HOP_MS = 10

PURITY = 0.5
"""Share of the energy from 280 to 3700 Hz that a tone must hold: S/N 0 dB, with noise at -40 dBm0
a tone of -35 dBm0 has 0.75."""

FLOOR_DBM0 = -40.0  # -35 dBm0 must be recognised

_SIZE = 512  # bins of 15.6 Hz
_KAISER = 5.0  # side lobes -38 dB: hum at -20 dBm0 stays out of the band
_LOBE = 4  # bins on either side that hold a tone
_LOWEST, _HIGHEST = 18, 237  # bins: 281 to 3700 Hz
_BIN_2100 = 134  # the answer tone's, for its phase


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What one window shows.

    ``hertz`` is 0 where no tone stands out.  ``level_dbm0`` is the tone's.  ``phasor`` is the
    complex amplitude near 2100 Hz, to find phase reversals.
    """

    hertz: float
    level_dbm0: float
    purity: float
    phasor: complex


class ToneTrack:
    """Sliding spectrum; :meth:`feed` returns one glimpse for each 10 ms completed.

    Glimpse number n looks at samples ``n * HOP`` to ``n * HOP + WINDOW``.
    """

    def __init__(self) -> None:
        self._window = np.kaiser(WINDOW, _KAISER).astype(np.float32)
        self._to_square = 4 / (_SIZE * float((self._window**2).sum()))
        self._rest = np.zeros(0, np.float32)
        self._least = (10 ** ((FLOOR_DBM0 - 3.14) / 20) * 32767) ** 2

    def feed(self, samples: NDArray[np.int16]) -> list[Glimpse]:
        """Take any number of samples."""
        held = np.concatenate((self._rest, samples), dtype=np.float32)
        count = (len(held) - WINDOW) // HOP + 1
        if count <= 0:
            self._rest = held
            return []
        self._rest = held[count * HOP :]
        frames = np.ndarray((count, WINDOW), np.float32, held, 0, (4 * HOP, 4))
        spectra = np.fft.rfft(frames * self._window, _SIZE, axis=1)
        power = np.square(spectra.real) + np.square(spectra.imag)
        peaks = power[:, _LOWEST:_HIGHEST].argmax(axis=1) + _LOWEST
        sums = power[:, : _HIGHEST + _LOBE + 2].cumsum(axis=1)
        rows = np.arange(count)
        lobes = sums[rows, peaks + _LOBE] - sums[rows, peaks - _LOBE - 1]
        totals = sums[:, _HIGHEST] - sums[:, _LOWEST - _LOBE - 1]
        clear = (lobes * self._to_square > self._least) & (lobes > PURITY * totals)
        phasors = spectra[:, _BIN_2100].tolist()
        return [
            self._glimpse(power[row], int(peaks[row]), float(lobes[row]), float(totals[row]), z)
            if seen
            else Glimpse(0.0, -99.0, 0.0, z)
            for row, (seen, z) in enumerate(zip(clear.tolist(), phasors, strict=True))
        ]

    def _glimpse(
        self, power: NDArray[np.floating], peak: int, lobe: float, total: float, phasor: complex
    ) -> Glimpse:
        before, top, after = np.log(power[peak - 1 : peak + 2] + 1e-9).tolist()
        bend = before - 2 * top + after
        shift = 0.5 * (before - after) / bend if bend else 0.0
        hertz = (peak + shift) * RATE / _SIZE
        level = level_of_sine((lobe * self._to_square) ** 0.5)
        return Glimpse(hertz, level, min(lobe / total, 1.0), phasor)
