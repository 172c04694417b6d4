"""The mouth and the ear of one call at the switchboard: a line on the SIP actor's bridge."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass

import numpy as np

from firmware.demo.sound import FRAME, Samples

_SILENCE = np.zeros(FRAME, np.int16)
_LONGEST = 30 * 60 * 50  # frames kept of a call: half an hour


@dataclass(slots=True, eq=False)
class Utterance:
    """Something being said; ``began_ns`` (CLOCK_MONOTONIC) and ``done`` follow the audio."""

    rest: Samples
    began_ns: int | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Recording:
    """Both directions of a call, sample for sample beside each other, since ``began_ns``."""

    began_ns: int
    heard: Samples
    said: Samples


class Voice:
    """What one call says and hears; the bridge calls ``capture`` and ``playout`` every 20 ms."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mouth: deque[Utterance] = deque()
        self._heard: deque[Samples] = deque(maxlen=_LONGEST)
        self._said: deque[Samples] = deque(maxlen=_LONGEST)
        self._began_ns = 0
        self._in_use = False

    # --- the bridge's side ------------------------------------------------------------------------

    def capture(self) -> bytes:
        """Give 20 ms of what is said."""
        with self._lock:
            frame = self._next_frame()
            if self._in_use:
                self._said.append(frame)
        return frame.astype("<i2").tobytes()

    def playout(self, pcm: bytes | None) -> None:
        """Take 20 ms of what is heard."""
        frame = _SILENCE if pcm is None else np.frombuffer(pcm, "<i2").astype(np.int16)
        with self._lock:
            if self._in_use:
                self._heard.append(frame)

    def _next_frame(self) -> Samples:
        frame = _SILENCE.copy()
        filled = 0
        while self._mouth and filled < FRAME:
            now = self._mouth[0]
            if now.began_ns is None:
                now.began_ns = time.monotonic_ns() + filled * 125_000  # 125 µs a sample
            piece = now.rest[: FRAME - filled]
            frame[filled : filled + len(piece)] = piece
            filled += len(piece)
            now.rest = now.rest[len(piece) :]
            if not now.rest.size:
                now.done = True
                self._mouth.popleft()
        return frame

    # --- the call's side --------------------------------------------------------------------------

    def open(self) -> None:
        """Begin a call: forget the one before."""
        with self._lock:
            self._mouth.clear()
            self._heard.clear()
            self._said.clear()
            self._began_ns = time.monotonic_ns()
            self._in_use = True

    def close(self) -> Recording:
        """End the call; give what was said and heard."""
        with self._lock:
            self._in_use = False
            self._mouth.clear()
            return self._recording()

    def say(self, samples: Samples) -> Utterance:
        """Say ``samples`` after what is being said."""
        utterance = Utterance(samples)
        with self._lock:
            self._mouth.append(utterance)
        return utterance

    @property
    def began_ns(self) -> int:
        """When the call began (CLOCK_MONOTONIC)."""
        return self._began_ns

    @property
    def frames_heard(self) -> int:
        """Frames of 20 ms heard in this call: a mark for ``heard_since``."""
        return len(self._heard)

    def heard_since(self, mark: int) -> Samples:
        """What was heard since ``mark``."""
        with self._lock:
            frames = list(self._heard)[mark:]
        return np.concatenate(frames) if frames else np.zeros(0, np.int16)

    def _recording(self) -> Recording:
        count = min(len(self._heard), len(self._said))
        if not count:
            return Recording(self._began_ns, np.zeros(0, np.int16), np.zeros(0, np.int16))
        heard = np.concatenate(list(self._heard)[:count])
        said = np.concatenate(list(self._said)[:count])
        return Recording(self._began_ns, heard, said)
