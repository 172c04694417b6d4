"""Recognise the alerting signal of displays: 2130 + 2750 Hz (DT-AS on-hook, CAS in a call)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.alerting import DUAL_TONE_HZ
from firmware.dsp.fsk_demodulator import power_dbm0

RATE = 8000
WINDOW = 160
HOP = 80
"""Windows of 20 ms, one every 10 ms: whole periods of the mains' hum and of its double."""
_SHARE = 0.75
_TWIST = 10**0.7
"""Tones may differ by 6 dB (EN 300 659-1 §6.1.2.1); 1 dB more for the line."""
_DEVIATION = 0.012
_LEAST_DBM0 = -40.0
_LEAST_WINDOWS = 5
_MOST_WINDOWS = 13
"""A signal of 75 to 110 ms fills 6 to 11 windows, one more or less with noise."""


@dataclass(frozen=True, slots=True)
class AlertTone:
    """The alerting signal began ``at_ms``, lasted ``for_ms`` (each within 10 ms) and ended.

    ``level_dbm0`` is the mean level of the two tones.
    """

    at_ms: int
    for_ms: int
    level_dbm0: float


class DualToneDetector:
    """Give each alerting signal found in a stream, 20 ms after its end."""

    def __init__(self) -> None:
        self._line = np.zeros(WINDOW - HOP, np.float32)
        self._position = -(WINDOW - HOP)  # of the first sample of the line kept
        self._phasors = _phasors()
        turned = 2j * np.pi * np.array(DUAL_TONE_HZ) * HOP / RATE
        self._unturn = np.exp(-turned)
        self._last = np.zeros(2, np.complex128)
        self._run: list[float] = []

    def feed(self, samples: NDArray[np.int16]) -> tuple[AlertTone, ...]:
        """Take any number of samples; give the signals that ended in them."""
        self._line = np.concatenate((self._line, samples.astype(np.float32)))
        hops = (self._line.size - WINDOW) // HOP + 1
        if hops <= 0:
            return ()
        windows = np.lib.stride_tricks.sliding_window_view(self._line, WINDOW)[::HOP][:hops]
        seen = windows @ self._phasors
        power = np.einsum("ij,ij->i", windows, windows) / WINDOW
        events: list[AlertTone] = []
        for row, total in zip(seen, power, strict=True):
            self._window(row.astype(np.float64), float(total), events)
            self._position += HOP
        self._line = self._line[hops * HOP :]
        return tuple(events)

    def _window(self, row: NDArray[np.float64], total: float, events: list[AlertTone]) -> None:
        tones = row[0:4:2] + 1j * row[1:4:2]
        powers = np.abs(tones) ** 2
        hum = float(row[4:] @ row[4:])
        low, high = float(powers.min()), float(powers.max())
        pure = low + high > _SHARE * (total - hum) and high < _TWIST * low
        if pure and power_dbm0(low) > _LEAST_DBM0 and self._steady(tones):
            self._run.append((low + high) / 2)
        else:
            if _LEAST_WINDOWS <= len(self._run) <= _MOST_WINDOWS:
                events.append(self._ended())
            self._run.clear()
        self._last = tones

    def _steady(self, tones: NDArray[np.complex128]) -> bool:
        """Whether both phases went on as the frequencies demand, from the window before."""
        if not self._run:
            return True
        error = np.angle(tones * np.conj(self._last) * self._unturn)
        allowed = 2 * np.pi * _DEVIATION * np.array(DUAL_TONE_HZ) * HOP / RATE
        return bool(np.all(np.abs(error) < allowed))

    def _ended(self) -> AlertTone:
        # The windows cover a little more than the signal at both ends.
        for_ms = (len(self._run) * HOP + WINDOW - HOP) * 1000 // RATE - 10
        first = self._position - len(self._run) * HOP + HOP // 2
        level = power_dbm0(float(np.median(self._run)))
        return AlertTone(max(0, first * 1000 // RATE), for_ms, level)


def _phasors() -> NDArray[np.float32]:
    """Columns that give RMS parts: both tones, then constant, 50 and 100 Hz."""
    times = np.arange(WINDOW) / RATE
    columns = []
    for hz in DUAL_TONE_HZ:
        columns += [np.cos(2 * np.pi * hz * times), -np.sin(2 * np.pi * hz * times)]
    columns.append(np.full(WINDOW, np.sqrt(0.5)))
    for hz in (50.0, 100.0):
        columns += [np.cos(2 * np.pi * hz * times), np.sin(2 * np.pi * hz * times)]
    table: NDArray[np.float32] = np.stack(columns, axis=1).astype(np.float32)
    return table * np.float32(np.sqrt(2) / WINDOW)
