"""A simulated exchange line at the pins of a DAA, with the rules of its data sheet.

``CPC5621``: a reversal gives one pulse of 1 ms on RING; CID is for on-hook only. AN-5: the edges of
/RINGDET are slow and bounce. A break of 100 ms and more is no dial pulse (ETSI ES 201 235-1).
"""

from __future__ import annotations

from dataclasses import dataclass

from hw.clockwork import Timer
from hw.daa.port import DaaPins
from hw.daa.profiles import DaaProfile, RingInput
from hw.gpio import Header
from hw.sim.mock_pins import Drive, WiredFactory, WiredPin
from hw.sim.rules import RuleBrokenError
from hw.sim.slic_chip import At

_MS = 1_000_000
_SNOOP_MOST_MS = 2000


@dataclass(frozen=True, slots=True)
class HookMove:
    """The driver closed or opened the loop at ``at_ns``."""

    at_ns: int
    closed: bool


class DaaLine:
    """The pins, the chip and the exchange of one port.

    ``header`` is for the driver; the rest is what an exchange does. ``moves`` is what the
    driver did to the loop; ``broken`` keeps every rule that was broken.
    """

    def __init__(
        self, profile: DaaProfile, pins: DaaPins, timer: Timer, *, at: At, full_wave: bool = False
    ) -> None:
        self.factory = WiredFactory()
        self.moves: list[HookMove] = []
        self.broken: list[str] = []
        self.snooping = False
        self._profile = profile
        self._pins = pins
        self._timer = timer
        self._at = at
        self._full_wave = full_wave
        self._closed = False
        self._snoop_ns = 0
        self._fed = True
        self._reversed = False
        self.factory.wired(pins.off_hook).driven = self._off_hook
        if pins.snoop is not None:
            self.factory.wired(pins.snoop).driven = self._snoop
        self._set(pins.ring, not profile.ring_high)
        self._show()

    def header(self) -> Header:
        """Open the pins."""
        return self.factory.header(self._timer)

    # --- what the driver does -----------------------------------------------------------------

    def _off_hook(self, drive: Drive) -> None:
        closed = drive is (Drive.HIGH if self._profile.off_hook_high else Drive.LOW)
        if closed == self._closed:
            return
        now = self._timer.now_ns()
        self._closed = closed
        self.moves.append(HookMove(now, closed))
        if closed and self.snooping:
            self._break("CID on while off-hook (CPC5621, CID: on-hook only)")
        self._show()

    def _snoop(self, drive: Drive) -> None:
        self.snooping = drive is (Drive.HIGH if self._profile.snoop_high else Drive.LOW)
        if not self.snooping:
            return
        if self._closed:
            self._break("CID on while off-hook (CPC5621, CID: on-hook only)")
        if self._profile.snoop_most_ms is None:
            return
        self._snoop_ns = since = self._timer.now_ns()
        self._at(since + _SNOOP_MOST_MS * _MS, lambda: self._still_snooping(since))

    def _still_snooping(self, since: int) -> None:
        if self.snooping and self._snoop_ns == since:
            self._break("CID on for 2 s: it couples noise into RX (CPC5621, CID)")

    def _break(self, rule: str) -> None:
        self.broken.append(rule)
        raise RuleBrokenError(rule)

    @property
    def closed(self) -> bool:
        """Whether the driver is off-hook."""
        return self._closed

    def dialled(self) -> str:
        """The digits of the pulses in ``moves``, as an exchange counts them."""
        digits, count, closed_ns = "", 0, None
        for move in [m for m in self.moves if m.at_ns]:
            if move.closed:
                closed_ns = move.at_ns
                continue
            if closed_ns is not None and move.at_ns - closed_ns > 150 * _MS and count:
                digits += str(count % 10)
                count = 0
            count += closed_ns is not None
        if self._closed and count:
            digits += str(count % 10)
        return digits

    # --- what the exchange does ---------------------------------------------------------------

    def ring(self, for_ms: int, hz: float = 25.0) -> None:
        """Send ringing voltage from now on; a closed loop trips it."""
        now, pin = self._timer.now_ns(), self._pins.ring
        if self._profile.ring is RingInput.ENVELOPE:
            self._at(now + 15 * _MS, lambda: self._ring_pin(pin, active=True))
            self._at(now + (for_ms + 30) * _MS, lambda: self._ring_pin(pin, active=False))
            return
        cycle = 1e9 / hz
        pulses = round(for_ms * hz / 1000) * (2 if self._full_wave else 1)
        for n in range(pulses):
            at = now + round(n * cycle / (2 if self._full_wave else 1))
            self._pulse(at, round(cycle / 4))

    def reverse(self) -> None:
        """Turn the polarity: one pulse of 1 ms on the ring pin."""
        self._reversed = not self._reversed
        self._pulse(self._timer.now_ns(), 1 * _MS)
        self._show()

    def feed(self, *, on: bool) -> None:
        """Feed the line, or cut it."""
        self._fed = on
        self._show()

    def _pulse(self, at: int, for_ns: int) -> None:
        pin = self._pins.ring
        self._at(at, lambda: self._ring_pin(pin, active=True))
        self._at(at + 300_000, lambda: self._ring_pin(pin, active=False))  # a slow edge bounces
        self._at(at + 500_000, lambda: self._ring_pin(pin, active=True))
        self._at(at + for_ns, lambda: self._ring_pin(pin, active=False))

    def _ring_pin(self, pin: int, *, active: bool) -> None:
        if not self._closed:
            self._set(pin, active == self._profile.ring_high)
        elif not active:
            self._set(pin, not self._profile.ring_high)

    def _show(self) -> None:
        """Set the pins of the senses as the line is."""
        profile, pins = self._profile, self._pins
        for number, yes, high in (
            (pins.loop, self._fed and self._closed, profile.loop_high),
            (pins.battery, self._fed, profile.battery_high),
            (pins.polarity, self._reversed, profile.reversed_high),
        ):
            if number is not None:
                self._set(number, yes == high)

    def _set(self, number: int, level: bool) -> None:  # noqa: FBT001 - the level is the message
        pin: WiredPin = self.factory.wired(number)
        pin.become(level, self._timer.now_ns())
