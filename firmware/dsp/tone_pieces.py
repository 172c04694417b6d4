"""The bursts and pauses of a tone being heard, measured for comparison with a cadence."""

from dataclasses import dataclass, field

from firmware.dsp.tone_cadences import Band, Piece
from firmware.dsp.tone_track import HOP_MS, RATE, WINDOW, Glimpse

LOUD = 12
"""Windows of sound that make a pause no pause: clicks and the edges of bursts are shorter."""

_EVEN_DB = 5.0  # bursts of one tone are about equally loud
_REMEMBERED = 100  # windows whose values are kept: nothing may grow


@dataclass(slots=True)
class Stretch:
    """A burst or pause being heard.  Times in windows of 10 ms."""

    band: Band | None
    start: int
    count: int = 0
    seen: list[Glimpse] = field(default_factory=list)
    reversals: int = 0
    last_reversal: int = -100
    loud: int = 0

    def add(self, seen: Glimpse) -> None:
        """Take one window that belongs to the stretch."""
        self.count += 1
        if self.band and len(self.seen) < _REMEMBERED:
            self.seen.append(seen)

    def done(self, at: int, *, whole: bool) -> "Measured":
        """Return the stretch as it is at window ``at``; medians, for the edges are weak."""
        hertz, level, purity = 0.0, 0.0, 0.0
        if self.seen:
            middle = len(self.seen) // 2
            hertz = sorted(glimpse.hertz for glimpse in self.seen)[middle]
            level = sorted(glimpse.level_dbm0 for glimpse in self.seen)[middle]
            purity = sorted(glimpse.purity for glimpse in self.seen)[middle]
        length = (at - self.start) * HOP_MS
        whole = whole and self.loud < LOUD
        return Measured(self.band, ms_of(self.start), length, hertz, level, purity, whole)


@dataclass(frozen=True, slots=True)
class Measured:
    """A burst or pause with its mean values.  Times in ms."""

    band: Band | None
    at: int
    length: int
    hertz: float
    level: float
    purity: float
    whole: bool  # both ends were heard, and nothing else in a pause


def ms_of(window: int) -> int:
    """Return the time of a window's middle, in ms; the first one sees the stream's start."""
    return window * HOP_MS + WINDOW * 500 // RATE if window else 0


def fits(piece: Piece, done: Measured) -> bool:
    """Tell whether what was heard is that piece of a cadence: band, length, frequency."""
    if piece.band is not done.band or not piece.least <= done.length <= piece.most:
        return False
    return done.band is None or done.band.low <= done.hertz <= done.band.high


def even(pieces: list[Measured]) -> bool:
    """Tell whether the bursts among ``pieces`` are about equally loud."""
    levels = [piece.level for piece in pieces if piece.band]
    return not levels or max(levels) - min(levels) <= _EVEN_DB
