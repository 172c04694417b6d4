"""The shell of the voice guide: its channels on the bridge, and what callers leave."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from firmware.calls.effects import (
    GuideEffect,
    GuideListen,
    GuideMusic,
    GuideRecord,
    GuideSay,
    KeepMessage,
)
from firmware.calls.events import GuideDigit, GuideEvent, GuideRecorded, MessageKept
from firmware.dsp.frames import NOTHING, Frame
from firmware.dsp.guide_channel import GuideChannel, Listening, Music, Recording, Speak
from firmware.guide.prompts import Book

log = logging.getLogger("derivato.guide")

_PER_MS = 8


Deposit = Callable[[KeepMessage, bytes], None]
"""Puts what a caller left on the disk: the order, and what was said (8 kHz, 16 bit)."""


def _nowhere(_order: KeepMessage, _audio: bytes) -> None:
    raise OSError("there is nowhere to keep it")


class GuideVoices:
    """The voices called ``names``; what happens goes to ``post``, from any thread.

    ``deposit`` is what keeps what callers leave, on a thread for that.
    """

    def __init__(self, names: Iterable[str], post: Callable[[GuideEvent], None]) -> None:
        self.deposit: Deposit = _nowhere
        self._post = post
        self._recorded: dict[str, Frame] = {}
        self._disk = ThreadPoolExecutor(1, "messages")
        self.book = Book()
        self.channels = {
            name: GuideChannel(self._digit_teller(name), self._record_teller(name))
            for name in names
        }

    def close(self) -> None:
        """Keep what is being kept, then let go."""
        self._disk.shutdown()

    def carry_out(self, effect: GuideEffect) -> None:
        """Carry out ``effect``."""
        match effect:
            case GuideSay(channel, keys):
                said = self.book.strung(keys) if keys else NOTHING
                self.channels[channel].order(Speak(said))
            case GuideMusic(channel, on):
                music = self.book.music if on else NOTHING
                self.channels[channel].order(Music(music))
            case GuideListen(channel, on):
                self.channels[channel].order(Listening(on))
            case GuideRecord(channel, most_ms):
                self.channels[channel].order(Recording(most_ms))
            case KeepMessage():
                audio = NOTHING if effect.number else self._recorded.pop(effect.channel, NOTHING)
                self._disk.submit(self._keep, effect, audio)

    def _digit_teller(self, name: str) -> Callable[[str], None]:
        return lambda digit: self._post(GuideDigit(name, time.monotonic_ns(), digit))

    def _record_teller(self, name: str) -> Callable[[Frame], None]:
        def tell(recorded: Frame) -> None:
            self._recorded[name] = recorded
            length_ms = len(recorded) // _PER_MS
            self._post(GuideRecorded(name, time.monotonic_ns(), length_ms))

        return tell

    def _keep(self, effect: KeepMessage, audio: Frame) -> None:
        """Put it on the disk, on the thread for that."""
        try:
            self.deposit(effect, audio.tobytes())
        except Exception:
            log.exception("what a caller left could not be kept; check the disk")
            well = False
        else:
            well = True
        self._post(MessageKept(effect.visit, time.monotonic_ns(), well))
