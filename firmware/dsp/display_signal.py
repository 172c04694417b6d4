"""Playing caller ID: segment after segment, with a pause for the display to acknowledge."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from firmware.dsp import alerting
from firmware.lines.callerid_plan import AwaitAck, Dtmf, DualTone, Fsk, Segment, Silence

RATE = 8000


class DisplaySignal:
    """Signals to a display, played once.

    At an AwaitAck the line falls silent until ``acknowledge`` is called with its digit; without
    it in time everything after is dropped (EN 300 659-2 §6: no acknowledgement, no data).
    Segments that are no sound (ring bursts, reversals) are the port's business and passed over.
    """

    def __init__(self) -> None:
        self._left: deque[Segment] = deque()
        self._samples: NDArray[np.int16] = np.zeros(0, np.int16)
        self._awaited: AwaitAck | None = None
        self._patience = 0
        self._begun = False

    def add(self, segments: Iterable[Segment]) -> None:
        """Play ``segments`` after what is still to be played."""
        self._left.extend(segments)

    @property
    def active(self) -> bool:
        """Whether something is to be played, or an acknowledgement awaited."""
        return bool(self._left) or self._samples.size > 0 or self._awaited is not None

    @property
    def alone(self) -> bool:
        """Whether the voice path must be shut: from the first sound to the end."""
        return self._begun and self.active

    def acknowledge(self, digit: str) -> bool:
        """Take a digit from the line; True if it was awaited (then it is nobody else's)."""
        if self._awaited is None or self._awaited.digit != digit:
            return False
        self._awaited = None
        return True

    def read(self, count: int) -> NDArray[np.int16]:
        """Give the next ``count`` samples; silence when there is nothing to play."""
        if self._awaited is not None:
            self._patience -= count
            if self._patience < 0:
                self._awaited = None
                self._left.clear()
                self._begun = False
            return np.zeros(count, np.int16)
        while self._samples.size < count and self._left and self._awaited is None:
            self._take(self._left.popleft())
        out, self._samples = self._samples[:count], self._samples[count:]
        self._begun = self._begun and self.active
        return np.pad(out, (0, count - out.size))

    def _take(self, segment: Segment) -> None:
        match segment:
            case AwaitAck(within_ms=within_ms):
                self._awaited = segment
                self._patience = within_ms * RATE // 1000
            case Silence() | DualTone() | Fsk() | Dtmf():
                self._begun = self._begun or not isinstance(segment, Silence)
                self._samples = np.concatenate([self._samples, alerting.render(segment)])
            case _:
                pass
