"""A simulated Ag1171 at its pins, with its data sheet enforced (Silvertel, V1.6, October 2011).

It shows on SHK what the real one shows, also where that is no use: nonsense for 50 ms after
power-down, pulses while a lifted telephone is rung, a jump when the polarity turns, bounce.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from hw.clockwork import Due
from hw.sim.mock_pins import Drive
from hw.sim.rules import RuleBrokenError
from hw.sim.telephone import Burst, Telephone

_MS = 1_000_000
_DETECT_MS = 5
_WAKE_MS = 50
_REVERSAL_MS = 50
_DECAY_MS = 10
_DISSIPATION_MS = 500
_KNOWN_AFTER_MS = 200  # before that a driver may not have heard yet that the handset was lifted
_WINDOW_MS = 30_000
_HZ = (15.0, 68.0)
_DUTY = 0.33

At = Callable[[int, Callable[[], None]], Due]


@dataclass(frozen=True, slots=True)
class Bounce:
    """How the contact bounces: it opens again ``times`` times within ``ms`` ms."""

    times: int = 0
    ms: float = 0.0


NO_BOUNCE = Bounce()


class SlicChip:
    """The chip; the driver's pins call ``reverse``, ``ring_mode`` and ``power_down``.

    ``at`` calls at a time, ``now_ns`` tells it, ``show`` sets SHK (True is the level of a
    closed loop) at a time. ``broken`` keeps every rule that was broken; the driver gets it as
    RuleBrokenError too.
    """

    def __init__(
        self,
        telephone: Telephone,
        *,
        now_ns: Callable[[], int],
        at: At,
        show: Callable[[bool, int], None],
        forward_high: bool = True,
        bounce: Bounce = Bounce(),
    ) -> None:
        self.telephone = telephone
        self.broken: list[str] = []
        self.reversed = False
        self.downs = 0
        self._now = now_ns
        self._at = at
        self._show = show
        self._forward = Drive.HIGH if forward_high else Drive.LOW
        self._bounce = bounce
        self._closed = False
        self._closed_ns = 0
        self._alive_ns: int | None = now_ns() + _WAKE_MS * _MS
        self._rm_ns: int | None = None  # since when RM is high
        self._turns: list[int] = []  # edges of F/R since then
        self._turned_ns = -(10**12)  # last edge of F/R
        self._high: deque[tuple[int, int]] = deque()  # when RM was high
        self._changes = 0  # what was planned for SHK before is no longer true
        self._later(_WAKE_MS, None)

    # --- what the driver does -----------------------------------------------------------------

    def power_down(self, drive: Drive) -> None:
        """PD."""
        if drive is Drive.HIGH:
            self._break("PD driven high: never, leave it open (Ag1171, pin 14 PD)")
        if drive is Drive.LOW:
            self.downs += self._alive_ns is not None
            self._alive_ns = None
            self._rm_ns = None
            self._plan()
        elif self._alive_ns is None:
            self._alive_ns = self._now() + _WAKE_MS * _MS
            self._plan()
            for ms, level in ((7, True), (19, False), (31, True), (40, False)):
                self._later(ms, level)  # outputs are invalid until then
            self._later(_WAKE_MS, None)

    def ring_mode(self, drive: Drive) -> None:
        """RM."""
        now, up = self._now(), drive is Drive.HIGH
        if up == (self._rm_ns is not None):
            return
        if up:
            self._ring(now)
        else:
            self._end_ring(now)

    def reverse(self, drive: Drive) -> None:
        """F/R."""
        if drive is Drive.OPEN:
            return
        now, turned = self._now(), drive is not self._forward
        if turned == self.reversed:
            return
        self.reversed = turned
        if self._rm_ns is not None:
            self._toggle(now)
        elif self._alive_ns is not None and now < self._turned_ns + _REVERSAL_MS * _MS:
            self._turned_ns = now
            self._break("polarity turned twice within 50 ms (Ag1171, Polarity Reversal)")
        else:
            self._turned_ns = now
            self._plan()
            self._later(_DETECT_MS, not self._closed)
            self._later(_REVERSAL_MS / 2, None)

    def _ring(self, now: int) -> None:
        if self._alive_ns is None or now < self._alive_ns:
            self._break("RM high before 50 ms after power-down (Ag1171, Power Down)")
        if self._closed and now > self._closed_ns + _KNOWN_AFTER_MS * _MS:
            self._break("ringing into an off-hook line (Ag1171, Ring Trip)")
        self._rm_ns, self._turns = now, []

        def look() -> None:
            if self._rm_ns == now:
                self._watch_duty(self._now())

        for ms in range(250, _WINDOW_MS, 250):
            self._at(now + ms * _MS, look)

    def _toggle(self, now: int) -> None:
        self._turns.append(now)
        self._turned_ns = now
        if len(self._turns) > 2:  # the last half wave may be cut short, those before it may not
            hz = 5e8 / (self._turns[-2] - self._turns[-3])
            if not _HZ[0] <= hz <= _HZ[1]:
                self._break(f"F/R toggled at {hz:.0f} Hz: 15 to 68 Hz (Ag1171, Ringing)")
        if self._closed and now > self._closed_ns + _DISSIPATION_MS * _MS:
            self._break("ringing for 500 ms into a lifted telephone (Ag1171, Ring Trip)")
        self._watch_duty(now)
        self._plan()
        self._later(_DETECT_MS, self._closed and self.reversed)
        if not self.reversed:
            self._later(_DETECT_MS + 7, None)  # no edge since: the line is fed, SHK is the loop
            self._at(now + _DISSIPATION_MS * _MS, lambda: self._still_high(now))

    def _end_ring(self, now: int) -> None:
        assert self._rm_ns is not None  # noqa: S101 - it was high
        if self._turns and self._alive_ns is not None:
            if self.reversed:
                self._break("RM low while F/R is not high (Ag1171, Ringing, end)")
            if now - self._turns[-1] <= _DECAY_MS * _MS:
                self._break("RM low within 10 ms of the last edge of F/R (Ag1171, Ringing, end)")
        self._high.append((self._rm_ns, now))
        self._rm_ns = None
        self._plan()
        self._later(_DETECT_MS, None)
        if len(self._turns) > 1:
            halves = len(self._turns)
            ns = (self._turns[-1] - self._turns[0]) * halves / (halves - 1)
            hz = 5e8 * halves / ns
            self.telephone.bell.append(Burst(self._turns[0], ns / 1e6, round(hz, 1)))

    def _still_high(self, turned_ns: int) -> None:
        if self._rm_ns is not None and self._turns and self._turns[-1] == turned_ns:
            self._break("RM high for 500 ms after ringing ended (Ag1171, dissipation)")

    def _watch_duty(self, now: int) -> None:
        start = now - _WINDOW_MS * _MS
        while self._high and self._high[0][1] < start:
            self._high.popleft()
        high = sum(end - max(begin, start) for begin, end in self._high)
        high += now - max(self._rm_ns or now, start)
        share = high / (_WINDOW_MS * _MS)
        if share > _DUTY:
            self._break(f"RM high {share:.0%} of 30 s (Ag1171, Absolute Maximum: 33 %)")

    def _break(self, rule: str) -> None:
        self.broken.append(rule)
        raise RuleBrokenError(rule)

    # --- what the telephone does --------------------------------------------------------------

    @property
    def ringing(self) -> bool:
        """Whether the bell rings at this instant."""
        turned = self._turns[-1] if self._turns else 0
        return self._rm_ns is not None and self._now() - turned < 100 * _MS

    def loop(self, *, closed: bool, at_ns: int) -> None:
        """Close or open the loop at ``at_ns``; SHK follows 5 ms later."""
        self._closed = closed
        if closed:
            self._closed_ns = at_ns
        if self._rm_ns is not None or self._alive_ns is None or at_ns < self._alive_ns:
            return  # SHK tells the loop at the next edge of F/R, or once the chip is awake
        self._plan()
        plan, seen_ns = self._changes, at_ns + _DETECT_MS * _MS
        self._set_at(seen_ns, plan, level=closed)
        for n in range(self._bounce.times):
            part = round((n + 0.5) * self._bounce.ms / self._bounce.times * _MS)
            self._set_at(seen_ns + part, plan, level=not closed)
            self._set_at(seen_ns + part + 150_000, plan, level=closed)

    # --- what SHK shows ------------------------------------------------------------------------

    def _plan(self) -> None:
        self._changes += 1

    def _later(self, ms: float, level: bool | None) -> None:  # noqa: FBT001
        """Show ``level`` (None: the loop as it is then) after ``ms``, unless plans change."""
        self._set_at(self._now() + round(ms * _MS), self._changes, level=level)

    def _set_at(self, at_ns: int, plan: int, *, level: bool | None) -> None:
        def change() -> None:
            if plan == self._changes:
                self._show(self._closed if level is None else level, at_ns)

        if at_ns <= self._now():
            change()
        else:
            self._at(at_ns, change)
