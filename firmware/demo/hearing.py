"""Was it heard? Speech recognised by comparison with its file, tones measured from the audio.

Nothing here knows what was sent: it looks at what arrived. Recordings and references are 8 kHz
int16; times in ms from the start of the recording.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from firmware.demo.sound import RATE, Samples
from firmware.dsp.levels import amplitude, level

_Real = NDArray[np.float64]

RECOGNISED = 0.8
"""Score from which speech counts as recognised; other sentences stay below 0.3."""

_PRE_EMPHASIS = 0.9
"""Speech is mostly low and alike at many delays; a level spectrum tells sentences apart."""

_QUIET = 1e-4  # -40 dB of the loudest: the correlation of near silence is noise
_PIECE = RATE // 2
_DRIFT = 60 * RATE // 1000  # a jitter buffer may move the sound by a few frames on its way


@dataclass(frozen=True, slots=True)
class Match:
    """How alike (``score`` 0 to 1, at any level) and where the reference begins, in ms.

    A negative ``delay_ms`` means that its beginning is missing, which lowers the score.
    """

    score: float
    delay_ms: float


NOTHING = Match(0.0, 0.0)


def match(heard: Samples, reference: Samples) -> Match:
    """Find ``reference`` in ``heard``.

    The delay is that of the best normalised cross-correlation of the whole. The score is that
    of its half seconds, weighed by their energy, each allowed to have moved by up to 60 ms: a
    jitter buffer that slips by a frame in the middle has still let the sentence through.
    """
    there, wanted = _whitened(heard), _whitened(reference)
    if not there.any() or not wanted.any():
        return NOTHING
    margin = len(wanted) // 4 + _DRIFT
    room = max(0, len(wanted) - len(there))
    padded = np.pad(there, (margin, margin + room))
    at = int(np.argmax(_likeness(padded, wanted)))
    scores: list[float] = []
    weights: list[float] = []
    for start in range(0, len(wanted), _PIECE):
        piece = wanted[start : start + _PIECE]
        low = max(at + start - _DRIFT, 0)
        window = padded[low : at + start + len(piece) + _DRIFT]
        weights.append(float(np.sum(piece * piece)))
        moved = len(window) >= len(piece) > 0 and weights[-1] > 0
        scores.append(float(np.max(_likeness(window, piece))) if moved else 0.0)
    score = float(np.average(scores, weights=weights))
    return Match(round(min(max(score, 0.0), 1.0), 3), (at - margin) * 1000 / RATE)


def recognise(heard: Samples, book: Mapping[str, Samples]) -> tuple[str, Match]:
    """Which phrase of ``book`` ``heard`` is most like, and how much."""
    found = {name: match(heard, reference) for name, reference in book.items()}
    best = max(found, key=lambda name: found[name].score)
    return best, found[best]


def _likeness(there: _Real, wanted: _Real) -> _Real:
    """Normalised cross-correlation at every place where the whole of ``wanted`` fits."""
    size = 1 << (len(there) + len(wanted)).bit_length()
    product = np.fft.rfft(there, size) * np.conj(np.fft.rfft(wanted, size))
    sums = np.fft.irfft(product, size)[: len(there) - len(wanted) + 1]
    total = np.concatenate(([0.0], np.cumsum(there * there)))
    energy = total[len(wanted) :] - total[: -len(wanted)]
    energy = np.maximum(energy, _QUIET * float(energy.max()) + 1e-9)
    return np.asarray(sums / np.sqrt(energy * max(float(np.sum(wanted * wanted)), 1e-9)))


def _whitened(samples: Samples) -> _Real:
    real = samples.astype(np.float64)
    if not real.size:
        return real
    real -= real.mean()
    real[1:] -= _PRE_EMPHASIS * real[:-1]
    return real


# --- tones ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pulse:
    """A tone from ``at_ms`` for ``for_ms`` ms; frequency and level are those measured in it."""

    at_ms: float
    for_ms: float
    hz: float
    level_dbm0: float

    @property
    def end_ms(self) -> float:
        """When it ended."""
        return self.at_ms + self.for_ms


_STEP = RATE // 500  # 2 ms
_SMOOTH = 5  # steps: 10 ms, some cycles of the lowest tone
_SHORTEST_MS = 20.0
_EDGE_MS = 15.0  # a first or last pulse shorter by more than this was cut
_LOOK, _LOOK_STEP = 160, 40  # samples: 20 ms, every 5 ms
_ALONE = 0.95  # share of the power near the strongest frequency where nothing else sounded
_PURE = 0.7  # share of the power within 30 Hz of the strongest frequency


def pulses(heard: Samples, *, floor_dbm0: float = -40.0) -> tuple[Pulse, ...]:
    """Find the tones in ``heard``: stretches louder than ``floor_dbm0`` that are one frequency.

    Edges are where the power, smoothed over 10 ms, crosses half of the stretch's own: good to
    about 2 ms. What is not one steady frequency (speech, two tones together) is left out.
    """
    steps = len(heard) // _STEP
    frames = heard[: steps * _STEP].astype(np.float64).reshape(steps, _STEP)
    if not steps:
        return ()
    power = np.convolve(np.mean(frames * frames, axis=1), np.ones(_SMOOTH) / _SMOOTH, "same")
    floor = amplitude(floor_dbm0) ** 2 / 2
    found: list[Pulse] = []
    for start, end in _stretches(power > floor):
        own = float(np.median(power[start:end])) / 2
        for a, b in _stretches(power[start:end] > own):
            found += _in_stretch(heard, (start + a) * _STEP, (start + b) * _STEP)
    return tuple(found)


def _in_stretch(heard: Samples, start: int, end: int) -> list[Pulse]:
    """The tone that sounds between two samples, or those that follow each other there."""
    if whole := _pulse(heard, start, end, purity=_ALONE):
        return [whole]
    parts = (_pulse(heard, a, b, purity=_PURE) for a, b in _same_pitch(heard, start, end))
    return [part for part in parts if part]


def _same_pitch(heard: Samples, start: int, end: int) -> list[tuple[int, int]]:
    """Stretches of at least 100 ms whose strongest frequency stays, good to 5 ms."""
    if end - start < RATE // 10:
        return []
    windows = sliding_window_view(heard[start:end], _LOOK)[::_LOOK_STEP] * np.hanning(_LOOK)
    peaks = np.argmax(np.abs(np.fft.rfft(windows, 512, axis=1)), axis=1)
    edges = np.flatnonzero(np.abs(np.diff(peaks)) > 2) + 1
    half = (_LOOK - _LOOK_STEP) // 2
    cuts = [start, *(int(start + edge * _LOOK_STEP + half) for edge in edges), end]
    return [(a, b) for a, b in pairwise(cuts) if b - a >= RATE // 10]


def _stretches(loud: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where ``loud`` is true, as (first, end) in steps."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], loud, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _pulse(heard: Samples, start: int, end: int, *, purity: float) -> Pulse | None:
    for_ms = (end - start) * 1000 / RATE
    sound = heard[start:end]
    if for_ms < _SHORTEST_MS:
        return None
    hz, share = _frequency(sound)
    if share < purity:
        return None
    inner = sound[len(sound) // 8 : len(sound) - len(sound) // 8]
    return Pulse(start * 1000 / RATE, for_ms, round(hz, 1), round(level(inner), 1))


def _frequency(sound: Samples) -> tuple[float, float]:
    """The strongest frequency in Hz and the share of power around it."""
    size = 1 << max(15, len(sound).bit_length())
    power = np.abs(np.fft.rfft(sound.astype(np.float64), size)) ** 2
    power[: 100 * size // RATE] = 0  # hum is no tone
    peak = int(np.argmax(power))
    width = int((30 + 2 * RATE / len(sound)) * size / RATE)  # a short sound is wide
    near = float(power[max(peak - width, 0) : peak + width + 1].sum())
    return peak * RATE / size, near / max(float(power.sum()), 1e-9)


@dataclass(frozen=True, slots=True)
class Cadence:
    """A rhythm heard: on and off times of one period in ms, frequency, level, periods seen.

    It was heard from ``at_ms`` for ``for_ms`` ms; times that were not seen whole are 0.
    """

    at_ms: float
    for_ms: float
    period_ms: tuple[float, ...]
    hz: float
    level_dbm0: float
    periods: float


def follows(
    heard: tuple[Pulse, ...],
    plan_ms: tuple[float, ...],
    *,
    hz: tuple[float, ...],
    tolerance_ms: float = 15.0,
    tolerance_hz: float = 5.0,
    periods: float = 1.5,
) -> Cadence | None:
    """Measure the longest run of pulses that keeps the plan, or None if there is none.

    ``plan_ms`` is on, off, on, off … of one period, in ms; the run may begin anywhere in the
    plan and must last for ``periods`` of it. Its first and last pulse may be cut. ``hz`` is the
    frequency of every tone of the period, or one for each.
    """
    best: Cadence | None = None
    for first in range(len(heard)):
        for phase in range(0, len(plan_ms), 2):
            pitched = _pitched(heard[first:], hz, phase // 2, tolerance_hz)
            run = _run(pitched, plan_ms, phase, tolerance_ms)
            if not run:
                continue
            measured = _measured(run, plan_ms, phase)
            if measured.periods >= periods and (not best or measured.periods > best.periods):
                best = measured
    return best


def _pitched(
    heard: tuple[Pulse, ...], hz: tuple[float, ...], first: int, tolerance: float
) -> tuple[Pulse, ...]:
    """The pulses from the first on that have the frequencies of the plan."""
    right = (abs(p.hz - hz[(first + n) % len(hz)]) <= tolerance for n, p in enumerate(heard))
    count = next((n for n, well in enumerate(right) if not well), len(heard))
    return heard[:count]


def _run(
    heard: tuple[Pulse, ...], plan: tuple[float, ...], phase: int, tolerance: float
) -> tuple[Pulse, ...]:
    """The pulses from the first on that keep the plan from ``phase`` on."""
    kept: list[Pulse] = []
    for index, pulse in enumerate(heard):
        on = plan[(phase + 2 * index) % len(plan)]
        off_before = plan[(phase + 2 * index - 1) % len(plan)]
        if kept and abs(pulse.at_ms - kept[-1].end_ms - off_before) > tolerance:
            break
        last_or_first = index == 0 or index == len(heard) - 1
        if abs(pulse.for_ms - on) > tolerance and not (last_or_first and pulse.for_ms < on):
            break
        kept.append(pulse)
    return tuple(kept)


def _measured(run: tuple[Pulse, ...], plan: tuple[float, ...], phase: int) -> Cadence:
    times: list[list[float]] = [[] for _ in plan]
    for index, pulse in enumerate(run):
        place = (phase + 2 * index) % len(plan)
        if 0 < index < len(run) - 1 or abs(pulse.for_ms - plan[place]) <= _EDGE_MS:
            times[place].append(pulse.for_ms)
        if index + 1 < len(run):
            times[place + 1].append(run[index + 1].at_ms - pulse.end_ms)
    period = tuple(float(np.mean(seen)) if seen else 0.0 for seen in times)
    lasted = run[-1].end_ms - run[0].at_ms
    return Cadence(
        run[0].at_ms,
        lasted,
        period,
        float(np.median([pulse.hz for pulse in run])),
        float(np.median([pulse.level_dbm0 for pulse in run])),
        lasted / sum(plan),
    )
