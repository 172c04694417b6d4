"""Frames of line audio: 20 ms, 8 kHz, 16 bit, mono; adding, scaling, cutting them."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FRAME = 160
"""Samples of a frame."""

Frame = NDArray[np.int16]

SILENCE: Frame = np.zeros(FRAME, np.int16)
NOTHING: Frame = np.zeros(0, np.int16)


class Stream(Protocol):
    """Where line audio comes from and goes to (the port's voice path)."""

    def read(self) -> Frame:
        """Give the next 20 ms from the line."""
        ...

    def write(self, frame: Frame) -> None:
        """Take the next 20 ms for the line."""
        ...


def scaled(frame: Frame, gain: float) -> Frame:
    """Multiply by ``gain``, clipped to what 16 bits hold."""
    if gain == 1.0:
        return frame
    made: Frame = np.clip(np.rint(frame * gain), -32768, 32767).astype(np.int16)
    return made


def added(one: Frame, other: Frame) -> Frame:
    """Add two frames of the same length, clipped to what 16 bits hold."""
    total: Frame = np.clip(one.astype(np.int32) + other, -32768, 32767).astype(np.int16)
    return total


def taken(samples: Frame, count: int) -> tuple[Frame, Frame]:
    """Take the first ``count`` samples, filled up with silence; give them and the rest."""
    first = samples[:count]
    return np.pad(first, (0, count - len(first))), samples[count:]
