"""The points of the DTMF pass region, each with what the bar says about it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bench.signals_dtmf import Case

Point = tuple[str, str, list[Case]]
LONG = Case()
SHORT = Case(on=40, off=60)
PER_CENT = 0.01


def _sweep(
    name: str, values: Sequence[float], case: Callable[[float], list[Case]], **bar: Sequence[float]
) -> list[Point]:
    """Return a point for each value; ``bar`` lists the values to accept and to reject."""
    points = []
    for value in values:
        verdict = next((word for word, among in bar.items() if value in among), "")
        points.append((name.format(value), verdict, case(value)))
    return points


def _both(value: float, base: Case) -> list[Case]:
    shifts = (-value * PER_CENT, value * PER_CENT)
    return [replace(base, low_off=low, high_off=high) for low in shifts for high in shifts]


def _twist(value: float) -> list[Case]:
    return [replace(SHORT, low=-12 - max(value, 0), high=-12 + min(value, 0))]


def _level(value: float) -> list[Case]:
    return [replace(SHORT, low=value, high=value)]


def _cadenced(value: float) -> list[Case]:
    base = replace(SHORT, off=47, dial=-10, cadenced=True, low=value, high=value)
    return [replace(base, seed=seed) for seed in range(3)]


PASS_REGION: list[Point] = [
    *_sweep("both frequencies ±{} %, 40 ms", (1.5, 2), lambda v: _both(v, SHORT), accept=(1.5,)),
    *_sweep("both frequencies ±{} %", (3, 3.5), lambda v: _both(v, LONG), reject=(3.5,)),
    *_sweep(
        "low frequency {:+} %",
        (-3.5, 3.5),
        lambda v: [replace(LONG, low_off=v * PER_CENT)],
        reject=(-3.5, 3.5),
    ),
    *_sweep(
        "high frequency {:+} %",
        (-3.5, 3.5),
        lambda v: [replace(LONG, high_off=v * PER_CENT)],
        reject=(-3.5, 3.5),
    ),
    *_sweep(
        "tone {} ms",
        (15, 20, 25, 30, 35, 40),
        lambda v: [replace(LONG, on=v)],
        accept=(40,),
        reject=(15, 20),
    ),
    *_sweep(
        "pause {} ms, same digit",
        (15, 20, 30, 40),
        lambda v: [replace(SHORT, off=v, same=True)],
        accept=(40,),
    ),
    *_sweep(
        "interruption {} ms in 60 ms",
        (5, 8, 10, 15),
        lambda v: [replace(LONG, on=60, hole=v)],
        accept=(5, 8, 10),
    ),
    *_sweep(
        "twist {:+} dB, high over low",
        (-12, -10, -8, -4, 4, 8, 10, 12),
        _twist,
        accept=(-8, -4, 4, 8),
    ),
    *_sweep(
        "{} dBm0 per tone",
        (0, -3, -30, -36, -39, -42, -45),
        _level,
        accept=(-3, -30, -36),
        reject=(-45,),
    ),
    *_sweep(
        "S/N {} dB of the pair, full band",
        (15, 12, 10, 9, 8, 6),
        lambda v: [replace(SHORT, snr=v, seed=seed) for seed in range(3)],
        accept=(15, 12),
    ),
    *_sweep(
        "dial tone −10 dBm0 continuous, digits {} dBm0",
        (-10, -20, -36),
        lambda v: [replace(SHORT, dial=-10, low=v, high=v)],
        accept=(-10,),
    ),
    *_sweep(
        "dial tone −10 dBm0 cadenced, digits {} dBm0", (-10, -20, -36), _cadenced, accept=(-10,)
    ),
    *_sweep(
        "hum −20 dBm0, digits {} dBm0",
        (-10, -36),
        lambda v: [replace(SHORT, hum=-20, low=v, high=v)],
        accept=(-10, -36),
    ),
    (
        "off +1.5/−1.5 %, S/N 12 dB, twist 8 dB, 40 ms",
        "",
        [replace(SHORT, low_off=0.015, high_off=-0.015, snr=12, low=-18)],
    ),
]
