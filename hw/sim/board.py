"""Carries out orders to simulated telephones and exchange lines, as fast as a person would."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import assert_never

from firmware.lines.callerid import Absence, CallSetup
from hw.sim import exchange_desk
from hw.sim.exchange import ExchangeError
from hw.sim.fxo import SimFxoPort
from hw.sim.line import SimulatedLine
from hw.sim.listening import Listening, hear, samples_of, until_said
from hw.sim.orders import (
    Dial,
    ExchangeOrder,
    Flash,
    Hear,
    OffHook,
    OnHook,
    PhoneOrder,
    Play,
    Record,
    Show,
    SimOrder,
    StopRecord,
)
from hw.sim.telephone import Dial as RotaryDial
from hw.sim.telephone import PhoneError

MS = 1_000_000


class SimBoard:
    """The far ends of simulated ports, by port name; used on one asyncio loop.

    ``perform`` returns when the order is done and gives what came of it as a JSON object.
    """

    def __init__(
        self,
        ports: Mapping[str, SimulatedLine | SimFxoPort],
        *,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._ports = ports
        self._now = now_ns
        self._ears = Listening()
        self._hands = {name: asyncio.Lock() for name in ports}  # one thing at a time

    async def perform(self, port: str, order: SimOrder) -> dict[str, object]:
        """Carry out ``order`` at ``port``.

        Raises:
            PhoneError: what is there cannot do that now, or the file cannot be used.
            KeyError: there is no such port.
        """
        at = self._ports[port]
        if not isinstance(at, SimFxoPort):
            if not isinstance(order, PhoneOrder):
                raise PhoneError("this is a telephone; only an exchange line can do that")
            return await self._by_phone(at, order)
        if not isinstance(order, ExchangeOrder):
            raise PhoneError("this is an exchange line; only a telephone can do that")
        try:
            return await exchange_desk.perform(at, order, self._ears)
        except ExchangeError as error:
            raise PhoneError(str(error)) from error

    async def _by_phone(self, phone: SimulatedLine, order: PhoneOrder) -> dict[str, object]:
        match order:
            case OffHook():
                phone.hook(lifted=True)
            case OnHook():
                phone.hook(lifted=False)
            case Flash() | Dial() | Play():
                async with self._hands[phone.name]:
                    await self._act(phone, order)
            case Record():
                return await self._ears.record(phone.name, phone.telephone.ear, order)
            case StopRecord():
                return await self._ears.stop(phone.name)
            case Hear(for_s):
                return await hear(phone.telephone.ear, for_s)
            case Show():
                return show(phone)
            case _:
                assert_never(order)
        return {}

    async def close(self) -> None:
        """Finish what is being recorded."""
        await self._ears.close()

    # --- hands and mouth ------------------------------------------------------------------------

    async def _act(self, phone: SimulatedLine, order: Flash | Dial | Play) -> None:
        match order:
            case Flash(ms):
                if not phone.telephone.off_hook:
                    raise PhoneError("cannot flash: the handset is on-hook; lift it first")
                await self._move(phone, ((0.0, False), (float(ms), True)))
            case Dial(digits, pulse=True):
                await self._move(phone, phone.telephone.turn(digits, RotaryDial()))
            case Dial(digits):
                await until_said(phone.telephone.press(digits))
            case Play(path):
                await until_said(phone.telephone.say(await samples_of(path)))

    async def _move(self, phone: SimulatedLine, edges: tuple[tuple[float, bool], ...]) -> None:
        """Open and close the loop at the given ms from now, stamped with the exact times.

        A late wake-up delays an edge but does not change its stamp, as with a kernel's. Whatever
        happens, the loop is closed in the end as long as the handset is lifted.
        """
        loop = asyncio.get_running_loop()
        done = asyncio.Event()
        start_s, start_ns = loop.time(), self._now()

        def edge(at_ms: float, closed: bool, last: bool) -> None:  # noqa: FBT001 - of call_at
            if phone.telephone.off_hook:  # hung up meanwhile: the hook has the loop now
                phone.loop(closed=closed, at_ns=start_ns + round(at_ms * MS))
            if last:
                done.set()

        if not edges:
            return
        timers = [
            loop.call_at(start_s + at_ms / 1000, edge, at_ms, closed, index == len(edges) - 1)
            for index, (at_ms, closed) in enumerate(edges)
        ]
        try:
            await done.wait()
        except asyncio.CancelledError:
            for timer in timers:
                timer.cancel()
            if phone.telephone.off_hook:
                phone.loop(closed=True, at_ns=self._now())
            raise


def show(phone: SimulatedLine) -> dict[str, object]:
    """What can be seen and measured there: hook, bell, display, message lamp, polarity."""
    telephone = phone.telephone
    bursts = [
        {"at_ms": burst.at_ns // MS, "for_ms": round(burst.for_ms), "hz": burst.hz}
        for burst in list(telephone.bell)
    ]
    return {
        "off_hook": telephone.off_hook,
        "ringing": phone.ringing,
        "bell": bursts,
        "display": _display(telephone.display),
        "message_lamp": telephone.lamp,
        "reversed": phone.reversed,
        "disconnects": phone.disconnects,
    }


def _display(shown: CallSetup | None) -> dict[str, object] | None:
    if shown is None:
        return None
    at = shown.at
    return {
        "number": shown.number if isinstance(shown.number, str) else None,
        "name": shown.name if isinstance(shown.name, str) else None,
        "private": Absence.PRIVATE in (shown.number, shown.name),
        "at": at and f"{at.month:02}-{at.day:02} {at.hour:02}:{at.minute:02}",
    }
