"""A simulated line card for one telephone, with the rules of a data sheet enforced.

The limits are those of the Silvertel Ag1171 (data sheet V1.6): at most 33 % ringing duty
(Absolute Maximum Ratings), ringing at 15 to 68 Hz, and a line that is off-hook is never rung.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from hw.ports import AudioStream, FxsLimits, HookEdge, PortEvent, PortReady, RingTrip
from hw.sim.rules import RuleBrokenError
from hw.sim.telephone import Burst, PhoneError, Telephone
from hw.sim.wires import Wires

AG1171_LIMITS = FxsLimits(ring_duty=0.33, ring_hz=(15.0, 68.0), ring_amps=0.48, off_hook_amps=0.4)

_DUTY_WINDOW_NS = 30 * 10**9
# An edge is believed once the loop has been closed for a while, and reaches whoever rings some
# ms later; after this time there is no excuse.
_KNOWN_AFTER_NS = 200 * 10**6


class SimFxsPort:
    """The line card and the wires to its telephone."""

    def __init__(self, name: str, *, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._name = name
        self._now = now_ns
        self._post: Callable[[PortEvent], None] | None = None
        self._lock = threading.Lock()
        self._burst: Burst | None = None
        self._rung: deque[Burst] = deque()
        self._lifted_ns = 0
        self.reversed = False
        self.disconnects = 0
        self.telephone = Telephone()
        self._wires = Wires(self.telephone)

    # --- the port ---------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Name of the port on its board."""
        return self._name

    @property
    def limits(self) -> FxsLimits:
        """The data sheet's limits."""
        return AG1171_LIMITS

    @property
    def audio(self) -> AudioStream:
        """The voice path."""
        return self._wires

    def open(self, post: Callable[[PortEvent], None]) -> None:
        """Power up."""
        self._post = post
        post(PortReady(self._name, self._now()))
        if self.telephone.off_hook:
            post(HookEdge(self._name, self._now(), closed=True))

    def close(self) -> None:
        """Power down."""
        self.stop_ringing()
        self._post = None

    def ring(self, on_ms: int, hz: float) -> None:
        """Ring one burst.

        A handset lifted a moment ago, whose edge the driver could not know yet, trips the ringing
        before it sounds.

        Raises:
            RuleBrokenError: the line is off-hook, the frequency or the duty is out of range.
        """
        low, high = self.limits.ring_hz
        if not low <= hz <= high:
            raise RuleBrokenError(f"ringing at {hz} Hz: {low} to {high} Hz (Ag1171, Ringing)")
        now = self._now()
        with self._lock:
            tripped = self.telephone.off_hook
            if tripped and now > self._lifted_ns + _KNOWN_AFTER_NS:
                raise RuleBrokenError("ringing into an off-hook line (Ag1171, Ring trip)")
        if tripped:
            if self._post:
                self._post(RingTrip(self._name, now))
            return
        with self._lock:
            self._end_burst(now)
            self._burst = Burst(now, on_ms, hz)
            self._rung.append(self._burst)
            while self._rung[0].at_ns < now - _DUTY_WINDOW_NS:
                self._rung.popleft()
            share = sum(burst.for_ms for burst in self._rung) * 1e6 / _DUTY_WINDOW_NS
            if share > self.limits.ring_duty:
                raise RuleBrokenError(
                    f"RM high {share:.0%} of 30 s (Ag1171, Absolute Maximum: 33 %)"
                )

    def stop_ringing(self) -> None:
        """End a burst now."""
        with self._lock:
            self._end_burst(self._now())

    def set_polarity(self, *, reversed_: bool) -> None:
        """Swap tip and ring."""
        self.reversed = reversed_

    def break_loop(self, for_ms: int) -> None:
        """Feed no current for a while: the hook line of the card falls and rises."""
        now = self._now()
        self.disconnects += 1
        if self.telephone.off_hook and self._post:
            self._post(HookEdge(self._name, now, closed=False))
            end_ns = now + for_ms * 1_000_000
            timer = threading.Timer(for_ms / 1000, self._feed_again, (end_ns,))
            timer.daemon = True
            timer.start()

    def _feed_again(self, at_ns: int) -> None:
        if self._post and self.telephone.off_hook:
            self._post(HookEdge(self._name, at_ns, closed=True))

    # --- the telephone's side -------------------------------------------------------------------

    @property
    def ringing(self) -> bool:
        """Whether the bell rings at this instant."""
        burst = self._burst
        return burst is not None and self._now() < burst.at_ns + burst.for_ms * 1e6

    def hook(self, *, lifted: bool) -> None:
        """Lift or hang up the handset.

        Raises:
            PhoneError: it is already there.
        """
        with self._lock:
            if self.telephone.off_hook == lifted:
                raise PhoneError(f"the handset is already {'off' if lifted else 'on'}-hook")
            self.telephone.off_hook = lifted
            self._lifted_ns = self._now()
            if not lifted:
                self.telephone.hush()
        self.loop(closed=lifted, at_ns=self._now())

    def loop(self, *, closed: bool, at_ns: int) -> None:
        """Close or open the loop at ``at_ns`` (a dial pulse, a flash, the hook itself)."""
        with self._lock:
            tripped = closed and self._burst is not None and self.ringing
            if closed:
                self._end_burst(at_ns)
        if self._post:
            self._post(HookEdge(self._name, at_ns, closed))
            if tripped:
                self._post(RingTrip(self._name, at_ns))

    def _end_burst(self, at_ns: int) -> None:
        if self._burst is None:
            return
        rang_ms = min(self._burst.for_ms, max(at_ns - self._burst.at_ns, 0) / 1e6)
        rang = Burst(self._burst.at_ns, rang_ms, self._burst.hz)
        self._rung[-1] = rang  # the rule is about ringing that was, not that was asked for
        self.telephone.bell.append(rang)
        self._burst = None
