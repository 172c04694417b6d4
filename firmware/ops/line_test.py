"""Tests of one telephone's line, with somebody at the telephone who does as told.

The line works as always meanwhile: what a lifted handset hears is the dial tone, and its echo
tells whether both ways of the voice path are whole. What a test needs to see and the hardware
does not show is "not measurable", never "pass".
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.levels import level
from firmware.dsp.tap import Tap, tone_level

Json = Mapping[str, object]
Events = AsyncIterator[Mapping[str, object]]

_BURSTS, _ON_MS, _PAUSE_S = 4, 1000, 5.0
_WAIT_S = 20.0
_TONE_HZ = 425.0  # Italian dial tone
_SETTLE_S = 0.6
_LISTEN_S = 1.0
_QUIET_S = 2.0

# Judgement: the loss that a 600 ohm hybrid has towards any Italian line (ETSI ES 201 970 and
# ITU-T G.122 ask for more on average), levels of telephones' keys (ETSI ES 201 235-2), and a noise
# that is heard as silence (ITU-T G.120).
_LEAST_LOSS_DB = 6.0
_LEAST_ECHO_DBM0 = -55.0
_KEY_DBM0 = (-25.0, 0.0)
_MOST_NOISE_DBM0 = -50.0


class Outcome(StrEnum):
    """What a test came to."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    NOT_MEASURABLE = "not measurable on this hardware"


@dataclass(frozen=True, slots=True)
class Line:
    """What a test needs of the line: its voice path, its bell, and where its wires are.

    ``look`` gives, for a kind of wire ("hook", "ring", "audio", "loop"), what to look at.
    """

    name: str
    tap: Tap
    ring: Callable[[int], None]
    stop_ringing: Callable[[], None]
    look: Callable[[str], Sequence[str]]


async def run(line: Line, events: Events) -> AsyncIterator[Json]:
    """Yield what the person shall do (``ask``) and what each test came to (``test``)."""
    heard: asyncio.Queue[Json] = asyncio.Queue()
    listening = asyncio.create_task(_collect(events, heard))
    try:
        async for each in _steps(_Trial(line, heard)):
            yield each
    finally:
        listening.cancel()


async def _collect(events: Events, heard: asyncio.Queue[Json]) -> None:
    """Keep what happens: waiting for it with a time limit would end the stream itself."""
    async for event in events:
        heard.put_nowait(event)


async def _steps(trial: _Trial) -> AsyncIterator[Json]:
    yield trial.told(
        "loop", Outcome.NOT_MEASURABLE, "a meter shows about 48 V on-hook, 20 to 30 mA off-hook"
    )
    yield {"ask": f"the telephone {trial.name} rings: lift it while it rings"}
    lifted = await trial.ring()
    yield lifted
    yield trial.hook()
    if not trial.lifted:
        return
    for result in await trial.tones():
        yield result
    yield {"ask": "press the key 5, or dial 5"}
    for result in await trial.key():
        yield result
    yield {"ask": "be quiet for two seconds"}
    yield await trial.noise()
    yield {"ask": "hang up"}
    yield await trial.hung_up()


class _Trial:
    """One run of the tests; what has been seen so far."""

    def __init__(self, line: Line, heard: asyncio.Queue[Json]) -> None:
        self._line = line
        self._heard = heard
        self.name = line.name
        self.lifted = False

    def told(self, test: str, outcome: Outcome, seen: str, wires: str | None = None) -> Json:
        """One result; the wiring to look at goes with everything that is no pass."""
        look = [] if outcome is Outcome.PASS else list(self._line.look(wires or test))
        return {"test": test, "outcome": outcome.value, "seen": seen, "look": look}

    async def ring(self) -> Json:
        """Ring until the handset is lifted."""
        try:
            for burst in range(1, _BURSTS + 1):
                self._line.ring(_ON_MS)
                kind = await self._next({"line-trip", "line-edge"}, _PAUSE_S, closed=True)
                if kind is None:
                    continue
                self.lifted = True
                tripped = kind == "line-trip" or await self._tripped()
                if tripped:
                    return self.told("ring", Outcome.PASS, f"tripped in burst {burst}")
                seen = f"lifted in the pause after burst {burst}: the ring trip was not tried"
                return self.told("ring", Outcome.NOT_MEASURABLE, seen)
        finally:
            self._line.stop_ringing()
        return self.told("ring", Outcome.FAIL, f"{_BURSTS} bursts, and no handset was lifted")

    async def _tripped(self) -> bool:
        return await self._next({"line-trip"}, 0.1) is not None

    def hook(self) -> Json:
        if self.lifted:
            return self.told("hook", Outcome.PASS, "the loop closed")
        return self.told("hook", Outcome.FAIL, "the loop did not close")

    async def tones(self) -> Sequence[Json]:
        """Hear what comes back of the dial tone."""
        await asyncio.sleep(_SETTLE_S)
        came, went = await self._listen(_LISTEN_S)
        sent, back = tone_level(went, _TONE_HZ), tone_level(came, _TONE_HZ)
        if sent < _LEAST_ECHO_DBM0:
            seen = "no dial tone was sent: is the line barred or the switchboard gone?"
            return [self.told("tone to the telephone", Outcome.FAIL, seen, "audio")]
        if back < _LEAST_ECHO_DBM0:
            seen = f"{sent:.0f} dBm0 sent, nothing comes back: one way of the voice path is open"
            return [self.told("tone to the telephone", Outcome.FAIL, seen, "audio")]
        loss = sent - back
        echo = Outcome.PASS if loss >= _LEAST_LOSS_DB else Outcome.FAIL
        return [
            self.told("tone to the telephone", Outcome.PASS, f"{sent:.0f} dBm0, echo found"),
            self.told("echo", echo, f"{loss:.0f} dB below what was sent", "audio"),
        ]

    async def key(self) -> Sequence[Json]:
        """Hear one key."""
        self._line.tap.begin()
        kind = await self._next({"line-digit", "line-edge"}, _WAIT_S)
        await asyncio.sleep(0.2 if kind == "line-digit" else 1.0)
        came, _ = self._line.tap.end()
        if kind is None:
            seen = f"no key within {_WAIT_S:.0f} s"
            return [self.told("tone from the telephone", Outcome.FAIL, seen, "audio")]
        if kind == "line-edge":
            seen = "the telephone dials by pulses"
            return [
                self.told("tone from the telephone", Outcome.NOT_MEASURABLE, seen, "audio"),
                self.told("levels", Outcome.NOT_MEASURABLE, seen, "audio"),
            ]
        loudest = max((level(part) for part in _parts(came, 320)), default=-99.0)
        low, high = _KEY_DBM0
        fits = Outcome.PASS if low <= loudest <= high else Outcome.FAIL
        return [
            self.told("tone from the telephone", Outcome.PASS, "the key was recognised"),
            self.told("levels", fits, f"{loudest:.0f} dBm0 ({low:.0f} to {high:.0f})", "audio"),
        ]

    async def noise(self) -> Json:
        """Hear how quiet the line is."""
        came, _ = await self._listen(_QUIET_S)
        noise = min((level(part) for part in _parts(came, 4000)), default=0.0)
        outcome = Outcome.PASS if noise <= _MOST_NOISE_DBM0 else Outcome.FAIL
        return self.told("noise", outcome, f"{noise:.0f} dBm0", "audio")

    async def hung_up(self) -> Json:
        """See the loop open for good."""
        if await self._next({"line-edge"}, _WAIT_S, closed=False) is None:
            return self.told("hanging up", Outcome.FAIL, "the loop did not open", "hook")
        return self.told("hanging up", Outcome.PASS, "the loop opened")

    async def _listen(self, for_s: float) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        self._line.tap.begin()
        await asyncio.sleep(for_s)
        return self._line.tap.end()

    async def _next(
        self, kinds: set[str], within_s: float, *, closed: bool | None = None
    ) -> str | None:
        """Wait for what happens on the line; None if nothing of ``kinds`` does in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while True:
                    event = await self._heard.get()
                    kind = str(event.get("event"))
                    if event.get("line") != self._line.name or kind not in kinds:
                        continue
                    if kind == "line-edge" and closed not in (None, event.get("closed")):
                        continue
                    return kind
        return None


def _parts(samples: NDArray[np.int16], length: int) -> list[NDArray[np.int16]]:
    return [samples[at : at + length] for at in range(0, samples.size - length + 1, length)]
