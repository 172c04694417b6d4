"""A mouth and an ear at the end of a simulated line, in frames of 20 ms."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numpy as np
from numpy.typing import NDArray

FRAME = 160
RATE = 8000
_TAPE_FRAMES = 60 * 60 * 50  # an hour, at 50 frames a second: the longest that may be asked for


class Tape:
    """What an ear hears from now on; filled by the audio clock, emptied by ``take``."""

    def __init__(self) -> None:
        self._frames: deque[NDArray[np.int16]] = deque(maxlen=_TAPE_FRAMES)

    def put(self, frame: NDArray[np.int16]) -> None:
        """Append 20 ms."""
        self._frames.append(frame)

    def take(self) -> NDArray[np.int16]:
        """Give what was heard since the last time."""
        frames: list[NDArray[np.int16]] = []
        with suppress(IndexError):
            while True:
                frames.append(self._frames.popleft())
        return np.concatenate(frames) if frames else np.zeros(0, np.int16)


class Ear:
    """Hears what arrives; keeps it only on the tapes that somebody has begun."""

    def __init__(self) -> None:
        self._tapes: tuple[Tape, ...] = ()  # replaced, never changed: the clock reads it

    def hear(self, frame: NDArray[np.int16]) -> None:
        """Take 20 ms."""
        for tape in self._tapes:
            tape.put(frame)

    def begin_tape(self) -> Tape:
        """Keep what is heard from now on, until ``end_tape``; without a tape nothing is kept."""
        tape = Tape()
        self._tapes = (*self._tapes, tape)
        return tape

    def end_tape(self, tape: Tape) -> None:
        """Keep no more on ``tape``; what is on it can still be taken."""
        self._tapes = tuple(other for other in self._tapes if other is not tape)

    @contextmanager
    def listening(self) -> Iterator[Tape]:
        """Keep what is heard inside the context."""
        tape = self.begin_tape()
        try:
            yield tape
        finally:
            self.end_tape(tape)


class Mouth:
    """Says one thing after the other; people fill it, the audio clock empties it."""

    def __init__(self) -> None:
        self._waiting: deque[NDArray[np.int16]] = deque()
        self._lock = threading.Lock()

    def say(self, samples: NDArray[np.int16]) -> float:
        """Say ``samples`` after what is being said; give the ms until all is out."""
        with self._lock:
            self._waiting.append(samples)
            return 1000 * sum(map(len, self._waiting)) / RATE

    def shut(self) -> None:
        """Stop speaking at once."""
        with self._lock:
            self._waiting.clear()

    def speak(self) -> NDArray[np.int16]:
        """Give 20 ms of what is said, or silence."""
        parts: list[NDArray[np.int16]] = []
        missing = FRAME
        with self._lock:
            while missing and self._waiting:
                piece = self._waiting.popleft()
                if len(piece) > missing:
                    self._waiting.appendleft(piece[missing:])
                parts.append(piece[:missing])
                missing -= len(parts[-1])
        return np.concatenate([*parts, np.zeros(missing, np.int16)])
