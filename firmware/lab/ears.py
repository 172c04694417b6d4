"""Recognising in what a telephone hears, while it hears it. Pure.

Each ear is fed with consecutive 8 kHz samples and says what it found, or None so far.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firmware.demo import hearing
from firmware.dsp.dtmf import DigitStart, DtmfReceiver
from firmware.dsp.levels import level
from firmware.dsp.listen import SILENCE_BELOW_DBM0, Kind, analyse
from firmware.dsp.progress import ToneRecogniser, ToneStart

Samples = NDArray[np.int16]

RATE = 8000
_EVERY = RATE // 2  # speech is compared at most twice a second: it is costly
_FRAME = 160


class Ear(Protocol):
    """Listens for one thing."""

    def feed(self, samples: Samples) -> str | None:
        """Take what came next; say what was found, once it is certain."""
        ...


class ToneEar:
    """Listens for a tone by name."""

    def __init__(self, tone: str) -> None:
        self._tone = tone
        self._recogniser = ToneRecogniser()

    def feed(self, samples: Samples) -> str | None:
        """Find the tone when its cadence is certain."""
        for event in self._recogniser.feed(samples):
            if isinstance(event, ToneStart) and event.tone.value == self._tone:
                return f"{self._tone} tone, {event.hertz:.0f} Hz, {event.level_dbm0:.1f} dBm0"
        return None


class DigitsEar:
    """Listens for DTMF digits: those wanted, without others before or between."""

    def __init__(self, digits: str) -> None:
        self._wanted = digits
        self._receiver = DtmfReceiver()
        self._heard = ""

    def feed(self, samples: Samples) -> str | None:
        """Find the digits when the last one is certain."""
        for event in self._receiver.feed(samples):
            if isinstance(event, DigitStart):
                self._heard += event.digit
        return f"digits {self._heard}" if self._heard == self._wanted else None


class SpeechEar:
    """Listens for speech that is like a reference."""

    def __init__(self, reference: Samples) -> None:
        self._reference = reference
        self._heard = np.zeros(0, np.int16)
        self._compared = 0
        self.best = 0.0

    def feed(self, samples: Samples) -> str | None:
        """Find the speech when all of it, or nearly, has come."""
        self._heard = np.concatenate([self._heard, samples])
        enough = len(self._reference) * 3 // 4
        if len(self._heard) < enough or len(self._heard) - self._compared < _EVERY:
            return None
        # What was compared before cannot match alone: the reference's length before it counts.
        first = max(self._compared - 2 * len(self._reference), 0)
        self._compared = len(self._heard)
        found = hearing.match(self._heard[first:], self._reference)
        self.best = max(self.best, found.score)
        return f"speech, score {found.score}" if found.score >= hearing.RECOGNISED else None


class SilenceEar:
    """Listens for nothing at all, for a time."""

    def __init__(self, for_s: float) -> None:
        self._wanted = round(for_s * RATE / _FRAME)
        self._rest = np.zeros(0, np.int16)
        self._quiet = 0

    def feed(self, samples: Samples) -> str | None:
        """Find silence of the wanted length."""
        self._rest = np.concatenate([self._rest, samples])
        while len(self._rest) >= _FRAME:
            frame, self._rest = self._rest[:_FRAME], self._rest[_FRAME:]
            self._quiet = self._quiet + 1 if level(frame) < SILENCE_BELOW_DBM0 else 0
            if self._quiet >= self._wanted:
                return f"silence for {self._quiet * _FRAME / RATE:.1f} s"
        return None


def in_words(heard: Samples) -> str:
    """Say what is in ``heard``, for a failure."""
    if not len(heard):
        return "no audio at all"
    words = []
    for event in analyse(heard):
        at = f"at {event.at_ms / 1000:.1f} s"
        match event.kind:
            case Kind.TONE | Kind.FAX:
                words.append(f"{event.details['tone']} tone {at} for {event.for_ms / 1000:.1f} s")
            case Kind.DTMF:
                words.append(f"digit {event.details['digit']} {at}")
            case _:
                words.append(f"{event.kind.value} {at} for {event.for_ms / 1000:.1f} s")
    return ", ".join(words) or "nothing recognisable"
