"""Take digits out of the audio that goes to the far side.

When digits are sent as RFC 4733 events the far side must not hear them too, or it may count them
twice.  A digit is silenced from the moment it is suspected; a delay of a few milliseconds lets
the silence begin before that moment and leaves next to nothing of the tone.
"""

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.dtmf import DtmfEvent, DtmfReceiver
from firmware.dsp.dtmf_bank import RATE

RAMP = 16  # samples: 2 ms, soft enough not to click


class DtmfMute:
    """Delay the audio by ``look_ahead_ms`` and silence the digits in it.

    Of each digit at most 19 ms leak without look-ahead, 9 ms with the default of 10 ms.  No
    receiver may accept less than 20 ms (ITU-T Q.24 Table A-1).  The cost is the delay, and about
    30 ms of silence after each digit.
    """

    def __init__(self, *, look_ahead_ms: float = 10.0) -> None:
        if look_ahead_ms < 0:
            raise ValueError(f"look-ahead of {look_ahead_ms} ms: the future begins at 0 ms")
        self._receiver = DtmfReceiver()
        self._delay = round(look_ahead_ms * RATE / 1000)
        self._held = np.zeros(self._delay, np.int16)
        self._fed = 0
        self._past: list[tuple[int, int]] = []  # spans over, their end not yet sent out
        self._open = np.ones(RAMP - 1)  # what the gain still remembers

    @property
    def suspected(self) -> bool:
        """Whether a digit seems to be sounding."""
        return self._receiver.suspected

    def feed(self, samples: NDArray[np.int16]) -> tuple[NDArray[np.int16], tuple[DtmfEvent, ...]]:
        """Take samples; return as many, delayed and without digits, and the digits found."""
        events = self._receiver.feed(samples)
        start = self._fed - self._delay  # stream position of the first sample that goes out
        self._fed += len(samples)
        held = np.concatenate((self._held, samples))
        out, self._held = held[: len(samples)], held[len(samples) :]
        closed, opened = self._receiver.spans()
        spans = [*self._past, *closed]
        if opened is not None:
            spans.append((opened, self._fed))
        self._past = [span for span in spans if span[1] > self._fed - self._delay]
        if not spans and self._open.all():
            return out, events
        return self._silenced(out, start, spans), events

    def _silenced(
        self, out: NDArray[np.int16], start: int, spans: list[tuple[int, int]]
    ) -> NDArray[np.int16]:
        is_open = np.ones(RAMP - 1 + out.size)
        is_open[: RAMP - 1] = self._open
        for begin, end in spans:
            low = max(begin - self._delay - start, 0)
            is_open[RAMP - 1 + low : RAMP - 1 + max(end - start, 0)] = 0.0
        self._open = is_open[out.size :]
        gain = np.convolve(is_open, np.full(RAMP, 1 / RAMP), "valid")
        return np.rint(out * gain).astype(np.int16)
