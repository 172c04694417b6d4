"""Writes what an ear hears to a file while it hears it."""

from __future__ import annotations

import asyncio
import logging
import wave
from contextlib import suppress
from pathlib import Path

from hw.sim.person import RATE, Ear
from hw.sim.telephone import PhoneError

log = logging.getLogger("derivato.sim")

_EVERY_S = 0.1


class Recorder:
    """One recording of what ``ear`` hears, from now on, into ``path`` (WAV).

    The file is complete and readable at any time; its first sample is the first frame that came
    after this object was made. Raises PhoneError if the file cannot be made.
    """

    def __init__(self, ear: Ear, path: Path) -> None:
        self.path = path
        self._ear = ear
        self._samples = 0
        self._file = _create(path)
        self._tape = ear.begin_tape()
        self._task = asyncio.get_running_loop().create_task(self._run())

    @property
    def for_ms(self) -> int:
        """How much is in the file, in ms."""
        return self._samples * 1000 // RATE

    async def stop(self) -> None:
        """Write the rest and close the file."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._ear.end_tape(self._tape)
        self._write()
        self._file.close()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_S)
            self._write()

    def _write(self) -> None:
        heard = self._tape.take()
        try:
            self._file.writeframes(heard.astype("<i2").tobytes())
        except OSError as error:
            log.error("%s: %s; recording is incomplete", self.path, error.strerror)  # noqa: TRY400
        self._samples += len(heard)


def _create(path: Path) -> wave.Wave_write:
    try:
        path.touch()  # a Wave_write that cannot open its file complains when it is collected
        file = wave.open(str(path), "wb")  # noqa: SIM115 - open until the recording stops
    except OSError as error:
        raise PhoneError(f"{path}: cannot be written ({error.strerror})") from error
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(RATE)
    file.writeframes(b"")  # writes the header
    return file
