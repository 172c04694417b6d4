"""DTMF receiver, to the bar of ITU-T Q.24 and ETSI ES 201 235-3.

The receiver counts windows that hold the same pair of tones (:mod:`firmware.dsp.dtmf_bank`).
A digit is a run of at least 28 ms, of the right frequencies, that two steady sines explain as a
whole (:mod:`firmware.dsp.dtmf_fit`).  A run survives interruptions of 15 ms and ends after 25 ms.
Times are taken from the envelope at the edges, not from the windows: good to about 1 ms.

Muting is in :mod:`firmware.dsp.dtmf_mute`.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.dtmf_bank import DIGITS, HIGH, HOP, LOW, RATE, WINDOW, Pair, PairBank
from firmware.dsp.dtmf_fit import MARGIN, fit
from firmware.dsp.dtmf_send import DtmfSender, render
from firmware.dsp.levels import level_of_sine

__all__ = ["DigitEnd", "DigitStart", "DtmfEvent", "DtmfReceiver", "DtmfSender", "render"]

LEAST_WINDOWS = 6
"""Windows of a digit: 28 ms fill them; 40 ms must pass, 20 ms must not (Q.24 Table A-1)."""

MOST_GAP = 5
"""Windows lost inside a digit: bridging 10 ms needs 4, a pause of 40 ms is 10 (Q.24 Table A-1)."""

FREQUENCY = 0.025
"""Mean relative deviation accepted; +-1.5 % must pass, +-3.5 % must not (Q.24 Table A-1)."""

STEADINESS = 0.91
"""Energy that the two tones must explain.  S/N 12 dB leaves 0.95, 9 dB 0.92; the purest moment
of all the speech and music tried reaches 0.89 (docs/signals.md)."""

_FITTED = 8  # the latest windows are proven: a disturbance before them is forgotten
_KEPT = 1024  # samples remembered for it
_REACH = 18  # samples on either side of a window's centre that surely belong to the tone


@dataclass(frozen=True, slots=True)
class DigitStart:
    """A digit is certain.  It began ``at_ms`` after the start of the stream.

    Emitted 28 to 45 ms after the digit began.  ``level_dbm0`` is the mean power of the two
    tones, each; ``low_dbm0`` and ``high_dbm0`` are the tones' own levels.  ``steadiness`` is
    the share of the energy that the two tones explain, 0.91 to 1.
    """

    at_ms: int
    digit: str
    level_dbm0: float
    low_dbm0: float
    high_dbm0: float
    steadiness: float


@dataclass(frozen=True, slots=True)
class DigitEnd:
    """The digit that began at ``at_ms`` lasted ``for_ms``.  Emitted about 30 ms after its end."""

    at_ms: int
    for_ms: int
    digit: str
    level_dbm0: float
    low_dbm0: float
    high_dbm0: float
    steadiness: float


DtmfEvent = DigitStart | DigitEnd


@dataclass(slots=True)
class _Run:
    """Windows that hold one digit."""

    digit: str
    first: Pair
    last: Pair
    certain: bool = False
    steadiness: float = 0.0
    doubted: bool = False
    count: int = 0
    steps: int = 0
    low_errors: float = 0.0
    high_errors: float = 0.0
    lows: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)
    windows: deque[int] = field(default_factory=lambda: deque(maxlen=_FITTED))

    def add(self, pair: Pair) -> None:
        if self.count and pair.index == self.last.index + 1:
            self.steps += 1
            self.low_errors += pair.low_error
            self.high_errors += pair.high_error
        self.count += 1
        self.last = pair
        self.windows.append(pair.index)
        if len(self.lows) < 64:  # a long digit is steady: enough is known, nothing may grow
            self.lows.append(pair.low)
            self.highs.append(pair.high)

    def tones(self) -> tuple[float, float] | None:
        """Return the frequencies of the tones, in Hz, or None if they are not this digit's."""
        if self.steps == 0 or max(abs(self.low_errors), abs(self.high_errors)) > (
            FREQUENCY * self.steps
        ):
            return None
        key = DIGITS.index(self.digit)
        low = LOW[key // 4] * (1 + self.low_errors / self.steps)
        high = HIGH[key % 4] * (1 + self.high_errors / self.steps)
        return low, high

    def peaks(self) -> tuple[float, float]:
        """Return the steady amplitudes of the low and the high tone."""
        middle = len(self.lows) // 2
        return sorted(self.lows)[middle], sorted(self.highs)[middle]


class DtmfReceiver:
    """Recognise the 16 digits in a stream of 8 kHz samples.

    Any number of samples may be fed at a time.  ``suspected`` turns true 11 to 15 ms after a
    pair of tones appears, long before it is certain, and false when the pair ends or proves
    not to be a digit.
    """

    def __init__(self) -> None:
        self._bank = PairBank()
        self._run: _Run | None = None
        self._out: list[DtmfEvent] = []
        self._heard = np.zeros(0, np.int16)
        self._heard_from = 0
        self._opened: int | None = None
        self._spans: list[tuple[int, int]] = []
        window = np.cumsum(np.kaiser(WINDOW, 7.0))
        self._mass = window / window[-1]

    @property
    def suspected(self) -> bool:
        """Whether a digit seems to be sounding at the end of what was fed."""
        return self._opened is not None

    def feed(self, samples: NDArray[np.int16]) -> tuple[DtmfEvent, ...]:
        """Take samples; return the digits that began or ended, in order."""
        self._out = []
        self._spans = []
        self._heard_from += max(len(self._heard) - _KEPT, 0)
        self._heard = np.concatenate((self._heard[-_KEPT:], samples))
        for pair in self._bank.feed(samples):
            self._expire(pair.index)
            self._take(pair)
        self._expire(self._bank.windows)
        return tuple(self._out)

    def flush(self) -> tuple[DtmfEvent, ...]:
        """End the stream: return the end of a digit that was still sounding."""
        self._out = []
        self._close()
        return tuple(self._out)

    def spans(self) -> tuple[list[tuple[int, int]], int | None]:
        """Return where the last feed suspected digits, in samples of the stream.

        First the spans that are over, each from the sample at which the suspicion arose to the
        one at which it fell; then where the one that still stands arose, or None.
        """
        return self._spans, self._opened

    def _take(self, pair: Pair) -> None:
        run = self._run
        if run is None or run.digit != pair.digit:
            self._close()
            run = self._run = _Run(pair.digit, pair, pair)
        run.add(pair)
        if not run.certain and run.count >= LEAST_WINDOWS:
            run.steadiness = self._steadiness(run)
            run.certain = run.steadiness >= STEADINESS
            run.doubted = not run.certain
            if run.certain:
                start, _ = self._edges(run)
                self._out.append(DigitStart(_ms(start), run.digit, *_figures(run)))
        if run.doubted:
            self._settle(pair.index)
        elif self._opened is None:
            self._opened = pair.index * HOP + WINDOW

    def _steadiness(self, run: _Run) -> float:
        """Return how much of the run two steady tones explain; 0 if the frequencies are wrong."""
        tones = run.tones()
        if tones is None:
            return 0.0
        centres = np.array(run.windows) * HOP + WINDOW // 2
        times = np.unique(centres[:, None] + np.arange(-_REACH, _REACH))
        times = times[times >= self._heard_from + MARGIN] - self._heard_from
        return fit(self._heard, times, tones)

    def _expire(self, index: int) -> None:
        """Let the run end, and the suspicion fall, if windows up to ``index`` were not pairs."""
        run = self._run
        if run is None:
            return
        gap = index - run.last.index - 1
        if self._opened is not None and not run.certain and gap > 1:
            self._settle(run.last.index + 2)
        if gap > MOST_GAP:
            self._close(run.last.index + MOST_GAP + 1)

    def _settle(self, index: int) -> None:
        if self._opened is not None:
            self._spans.append((self._opened, index * HOP + WINDOW))
            self._opened = None

    def _close(self, index: int | None = None) -> None:
        run = self._run
        if run is None:
            return
        self._settle(run.last.index + 1 if index is None else index)
        if run.certain:
            start, end = self._edges(run)
            self._out.append(DigitEnd(_ms(start), _ms(end) - _ms(start), run.digit, *_figures(run)))
        self._run = None

    def _edges(self, run: _Run) -> tuple[float, float]:
        """Return where the digit began and ended, in samples, from the envelope's flanks."""
        low, high = run.peaks()
        steady = (low * low + high * high) ** 0.5

        def cut(pair: Pair) -> float:
            share = (pair.low**2 + pair.high**2) ** 0.5 / steady
            return float(np.interp(1 - share, self._mass, np.arange(1, WINDOW + 1)))

        start = run.first.index * HOP + cut(run.first)
        end = run.last.index * HOP + WINDOW - cut(run.last)
        return start, end


def _ms(samples: float) -> int:
    return round(samples * 1000 / RATE)


def _figures(run: _Run) -> tuple[float, float, float, float]:
    low, high = run.peaks()
    both = ((low * low + high * high) / 2) ** 0.5
    return (
        round(level_of_sine(both), 1),
        round(level_of_sine(low), 1),
        round(level_of_sine(high), 1),
        round(run.steadiness, 2),
    )
