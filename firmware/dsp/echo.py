"""Line echo canceller: what is sent into a line and comes back from its hybrid is taken away.

Measured in the manner of ITU-T G.168 on its line models, beside SpeexDSP, by
``bench/echo.py``; figures are in ``docs/signals.md``. Without latency, and without change to
the near-end voice beyond rounding while nothing is sent.
"""

import math

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.echo_filter import BLOCK, EchoFilter
from firmware.dsp.echo_suppressor import EchoSuppressor

RATE = 8000
_WORSE = 1.25  # the filter adds more than it takes: 1 dB, beyond what chance does in speech
_SMOOTH = 0.85  # of powers, per block: about 60 ms
_LONG = 0.97  # of correlations: about 330 ms
_CHANGED = -0.35
"""Correlation of what is left with the echo that was subtracted. A voice at the near end has
none with it; a path that is gone or another one leaves the subtracted echo itself, reversed."""
_AUDIBLE = 100.0  # squared int16 units: -70 dBm0

Block = NDArray[np.float32]


class EchoCanceller:
    """Take the echo of ``to_line`` out of ``from_line``.

    ``tail_ms`` is the longest echo in ms (rounded up to 10 ms; ITU-T G.168 lines have 16 ms or
    less), ``delay_ms`` the known delay of the device before it (multiples of 10 ms).
    ``suppress`` replaces the remainder by comfort noise.

    ``enabled`` is switched off by the owner for fax and modem (answer tone of 2100 Hz, ITU-T
    G.168 §7): then the line passes bit for bit. Switching on begins anew.
    """

    def __init__(self, tail_ms: float = 32, *, delay_ms: int = 0, suppress: bool = True) -> None:
        if tail_ms <= 0 or delay_ms < 0 or delay_ms % 10:
            raise ValueError(
                f"an echo of {tail_ms} ms after {delay_ms} ms cannot be cancelled; "
                "the tail must be above 0 ms, the delay a multiple of 10 ms"
            )
        self._filter = EchoFilter(math.ceil(tail_ms * RATE / 1000 / BLOCK))
        self._suppressor = EchoSuppressor() if suppress else None
        self._delayed = [np.zeros(BLOCK, np.float32)] * (delay_ms * RATE // 1000 // BLOCK)
        self._enabled = True
        self._heard_power = 0.0
        self._left_power = 0.0
        self._correlation = 0.0, 0.0, 0.0
        self._subtract = 1.0

    @property
    def enabled(self) -> bool:
        """Whether echo is being taken away."""
        return self._enabled

    def disable(self) -> None:
        """Pass the line unchanged from now on, for fax and modem."""
        self._enabled = False

    def enable(self) -> None:
        """Cancel again, from an unknown line."""
        if not self._enabled:
            self._filter.forget()
            self._enabled = True

    def process(
        self, from_line: NDArray[np.int16], to_line: NDArray[np.int16]
    ) -> NDArray[np.int16]:
        """Give ``from_line`` without the echo of ``to_line``; both of the same moment.

        Raises ValueError unless both have one length, a multiple of 80 samples (10 ms).
        """
        if from_line.shape != to_line.shape or from_line.size % BLOCK:
            raise ValueError(
                f"{from_line.size} samples from and {to_line.size} to the line; "
                f"both must be the same multiple of {BLOCK}"
            )
        if not self._enabled:
            return from_line
        heard = from_line.astype(np.float32)
        sent = to_line.astype(np.float32)
        out = np.empty(heard.size, np.float32)
        for first in range(0, heard.size, BLOCK):
            part = slice(first, first + BLOCK)
            out[part] = self._block(heard[part], self._delay(sent[part]))
        cancelled: NDArray[np.int16] = np.clip(np.rint(out), -32768, 32767).astype(np.int16)
        return cancelled

    def _delay(self, sent: Block) -> Block:
        self._delayed.append(sent)
        return self._delayed.pop(0)

    def _block(self, heard: Block, sent: Block) -> Block:
        echo = self._filter.predict(sent)
        error = heard - echo
        self._filter.learn(error)
        self._notice_change(error, echo)
        worse = self._is_worse(heard, error)
        if worse or self._subtract < 1.0:
            # Where the filter adds more than it takes the line passes as it is (G.168,
            # infinite return loss), faded over one block.
            target = 0.0 if worse else 1.0
            error = heard - echo * np.linspace(self._subtract, target, BLOCK, dtype=np.float32)
            self._subtract = target
        return self._suppressor.process(error, echo, heard) if self._suppressor else error

    def _is_worse(self, heard: Block, error: Block) -> bool:
        """Tell whether the filter adds more to the line than it takes away."""
        self._heard_power += (1 - _SMOOTH) * (float(heard @ heard) / BLOCK - self._heard_power)
        self._left_power += (1 - _SMOOTH) * (float(error @ error) / BLOCK - self._left_power)
        return self._left_power > _WORSE * self._heard_power + _AUDIBLE

    def _notice_change(self, error: Block, echo: Block) -> None:
        """Let the filter learn fast again when the line is no longer the one it knows."""
        both, left, subtracted = self._correlation
        both = _LONG * both + (1 - _LONG) * float(error @ echo)
        left = _LONG * left + (1 - _LONG) * float(error @ error)
        subtracted = _LONG * subtracted + (1 - _LONG) * float(echo @ echo)
        self._correlation = both, left, subtracted
        audible = subtracted > _AUDIBLE * BLOCK
        if audible and both < _CHANGED * math.sqrt(left * subtracted):
            self._filter.doubt()
            self._correlation = 0.0, 0.0, 0.0
