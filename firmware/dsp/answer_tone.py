"""Watch for the answer tone of a modem or fax: cheap while there is none.

Recognising tones costs more than anything else of a line's chain but the echo canceller, and no
call but one in a thousand has this one. So a look at 2100 Hz alone, frame by frame, decides
whether the recogniser needs to listen.
"""

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.levels import amplitude
from firmware.dsp.progress import LineTone, ToneRecogniser, ToneStart

RATE = 8000
_HZ = 2100.0  # ITU-T V.25 §4.1, ±15 Hz
_SHARE = 0.1
"""Of the energy above hum; the recogniser asks for half. S/N of 0 dB and 15 Hz beside 2100 together
leave 0.4. A reversal within the frame may leave nothing: the recogniser goes on over that."""
_LEAST = amplitude(-46.0) ** 2 / 2  # mean square; the recogniser hears -40 dBm0
_GO_ON_MS = 200
_ANSWERS = (LineTone.FAX_ANSWER, LineTone.FAX_ANSWER_REVERSALS)


class AnswerTone:
    """Find 2100 Hz, steady or with phase reversals (ITU-T T.30, V.25, V.8), in 10 ms or more."""

    def __init__(self) -> None:
        self._recogniser: ToneRecogniser | None = None
        self._quiet_ms = 0.0
        self._turn = np.zeros(0, np.complex64)

    def feed(self, samples: NDArray[np.int16]) -> bool:
        """Take a frame; tell whether the tone became certain in it."""
        if self._may_hold(samples):
            self._quiet_ms = 0.0
            self._recogniser = self._recogniser or ToneRecogniser()
        elif self._recogniser:
            self._quiet_ms += len(samples) * 1000 / RATE
            if self._quiet_ms > _GO_ON_MS:
                self._recogniser = None
        if not self._recogniser:
            return False
        return any(
            isinstance(event, ToneStart) and event.tone in _ANSWERS
            for event in self._recogniser.feed(samples)
        )

    def _may_hold(self, samples: NDArray[np.int16]) -> bool:
        wave = samples.astype(np.float32)
        steps = wave[1:] - wave[:-1]  # 30 dB less of hum, 3 dB more of the tone
        energy = float(steps @ steps)
        if energy < 2 * _LEAST * len(steps):
            return False
        if len(self._turn) != len(steps):
            angles = -2j * np.pi * _HZ / RATE * np.arange(len(steps))
            self._turn = np.exp(angles).astype(np.complex64)
        found = abs(complex(steps @ self._turn))
        return 2 * found**2 > _SHARE * energy * len(steps)


class ModemWatch:
    """Watch both directions of a line for the tone with which a fax or modem answers."""

    def __init__(self) -> None:
        self._from_line, self._to_line = AnswerTone(), AnswerTone()

    def feed(self, heard: NDArray[np.int16], sent: NDArray[np.int16]) -> bool:
        """Take a frame of each direction; tell whether the tone became certain in one."""
        answered = self._from_line.feed(heard)
        return self._to_line.feed(sent) or answered
