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

import numpy as np

from firmware.dsp import dtmf_send
from firmware.dsp.answer_tone import ModemWatch
from firmware.dsp.display_signal import DisplaySignal
from firmware.dsp.dtmf import DigitStart
from firmware.dsp.dtmf_mute import DtmfMute
from firmware.dsp.echo import EchoCanceller
from firmware.dsp.frames import NOTHING, SILENCE, Frame, Stream, added, scaled, taken
from firmware.dsp.tones import TonePlayer
from firmware.lines.callerid_plan import Segment
from firmware.lines.tones import ToneName, TonePlan


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
        self._speech: Frame = NOTHING  # still to be said
        self._keys: Frame = NOTHING  # digits of the far end, still to be heard
        self._signal = DisplaySignal()
        self._echo = EchoCanceller()
        self._mute = DtmfMute()
        self._modems = ModemWatch()
        self._listening = False
        self._muting = False
        self._sent: Frame = SILENCE

    def order(self, order: Order) -> None:
        """Queue an order (from any thread)."""
        self._orders.put(order)

    # --- on the clock thread ----------------------------------------------------------------

    def capture(self) -> bytes:
        """Give the bridge 20 ms from the line."""
        self._obey()
        frame = self._stream.read()
        if not self._listening:
            return SILENCE.tobytes()
        self._watch_for_data(frame)
        clean = self._echo.process(frame, self._sent)
        if not self._echo.enabled:
            return scaled(clean, self._gain_in).tobytes()
        without, events = self._mute.feed(clean)
        for event in events:
            if isinstance(event, DigitStart) and not self._signal.acknowledge(event.digit):
                self._heard(event.digit)
        if self._signal.alone:
            return SILENCE.tobytes()
        return scaled(without if self._muting else clean, self._gain_in).tobytes()

    def playout(self, pcm: bytes | None) -> None:
        """Give the line 20 ms: what the bridge says, and what we add to it."""
        frame = np.frombuffer(pcm, np.int16) if pcm else SILENCE
        if self._tone is not None:
            frame = added(frame, self._tone.read(len(frame)))
        if self._speech.size:
            said, self._speech = taken(self._speech, len(frame))
            frame = added(frame, said)
        if self._keys.size:
            ours, self._keys = taken(self._keys, len(frame))
            frame = added(frame, ours)
        frame = scaled(frame, self._gain_out)
        if self._signal.active:  # has its own level: no gain
            signal = self._signal.read(len(frame))
            frame = signal if self._signal.alone else added(frame, signal)
        self._sent = frame
        self._stream.write(frame)

    def _watch_for_data(self, frame: Frame) -> None:
        """Let fax and modem pass untouched once one of them answers (ITU-T T.30, V.25)."""
        if self._echo.enabled and self._modems.feed(frame, self._sent):
            self._echo.disable()
            self._tell_data()

    def _obey(self) -> None:
        while not self._orders.empty():
            match self._orders.get_nowait():
                case Tone(name):
                    self._tone = TonePlayer(self._plan[name]) if name else None
                case Say(samples):
                    self._speech = NOTHING if samples is None else samples
                case Signal(segments):
                    self._signal.add(segments)
                case Digit(digit):
                    self._keys = np.concatenate([self._keys, dtmf_send.render(digit)])
                case Listening(on):
                    self._listening = on
                    self._signal = DisplaySignal()
                    self._mute = DtmfMute()
                    self._echo = EchoCanceller()
                    self._modems = ModemWatch()
                case Muting(on):
                    self._muting = on
