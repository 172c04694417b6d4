"""A virtual exchange at sample level: battery, ringing, caller ID, tones, digits, the far party.

It stands at the far end of a simulated exchange line and counts time in frames of 20 ms, as they
pass. Tones and cadences are those of Italy, from the tone plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from firmware.dsp import dtmf_send, fsk
from firmware.dsp.dtmf import DigitStart, DtmfReceiver
from firmware.dsp.tones import TonePlayer
from firmware.lines.callerid import CallSetup, encode
from firmware.lines.callerid_dtmf import DtmfCode, encode_digits
from firmware.lines.callerid_message import Absence
from firmware.lines.tone_plans import ITALY
from firmware.lines.tones import ToneName
from hw.ports import Frame
from hw.sim.person import FRAME, Ear, Mouth

_A_SECOND = 50  # frames
_RING_ON, _RING_OFF = _A_SECOND, 4 * _A_SECOND
_DATA_AFTER = 38  # 750 ms after the first ring: deployed exchanges
_DATA_BEFORE = 60  # DTMF comes before the first ring
_TONE_AFTER = 15  # 300 ms until dial tone


class ExchangeError(ValueError):
    """The exchange cannot do that now: answer where nobody calls."""


class Telling(Enum):
    """How the exchange tells who calls."""

    AFTER_RING = "after-ring"
    DTMF = "dtmf"
    NOTHING = "nothing"


class Doing(Enum):
    """What the exchange does on the line."""

    REST = "rest"
    RINGING = "ringing"
    DIAL_TONE = "dial-tone"
    DIGITS = "digits"
    TALKING = "talking"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a number and a name, or neither if it is ``private``."""

    number: str | None = None
    name: str | None = None
    private: bool = False


class Exchange:
    """The exchange at the end of one line; driven by ``speak``, once for each 20 ms.

    ``ring`` is told when ringing voltage begins and ends.
    """

    def __init__(self, ring: Callable[[bool], None]) -> None:
        self.ear = Ear()
        self.mouth = Mouth()
        self.doing = Doing.REST
        self.digits = ""
        self.flashes = 0
        self.off_hook = False
        self._ring = ring
        self._frames = 0
        self._tone: TonePlayer | None = None
        self._plan: list[tuple[int, Callable[[], None]]] = []
        self._signal = np.zeros(0, np.int16)
        self._receiver = DtmfReceiver()
        self._ringing = False

    # --- the wires ------------------------------------------------------------------------------

    def speak(self) -> Frame:
        """Give 20 ms to the line; time passes here."""
        self._frames += 1
        while self._plan and self._plan[0][0] <= self._frames:
            self._plan.pop(0)[1]()
        frame = self.mouth.speak() if self.doing is Doing.TALKING else np.zeros(FRAME, np.int16)
        if self._tone is not None and self.off_hook:
            frame = self._tone.read(FRAME)
        if self._signal.size:
            now, self._signal = self._signal[:FRAME], self._signal[FRAME:]
            frame = np.pad(now, (0, FRAME - len(now)))
        return frame

    def hear(self, frame: Frame) -> None:
        """Take 20 ms from the line; digits count while a number is awaited."""
        self.ear.hear(frame)
        for event in self._receiver.feed(frame):
            if isinstance(event, DigitStart):
                self.dialled(event.digit)

    def dialled(self, digit: str) -> None:
        """A digit came, by keys or pulses."""
        if self.doing is Doing.DIAL_TONE:
            self.doing, self._tone = Doing.DIGITS, None
        self.digits += digit

    # --- the loop -------------------------------------------------------------------------------

    def closed(self) -> None:
        """The loop was closed: an answer, or somebody wants to call."""
        self.off_hook = True
        self.digits = ""
        self._receiver = DtmfReceiver()
        if self.doing is Doing.RINGING:
            self._stop_ringing()
            self.doing = Doing.TALKING
        else:
            self.doing = Doing.DIAL_TONE
            self._after(_TONE_AFTER, lambda: self._sound(ToneName.DIAL, Doing.DIAL_TONE))

    def opened(self) -> None:
        """The loop was opened: whatever there was is over."""
        self.off_hook = False
        self._plan.clear()
        self._tone = None
        self.mouth.shut()
        self.doing = Doing.REST

    def flashed(self) -> None:
        """R was pressed on the line."""
        self.flashes += 1

    # --- what the network does ------------------------------------------------------------------

    def call(self, caller: Caller, telling: Telling) -> None:
        """Somebody calls this line."""
        if self.doing is not Doing.REST:
            raise ExchangeError(f"cannot ring: the line is not at rest ({self.doing.value})")
        self.doing = Doing.RINGING
        message = _message(caller)
        if telling is Telling.DTMF:
            self._signal = dtmf_send.render(encode_digits(DtmfCode.A_TO_C, message))
            self._after(_DATA_BEFORE + len(self._signal) // FRAME, self._ring_on)
            return
        self._ring_on()
        if telling is Telling.AFTER_RING:
            self._after(_RING_ON + _DATA_AFTER, lambda: self._send(message))

    def give_up(self) -> None:
        """The caller hangs up before an answer."""
        if self.doing is not Doing.RINGING:
            raise ExchangeError("cannot stop ringing: it does not ring")
        self._stop_ringing()
        self._signal = np.zeros(0, np.int16)
        self.doing = Doing.REST

    def answer(self) -> None:
        """The party called answers."""
        if self.doing is not Doing.DIGITS:
            raise ExchangeError(f"cannot answer: nobody was dialled ({self.doing.value})")
        self._tone = None
        self.doing = Doing.TALKING

    def play(self, tone: ToneName) -> None:
        """Play a tone to whoever has dialled, such as ringback or busy."""
        if not self.off_hook:
            raise ExchangeError("cannot play a tone: the line is on-hook")
        self._sound(tone, self.doing)

    def hang_up(self) -> None:
        """The far party hangs up: busy tone."""
        if self.doing is not Doing.TALKING:
            raise ExchangeError(f"cannot hang up: there is no call ({self.doing.value})")
        self.mouth.shut()
        self.doing = Doing.OVER
        self._sound(ToneName.BUSY, Doing.OVER)

    def _sound(self, tone: ToneName, doing: Doing) -> None:
        if self.doing is doing:
            self._tone = TonePlayer(ITALY[tone])

    def _send(self, message: CallSetup) -> None:
        if self.doing is Doing.RINGING:
            self._signal = fsk.modulate(encode(message))

    def _ring_on(self) -> None:
        if self.doing is Doing.RINGING:
            self._set_ring(on=True)
            self._after(_RING_ON, self._ring_off)

    def _ring_off(self) -> None:
        if self.doing is Doing.RINGING:
            self._set_ring(on=False)
            self._after(_RING_OFF, self._ring_on)

    def _stop_ringing(self) -> None:
        self._plan.clear()
        if self._ringing:
            self._set_ring(on=False)

    def _set_ring(self, *, on: bool) -> None:
        self._ringing = on
        self._ring(on)

    def _after(self, frames: int, act: Callable[[], None]) -> None:
        self._plan.append((self._frames + frames, act))
        self._plan.sort(key=lambda entry: entry[0])


def _message(caller: Caller) -> CallSetup:
    if caller.private:
        return CallSetup(number=Absence.PRIVATE)
    return CallSetup(number=caller.number or Absence.UNAVAILABLE, name=caller.name)
