"""Two wires between a line card and a simulated telephone: what crosses the hybrid of the card."""

from __future__ import annotations

import threading

import numpy as np

from hw.ports import Frame
from hw.sim.person import FRAME
from hw.sim.telephone import Telephone

_HYBRID = np.array([0.0, 0.02, 0.12, 0.10, -0.05, -0.03, 0.02, 0.01])  # about 15 dB loss


class Wires:
    """The voice path of a line card (`hw.ports.AudioStream`) with ``telephone`` at its end."""

    def __init__(self, telephone: Telephone) -> None:
        self._telephone = telephone
        self._lock = threading.Lock()
        self._tail = np.zeros(len(_HYBRID) - 1)
        self._echo = np.zeros(FRAME)

    def read(self) -> Frame:
        """Speech of the telephone, with what the hybrid lets come back of ours."""
        with self._lock:
            said = self._telephone.speak().astype(np.float64) + self._echo
        return np.clip(np.rint(said), -32768, 32767).astype(np.int16)

    def write(self, frame: Frame) -> None:
        """Let the telephone hear 20 ms."""
        with self._lock:
            self._telephone.hear(frame)
            if self._telephone.off_hook:
                line = np.concatenate([self._tail, frame.astype(np.float64)])
                self._echo = np.convolve(line, _HYBRID, mode="valid")
                self._tail = line[-len(self._tail) :]
            else:
                self._echo = np.zeros(FRAME)
