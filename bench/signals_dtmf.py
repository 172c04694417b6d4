"""Signals with digits in them: one point of a pass region is one call of :func:`digits`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.dtmf_bank import DIGITS, HIGH, LOW
from firmware.dsp.levels import amplitude

RATE = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is wrong with the digits.  Levels in dBm0 per tone, times in ms, ratios in dB."""

    count: int = 96
    on: float = 50
    off: float = 50
    low: float = -10
    high: float = -10
    low_off: float = 0.0  # relative deviation of the frequency
    high_off: float = 0.0
    snr: float | None = None  # of the two tones together, over the full band
    hole: float = 0  # interruption in the middle
    dial: float | None = None  # dBm0 of a continuous 425 Hz tone
    cadenced: bool = False
    hum: float | None = None  # dBm0 of 50 Hz
    same: bool = False  # equal digits in a row
    seed: int = 1


def digits(case: Case) -> tuple[str, NDArray[np.int16]]:
    """Return the digits sent and their samples, with half a second of silence on both sides."""
    rng = np.random.default_rng(case.seed)
    quiet = np.zeros(RATE // 2)
    pieces = [quiet]
    keys = [(n // 6 if case.same else n) % 16 for n in range(case.count)]
    for key in keys:
        pieces += [_tone(case, key, rng), np.zeros(round(case.off * RATE / 1000))]
    wave = np.concatenate([*pieces, quiet])
    times = np.arange(wave.size) / RATE
    if case.snr is not None:
        power = (amplitude(case.low) ** 2 + amplitude(case.high) ** 2) / 2
        wave += rng.normal(size=wave.size) * np.sqrt(power * 10 ** (-case.snr / 10))
    if case.dial is not None:
        dial = amplitude(case.dial) * np.sin(2 * np.pi * 425 * times)
        wave += np.where(_italian(times), dial, 0) if case.cadenced else dial
    if case.hum is not None:
        wave += amplitude(case.hum) * np.sin(2 * np.pi * 50 * times)
    return "".join(DIGITS[key] for key in keys), to_samples(wave)


def to_samples(wave: NDArray[np.float64]) -> NDArray[np.int16]:
    """Round and clip to 16 bits."""
    return np.clip(np.rint(wave), -32768, 32767).astype(np.int16)


def _italian(times: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return when the Italian dial tone, 200/200/600/1000 ms, is on."""
    phase = (times * 1000) % 2000
    return (phase < 200) | ((phase >= 400) & (phase < 1000))


def _tone(case: Case, key: int, rng: np.random.Generator) -> NDArray[np.float64]:
    length = round(case.on * RATE / 1000)
    times = np.arange(length) / RATE
    low = LOW[key // 4] * (1 + case.low_off)
    high = HIGH[key % 4] * (1 + case.high_off)
    wave = amplitude(case.low) * np.sin(2 * np.pi * low * times + rng.uniform(0, 2 * np.pi))
    wave += amplitude(case.high) * np.sin(2 * np.pi * high * times + rng.uniform(0, 2 * np.pi))
    hole = round(case.hole * RATE / 1000)
    wave[(length - hole) // 2 : (length - hole) // 2 + hole] = 0
    return wave
