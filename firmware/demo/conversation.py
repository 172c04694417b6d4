"""One call at the switchboard, as the scripts of its extensions use it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmware.calls.effects import (
    AlertLeg,
    AnswerLeg,
    AudioEffect,
    EndLeg,
    LegEffect,
    ProgressLeg,
    SendDigit,
)
from firmware.demo.hearing import RECOGNISED, Match
from firmware.demo.sound import FRAME, Samples
from firmware.demo.speech import spell
from firmware.demo.voice import Voice
from firmware.dsp.levels import amplitude, level
from firmware.sip.events import LegQuality

Compare = Callable[[Samples], Awaitable[tuple[str, Match]]]
"""Says which sentence something heard is most like; elsewhere, so that audio does not wait."""

Perform = Callable[[LegEffect | AudioEffect], None]
Tell = Callable[..., None]
"""Reports an event: its kind, and what belongs to it as keywords."""

_POLL_S = 0.05
_SPEECH_DBM0 = -40.0
_ENOUGH_FRAMES = 20  # 0.4 s of sound is worth a look
_PAUSE_FRAMES = 30  # 0.6 s of silence: the sentence is over
_KEEP_FRAMES = 50  # a second of what came before the sentence


@dataclass(slots=True)
class Conversation:
    """The dialog ``leg``, numbered ``number`` since the start, with ``extension``.

    ``caller`` is who called us or is called by us. ``record_to`` is where its audio goes when
    it ends, without the ending of the name; ``call_back_after_s`` is set by the script.
    """

    leg: str
    number: int
    extension: str
    caller: str
    voice_name: str
    voice: Voice
    book: Mapping[str, Samples]
    compare: Compare
    perform: Perform
    tell: Tell
    record_to: Path | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    keys: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    pressed: str = ""
    quality: LegQuality | None = None
    call_back_after_s: float | None = None

    def ring(self) -> None:
        """Send 180."""
        self.perform(AlertLeg(self.leg))

    def open_early(self) -> None:
        """Send 183 with SDP."""
        self.perform(ProgressLeg(self.leg))

    async def answer(self) -> None:
        """Send 200 and wait for the ACK."""
        self.perform(AnswerLeg(self.leg))
        await self.connected()

    async def connected(self) -> None:
        """Wait until both sides agreed."""
        await self.answered.wait()

    def end(self, code: int = 0) -> None:
        """Send BYE, or refuse with ``code``."""
        self.perform(EndLeg(self.leg, code))

    def call_back(self, after_s: float) -> None:
        """Have the caller called ``after_s`` seconds after the end."""
        self.call_back_after_s = after_s

    def press(self, keys: str) -> None:
        """Send key presses to the caller."""
        for key in keys:
            self.perform(SendDigit(self.leg, key))

    def take_key(self, key: str) -> None:
        """The far end pressed a key."""
        self.pressed += key
        self.keys.put_nowait(key)
        self.tell("digit", call=self.leg, digit=key)

    async def digit(self, within_s: float) -> str | None:
        """Next key of the far end, None if there is none in time."""
        try:
            return await asyncio.wait_for(self.keys.get(), within_s)
        except TimeoutError:
            return None

    def report_digits(self, digits: str) -> None:
        """Report collected digits."""
        self.tell("digits", call=self.leg, digits=digits)

    async def say(self, *phrases: str) -> None:
        """Say one phrase, or keys one by one."""
        if len(phrases) == 1:
            await self.utter(phrases[0], self.book[phrases[0]])
        elif phrases:
            await self.utter("".join(phrases), spell(self.book, "".join(phrases)))

    async def utter(self, name: str, samples: Samples) -> None:
        """Say ``samples``, reported as ``name``, until they are out."""
        utterance = self.voice.say(samples)
        await _until(lambda: utterance.began_ns is not None)
        self.tell("saying", call=self.leg, phrase=name, said_at_ns=utterance.began_ns)
        await _until(lambda: utterance.done)
        self.tell("said", call=self.leg, phrase=name)

    async def listen(self) -> None:
        """Wait for a sentence and the silence after it; report what it was."""
        mark = self.voice.frames_heard
        while True:
            loud = _loud_frames(self.voice.heard_since(mark))
            if _sentence_over(loud):
                break
            if not loud.any():
                mark = max(mark, self.voice.frames_heard - _KEEP_FRAMES)
            await asyncio.sleep(2 * _POLL_S)
        await self._report_heard(mark)

    async def _report_heard(self, mark: int) -> None:
        """Report which phrase was heard since frame ``mark``, if any was."""
        heard = self.voice.heard_since(mark)
        began_ns = self.voice.began_ns + mark * 20_000_000
        name, found = await self.compare(heard)
        loud = np.repeat(_loud_frames(heard), FRAME)
        self.tell(
            "heard",
            call=self.leg,
            phrase=name if found.score >= RECOGNISED else None,
            most_like=name,
            score=found.score,
            heard_at_ns=began_ns + round(found.delay_ms * 1e6),
            level_dbm0=round(level(heard[: len(loud)][loud]), 1),
        )


def _loud_frames(heard: Samples) -> NDArray[np.bool_]:
    frames = heard[: len(heard) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    return np.asarray(np.mean(frames * frames, axis=1) > amplitude(_SPEECH_DBM0) ** 2 / 2)


def _sentence_over(loud: NDArray[np.bool_]) -> bool:
    return int(loud.sum()) >= _ENOUGH_FRAMES and not loud[-_PAUSE_FRAMES:].any()


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - audio runs on the bridge's clock, in another thread
        await asyncio.sleep(_POLL_S)
