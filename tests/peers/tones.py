"""The tests' ear for tones: rhythm, pitch and keys, measured without the gateway's own code."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .hearing import RATE, Samples, level_dbm0

_STEP = RATE // 200  # 5 ms
_WINDOW = RATE // 50  # 20 ms: tells 340 from 425 Hz
_QUIET_DBM0 = -40.0
PITCHES = (340.0, 425.0, 950.0, 1400.0, 1800.0)

_LOW = (697.0, 770.0, 852.0, 941.0)  # ITU-T Q.23
_HIGH = (1209.0, 1336.0, 1477.0, 1633.0)
_KEYS = ("123A", "456B", "789C", "*0#D")


@dataclass(frozen=True, slots=True)
class Beat:
    """A stretch of one pitch; `hertz` None is anything else: silence, speech, noise."""

    hertz: float | None
    ms: float


def beats(sound: Samples, *, pitches: Sequence[float] = PITCHES) -> list[Beat]:
    """Cut a sound into stretches of one pitch each; shorter than 30 ms do not count."""
    starts = range(0, len(sound) - _WINDOW + 1, _STEP)
    found = [_pitch(sound[begin : begin + _WINDOW], pitches) for begin in starts]
    runs = [Beat(key, 5.0 * len(list(group))) for key, group in itertools.groupby(found)]
    merged: list[Beat] = []
    for run in runs:
        if run.ms < 30 and merged:
            merged[-1] = Beat(merged[-1].hertz, merged[-1].ms + run.ms)
        elif merged and merged[-1].hertz == run.hertz:
            merged[-1] = Beat(run.hertz, merged[-1].ms + run.ms)
        else:
            merged.append(run)
    return merged


def rhythm(sound: Samples, hertz: float = 425.0) -> list[int]:
    """Return the lengths in ms, sound and silence in turn, of whole beats at a pitch.

    Beats cut by the beginning or the end of the recording are left out; it starts with sound.
    """
    whole = beats(sound, pitches=(hertz,))[1:-1]
    if whole and whole[0].hertz is None:
        whole = whole[1:]
    return [round(beat.ms) for beat in whole]


def is_rhythm(sound: Samples, *cycle: float, hertz: float = 425.0) -> bool:
    """Tell whether a sound is the tone that repeats `cycle` (ms, sound first), at any phase.

    At least one whole cycle must be heard, and nothing else; 35 ms of tolerance each.
    """
    heard = rhythm(sound, hertz)
    if len(heard) < len(cycle):
        return False
    phases = range(0, len(cycle), 2)
    return any(
        all(abs(ms - cycle[(phase + n) % len(cycle)]) <= 35 for n, ms in enumerate(heard))
        for phase in phases
    )


def keys(sound: Samples) -> str:
    """Return the DTMF keys in a sound: both tones within 6 dB, 40 ms or more."""
    rows = _LOW + _HIGH
    found: list[str] = []
    for begin in range(0, len(sound) - _WINDOW + 1, _STEP):
        frame = sound[begin : begin + _WINDOW]
        if level_dbm0(frame) < _QUIET_DBM0:
            found.append("")
            continue
        powers = [_power(frame, hertz) for hertz in rows]
        low, high = int(np.argmax(powers[:4])), int(np.argmax(powers[4:]))
        pair = powers[low] + powers[4 + high]
        twist = powers[low] / max(powers[4 + high], 1e-9)
        clear = pair > 0.8 * float(np.mean(frame.astype(np.float64) ** 2)) and 0.25 < twist < 4
        found.append(_KEYS[low][high] if clear else "")
    return "".join(
        key for key, group in itertools.groupby(found) if key and 5 * len(list(group)) >= 40
    )


def _pitch(frame: Samples, pitches: Sequence[float]) -> float | None:
    if level_dbm0(frame) < _QUIET_DBM0:
        return None
    powers = [_power(frame, hertz) for hertz in pitches]
    best = int(np.argmax(powers))
    # 0.35: a window half of which is tone belongs to it, so that edges fall where they are.
    return pitches[best] if powers[best] > 0.35 * _mean_square(frame) else None


def _mean_square(frame: Samples) -> float:
    return float(np.mean(frame.astype(np.float64) ** 2))


def _power(frame: Samples, hertz: float) -> float:
    """Return the mean square of the part of a frame at one frequency."""
    turn = np.exp(-2j * np.pi * hertz * np.arange(len(frame)) / RATE)
    return float(2 * np.abs(np.mean(frame * turn)) ** 2)
