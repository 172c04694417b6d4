"""Two wires between a line card and what is simulated beyond: what crosses the hybrid."""

from __future__ import annotations

import threading
from typing import Protocol

import numpy as np

from hw.ports import Frame
from hw.sim.person import FRAME

_HYBRID = np.array([0.0, 0.02, 0.12, 0.10, -0.05, -0.03, 0.02, 0.01])  # about 15 dB loss


class FarEnd(Protocol):
    """A telephone, or an exchange."""

    @property
    def off_hook(self) -> bool:
        """Whether the loop is closed: a current flows, and the hybrid has something to balance."""
        ...

    def speak(self) -> Frame:
        """Give 20 ms of what comes from there."""
        ...

    def hear(self, frame: Frame) -> None:
        """Take 20 ms of what goes there."""
        ...


class Wires:
    """The voice path of a line card (`hw.ports.AudioStream`) with ``far`` at its end."""

    def __init__(self, far: FarEnd) -> None:
        self._far = far
        self._lock = threading.Lock()
        self._tail = np.zeros(len(_HYBRID) - 1)
        self._echo = np.zeros(FRAME)

    def read(self) -> Frame:
        """What comes from the far end, with what the hybrid lets come back of ours."""
        with self._lock:
            said = self._far.speak().astype(np.float64) + self._echo
        return np.clip(np.rint(said), -32768, 32767).astype(np.int16)

    def write(self, frame: Frame) -> None:
        """Let the far end hear 20 ms."""
        with self._lock:
            self._far.hear(frame)
            if self._far.off_hook:
                line = np.concatenate([self._tail, frame.astype(np.float64)])
                self._echo = np.convolve(line, _HYBRID, mode="valid")
                self._tail = line[-len(self._tail) :]
            else:
                self._echo = np.zeros(FRAME)
