"""A buffer between two clocks that drift apart: the reader gets all of it, a little stretched.

A sound card and the bridge both run at 8 kHz, by quartzes of their own: 100 ppm apart, one of
them is 20 ms ahead after 200 s. Taking 159 or 161 samples for 160 now and then keeps the buffer
at its length, and nobody hears it.
"""

from __future__ import annotations

import threading

import numpy as np

from hw.ports import Frame

FRAME = 160
_SLOW = 50  # frames
_AWAY = 10  # frames put after which a reader that takes none is away
_BAND = 40  # samples that the mean may be off


class Elastic:
    """Samples on their way; one thread puts, another takes.

    ``target`` is how many samples shall be on the way. ``slips`` counts frames that were
    stretched, ``gaps`` those that were not there, ``lost`` samples that nobody took in time.
    """

    def __init__(self, target: int = 3 * FRAME) -> None:
        self.slips = 0
        self.gaps = 0
        self.lost = 0
        self._target = target
        self._samples = np.zeros(0, np.int16)
        self._lock = threading.Lock()
        self._mean = float(target)  # of what waits, over about a second
        self._filling = True  # nothing is taken until the target is reached
        self._untaken = 0  # frames put since the last one was taken

    def put(self, samples: Frame) -> None:
        """Add samples; the oldest go when nobody takes them."""
        with self._lock:
            self._samples = np.concatenate([self._samples, samples])
            self._untaken += 1
            if self._untaken > _AWAY:
                self._shorten()
            if self._samples.size >= self._target:
                self._filling = False

    def _shorten(self) -> None:
        """Begin afresh with the newest samples: the reader was away."""
        surplus = self._samples.size - self._target
        if surplus > 0:
            self.lost += surplus
            self._samples = self._samples[surplus:]
            self._mean = float(self._target)

    def take(self) -> Frame:
        """Give 160 samples; silence if there are none."""
        with self._lock:
            self._untaken = 0
            waiting = self._samples.size
            if self._filling or waiting < FRAME + 1:
                self.gaps += not self._filling
                self._filling = True
                self._mean = float(self._target)
                return np.zeros(FRAME, np.int16)
            self._mean += (waiting - self._mean) / _SLOW
            count = FRAME
            if self._mean > self._target + _BAND:
                count = FRAME + 1
            elif self._mean < self._target - _BAND:
                count = FRAME - 1
            taken, self._samples = self._samples[:count], self._samples[count:]
        if count == FRAME:
            return taken
        self.slips += 1
        at = np.linspace(0, count - 1, FRAME)
        return np.rint(np.interp(at, np.arange(count), taken)).astype(np.int16)

    def clear(self) -> None:
        """Forget what is on the way: the device was gone."""
        with self._lock:
            self._samples = np.zeros(0, np.int16)
            self._filling = True
