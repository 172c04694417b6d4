"""A virtual telephone at sample level: hook, dial, keypad, mouth, ear, bell and display.

It stands at the far end of a simulated pair of wires. What it hears and says are samples, what
its hook does are timed edges; it has no other way to know or tell anything.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.dtmf import render
from firmware.dsp.dual_tone import DualToneDetector
from firmware.dsp.fsk_receiver import FskMessage, FskReceiver
from firmware.lines.callerid import CallerIdError, CallSetup, decode
from hw.sim.person import FRAME, Ear, Mouth

_READING_FRAMES = 100  # 2 s: longer than any message

PULSE_DIGITS = {str(n): n or 10 for n in range(10)}
KEYPAD = frozenset("0123456789*#ABCD")


class PhoneError(ValueError):
    """The telephone cannot do that now: a flash on-hook, a key that it does not have."""


@dataclass(frozen=True, slots=True)
class Dial:
    """A rotary dial: breaks of ``break_ms`` and makes of ``make_ms``, ``pause_ms`` between digits.

    Italian dials nominally run at 10 pulses a second, 60/40 (ETSI ES 201 235-1 habits).
    """

    break_ms: float = 60.0
    make_ms: float = 40.0
    pause_ms: float = 600.0


@dataclass(frozen=True, slots=True)
class Burst:
    """The bell rang from ``at_ns`` for ``for_ms`` ms at ``hz`` Hz."""

    at_ns: int
    for_ms: float
    hz: float


class Telephone:
    """One telephone; called from the audio clock (``hear``, ``speak``) and from orders."""

    def __init__(self) -> None:
        self.off_hook = False
        self.display: CallSetup | None = None
        self.lamp = False
        self.bell: deque[Burst] = deque(maxlen=1000)
        self.ear = Ear()
        self._mouth = Mouth()
        self._decoder = FskReceiver()
        self._alert = DualToneDetector()
        self._reading_frames = 0  # still to be read by the display during a call

    # --- the wires ------------------------------------------------------------------------------

    def hear(self, frame: NDArray[np.int16]) -> None:
        """Take what arrives on the line; the display listens while the handset is down."""
        self.ear.hear(frame)
        if self.off_hook and self._alert.feed(frame):
            self._acknowledge()
        if self._reading_frames or not self.off_hook:
            self._reading_frames = max(0, self._reading_frames - 1)
            for event in self._decoder.feed(frame):
                if isinstance(event, FskMessage):
                    self._show(event.payload)

    def speak(self) -> NDArray[np.int16]:
        """Give 20 ms of what is said; nothing gets out while the handset is down."""
        if not self.off_hook:
            return np.zeros(FRAME, np.int16)
        return self._mouth.speak()

    def _acknowledge(self) -> None:
        """Ask for the waiting caller's data: mouth shut, key D (EN 300 659-2 §6.2)."""
        self._mouth.shut()
        self._mouth.say(render("D", on_ms=60, off_ms=0))
        self._decoder = FskReceiver()
        self._reading_frames = _READING_FRAMES

    def _show(self, payload: bytes) -> None:
        try:
            message = decode(payload)
        except CallerIdError:
            return  # a telephone shows nothing when the checksum is wrong
        if isinstance(message, CallSetup):
            self.display = message
        else:
            self.lamp = message.waiting

    # --- what a person does -----------------------------------------------------------------------

    def say(self, samples: NDArray[np.int16]) -> float:
        """Say ``samples`` after what is being said; give the ms until all is out."""
        self._need_off_hook("speak")
        return self._mouth.say(samples)

    def press(self, keys: str, *, on_ms: int = 100, off_ms: int = 100) -> float:
        """Press ``keys`` on the keypad; give the ms that it takes."""
        self._need_off_hook("dial")
        if unknown := set(keys) - KEYPAD:
            raise PhoneError(f"no key {''.join(sorted(unknown))!r} on this telephone")
        return self.say(render(keys, on_ms=on_ms, off_ms=off_ms))

    def turn(self, digits: str, dial: Dial) -> tuple[tuple[float, bool], ...]:
        """Turn the rotary dial: (ms from now, loop closed) of every edge."""
        self._need_off_hook("dial")
        if unknown := set(digits) - set(PULSE_DIGITS):
            raise PhoneError(f"no {''.join(sorted(unknown))!r} on a rotary dial")
        edges: list[tuple[float, bool]] = []
        at = 0.0
        for digit in digits:
            at += dial.pause_ms
            for _ in range(PULSE_DIGITS[digit]):
                edges += [(at, False), (at + dial.break_ms, True)]
                at += dial.break_ms + dial.make_ms
        return tuple(edges)

    def hush(self) -> None:
        """Stop speaking at once."""
        self._mouth.shut()

    def _need_off_hook(self, action: str) -> None:
        if not self.off_hook:
            raise PhoneError(f"cannot {action}: the handset is on-hook; lift it first (off-hook)")
