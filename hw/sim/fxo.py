"""A simulated interface to an exchange line, with the rules of one enforced.

The rules are those of the transformer and LITELINK DAAs and of TBR 21: the loop is closed and
opened in turn, digits are dialled only on a seized line, pulses have the length that exchanges
understand.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from hw.ports import (
    AudioStream,
    Battery,
    FxoEvent,
    FxoSenses,
    LineInUse,
    LinePolarity,
    LoopCurrent,
    PortReady,
    RingSignal,
)
from hw.sim.exchange import Doing, Exchange, ExchangeError
from hw.sim.rules import RuleBrokenError
from hw.sim.wires import Wires

_PULSE_MS = (20, 75)  # what Italian exchanges take, break and make alike
MS = 1_000_000


class SimFxoPort:
    """The line interface and the exchange beyond."""

    def __init__(self, name: str, *, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._name = name
        self._now = now_ns
        self._post: Callable[[FxoEvent], None] | None = None
        self._reversed = False
        self._parallel = False
        self._fed = True
        self.exchange = Exchange(self._rings)
        self._wires = Wires(self.exchange)

    # --- the port ---------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Name of the port on its board."""
        return self._name

    @property
    def senses(self) -> FxoSenses:
        """It sees all that can be seen, and decodes nothing by itself."""
        return FxoSenses(current=True, polarity=True, battery=True, parallel=True)

    @property
    def audio(self) -> AudioStream:
        """The voice path."""
        return self._wires

    def open(self, post: Callable[[FxoEvent], None]) -> None:
        """Begin on-hook."""
        self._post = post
        post(PortReady(self._name, self._now()))
        if not self._fed:
            post(Battery(self._name, self._now(), present=False))

    def close(self) -> None:
        """Go on-hook and fall silent."""
        if self.exchange.off_hook:
            self.exchange.opened()
        self._post = None

    def seize(self, *, off_hook: bool) -> None:
        """Close or open the loop."""
        if off_hook is self.exchange.off_hook:
            state = "closed" if off_hook else "open"
            raise RuleBrokenError(f"the loop is {state} already (DAA, OH)")
        if not off_hook:
            self.exchange.opened()
            return
        if self._fed:
            self.exchange.closed()
            self._tell(LoopCurrent(self._name, self._now(), flows=True))
        else:
            self.exchange.off_hook = True

    def flash(self, for_ms: int) -> None:
        """Open the loop for a moment."""
        self._need_loop("flash")
        self.exchange.flashed()
        now = self._now()
        self._tell(LoopCurrent(self._name, now, flows=False))
        self._tell(LoopCurrent(self._name, now + for_ms * MS, flows=True))

    def pulse(self, digit: str, *, break_ms: int, make_ms: int) -> None:
        """Dial a digit by pulses."""
        self._need_loop("dial")
        low, high = _PULSE_MS
        if not low <= break_ms <= high or not low <= make_ms <= high:
            raise RuleBrokenError(
                f"pulses of {break_ms}/{make_ms} ms: {low} to {high} ms each (Italian exchanges)"
            )
        if digit not in "0123456789":
            raise RuleBrokenError(f"no pulses for {digit!r} (decadic selection)")
        self.exchange.dialled(digit)

    def snoop(self, *, on: bool) -> None:
        """Nothing to do: audio passes always."""

    def _need_loop(self, action: str) -> None:
        if not self.exchange.off_hook:
            raise RuleBrokenError(f"cannot {action} on an open loop (DAA, OH)")

    # --- the exchange's side ----------------------------------------------------------------

    def hang_up(self, *, break_ms: int = 0, reversal: bool = False) -> None:
        """The far party hangs up: busy tone, and what else the exchange does to the loop."""
        self.exchange.hang_up()
        if reversal:
            self.turn()
        if break_ms:
            now = self._now()
            self._tell(LoopCurrent(self._name, now, flows=False))
            timer = threading.Timer(break_ms / 1000, self._feed_loop, (now + break_ms * MS,))
            timer.daemon = True
            timer.start()

    def _feed_loop(self, at_ns: int) -> None:
        if self.exchange.off_hook:
            self._tell(LoopCurrent(self._name, at_ns, flows=True))

    def answer(self, *, reversal: bool = False) -> None:
        """The party called answers."""
        self.exchange.answer()
        if reversal:
            self.turn()

    def turn(self) -> None:
        """Reverse the polarity."""
        self._reversed = not self._reversed
        self._tell(LinePolarity(self._name, self._now(), self._reversed))

    def meter(self) -> None:
        """A metering pulse: current dips for 120 ms."""
        now = self._now()
        self._tell(LoopCurrent(self._name, now, flows=False))
        self._tell(LoopCurrent(self._name, now + 120 * MS, flows=True))

    def cut(self, *, cut: bool) -> None:
        """Cut the wire, or mend it."""
        if cut is not self._fed:
            raise ExchangeError("the wire is cut already" if cut else "the wire is whole already")
        self._fed = not cut
        now = self._now()
        if cut and self.exchange.doing is Doing.RINGING:
            self.exchange.give_up()
        if self.exchange.off_hook:
            self._tell(LoopCurrent(self._name, now, flows=not cut))
        self._tell(Battery(self._name, now, present=not cut))

    def parallel(self, *, on: bool) -> None:
        """Lift a telephone parallel to us, or put it down."""
        self._parallel = on
        self._tell(LineInUse(self._name, self._now(), on))

    def _rings(self, on: bool) -> None:  # noqa: FBT001 - the whole message
        self._tell(RingSignal(self._name, self._now(), on))

    def _tell(self, event: FxoEvent) -> None:
        if self._post:
            self._post(event)
