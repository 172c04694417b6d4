"""Tell when somebody speaks and when a line is quiet.

Every 20 ms the level, without direct current and hum, is held against the noise of the last
seconds.  What stands out is speech if it is lively: tones and noise keep their level from one
20 ms to the next, speech (and most music, which counts as speech here) does not.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.levels import SILENCE_DBM0, level_of_sine

RATE = 8000
FRAME = 160
FRAME_MS = 20

THRESHOLD_DBM0 = -48.0
"""Below this nothing counts as speech."""

ABOVE_NOISE_DB = 6.0

_LIVELY_DB = 1.5  # change between frames: noise reaches it once in thirty, speech every other time
_LIVELY_STEPS = 3
_LIVELY_WITHIN = 25  # frames: half a second
_HANG = 20  # frames of quiet inside speech: 400 ms
_DULL = 50  # frames without a lively step end speech: 1 s
_NOISE_FRAMES = 150  # the noise is the least level of the last 3 s
_HUM = (50.0, 100.0, 150.0)  # Hz: whole periods in 20 ms, so they are taken out exactly


@dataclass(frozen=True, slots=True)
class SpeechStart:
    """Somebody speaks since ``at_ms``; emitted some 100 ms later."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechEnd:
    """The speech that began at ``at_ms`` lasted ``for_ms``, with the mean level ``level_dbm0``."""

    at_ms: int
    for_ms: int
    level_dbm0: float


ActivityEvent = SpeechStart | SpeechEnd


class ActivityDetector:
    """Follow speech in a stream of 8 kHz samples."""

    def __init__(self, *, threshold_dbm0: float = THRESHOLD_DBM0) -> None:
        self._threshold = threshold_dbm0
        times = np.arange(FRAME)[:, None] / RATE
        phase = 2 * np.pi * times * np.array(_HUM)
        basis = np.hstack([np.ones((FRAME, 1)), np.cos(phase), np.sin(phase)])
        self._basis = (basis / np.linalg.norm(basis, axis=0)).astype(np.float32)
        self._rest = np.zeros(0, np.float32)
        self._at = 0
        self._levels: deque[float] = deque(maxlen=_NOISE_FRAMES)
        self._before = SILENCE_DBM0
        self._since: int | None = None  # first active frame of what may be or is speech
        self._last = -1  # last active frame
        self._steps: deque[int] = deque(maxlen=_LIVELY_STEPS)
        self._speaking = False
        self._energy = 0.0
        self._out: list[ActivityEvent] = []

    @property
    def speaking(self) -> bool:
        """Whether somebody speaks, short pauses included."""
        return self._speaking

    @property
    def quiet_ms(self) -> int:
        """How long nothing has stood out of the noise, in ms."""
        return (self._at - 1 - self._last) * FRAME_MS

    def feed(self, samples: NDArray[np.int16]) -> tuple[ActivityEvent, ...]:
        """Take any number of samples; return where speech began or ended, in order."""
        self._out = []
        held = np.concatenate((self._rest, samples), dtype=np.float32)
        count = len(held) // FRAME
        self._rest = held[count * FRAME :]
        frames = held[: count * FRAME].reshape(count, FRAME)
        parts = frames @ self._basis
        energies = (frames * frames).sum(axis=1) - (parts * parts).sum(axis=1)
        for energy in (np.maximum(energies, 0) / FRAME).tolist():
            self._take(energy)
            self._at += 1
        return tuple(self._out)

    def flush(self) -> tuple[ActivityEvent, ...]:
        """End the stream: return the end of speech that was still going on."""
        self._out = []
        self._stop(self._last)
        return tuple(self._out)

    def _take(self, energy: float) -> None:
        level = level_of_sine((2 * energy) ** 0.5)
        self._levels.append(level)
        active = level > max(self._threshold, min(self._levels) + ABOVE_NOISE_DB)
        if active:
            self._active(level, energy)
        elif self._since is not None and self._at - self._last > _HANG:
            self._stop(self._last)
        self._before = level if active else SILENCE_DBM0
        if self._speaking and self._at - self._steps[-1] > _DULL:
            self._stop(self._steps[-1])

    def _active(self, level: float, energy: float) -> None:
        if self._since is None:
            self._since, self._energy = self._at, 0.0
            self._steps.clear()
        self._last = self._at
        self._energy += energy
        if self._before > SILENCE_DBM0 and abs(level - self._before) > _LIVELY_DB:
            self._steps.append(self._at)
            lively = len(self._steps) == _LIVELY_STEPS
            if not self._speaking and lively and self._at - self._steps[0] < _LIVELY_WITHIN:
                self._speaking = True
                start = max(self._since, self._steps[0] - _LIVELY_WITHIN)
                self._since = start
                self._out.append(SpeechStart(start * FRAME_MS))

    def _stop(self, last: int) -> None:
        if self._speaking and self._since is not None:
            frames = last + 1 - self._since
            level = level_of_sine((2 * self._energy / max(frames, 1)) ** 0.5)
            length = frames * FRAME_MS
            self._out.append(SpeechEnd(self._since * FRAME_MS, length, round(level, 1)))
        self._since, self._speaking = None, False
