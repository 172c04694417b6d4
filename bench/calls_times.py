"""How long the steps of a call take, measured at the wire and in the handset's samples."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmware.ops.orders import Dial, OffHook, OnHook, Play

from . import box, ears, g711
from .far import Dialog, Far, Manners, loopback

_NUMBER = "201"
_PULSED = "211"  # short for a rotary dial
_CHIRP_S = 0.1
_MS = 1e6
_FRAME_MS = 20.0
_IDLE_S, _DIAL_TONE_S, _RING_S, _RINGBACK_S = 0.6, 0.9, 0.3, 0.8
_QUIET = 40  # below -55 dBm0: A-law's idle noise, the suppressor's comfort noise


@dataclass(frozen=True, slots=True)
class Mark:
    """When the driver did something, and what the far side noted of the call."""

    lifted_ns: int
    dial_tone_order_ns: int
    dialog: Dialog
    pulsed: bool
    late_chirp: bool


@dataclass(slots=True)
class Times:
    """Every figure in ms, run by run."""

    off_hook_recognised: list[float] = field(default_factory=list)
    dial_tone_after_recognition: list[float] = field(default_factory=list)
    dial_tone: list[float] = field(default_factory=list)
    invite_after_key: list[float] = field(default_factory=list)
    invite_after_pulse: list[float] = field(default_factory=list)
    ringback: list[float] = field(default_factory=list)
    to_network: list[float] = field(default_factory=list)
    from_network: list[float] = field(default_factory=list)
    from_network_in: list[float] = field(default_factory=list)
    from_network_late: list[float] = field(default_factory=list)


def chirp() -> NDArray[np.int16]:
    """300 to 3400 Hz in 100 ms with soft ends: its correlation has one sharp peak."""
    times = np.arange(round(_CHIRP_S * g711.RATE)) / g711.RATE
    phase = 2 * np.pi * (300 * times + 0.5 * 3100 / _CHIRP_S * times**2)
    return np.rint(9000 * np.hanning(times.size) * np.sin(phase)).astype(np.int16)


async def measure(work: Path, *, outgoing: int, pulsed: int, incoming: int) -> Times:
    """Make the calls one after the other, then read the watches."""
    sound = ears.write_wav(work / "chirp.wav", chirp())
    watched = work / "watches.npz"
    os.environ |= {"BENCH_PROBE": str(watched), "BENCH_AUDIO": "1"}

    def manners(_: str) -> Manners:
        return Manners(ring_s=_RING_S, answer_s=None)

    marks: list[Mark] = []
    async with Far(loopback(8), manners=manners) as far:
        far.keeps = True
        server = f"127.0.0.1:{far.address[1]}"
        port = box.free_port()
        text = box.site(lines=1, bind="127.0.0.1", port=port, server=server)
        async with box.running(work / "box", text, module="bench.calls_probe") as gateway:
            for run in range(outgoing + pulsed):
                marks.append(await _out(gateway, far, sound, pulsed=run >= outgoing))
                await asyncio.sleep(_IDLE_S + 0.007 * run)  # against the phase of the clock
            for _ in range(incoming):
                marks.append(await _in(gateway, far, port))
                await asyncio.sleep(_IDLE_S)
    return _read(dict(np.load(watched)), marks)


async def _out(gateway: box.Box, far: Far, sound: Path, *, pulsed: bool) -> Mark:
    since = len(gateway.events)
    await gateway.sim("l1", OffHook())
    closed = await gateway.until("line-edge", since=since, closed=True)
    tone = await gateway.until("play-tone", since=since, tone="dial")
    await asyncio.sleep(_DIAL_TONE_S)
    dialling = asyncio.create_task(
        gateway.sim("l1", Dial(_PULSED if pulsed else _NUMBER, pulse=pulsed))
    )
    dialog = await far.expect(_PULSED if pulsed else _NUMBER, within_s=10.0)
    await dialling
    await asyncio.sleep(_RING_S + _RINGBACK_S)
    far.answer(dialog)
    await asyncio.wait_for(dialog.confirmed.wait(), 2.0)
    await asyncio.sleep(0.6)
    await gateway.sim("l1", Play(sound))
    await asyncio.sleep(0.4)
    dialog.say(chirp())
    await asyncio.sleep(0.5)
    await gateway.sim("l1", OnHook())
    await asyncio.wait_for(dialog.ended.wait(), 2.0)
    return Mark(int(closed["at_ns"]), int(tone["seen_ns"]), dialog, pulsed, late_chirp=False)


async def _in(gateway: box.Box, far: Far, port: int) -> Mark:
    since = len(gateway.events)
    calling = asyncio.create_task(
        far.call(f"sip:601@127.0.0.1:{port}", ("127.0.0.1", port), caller="0571", label="in")
    )
    await gateway.until("ring-burst", since=since)
    await asyncio.sleep(0.2)
    await gateway.sim("l1", OffHook())
    dialog = await calling
    await asyncio.sleep(1.0)
    dialog.say(chirp())
    await asyncio.sleep(6.0)
    dialog.say(chirp())
    await asyncio.sleep(0.6)
    await far.hang_up(dialog)
    await gateway.sim("l1", OnHook())
    return Mark(0, 0, dialog, pulsed=False, late_chirp=True)


# --- reading the watches --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Track:
    """Samples in frames of 20 ms with the time of each frame; `early_ms` of its first sample."""

    times: NDArray[np.int64]
    frames: NDArray[np.int16]
    early_ms: float = 0.0

    def between(self, begin_ns: float, end_ns: float) -> Track:
        """Frames with times in a stretch."""
        first, last = np.searchsorted(self.times, (begin_ns, end_ns))
        return Track(self.times[first:last], self.frames[first:last], self.early_ms)

    def at_ns(self, sample: int) -> float:
        """When a sample was, counted from the first one."""
        frame, rest = divmod(sample, g711.FRAME)
        return float(self.times[frame]) + (rest / 8 - self.early_ms) * _MS

    def begins_ns(self, loud: int = _QUIET) -> float | None:
        """When the first sample above a level was."""
        found = np.flatnonzero(np.abs(self.frames.ravel().astype(int)) > loud)
        return self.at_ns(int(found[0])) if len(found) else None

    def where(self, sound: NDArray[np.int16]) -> float | None:
        """When a sound began that is in here, None if it is not."""
        there = self.frames.ravel().astype(float)
        if len(there) < len(sound):
            return None
        wanted = sound.astype(float)
        figures = np.correlate(there, wanted, mode="valid")
        energy = np.convolve(there**2, np.ones(len(wanted)), mode="valid")
        alike = figures / np.sqrt(energy * float(wanted @ wanted) + 1.0)
        at = int(np.argmax(figures))
        return self.at_ns(at) if alike[at] > 0.7 else None


def _read(watches: dict[str, NDArray[np.int64]], marks: Sequence[Mark]) -> Times:
    # A frame that the line card gives was spoken in the 20 ms before; one that it takes is
    # heard from then on. A packet can be heard from its arrival on.
    ear = Track(watches["ears"][:, 1], watches["heard"].astype(np.int16))
    mouth = Track(watches["mouths"][:, 1], watches["said"].astype(np.int16), _FRAME_MS)
    hooks = watches["hooks"]
    found = Times()
    for mark in marks:
        if mark.late_chirp:
            _incoming(found, ear, mark.dialog)
        else:
            _outgoing(found, ear, mouth, hooks, mark)
    return found


def _outgoing(found: Times, ear: Track, mouth: Track, hooks: NDArray[np.int64], mark: Mark) -> None:
    dialog = mark.dialog
    invite = dialog.times["invite"]
    begun = ear.between(mark.lifted_ns, invite).begins_ns()
    _add(found.dial_tone, mark.lifted_ns, begun)
    _add(found.off_hook_recognised, mark.lifted_ns, mark.dial_tone_order_ns)
    _add(found.dial_tone_after_recognition, mark.dial_tone_order_ns, begun)
    if mark.pulsed:
        edges = hooks[(hooks[:, 1] < invite) & (hooks[:, 2] == 1), 1]
        _add(found.invite_after_pulse, float(edges[-1]), invite)
    else:
        _add(found.invite_after_key, _last_key(mouth.between(mark.lifted_ns, invite)), invite)
    answered = dialog.times["answered"]
    _add(
        found.ringback, dialog.times["180"], ear.between(dialog.times["180"], answered).begins_ns()
    )
    ended = dialog.times["ended"]
    packets = Track(
        np.array([packet.at_ns for packet in dialog.heard]),
        np.array([g711.decode(packet.payload) for packet in dialog.heard]),
    )
    said = mouth.between(answered, ended).where(chirp())
    _add(found.to_network, said, packets.where(chirp()))
    _add(
        found.from_network,
        _sent(dialog).where(chirp()),
        ear.between(answered, ended).where(chirp()),
    )


def _incoming(found: Times, ear: Track, dialog: Dialog) -> None:
    answered, ended = dialog.times["answered"], dialog.times["ended"]
    middle = answered + 4 * 10**9
    sent = _sent(dialog)
    for row, begin, end in (
        (found.from_network_in, answered, middle),
        (found.from_network_late, middle, ended),
    ):
        _add(row, sent.between(begin, end).where(chirp()), ear.between(begin, end).where(chirp()))


def _sent(dialog: Dialog) -> Track:
    times = np.array([at_ns for at_ns, _ in dialog.sent])
    return Track(times, np.array([g711.decode(payload) for _, payload in dialog.sent]))


def _last_key(mouth: Track) -> float | None:
    """When the last key's tone began: the last onset after 40 ms of quiet."""
    loud = np.abs(mouth.frames.ravel().astype(int)) > _QUIET
    places = np.flatnonzero(loud)
    if not len(places):
        return None
    onsets = places[np.flatnonzero(np.diff(places, prepend=-(10**6)) > 40 * 8)]
    return mouth.at_ns(int(onsets[-1]))


def _add(row: list[float], begin: float | None, end: float | None) -> None:
    if begin is not None and end is not None:
        row.append((end - begin) / _MS)
