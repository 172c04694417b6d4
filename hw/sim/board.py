"""Carries out orders to simulated telephones, in the time that a person would need."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.listen import analyse
from firmware.dsp.wav import WavError, read_wav
from firmware.lines.callerid import Absence, CallSetup
from hw.sim.line import SimulatedLine
from hw.sim.orders import (
    Dial,
    Flash,
    Hear,
    OffHook,
    OnHook,
    Play,
    Record,
    Show,
    SimOrder,
    StopRecord,
)
from hw.sim.person import RATE
from hw.sim.recorder import Recorder
from hw.sim.telephone import Dial as RotaryDial
from hw.sim.telephone import PhoneError

MS = 1_000_000
_SETTLE_MS = 40  # two frames: what was said is on the line


class SimBoard:
    """The telephones on simulated ports, by port name; used on one asyncio loop.

    ``perform`` returns when the order is done and gives what came of it as a JSON object.
    """

    def __init__(
        self,
        ports: Mapping[str, SimulatedLine],
        *,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._ports = ports
        self._now = now_ns
        self._recorders: dict[str, Recorder] = {}
        self._hands = {name: asyncio.Lock() for name in ports}  # one thing at a time

    async def perform(self, port: str, order: SimOrder) -> dict[str, object]:
        """Carry out ``order`` on the telephone at ``port``.

        Raises:
            PhoneError: the telephone cannot do that now, or the file cannot be used.
            KeyError: there is no such port.
        """
        phone = self._ports[port]
        match order:
            case OffHook():
                phone.hook(lifted=True)
            case OnHook():
                phone.hook(lifted=False)
            case Flash() | Dial() | Play():
                async with self._hands[port]:
                    await self._act(phone, order)
            case Record():
                return await self._record(phone, order)
            case StopRecord():
                return await self._stop(phone)
            case Hear(for_s):
                return await self._hear(phone, for_s)
            case Show():
                return show(phone)
            case _:
                assert_never(order)
        return {}

    async def close(self) -> None:
        """Finish what is being recorded."""
        for recorder in self._recorders.values():
            await recorder.stop()
        self._recorders.clear()

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
                await _until_said(phone.telephone.press(digits))
            case Play(path):
                samples = await asyncio.to_thread(_samples, path)
                await _until_said(phone.telephone.say(samples))

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

    # --- ear ------------------------------------------------------------------------------------

    async def _record(self, phone: SimulatedLine, order: Record) -> dict[str, object]:
        if phone.name in self._recorders:
            raise PhoneError("already recording; stop-record first")
        self._recorders[phone.name] = Recorder(phone.telephone.ear, order.path)
        if order.for_s is None:
            return {"path": str(order.path)}
        try:
            await asyncio.sleep(order.for_s)
        finally:
            result = await self._stop(phone)
        return result

    async def _stop(self, phone: SimulatedLine) -> dict[str, object]:
        recorder = self._recorders.pop(phone.name, None)
        if recorder is None:
            raise PhoneError("not recording; begin with record")
        await recorder.stop()
        return {"path": str(recorder.path), "for_ms": recorder.for_ms}

    async def _hear(self, phone: SimulatedLine, for_s: float) -> dict[str, object]:
        with phone.telephone.ear.listening() as tape:
            await asyncio.sleep(for_s)
            heard = tape.take()
        events = await asyncio.to_thread(analyse, heard)
        return {
            "for_ms": 1000 * len(heard) // RATE,
            "events": [event.as_json() for event in events],
        }


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


def _samples(path: Path) -> NDArray[np.int16]:
    try:
        return read_wav(path)
    except WavError as error:
        raise PhoneError(str(error)) from error
    except OSError as error:
        raise PhoneError(f"{path}: cannot be read ({error.strerror})") from error


async def _until_said(ms: float) -> None:
    await asyncio.sleep((ms + _SETTLE_MS) / 1000)
