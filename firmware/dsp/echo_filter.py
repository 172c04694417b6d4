"""Adaptive model of a line's echo: a Kalman filter in the frequency domain.

The echo path is cut into partitions of 10 ms, each a spectrum. For each bin the filter keeps
how unsure it is of the path (its variance) and how loud everything else on the line is. The
step follows from both, so that near-end speech slows the adaptation by itself and no detector
of double talk is needed (after Enzner and Vary, Signal Processing 86, 2006; overlap-save in
partitions as in Soo and Pang, 1990).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

BLOCK = 80
"""Samples of a block and of a partition: 10 ms."""

_KEEP = 0.9999**2  # of the path's memory per block; ``doubt`` answers sudden changes
_SURE = 0.25  # variance taken away by a block; overlap-save sees each sample twice
_START = 0.3  # variance of an unknown path; -6 dB of return loss spread over its taps
_EARLY = 0.5  # the part of a partition's variance that the next one has: echo decays
_DRIFT = 0.02  # variance that an unexcited bin may regain
_NOISE_MEMORY = 0.3
_FLOOR = 100.0  # of the disturbance, squared int16 units per bin: rounding of 16 bits

_NARROW = 0.5  # of the mean: bins where little was sent must not learn from what leaks there

Block = NDArray[np.float32]
Spectra = NDArray[np.complex64]


class EchoFilter:
    """Predict the echo of what was sent into the line, block by block."""

    def __init__(self, partitions: int) -> None:
        shape = (partitions, BLOCK + 1)
        tables = _tables()
        self._analysis, self._of_error, self._late, self._taps, self._as_path = tables
        self._sent = np.zeros(shape, np.complex64)
        self._sent_power = np.zeros(shape, np.float32)
        self._both = np.zeros(2 * BLOCK, np.float32)
        self.forget()

    def forget(self) -> None:
        """Begin anew, as on a line never heard."""
        self._path: Spectra = np.zeros_like(self._sent)
        self._variance = np.zeros(self._sent.shape, np.float32)
        self._disturbance = np.full(BLOCK + 1, _FLOOR, np.float32)
        self.doubt()

    def doubt(self) -> None:
        """Be as unsure of the path as at the beginning, but keep it until it is proven wrong."""
        early = _START * _EARLY ** np.arange(self._sent.shape[0], dtype=np.float32)
        self._variance = np.maximum(self._variance, early[:, None])

    def predict(self, sent: Block) -> Block:
        """Take the block now sent into the line; give its echo as far as it is known."""
        self._both[:BLOCK] = self._both[BLOCK:]
        self._both[BLOCK:] = sent
        self._sent[1:] = self._sent[:-1]
        self._sent[0] = (self._both @ self._analysis).ravel().view(np.complex64)
        self._sent_power[1:] = self._sent_power[:-1]
        self._sent_power[0] = _power(self._sent[0])
        spectrum = (self._sent * self._path).sum(axis=0)
        echo: Block = (spectrum.view(np.float32) @ self._late).ravel()
        return echo

    def learn(self, error: Block) -> None:
        """Take what was left on the line after the last prediction."""
        left = (error @ self._of_error).ravel().view(np.complex64)
        self._disturbance += (1 - _NOISE_MEMORY) * (_power(left) - self._disturbance)
        weight = self._sent_power * self._variance
        known = 0.5 * weight.sum(axis=0)
        total = known + self._disturbance
        total += _NARROW * float(known.sum()) / known.size + _FLOOR
        gain = self._variance / total
        step = gain * np.conj(self._sent) * left
        self._path += (step.view(np.float32) @ self._as_path).view(np.complex64)
        self._variance *= _KEEP * (1 - _SURE * (gain * self._sent_power))
        self._variance += (1 - _KEEP) * (_power(self._path) + _DRIFT)

    @property
    def response(self) -> NDArray[np.float64]:
        """The echo path as an impulse response of ``partitions`` times 80 taps."""
        return np.asarray(self._path.view(np.float32) @ self._taps, np.float64).ravel()


def _power(spectra: Spectra) -> NDArray[np.float32]:
    power: NDArray[np.float32] = spectra.real**2 + spectra.imag**2
    return power


@cache
def _tables() -> tuple[NDArray[np.float32], ...]:
    """The matrices that all filters share: a line that is lifted must not wait for them."""
    analysis, synthesis = _transforms()
    taps = synthesis[:, :BLOCK]
    # Only the first half is a path; the second half is what the circle of the FFT adds.
    as_path = taps @ analysis[:BLOCK]
    of_error, late = _in_columns(analysis[BLOCK:], 2), _in_columns(synthesis[:, BLOCK:], 2)
    return _in_columns(analysis, 3), of_error, late, taps, as_path


def _in_columns(matrix: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Cut ``matrix`` into ``count`` groups of columns.

    Products with a larger one are shared out to threads by OpenBLAS, which on a busy machine
    wait for each other far longer than they work.
    """
    return np.stack(np.hsplit(matrix, count))


def _transforms() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Real matrices of the FFT of two blocks and of its inverse.

    Spectra are real and imaginary parts in turn, as complex numbers lie in memory. At this size
    a product with a matrix is three times faster than NumPy's FFT with its overhead.
    """
    analysis = np.fft.rfft(np.eye(2 * BLOCK), axis=1).astype(np.complex64)
    bins = np.eye(BLOCK + 1, dtype=np.complex128)
    parts = np.stack((bins, 1j * bins), axis=1).reshape(-1, BLOCK + 1)
    synthesis = np.fft.irfft(parts, axis=1).astype(np.float32)
    return analysis.view(np.float32), synthesis
