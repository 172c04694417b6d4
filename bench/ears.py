"""Which tones are in a sound, and whether they are there without a gap.

Every party of a capacity test says a tone of its own, a multiple of 50 Hz: in windows of 20 ms
such tones do not disturb each other, whoever adds them up.
"""

from __future__ import annotations

import itertools
import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import g711
from .far import Packet

_WINDOW = g711.FRAME
_HEARD_DBM0, _NOT_HEARD_DBM0 = -25.0, -40.0
_DIP_DB = 6.0
_LATE_MS = 60.0

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Tone:
    """One expected tone in a sound: how long from its first to its last window, holes in it."""

    hertz: int
    level_dbm0: float
    for_ms: int
    gaps: int
    missing_ms: int


@dataclass(frozen=True, slots=True)
class Hearing:
    """What one ear heard: the expected tones, and others that should not be there (Hz)."""

    tones: tuple[Tone, ...]
    strangers: tuple[int, ...]

    def problems(self, least_ms: int) -> list[str]:
        """What is not as it should be, for people; nothing if all is well."""
        found = [
            f"{tone.hertz} Hz only {tone.for_ms} ms"
            for tone in self.tones
            if tone.for_ms < least_ms
        ]
        return found + [f"{hertz} Hz does not belong here" for hertz in self.strangers]


def _levels(samples: Samples, hertz: Sequence[int]) -> NDArray[np.float64]:
    """Level in dBm0 of each tone in each window of 20 ms."""
    count = len(samples) // _WINDOW
    windows = samples[: count * _WINDOW].reshape(count, _WINDOW).astype(np.float64)
    times = np.arange(_WINDOW) / g711.RATE
    turns = np.exp(-2j * np.pi * np.outer(times, hertz))
    peaks = 2 * np.abs(windows @ turns) / _WINDOW
    levels: NDArray[np.float64] = (
        20 * np.log10(np.maximum(peaks, 1e-3) / 32767) + g711.FULL_SCALE_DBM0
    )
    return levels


def hear(samples: Samples, expected: Iterable[int], every: Sequence[int]) -> Hearing:
    """Look for the expected tones in a sound, and for any other of those that are in use."""
    wanted = sorted(expected)
    levels = _levels(samples, every)
    column = {hertz: levels[:, number] for number, hertz in enumerate(every)}
    strangers = tuple(
        hertz
        for hertz in every
        if hertz not in wanted and len(levels) and np.median(column[hertz]) > _NOT_HEARD_DBM0
    )
    return Hearing(tuple(_tone(hertz, column[hertz]) for hertz in wanted), strangers)


def _tone(hertz: int, levels: NDArray[np.float64]) -> Tone:
    there = np.flatnonzero(levels > _HEARD_DBM0)
    if not len(there):
        return Tone(hertz, -99.0, 0, 0, 0)
    span = levels[there[0] : there[-1] + 1]
    usual = float(np.median(span))
    # The first and the last window are cut by the tone's own beginning and end.
    low = span[1:-1] < usual - _DIP_DB
    gaps = int(np.count_nonzero(np.diff(np.concatenate(([0], low.astype(int)))) == 1))
    return Tone(hertz, usual, 20 * len(span), gaps, 20 * int(low.sum()))


@dataclass(frozen=True, slots=True)
class Traffic:
    """The packets of a stretch of audio: how many, lost, and how many came late (60 ms pause)."""

    packets: int
    lost: int
    late: int
    longest_ms: float


def traffic(packets: Sequence[Packet]) -> Traffic:
    """Judge packets by their numbers and their times."""
    if len(packets) < 2:
        return Traffic(len(packets), 0, 0, 0.0)
    steps = [(b.number - a.number) & 0xFFFF for a, b in itertools.pairwise(packets)]
    pauses = [(b.at_ns - a.at_ns) / 1e6 for a, b in itertools.pairwise(packets)]
    lost = sum(step - 1 for step in steps if 1 < step < 1000)
    return Traffic(len(packets), lost, sum(p > _LATE_MS for p in pauses), max(pauses))


def samples_of(packets: Iterable[Packet]) -> Samples:
    """Join the audio of packets."""
    parts = [packet.payload for packet in packets]
    return g711.decode(b"".join(parts))


def read_wav(path: Path) -> Samples:
    """Read 8 kHz, 16 bit, mono."""
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)


def write_wav(path: Path, samples: Samples) -> Path:
    """Write 8 kHz, 16 bit, mono."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(g711.RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return path
