"""The audio of one voice of the guide, between what it says and the bridge, 20 ms at a time.

To the caller: what is to be said, else what is heard while waiting. From the caller: keys in the
audio where they do not travel beside it, and messages. Orders come from another thread as values
in a queue and take effect at the next frame.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from firmware.dsp.dtmf import DigitStart, DtmfReceiver
from firmware.dsp.frames import NOTHING, SILENCE, Frame, taken

FRAME_MS = 20
_QUIET = 8  # frames without a key before keys count: the last one dialled to get here still sounds


@dataclass(frozen=True, slots=True, eq=False)
class Speak:
    """Say these samples now, instead of what is being said."""

    samples: Frame


@dataclass(frozen=True, slots=True, eq=False)
class Music:
    """Play these samples round and round when nothing is said; without samples, end that."""

    samples: Frame


@dataclass(frozen=True, slots=True)
class Listening:
    """Look for keys in what the caller says."""

    on: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """Record what the caller says from now on, for this time at most; 0 ends it."""

    most_ms: int


Order = Speak | Music | Listening | Recording


class GuideChannel:
    """One voice; ``capture`` and ``playout`` belong to the bridge's clock thread.

    ``heard`` is called with each key and ``recorded`` with each finished recording, on that
    thread.
    """

    def __init__(self, heard: Callable[[str], None], recorded: Callable[[Frame], None]) -> None:
        self._heard = heard
        self._tell_recorded = recorded
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._speech: Frame = NOTHING
        self._music: Frame = NOTHING
        self._at = 0  # where in the music
        self._receiver: DtmfReceiver | None = None
        self._quiet = 0
        self._frames: list[Frame] | None = None
        self._most = 0

    def order(self, order: Order) -> None:
        """Queue an order (from any thread)."""
        self._orders.put(order)

    # --- on the clock thread ----------------------------------------------------------------

    def capture(self) -> bytes:
        """Give the caller 20 ms."""
        self._obey()
        if self._speech.size:
            said, self._speech = taken(self._speech, len(SILENCE))
            padded = SILENCE.copy()
            padded[: len(said)] = said
            return padded.tobytes()
        if self._music.size:
            places = np.arange(self._at, self._at + len(SILENCE)) % len(self._music)
            self._at = (self._at + len(SILENCE)) % len(self._music)
            return self._music[places].tobytes()
        return SILENCE.tobytes()

    def playout(self, pcm: bytes | None) -> None:
        """Take 20 ms from the caller."""
        if self._receiver is None and self._frames is None:
            return
        frame = np.frombuffer(pcm, np.int16) if pcm else SILENCE
        if self._receiver is not None:
            self._listen(self._receiver, frame)
        if self._frames is not None:
            self._frames.append(frame)
            if len(self._frames) >= self._most:
                self._end_recording()

    def _listen(self, receiver: DtmfReceiver, frame: Frame) -> None:
        for event in receiver.feed(frame):
            if isinstance(event, DigitStart) and self._quiet >= _QUIET:
                self._heard(event.digit)
        if self._quiet < _QUIET:
            self._quiet = 0 if receiver.suspected else self._quiet + 1

    def _obey(self) -> None:
        while not self._orders.empty():
            match self._orders.get_nowait():
                case Speak(samples):
                    self._speech = samples
                case Music(samples):
                    self._music, self._at = samples, 0
                case Listening(on):
                    if on and self._receiver is None:
                        self._quiet = 0
                    self._receiver = (self._receiver or DtmfReceiver()) if on else None
                case Recording(0):
                    self._end_recording()
                case Recording(most_ms):
                    self._frames, self._most = [], most_ms // FRAME_MS

    def _end_recording(self) -> None:
        if self._frames is None:
            return
        frames, self._frames = self._frames, None
        self._tell_recorded(np.concatenate(frames) if frames else NOTHING)
