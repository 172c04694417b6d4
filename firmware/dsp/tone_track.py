"""Follow the strongest single tone of a signal, every 10 ms: the front end of the recognisers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.levels import FULL_SCALE, FULL_SCALE_DBM0, SILENCE_DBM0, amplitude, level_of_sine

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

    ``hertz`` is 0 where no tone stands out.  ``level_dbm0`` is the tone's, ``sound_dbm0`` that of
    all from 280 to 3700 Hz.  ``phasor`` is the complex amplitude near 2100 Hz, to find phase
    reversals.
    """

    hertz: float
    level_dbm0: float
    purity: float
    sound_dbm0: float
    phasor: complex


class ToneTrack:
    """Sliding spectrum; :meth:`feed` returns one glimpse for each 10 ms completed.

    Glimpse number n looks at samples ``n * HOP`` to ``n * HOP + WINDOW``.
    """

    def __init__(self) -> None:
        self._window = np.kaiser(WINDOW, _KAISER).astype(np.float32)
        self._to_square = 4 / (_SIZE * float((self._window**2).sum()))
        self._rest = np.zeros(0, np.float32)
        self._least = amplitude(FLOOR_DBM0) ** 2

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
        sounds = 10 * np.log10(totals * (self._to_square / FULL_SCALE**2) + 1e-10) + FULL_SCALE_DBM0
        rest = zip(sounds.tolist(), spectra[:, _BIN_2100].tolist(), strict=True)
        return [
            Glimpse(*self._tone(power[row], int(peaks[row]), float(lobes[row])), share, *other)
            if seen
            else Glimpse(0.0, SILENCE_DBM0, 0.0, *other)
            for row, (seen, share, other) in enumerate(
                zip(
                    clear.tolist(),
                    np.minimum(lobes / (totals + 1e-9), 1.0).tolist(),
                    rest,
                    strict=True,
                )
            )
        ]

    def _tone(self, power: NDArray[np.floating], peak: int, lobe: float) -> tuple[float, float]:
        """Return frequency and level of a tone with its peak in bin ``peak``."""
        before, top, after = np.log(power[peak - 1 : peak + 2] + 1e-9).tolist()
        bend = before - 2 * top + after
        shift = 0.5 * (before - after) / bend if bend else 0.0
        return (peak + shift) * RATE / _SIZE, level_of_sine((lobe * self._to_square) ** 0.5)
