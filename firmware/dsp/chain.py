"""The audio of one telephone line, between its line card and the bridge, 20 ms at a time.

From the line: echo canceller, digit detector, digits taken out where they travel beside the
audio, gain, bridge; only gain once a fax or modem answers. To the line: bridge, tones and signals
of ours, gain. Orders come from another thread as values in a queue and take effect at the next
frame.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firmware.dsp import dtmf_send
from firmware.dsp.answer_tone import AnswerTone
from firmware.dsp.display_signal import DisplaySignal
from firmware.dsp.dtmf import DigitStart
from firmware.dsp.dtmf_mute import DtmfMute
from firmware.dsp.echo import EchoCanceller
from firmware.dsp.tones import TonePlayer
from firmware.lines.callerid_plan import Segment
from firmware.lines.tones import ToneName, TonePlan

FRAME = 160
Frame = NDArray[np.int16]


class Stream(Protocol):
    """Where line audio comes from and goes to (the port's voice path)."""

    def read(self) -> Frame:
        """Give the next 20 ms from the line."""
        ...

    def write(self, frame: Frame) -> None:
        """Take the next 20 ms for the line."""
        ...


@dataclass(frozen=True, slots=True)
class Tone:
    """Play a tone of the plan until the next order; None is silence."""

    name: ToneName | None


@dataclass(frozen=True, slots=True, eq=False)
class Say:
    """Play these samples now, once, instead of what is being said; None stops that."""

    samples: Frame | None


@dataclass(frozen=True, slots=True)
class Signal:
    """Play caller ID now, once."""

    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Digit:
    """Let the line hear a DTMF digit."""

    digit: str


@dataclass(frozen=True, slots=True)
class Listening:
    """Look for digits from the line: it is off-hook."""

    on: bool


@dataclass(frozen=True, slots=True)
class Muting:
    """Take digits out of what leaves the line."""

    on: bool


Order = Tone | Say | Signal | Digit | Listening | Muting

_SILENCE = np.zeros(FRAME, np.int16)


class LineChain:
    """One line's chain; ``capture`` and ``playout`` belong to the bridge's clock thread.

    ``heard`` is called with each digit, on that thread, and ``data`` when a fax or modem answers,
    on whichever side. ``gain_in_db`` is applied to what the telephone says, ``gain_out_db`` to
    what it hears.
    """

    def __init__(
        self,
        stream: Stream,
        plan: TonePlan,
        heard: Callable[[str], None],
        *,
        data: Callable[[], None] = lambda: None,
        gain_in_db: float = 0.0,
        gain_out_db: float = 0.0,
    ) -> None:
        self._stream = stream
        self._plan = plan
        self._heard = heard
        self._tell_data = data
        self._gain_in = 10 ** (gain_in_db / 20)
        self._gain_out = 10 ** (gain_out_db / 20)
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._tone: TonePlayer | None = None
        self._speech: Frame = np.zeros(0, np.int16)  # still to be said
        self._keys: Frame = np.zeros(0, np.int16)  # digits of the far end, still to be heard
        self._signal = DisplaySignal()
        self._echo = EchoCanceller()
        self._mute = DtmfMute()
        self._answer_tones = (AnswerTone(), AnswerTone())
        self._listening = False
        self._muting = False
        self._sent: Frame = _SILENCE

    def order(self, order: Order) -> None:
        """Queue an order (from any thread)."""
        self._orders.put(order)

    # --- on the clock thread ----------------------------------------------------------------

    def capture(self) -> bytes:
        """Give the bridge 20 ms from the line."""
        self._obey()
        frame = self._stream.read()
        if not self._listening:
            return _SILENCE.tobytes()
        self._watch_for_data(frame)
        clean = self._echo.process(frame, self._sent)
        if not self._echo.enabled:
            return _scaled(clean, self._gain_in).tobytes()
        without, events = self._mute.feed(clean)
        for event in events:
            if isinstance(event, DigitStart) and not self._signal.acknowledge(event.digit):
                self._heard(event.digit)
        if self._signal.alone:
            return _SILENCE.tobytes()
        return _scaled(without if self._muting else clean, self._gain_in).tobytes()

    def playout(self, pcm: bytes | None) -> None:
        """Give the line 20 ms: what the bridge says, and what we add to it."""
        frame = np.frombuffer(pcm, np.int16) if pcm else _SILENCE
        if self._tone is not None:
            frame = _sum(frame, self._tone.read(len(frame)))
        if self._speech.size:
            said, self._speech = self._speech[: len(frame)], self._speech[len(frame) :]
            frame = _sum(frame, _filled(said, len(frame)))
        if self._keys.size:
            ours, self._keys = self._keys[: len(frame)], self._keys[len(frame) :]
            frame = _sum(frame, _filled(ours, len(frame)))
        frame = _scaled(frame, self._gain_out)
        if self._signal.active:  # has its own level: no gain
            signal = self._signal.read(len(frame))
            frame = signal if self._signal.alone else _sum(frame, signal)
        self._sent = frame
        self._stream.write(frame)

    def _watch_for_data(self, frame: Frame) -> None:
        """Let fax and modem pass untouched once one of them answers (ITU-T T.30, V.25)."""
        if not self._echo.enabled:
            return
        for watch, samples in zip(self._answer_tones, (frame, self._sent), strict=True):
            if watch.feed(samples) and self._echo.enabled:
                self._echo.disable()
                self._tell_data()

    def _obey(self) -> None:
        while not self._orders.empty():
            match self._orders.get_nowait():
                case Tone(name):
                    self._tone = TonePlayer(self._plan[name]) if name else None
                case Say(samples):
                    self._speech = np.zeros(0, np.int16) if samples is None else samples
                case Signal(segments):
                    self._signal.add(segments)
                case Digit(digit):
                    self._keys = np.concatenate([self._keys, dtmf_send.render(digit)])
                case Listening(on):
                    self._listening = on
                    self._signal = DisplaySignal()
                    self._mute = DtmfMute()
                    self._echo = EchoCanceller()
                    self._answer_tones = (AnswerTone(), AnswerTone())
                case Muting(on):
                    self._muting = on


def _scaled(frame: Frame, gain: float) -> Frame:
    if gain == 1.0:
        return frame
    scaled: Frame = np.clip(np.rint(frame * gain), -32768, 32767).astype(np.int16)
    return scaled


def _sum(one: Frame, other: Frame) -> Frame:
    total: Frame = np.clip(one.astype(np.int32) + other, -32768, 32767).astype(np.int16)
    return total


def _filled(samples: Frame, count: int) -> Frame:
    """Lengthen ``samples`` to ``count`` with silence."""
    return np.pad(samples, (0, count - len(samples)))
