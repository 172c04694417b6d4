"""The audio of one exchange line, between its interface and the bridge, 20 ms at a time.

From the line: at rest, caller ID where it is snooped for; in use, echo canceller, tones and
speech of the far end where somebody hearkens, gain, bridge. To the line: bridge, digits we dial,
gain. Orders come from another thread in a queue and take effect at the next frame.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from firmware.dsp import dtmf_send
from firmware.dsp.activity import ActivityDetector
from firmware.dsp.answer_tone import ModemWatch
from firmware.dsp.caller_receiver import CallerReceiver
from firmware.dsp.echo import EchoCanceller
from firmware.dsp.frames import NOTHING, SILENCE, Frame, Stream, scaled, taken
from firmware.dsp.progress import LineTone, ToneRecogniser, ToneStart
from firmware.lines.callerid_plan import Modem
from firmware.lines.fxo_types import (
    CallerSeen,
    HeardTone,
    Hearken,
    Seize,
    SendKeys,
    Snoop,
    SpeechHeard,
    ToneHeard,
)

Order = Snoop | Hearken | SendKeys | Seize
Told = CallerSeen | ToneHeard | SpeechHeard

_TONES = {
    LineTone.DIAL: HeardTone.DIAL,
    LineTone.RINGBACK: HeardTone.RINGBACK,
    LineTone.BUSY: HeardTone.BUSY,
    LineTone.CONGESTION: HeardTone.CONGESTION,
    LineTone.SIT: HeardTone.SIT,
}


@dataclass(slots=True)
class _Ears:
    """What listens to the far end of a call."""

    tones: ToneRecogniser
    speech: ActivityDetector
    speaking: bool = False


class ExchangeChain:
    """One exchange line's chain; ``capture`` and ``playout`` belong to the bridge's clock thread.

    ``tell`` receives what is heard, on that thread, ``data`` when a fax or modem answers.
    ``gain_in_db`` is applied to what comes from the exchange, ``gain_out_db`` to what goes there;
    digits that we dial have the level of the tone plan, whatever the gain.
    """

    def __init__(
        self,
        stream: Stream,
        tell: Callable[[Told], None],
        *,
        data: Callable[[], None] = lambda: None,
        gain_in_db: float = 0.0,
        gain_out_db: float = 0.0,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._stream = stream
        self._tell = tell
        self._tell_data = data
        self._now_ns = now_ns
        self._gain_in = 10 ** (gain_in_db / 20)
        self._gain_out = 10 ** (gain_out_db / 20)
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._open = False
        self._snoop: CallerReceiver | None = None
        self._ears: _Ears | None = None
        self._keys = NOTHING
        self._echo = EchoCanceller()
        self._modems = ModemWatch()
        self._sent = SILENCE

    def order(self, order: Order) -> None:
        """Queue an order (from any thread)."""
        self._orders.put(order)

    # --- on the clock thread ----------------------------------------------------------------

    def capture(self) -> bytes:
        """Give the bridge 20 ms from the exchange."""
        self._obey()
        frame = self._stream.read()
        if self._snoop is not None:
            for caller in self._snoop.feed(frame):
                self._tell(CallerSeen(self._now_ns(), caller))
        if not self._open:
            return SILENCE.tobytes()
        if self._echo.enabled and self._modems.feed(frame, self._sent):
            self._echo.disable()
            self._tell_data()
        clean = self._echo.process(frame, self._sent)
        if self._ears is not None:
            self._hearken(self._ears, clean)
        return scaled(clean, self._gain_in).tobytes()

    def playout(self, pcm: bytes | None) -> None:
        """Give the exchange 20 ms: what the bridge says, or digits instead."""
        frame = np.frombuffer(pcm, np.int16) if pcm and self._open else SILENCE
        frame = scaled(frame, self._gain_out)
        if self._keys.size:  # dialled digits go alone, lest speech spoil them
            frame, self._keys = taken(self._keys, len(frame))
        self._sent = frame
        self._stream.write(frame)

    def _hearken(self, ears: _Ears, frame: Frame) -> None:
        at_ns = self._now_ns()
        before = ears.tones.tone
        for event in ears.tones.feed(frame):
            if isinstance(event, ToneStart) and event.tone in _TONES:
                self._tell(ToneHeard(at_ns, _TONES[event.tone]))
        if before in _TONES and ears.tones.tone is None:
            self._tell(ToneHeard(at_ns, None))
        ears.speech.feed(frame)
        speaking = ears.speech.speaking and ears.tones.tone is None
        if speaking is not ears.speaking:
            ears.speaking = speaking
            self._tell(SpeechHeard(at_ns, on=speaking))

    def _obey(self) -> None:
        while not self._orders.empty():
            match self._orders.get_nowait():
                case Seize(off_hook=off_hook):
                    self._open = off_hook
                    self._keys = NOTHING
                    self._echo = EchoCanceller()
                    self._modems = ModemWatch()
                case Snoop(on=on):
                    self._snoop = CallerReceiver(Modem.V23) if on else None
                case Hearken(on=on):
                    self._ears = _Ears(ToneRecogniser(), ActivityDetector()) if on else None
                case SendKeys(digits=digits, on_ms=on_ms, off_ms=off_ms):
                    keys = dtmf_send.render(digits, on_ms=on_ms, off_ms=off_ms)
                    self._keys = np.concatenate([self._keys, keys])
