"""Front end of the FSK receiver: samples in, one soft decision per sample out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.levels import FULL_SCALE, FULL_SCALE_DBM0
from firmware.lines.callerid_plan import BAUD, Modem

RATE = 8000
BIT = RATE / BAUD
"""Samples per bit: 6 2/3."""

_BAND_HALF = 14  # taps each side: falls by 30 dB towards hum and DC, costs a quarter bit of echo
_MARGIN_HZ = 600.0  # half a bit's bandwidth outside the two tones

Soft = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Demodulated:
    """Per sample: ``decision`` from -1 (space) to +1 (mark) and ``power`` in the band.

    ``tonal`` is the part of the power that the two tones explain, in the same unit (the square
    of int16 units).
    """

    decision: Soft
    power: Soft
    tonal: Soft


class Demodulator:
    """Compare the energies of mark and space in a sliding window of one bit."""

    delay = _BAND_HALF + BIT / 2
    """Samples from the middle of a bit on the line to its decision."""

    def __init__(self, modem: Modem) -> None:
        self._taps = _taps(modem)
        self._history = np.zeros(self._taps.shape[0] - 1, np.float32)

    def feed(self, samples: NDArray[np.int16]) -> Demodulated:
        """Demodulate ``samples``; as many decisions come out as samples went in."""
        line = np.concatenate((self._history, samples.astype(np.float32)))
        self._history = line[line.size - self._history.size :]
        windows = np.lib.stride_tricks.sliding_window_view(line, self._taps.shape[0])
        filtered = windows @ self._taps
        filtered *= filtered
        power = filtered[:, 0]
        mark = filtered[:, 1] + filtered[:, 2]
        space = filtered[:, 3] + filtered[:, 4]
        tonal = mark + space
        # One unit in the last place of 16 bits keeps digital silence undecided.
        decision = ((mark - space) / (tonal + 1.0)).astype(np.float32)
        return Demodulated(decision, power, tonal)

    def restart(self) -> None:
        """Forget what was heard, as after a pause."""
        self._history.fill(0.0)


def _taps(modem: Modem) -> NDArray[np.float32]:
    """Columns: the band itself, then mark and space in phase and in quadrature."""
    n = np.arange(-_BAND_HALF, _BAND_HALF + 1)
    low, high = modem.mark_hz - _MARGIN_HZ, modem.space_hz + _MARGIN_HZ
    band = 2 * high / RATE * np.sinc(2 * high / RATE * n) - 2 * low / RATE * np.sinc(
        2 * low / RATE * n
    )
    band *= np.hamming(band.size)
    # One bit of 6 2/3 samples: seven taps, the outer two weighted by the part that belongs.
    bit = np.full(7, 1 / BIT)
    bit[[0, -1]] *= (BIT - 5) / 2
    times = np.arange(-3, 4) / RATE
    columns = [np.pad(band, 3)]
    for hz in (modem.mark_hz, modem.space_hz):
        turning = np.sqrt(2) * bit * np.exp(2j * np.pi * hz * times)
        matched = np.convolve(band, turning)
        columns += [matched.real, matched.imag]
    return np.stack(columns, axis=1).astype(np.float32)


def power_dbm0(power: float) -> float:
    """Level in dBm0 of a mean ``power`` in squared int16 units; -99 for none."""
    if power <= 0:
        return -99.0
    full_scale = FULL_SCALE**2 / 2
    return max(-99.0, 10 * float(np.log10(power / full_scale)) + FULL_SCALE_DBM0)
