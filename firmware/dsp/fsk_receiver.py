"""Receive FSK caller ID messages (EN 300 659-1 §5) from a line, sample by sample.

The receiver looks for a run of marks, then for octets: 1 start bit, 8 bits, 1 stop bit, with
up to 12 marks between. The first two octets tell the type and the length, the last one is a
checksum. Nothing else of the content is known here.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.fsk_demodulator import BIT, RATE, Demodulator, power_dbm0
from firmware.lines.callerid_plan import Modem

MARKS = 20
"""Least marks before a message. The norms send 180, or 80 in a call; less is left when a slow
switch cuts the beginning."""
CERTAIN_MARKS = 60
"""Marks that are no accident: a message after them is told of even if it is damaged."""
TYPES = frozenset((0x04, 0x06, 0x80, 0x82, 0x86, 0x89))
"""Message types of EN 300 659-3 §5.2 and of the single data message format."""
LEAST_OCTETS = 6
"""The shortest message of the norms: message waiting with the indicator alone."""
STUFFING = 12
"""Most marks between two octets (EN 300 659-1 §5.2 allows 10)."""
_MARKS_LEVEL = 0.35
_TONAL_SHARE = 0.4
_UNSTEADY = 0.6  # spread of the power of marks; noise 6 dB down gives 0.4, speech more
_LEAST_DBM0 = -50.0
_BLOCK = 160
_REST_BLOCKS = 3
_WAKE_DBM0 = -52.0
_TRIES = np.arange(-6, 7) * (BIT / 16)
_CENTRES = np.arange(10) + 0.5
_FOLLOW_EDGE = 0.5  # of an octet's step: one noisy octet must not throw the clock off
_FOLLOW_BIT = 0.015
_BIT_RANGE = 0.025
_BAD_STOPS = 2


@dataclass(frozen=True, slots=True)
class FskMessage:
    """A message whose checksum is right: ``payload`` from its type to its checksum.

    It began (first start bit) ``at_ms`` after the start of the stream, lasted ``for_ms`` and
    had ``level_dbm0``.
    """

    at_ms: int
    for_ms: int
    payload: bytes
    level_dbm0: float


@dataclass(frozen=True, slots=True)
class FskDamaged:
    """A message began ``at_ms`` but broke: ``octets`` are those read. Never to be shown."""

    at_ms: int
    octets: bytes
    level_dbm0: float


FskEvent = FskMessage | FskDamaged


@dataclass(slots=True)
class _Reading:
    """A message being read; positions are samples of the stream, edges those of start bits."""

    begun: float
    edge: float
    certain: bool
    octets: bytearray = field(default_factory=bytearray)
    bit: float = BIT
    bad_stops: int = 0
    power: float = 0.0

    @property
    def complete(self) -> bool:
        return len(self.octets) > 1 and len(self.octets) == self.octets[1] + 3

    @property
    def plausible(self) -> bool:
        return self.octets[0] in TYPES

    @property
    def worth_telling(self) -> bool:
        return self.certain and self.plausible and len(self.octets) >= LEAST_OCTETS // 2


class FskReceiver:
    """Give the messages found in a stream of 8 kHz samples, fed in pieces of any length.

    Works in blocks of 20 ms, and rests while nothing near the mark frequency is heard.
    """

    def __init__(self, modem: Modem = Modem.V23) -> None:
        self._demodulator = Demodulator(modem)
        turns = modem.mark_hz * np.arange(_BLOCK) / RATE
        probe = np.exp(-2j * np.pi * turns) * (np.sqrt(2) / _BLOCK)
        self._probe = np.stack((probe.real, probe.imag), axis=1).astype(np.float32)
        self._waiting = np.zeros(0, np.int16)
        self._held: list[NDArray[np.int16]] = []  # blocks heard since the last tone, at most two
        self._quiet_blocks = 0
        self._awake = False
        self._position = 0  # of the next block in the stream
        self._decision = np.zeros(0, np.float32)
        self._power = np.zeros(0, np.float32)
        self._tonal = np.zeros(0, np.float32)
        self._base = 0  # position of the first kept decision in the stream
        self._next = 0.0  # where hunting goes on
        self._reading: _Reading | None = None

    def feed(self, samples: NDArray[np.int16]) -> tuple[FskEvent, ...]:
        """Take any number of samples; give what was completed in them."""
        line = np.concatenate((self._waiting, samples)) if self._waiting.size else samples
        whole = line.size - line.size % _BLOCK
        events: list[FskEvent] = []
        for first in range(0, whole, _BLOCK):
            self._take(line[first : first + _BLOCK], events)
        self._waiting = line[whole:].copy()
        return tuple(events)

    def _take(self, block: NDArray[np.int16], events: list[FskEvent]) -> None:
        mark = block.astype(np.float32) @ self._probe
        tone = power_dbm0(float(mark @ mark)) > _WAKE_DBM0
        self._quiet_blocks = 0 if tone else self._quiet_blocks + 1
        if self._awake:
            self._listen(block, events)
            self._awake = self._reading is not None or self._quiet_blocks < _REST_BLOCKS
        elif tone:
            self._wake()
            for held in (*self._held, block):
                self._listen(held, events)
        self._held = [*self._held[-1:], block]
        self._position += _BLOCK

    def _wake(self) -> None:
        """Begin anew with the blocks held: the tone may have begun in one of them."""
        self._awake = True
        self._demodulator.restart()
        self._decision = self._power = self._tonal = np.zeros(0, np.float32)
        self._base = self._position - _BLOCK * len(self._held)
        self._next = float(self._base)

    def _listen(self, block: NDArray[np.int16], events: list[FskEvent]) -> None:
        heard = self._demodulator.feed(block)
        self._decision = np.concatenate((self._decision, heard.decision))
        self._power = np.concatenate((self._power, heard.power))
        self._tonal = np.concatenate((self._tonal, heard.tonal))
        while self._advance(events):
            pass
        self._forget()

    def _advance(self, events: list[FskEvent]) -> bool:
        """Do one step of hunting or reading; tell whether another one can be tried."""
        if self._reading is None:
            return self._hunt()
        return self._read(self._reading, events)

    def _forget(self) -> None:
        keep_from = self._reading.edge if self._reading else self._next
        drop = int(keep_from - (CERTAIN_MARKS + 3) * BIT) - self._base
        if drop > 0:
            self._decision = self._decision[drop:]
            self._power = self._power[drop:]
            self._tonal = self._tonal[drop:]
            self._base += drop

    def _hunt(self) -> bool:
        """Look for a start bit after a run of marks."""
        run = round(MARKS * BIT)
        first = max(int(self._next) - self._base, run + 1)
        last = self._decision.size - round(BIT)
        if first >= last:
            return False
        sums = np.concatenate(([0.0], np.cumsum(self._decision, dtype=np.float64)))
        ends = np.arange(first, last)
        # The half bit before the edge already leans to space.
        middle = ends - round(BIT / 2)
        marks = (sums[middle] - sums[middle - run + round(BIT / 2)]) / (run - round(BIT / 2))
        edge = (self._decision[ends] <= 0) & (self._decision[ends - 1] > 0)
        starts = edge & (marks > _MARKS_LEVEL)
        starts &= self._decision[ends + round(BIT / 2)] < 0
        found = np.flatnonzero(starts)
        if found.size == 0:
            self._next = self._base + last
            return False
        at = first + int(found[0])
        self._next = self._base + at + BIT
        if self._is_mark(at, MARKS):
            before, after = self._decision[at - 1], self._decision[at]
            position = self._base + at - 1 + float(before / (before - after))
            self._reading = _Reading(position, position, self._is_mark(at, CERTAIN_MARKS))
        return True

    def _is_mark(self, end: int, bits: int) -> bool:
        """Whether the last ``bits`` bits before ``end`` are one steady tone."""
        first, last = end - round(bits * BIT), end - round(BIT)
        if first < 0 or not self._is_tonal(first, last):
            return False
        tone = self._tonal[first:last]
        level = float(self._decision[first:last].mean())
        return level > _MARKS_LEVEL and float(tone.std()) < _UNSTEADY * float(tone.mean())

    def _is_tonal(self, first: int, last: int) -> bool:
        power = float(self._power[first:last].mean())
        tonal = float(self._tonal[first:last].mean())
        return tonal > _TONAL_SHARE * power and power_dbm0(power) > _LEAST_DBM0

    def _read(self, reading: _Reading, events: list[FskEvent]) -> bool:
        """Read the next octet if it is there; finish the message after its last one."""
        start = self._start_bit(reading)
        if start is None or start + 11 * BIT > self._base + self._decision.size:
            return False
        if start < 0:
            self._finish(reading, events)
            return True
        bits = self._octet(start, reading)
        first, last = (int(start) - self._base, int(reading.edge) - self._base)
        reading.octets.append(int(np.packbits(bits[1:9] > 0, bitorder="little")[0]))
        reading.bad_stops += int(bits[9] <= 0)
        reading.power += float(self._power[first:last].mean())
        lost = reading.bad_stops > _BAD_STOPS or not self._is_tonal(first, last)
        if lost or reading.complete or not reading.plausible:
            self._finish(reading, events)
        return True

    def _start_bit(self, reading: _Reading) -> float | None:
        """Where the next octet begins; None if not yet known, -1 if there is none."""
        first = reading.edge - self._base
        if first + 1.5 * BIT > self._decision.size:
            return None
        if self._decision[round(first + BIT / 2)] < 0:
            return reading.edge
        ahead = self._decision[round(first + BIT / 2) : round(first + STUFFING * BIT)]
        spaces = np.flatnonzero(ahead < 0)
        if spaces.size:
            return self._base + round(first + BIT / 2) + float(spaces[0]) - 0.5
        return None if ahead.size < round((STUFFING - 1) * BIT) else -1.0

    def _octet(self, start: float, reading: _Reading) -> NDArray[np.float64]:
        """Decide the ten bits of the octet that begins near ``start``; follow their clock."""
        at = start - self._base + _TRIES[:, None] + _CENTRES * reading.bit
        bits = np.interp(at, np.arange(self._decision.size), self._decision)
        clear = np.abs(bits[:, 1:9]).sum(axis=1) - bits[:, 0] + bits[:, 9]
        best = int(np.argmax(clear))
        step = float(_TRIES[best])
        slow, fast = BIT * (1 + _BIT_RANGE), BIT * (1 - _BIT_RANGE)
        reading.bit = min(slow, max(fast, reading.bit + _FOLLOW_BIT * step))
        reading.edge = start + _FOLLOW_EDGE * step + 10 * reading.bit
        chosen: NDArray[np.float64] = bits[best]
        return chosen

    def _finish(self, reading: _Reading, events: list[FskEvent]) -> None:
        octets = bytes(reading.octets)
        level = power_dbm0(reading.power / max(len(octets), 1))
        at_ms = round((reading.begun - Demodulator.delay) * 1000 / RATE)
        intact = reading.complete and sum(octets) & 0xFF == 0
        if intact and len(octets) >= LEAST_OCTETS:
            for_ms = round((reading.edge - reading.begun) * 1000 / RATE)
            events.append(FskMessage(at_ms, for_ms, octets, level))
            self._next = reading.edge
        else:
            if reading.worth_telling:
                events.append(FskDamaged(at_ms, octets, level))
            # A true start may hide behind a false one.
            self._next = reading.begun + BIT
        self._reading = None
