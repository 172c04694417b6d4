"""Find pairs of pure tones in short windows: the front end of the DTMF receiver.

Each window of 16 ms is projected, in one matrix product, on the eight DTMF frequencies
(ITU-T Q.23) and on the bands of what may lie under a digit without harm: hum, and the 425 Hz
of the dial tone.  A window is a *pair* when one low and one high tone hold nearly all of the
energy that is left.  That single measure separates digits from speech, noise and music, and also
finds the edges: a window with less than four fifths of its weight in the tone fails it.
"""

from cmath import phase
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import pi

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.levels import amplitude

RATE = 8000
HOP = 32  # samples between windows: 4 ms
WINDOW = 128  # samples in a window: 16 ms
LOW = (697.0, 770.0, 852.0, 941.0)  # Hz, ITU-T Q.23
HIGH = (1209.0, 1336.0, 1477.0, 1633.0)
DIGITS = "123A456B789C*0#D"

PURITY = 0.80  # of the energy must be the pair's; 12 dB S/N leaves 0.94 of it, spread +-0.03
TWIST = 10.5  # dB between the tones at most; +8/-4 dB and the reverse must pass (Q.24 Table A-1)
FLOOR_DBM0 = -42.0  # per tone; -36 dBm0 must pass

_KAISER = 7.0  # side lobes -52 dB from 155 Hz on: the next tone is at least 230 Hz away
_HUM = np.arange(0.0, 111.0, 10.0)
_DIAL = np.arange(405.0, 446.0, 5.0)  # 425 +-15 Hz, ITU-T E.180, and a little more
_KEPT = 3e-3  # of the largest singular value: nuisances are removed down to -50 dB

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pair:
    """One window that holds a DTMF-like pair.

    ``index`` counts windows from the start of the stream; the window covers samples
    ``index * HOP`` to ``index * HOP + WINDOW``.  ``low`` and ``high`` are peak amplitudes in
    int16 units; ``low_error`` and ``high_error`` are relative deviations from the nominal
    frequencies, meaningful only if the window before held the same pair.
    """

    index: int
    digit: str
    low: float
    high: float
    low_error: float
    high_error: float


def _nuisances(window: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an orthonormal basis of windowed hum and dial tone, shape (WINDOW, k)."""
    bases = []
    for band in (_HUM, _DIAL):
        angles = 2 * np.pi * np.outer(times, band)
        waves = window[:, None] * np.hstack([np.cos(angles), np.sin(angles)])
        left, sizes, _ = np.linalg.svd(waves, full_matrices=False)
        bases.append(left[:, sizes > _KEPT * sizes[0]])
    both, _ = np.linalg.qr(np.hstack(bases))
    return np.asarray(both)


@dataclass(frozen=True, slots=True)
class _Tables:
    """What all filter banks share.

    Columns of ``matrix``: cosines and sines of the eight tones, scaled so that a sine of peak A
    gives |z| = A; then what is forgiven.  ``per_square`` is the energy in a window of a sine of
    peak 1.  A tone off its nominal frequency loses the power 1 - ``droop`` * offset², in Hz.
    ``unturn`` undoes what each tone's phase does from window to window.
    """

    matrix: Samples
    weights: Samples
    per_square: float
    droop: float
    unturn: list[complex]


@cache
def _tables() -> _Tables:
    window = np.kaiser(WINDOW, _KAISER)
    times = (np.arange(WINDOW) - (WINDOW - 1) / 2) / RATE
    tones = np.array(LOW + HIGH)
    angles = 2 * np.pi * np.outer(times, tones)
    scale = 2 / window.sum()
    cosines = scale * window[:, None] * np.cos(angles)
    sines = scale * window[:, None] * np.sin(angles)
    nuisances = window[:, None] * _nuisances(window, times)
    at_20 = scale * float((window * np.cos(2 * np.pi * 20.0 * times)).sum()) / 2
    return _Tables(
        matrix=np.hstack([cosines, sines, nuisances]).astype(np.float32),
        weights=(window**2).astype(np.float32),
        per_square=float((window**2).sum() / 2),
        droop=(1 - at_20**2) / 20.0**2,
        unturn=np.exp(-2j * np.pi * tones * HOP / RATE).tolist(),
    )


class PairBank:
    """Sliding filter bank; :meth:`feed` takes samples and yields the pairs found."""

    def __init__(self, *, purity: float = PURITY, floor_dbm0: float = FLOOR_DBM0) -> None:
        tables = _tables()
        self._matrix, self._weights = tables.matrix, tables.weights
        self._per_square, self._droop = tables.per_square, tables.droop
        self._tones, self._unturn = LOW + HIGH, tables.unturn
        self._floor = amplitude(floor_dbm0) ** 2
        self._purity = purity
        self._twist = 10 ** (TWIST / 10)
        self._rest: Samples = np.zeros(0, np.float32)
        self._last = [0.0] * 16
        self.windows = 0

    def feed(self, samples: NDArray[np.int16]) -> Iterator[Pair]:
        """Take any number of samples; return the pairs among the windows they complete."""
        held: Samples = np.concatenate((self._rest, samples), dtype=np.float32)
        count = (len(held) - WINDOW) // HOP + 1
        if count <= 0:
            self._rest = held
            return iter(())
        self._rest = held[count * HOP :]
        frames = np.ndarray((count, WINDOW), np.float32, held, 0, (4 * HOP, 4)).copy()
        parts = frames @ self._matrix
        squares = parts * parts
        power = squares[:, :8] + squares[:, 8:16]
        low = power[:, :4].max(axis=1)
        high = power[:, 4:].max(axis=1)
        energy = (frames * frames) @ self._weights - squares[:, 16:].sum(axis=1)
        weak = np.minimum(low, high)
        pure = (low + high) * (self._per_square * 1.12) > self._purity * energy
        found = np.flatnonzero(
            pure & (weak > self._floor) & (np.maximum(low, high) < self._twist * weak)
        )
        first = self.windows
        before = self._last
        self.windows += count
        self._last = parts[-1].tolist()
        return self._pairs(found, parts, power, energy, first, before) if found.size else iter(())

    def _pairs(
        self,
        found: NDArray[np.intp],
        parts: Samples,
        power: Samples,
        energy: Samples,
        first: int,
        before: list[float],
    ) -> Iterator[Pair]:
        """Yield what stands the exact test, with amplitudes and frequencies corrected."""
        for at in found.tolist():
            now = parts[at].tolist()
            was = parts[at - 1].tolist() if at else before
            strengths = power[at].tolist()
            row = strengths.index(max(strengths[:4]))
            col = strengths.index(max(strengths[4:]), 4) - 4
            squares, errors = [], []
            for tone in (row, col + 4):
                turned = complex(now[tone], -now[tone + 8]) * complex(was[tone], was[tone + 8])
                offset = phase(turned * self._unturn[tone]) * RATE / (2 * pi * HOP)
                nominal = self._tones[tone]
                errors.append(offset / nominal)
                seen = min(abs(offset), 0.035 * nominal)  # more is an edge, not a tone
                squares.append(strengths[tone] / (1 - self._droop * seen**2))
            if sum(squares) * self._per_square > self._purity * float(energy[at]):
                low, high = squares[0] ** 0.5, squares[1] ** 0.5
                yield Pair(first + at, DIGITS[4 * row + col], low, high, errors[0], errors[1])
