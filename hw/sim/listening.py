"""Ears of simulated lines: what they hear goes to files, or is explained."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.listen import analyse
from firmware.dsp.wav import WavError, read_wav
from hw.sim.orders import Record
from hw.sim.person import RATE, Ear
from hw.sim.recorder import Recorder
from hw.sim.telephone import PhoneError

_SETTLE_MS = 40  # two frames: what was said is on the line


class Listening:
    """The recordings that go on, by port; used on one asyncio loop."""

    def __init__(self) -> None:
        self._recorders: dict[str, Recorder] = {}

    async def record(self, port: str, ear: Ear, order: Record) -> dict[str, object]:
        """Write what ``ear`` hears, for as long as ``order`` says.

        Raises:
            PhoneError: it is being recorded already, or the file cannot be made.
        """
        if port in self._recorders:
            raise PhoneError("already recording; stop-record first")
        self._recorders[port] = Recorder(ear, order.path)
        if order.for_s is None:
            return {"path": str(order.path)}
        try:
            await asyncio.sleep(order.for_s)
        finally:
            result = await self.stop(port)
        return result

    async def stop(self, port: str) -> dict[str, object]:
        """Finish the recording of ``port``.

        Raises:
            PhoneError: there is none.
        """
        recorder = self._recorders.pop(port, None)
        if recorder is None:
            raise PhoneError("not recording; begin with record")
        await recorder.stop()
        return {"path": str(recorder.path), "for_ms": recorder.for_ms}

    async def close(self) -> None:
        """Finish what is being recorded."""
        for recorder in self._recorders.values():
            await recorder.stop()
        self._recorders.clear()


async def hear(ear: Ear, for_s: float) -> dict[str, object]:
    """Listen for ``for_s`` seconds and tell what was recognised."""
    with ear.listening() as tape:
        await asyncio.sleep(for_s)
        heard = tape.take()
    events = await asyncio.to_thread(analyse, heard)
    return {
        "for_ms": 1000 * len(heard) // RATE,
        "events": [event.as_json() for event in events],
    }


async def samples_of(path: Path) -> NDArray[np.int16]:
    """Read a WAV file for a mouth.

    Raises:
        PhoneError: it cannot be read.
    """
    try:
        return await asyncio.to_thread(read_wav, path)
    except WavError as error:
        raise PhoneError(str(error)) from error
    except OSError as error:
        raise PhoneError(f"{path}: cannot be read ({error.strerror})") from error


async def until_said(ms: float) -> None:
    """Wait until what takes ``ms`` ms to say is on the line."""
    await asyncio.sleep((ms + _SETTLE_MS) / 1000)
