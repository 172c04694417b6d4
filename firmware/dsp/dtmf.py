"""DTMF receiver and muting, to the bar of ITU-T Q.24 and ETSI ES 201 235-3.

The receiver counts windows that hold the same pair of tones (:mod:`firmware.dsp.dtmf_bank`).
A digit is a run of at least 28 ms; a run survives gaps of 16 ms and ends after 24 ms.  Times are
taken from the envelope at the edges, not from the windows, so they are good to about 1 ms.

Sending is in :mod:`firmware.dsp.dtmf_send`.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.dtmf_bank import HOP, RATE, WINDOW, Pair, PairBank
from firmware.dsp.levels import level_of_sine

LEAST_WINDOWS = 6
"""Windows of a digit: a tone of 28 ms fills them; 40 ms must pass, 20 ms must not (Q.24 Table A-1)."""

MOST_GAP = 5
"""Windows lost inside a digit: 10 ms bridged needs 4, a pause of 40 ms costs 10 (Q.24 Table A-1)."""

FREQUENCY = 0.025
"""Mean relative deviation accepted; +-1.5 % must pass, +-3.5 % must not (Q.24 Table A-1)."""

SUSPECT_WINDOWS = 2
SUSPECT_FREQUENCY = 0.05


@dataclass(frozen=True, slots=True)
class DigitStart:
    """A digit is certain.  It began ``at_ms`` after the start of the stream.

    Emitted 28 to 45 ms after the digit began.  ``level_dbm0`` is the mean power of the two
    tones, each; ``low_dbm0`` and ``high_dbm0`` are the tones' own levels.
    """

    at_ms: int
    digit: str
    level_dbm0: float
    low_dbm0: float
    high_dbm0: float


@dataclass(frozen=True, slots=True)
class DigitEnd:
    """The digit that began at ``at_ms`` lasted ``for_ms``.  Emitted about 30 ms after its end."""

    at_ms: int
    for_ms: int
    digit: str
    level_dbm0: float
    low_dbm0: float
    high_dbm0: float


DtmfEvent = DigitStart | DigitEnd


@dataclass(slots=True)
class _Run:
    """Windows that hold one digit."""

    digit: str
    first: Pair
    last: Pair
    certain: bool = False
    count: int = 0
    steps: int = 0
    low_errors: float = 0.0
    high_errors: float = 0.0
    lows: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)

    def add(self, pair: Pair) -> None:
        if self.count and pair.index == self.last.index + 1:
            self.steps += 1
            self.low_errors += pair.low_error
            self.high_errors += pair.high_error
        self.count += 1
        self.last = pair
        if len(self.lows) < 64:  # a long digit is steady: enough is known, nothing may grow
            self.lows.append(pair.low)
            self.highs.append(pair.high)

    def near(self, limit: float) -> bool:
        """Tell whether the mean frequencies deviate by at most ``limit``."""
        worst = max(abs(self.low_errors), abs(self.high_errors))
        return self.steps > 0 and worst <= limit * self.steps

    def peaks(self) -> tuple[float, float]:
        """Return the steady amplitudes of the low and the high tone."""
        middle = len(self.lows) // 2
        return sorted(self.lows)[middle], sorted(self.highs)[middle]


class DtmfReceiver:
    """Recognise the 16 digits in a stream of 8 kHz samples.

    Any number of samples may be fed at a time.  ``suspected`` turns true 10 to 19 ms after a
    pair of tones appears, long before it is certain, and false when the pair ends or proves
    not to be a digit.
    """

    def __init__(self) -> None:
        self._bank = PairBank()
        self._run: _Run | None = None
        self._out: list[DtmfEvent] = []
        self._opened: int | None = None
        self._spans: list[tuple[int, int]] = []
        window = np.kaiser(WINDOW, 7.0).cumsum()
        self._mass = window / window[-1]

    @property
    def suspected(self) -> bool:
        """Whether a digit seems to be sounding at the end of what was fed."""
        return self._opened is not None

    def feed(self, samples: NDArray[np.int16]) -> tuple[DtmfEvent, ...]:
        """Take samples; return the digits that began or ended, in order."""
        self._out = []
        self._spans = []
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
        if not run.certain and run.count >= LEAST_WINDOWS and run.near(FREQUENCY):
            run.certain = True
            at, _ = self._edges(run)
            self._out.append(DigitStart(_ms(at), run.digit, *_levels(run)))
        if self._opened is None and run.count >= SUSPECT_WINDOWS and run.near(SUSPECT_FREQUENCY):
            self._opened = pair.index * HOP + WINDOW

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
            self._out.append(
                DigitEnd(_ms(start), _ms(end) - _ms(start), run.digit, *_levels(run))
            )
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


def _levels(run: _Run) -> tuple[float, float, float]:
    low, high = run.peaks()
    both = ((low * low + high * high) / 2) ** 0.5
    return (
        round(level_of_sine(both), 1),
        round(level_of_sine(low), 1),
        round(level_of_sine(high), 1),
    )
