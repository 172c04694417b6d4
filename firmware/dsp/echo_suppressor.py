"""Replace the echo that the adaptive filter leaves by noise like that of the line."""

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.echo_filter import BLOCK

_ONLY_ECHO = 10 ** (-18 / 10)
"""Less than this part of the predicted echo is taken to be its remainder (power)."""
_RELEASE_BLOCKS = 6  # near-end speech keeps the way open for 60 ms
_ECHO_MEMORY = 0.7
_RAMP = np.linspace(0.0, 1.0, 20, dtype=np.float32)
_FLOOR_BLOCKS = 300  # background is the quietest of the last 1.5 to 3 s ...
_FLOOR_BIAS = 1.3  # ... which lies below the mean of a steady noise
_SMOOTH = 0.8
_QUIET = 4.0  # squared int16 units: below this nothing can be heard

Block = NDArray[np.float32]


class EchoSuppressor:
    """Pass near-end speech; turn what is only remaining echo into comfort noise."""

    def __init__(self) -> None:
        self._noise = np.random.default_rng(0)
        self._gain = 1.0
        self._open_blocks = 0
        self._echo = 0.0
        self._smooth = 0.0
        self._lowest = [float("inf"), float("inf")]
        self._age = 0
        self.background = 0.0
        """Power of the line's own noise in squared int16 units."""

    def process(self, error: Block, echo: Block, heard: Block) -> Block:
        """Give ``error`` (what the filter left of ``heard``) with the remaining echo gone."""
        left, predicted = _power(error), _power(echo)
        self._echo = max(predicted, _ECHO_MEMORY * self._echo)
        self._follow_background(min(left, _power(heard)))
        if left > _ONLY_ECHO * self._echo:
            self._open_blocks = _RELEASE_BLOCKS
        elif self._open_blocks:
            self._open_blocks -= 1
        only_echo = not self._open_blocks and self._echo > _QUIET
        # The remainder must end below the noise that covers it.
        gain = min(1.0, 0.3 * float(np.sqrt(self.background / (left + 1e-9)))) if only_echo else 1.0
        if gain == 1.0 and self._gain == 1.0:
            return error
        quiet = error * np.float32(gain)
        quiet[: _RAMP.size] = error[: _RAMP.size] * (self._gain + (gain - self._gain) * _RAMP)
        self._gain = gain
        # What is left holds the noise of the line: more would be too much.
        missing = min(self.background, self._smooth) - gain * gain * left
        if not only_echo or missing <= 0.0:
            return quiet
        hiss = self._noise.standard_normal(BLOCK, np.float32) * np.float32(np.sqrt(missing))
        return quiet + hiss

    def _follow_background(self, power: float) -> None:
        self._smooth = _SMOOTH * self._smooth + (1 - _SMOOTH) * power
        self._lowest[1] = min(self._lowest[1], self._smooth)
        self._age += 1
        if self._age >= _FLOOR_BLOCKS // 2:
            self._lowest = [self._lowest[1], self._smooth]
            self._age = 0
        lowest = min(self._lowest)
        self.background = _FLOOR_BIAS * lowest if lowest < float("inf") else 0.0


def _power(block: Block) -> float:
    return float(np.dot(block, block)) / BLOCK
