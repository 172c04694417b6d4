"""Listens in on the voice path of a line, for its test; costs nothing while nobody does."""

from __future__ import annotations

from collections import deque
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.levels import level_of_sine

Frame = NDArray[np.int16]
_MOST_FRAMES = 50 * 60  # a minute


class Stream(Protocol):
    """Where line audio comes from and goes to."""

    def read(self) -> Frame:
        """Give the next 20 ms from the line."""
        ...

    def write(self, frame: Frame) -> None:
        """Take the next 20 ms for the line."""
        ...


class Tap:
    """The voice path ``stream``; ``begin`` and ``end`` keep what passes between them."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._on = False
        self._from: deque[Frame] = deque(maxlen=_MOST_FRAMES)
        self._to: deque[Frame] = deque(maxlen=_MOST_FRAMES)

    def read(self) -> Frame:
        """Give the next 20 ms from the line."""
        frame = self._stream.read()
        if self._on:
            self._from.append(frame.copy())
        return frame

    def write(self, frame: Frame) -> None:
        """Take the next 20 ms for the line."""
        if self._on:
            self._to.append(frame.copy())
        self._stream.write(frame)

    def begin(self) -> None:
        """Keep what passes from now on (any thread)."""
        self._from.clear()
        self._to.clear()
        self._on = True

    def end(self) -> tuple[Frame, Frame]:
        """Give what came from the line and what went to it, and keep no more."""
        self._on = False
        return _joined(self._from), _joined(self._to)


def _joined(frames: deque[Frame]) -> Frame:
    return np.concatenate(list(frames)) if frames else np.zeros(0, np.int16)


def tone_level(samples: Frame, hz: float) -> float:
    """Level of the part of ``samples`` at ``hz``, in dBm0."""
    if samples.size == 0:
        return level_of_sine(0.0)
    phase = 2j * np.pi * hz * np.arange(samples.size) / 8000
    amplitude = 2 * abs(np.vdot(np.exp(phase), samples.astype(np.float64))) / samples.size
    return level_of_sine(float(amplitude))
