"""The actor `exchange.N` of a scenario: the exchange at the end of a simulated line."""

from __future__ import annotations

import time
from typing import assert_never

from firmware.lab import exchange_steps as does
from firmware.lab import phone, steps
from firmware.lab.failure import Failure
from firmware.lab.phone import Phone
from firmware.ops import orders
from firmware.ops.orders import SimOrder

Deed = (
    does.Ring
    | does.StopRing
    | does.Answer
    | does.HangUp
    | does.PlayTone
    | does.Cut
    | does.Parallel
    | does.Meter
)
Sight = does.Dialled | does.Seized | does.Released

_LOOK_S = 0.04


class Exchange:
    """One exchange; it hears and speaks as ``party``, the person at its other end."""

    def __init__(self, party: Phone) -> None:
        self._party = party

    def act(self, step: Deed | steps.Play) -> None:
        """Do what ``step`` says.

        Raises:
            Failure: it cannot be done.
        """
        if isinstance(step, steps.Play):
            self._party.act(step)
        else:
            self._party.order(_order(step))

    def expect(self, step: Sight | phone.Expectation) -> str:
        """Wait until ``step`` has come true; say what was found.

        Raises:
            Failure: it has not; with what was there instead.
        """
        match step:
            case does.Dialled(digits=digits):
                return self._sees("digits", step.within, wanted=digits)
            case does.Seized():
                return self._sees("off_hook", step.within, wanted=True)
            case does.Released():
                return self._sees("off_hook", step.within, wanted=False)
            case _:
                return self._party.expect(step)

    def _sees(self, what: str, within_s: float, *, wanted: object) -> str:
        end = time.monotonic() + within_s
        while True:
            found = self._party.order(orders.Show())[what]
            if found == wanted:
                return f"{what}: {wanted}"
            if time.monotonic() >= end:
                raise Failure(f"{what}: {wanted}", f"it is {found}")
            time.sleep(_LOOK_S)


def _order(step: Deed) -> SimOrder:
    match step:
        case does.Ring(number=number, name=name, private=private, telling=telling):
            return orders.Ring(number, name, private, telling)
        case does.StopRing():
            return orders.StopRing()
        case does.Answer(reversal=reversal):
            return orders.Answer(reversal)
        case does.HangUp(break_ms=break_ms, reversal=reversal):
            return orders.RemoteHangUp(break_ms, reversal)
        case does.PlayTone(tone=tone):
            return orders.PlayTone(tone)
        case does.Cut(on=on):
            return orders.Cut(on)
        case does.Parallel(on=on):
            return orders.Parallel(on)
        case does.Meter():
            return orders.Meter()
        case _:
            assert_never(step)
