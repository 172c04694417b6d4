"""Sounds made for the tests, without the code under test."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import signal

RATE = 8000
Samples = NDArray[np.int16]


def tone(hz: float, ms: float, dbm0: float = -13.0) -> Samples:
    count = round(ms * RATE / 1000)
    peak = 32767 * 10 ** ((dbm0 - 3.14) / 20)
    return np.rint(peak * np.sin(2 * np.pi * hz * np.arange(count) / RATE)).astype(np.int16)


def silence(ms: float) -> Samples:
    return np.zeros(round(ms * RATE / 1000), np.int16)


def cadence(hz: float, *on_off_ms: float, times: int = 1, dbm0: float = -13.0) -> Samples:
    pieces = [silence(ms) if n % 2 else tone(hz, ms, dbm0) for n, ms in enumerate(on_off_ms)]
    return np.concatenate(pieces * times)


def speech(seed: int, ms: float = 2500.0) -> Samples:
    """Something like speech: syllables of a gliding buzz through moving formants."""
    rng = np.random.default_rng(seed)
    pieces = []
    while sum(map(len, pieces)) < ms * RATE / 1000:
        count = int(rng.integers(600, 1800))
        pitch = np.cumsum(rng.uniform(90, 180) + rng.uniform(-20, 20) * np.linspace(0, 1, count))
        buzz = signal.sawtooth(2 * np.pi * pitch / RATE) + rng.normal(0, 0.2, count)
        for formant in rng.uniform(300, 3000, 2):
            b, a = signal.iirpeak(formant, 5, fs=RATE)
            buzz = signal.lfilter(b, a, buzz) + 0.1 * buzz
        loud = buzz / np.abs(buzz).max() * np.hanning(count) * rng.uniform(4000, 12000)
        pieces += [loud, np.zeros(int(rng.integers(100, 900)))]
    return np.rint(np.concatenate(pieces)[: round(ms * RATE / 1000)]).astype(np.int16)


def a_law(samples: Samples) -> Samples:
    """Through G.711 A-law and back (§3: 87.6)."""
    x = samples / 32768
    a, size = 87.6, np.abs(samples / 32768)
    pressed = np.where(size < 1 / a, a * size, 1 + np.log(np.maximum(a * size, 1e-9))) / (
        1 + np.log(a)
    )
    steps = np.round(pressed * 128) / 128
    low = steps < 1 / (1 + np.log(a))
    grown = np.where(low, steps * (1 + np.log(a)) / a, np.exp(steps * (1 + np.log(a)) - 1) / a)
    return np.clip(np.rint(np.sign(x) * grown * 32768), -32768, 32767).astype(np.int16)
