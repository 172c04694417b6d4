"""The tones of exchange lines, as what a recogniser looks for: bands, bursts and pauses."""

from dataclasses import dataclass
from enum import StrEnum


class LineTone(StrEnum):
    """What a tone from the far end means."""

    DIAL = "dial"
    RINGBACK = "ringback"
    BUSY = "busy"
    CONGESTION = "congestion"
    SIT = "sit"
    FAX_CALLING = "fax-cng"
    FAX_ANSWER = "fax-ced"
    FAX_ANSWER_REVERSALS = "fax-ced-reversals"  # echo cancellers go off (ITU-T G.165, V.8)
    MODEM = "modem"


@dataclass(frozen=True, slots=True)
class Band:
    """Frequencies in Hz that count as one tone: each window's, and the mean of a burst."""

    name: str
    low: float
    high: float
    slack: float = 5.0  # a single window may err in noise


@dataclass(frozen=True, slots=True)
class Piece:
    """One burst or pause of a cadence: its band (None is a pause) and its length in ms."""

    band: Band | None
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Cadence:
    """A tone as a cycle of pieces.

    ``need`` pieces in a row, beginning with any of the first ``starts``, are enough.  With
    ``steady`` the one piece need not have ended.
    """

    tone: LineTone
    pieces: tuple[Piece, ...]
    need: int
    starts: int
    steady: bool = False


CALL = Band("425", 408, 442)  # 425 +-15 Hz (ITU-T E.180), and 2 Hz for the measurement
_SIT = (
    Band("950", 900, 1000),
    Band("1400", 1350, 1450),
    Band("1800", 1750, 1850),
)  # each +-50 Hz (ITU-T E.180)
_CNG = Band("1100", 1062, 1138)  # 1100 +-38 Hz (ITU-T T.30 §4)
ANSWER = Band("2100", 2083, 2117)  # 2100 +-15 Hz (ITU-T T.30 §4, V.25)
_CALLING = Band("1300", 1280, 1320)  # calling tone of a modem (ITU-T V.25)
_BELL = Band("2225", 2205, 2275)  # answer tone of Bell 103, and 2250 Hz of V.22
BANDS = (CALL, *_SIT, _CNG, ANSWER, _CALLING, _BELL)


def _cycle(tone: LineTone, band: Band, *on_off_ms: float, need: int = 3) -> Cadence:
    """Return a cadence of one band; each length may be off by 12 % or 45 ms, and measured wrong."""
    pieces = []
    for index, ms in enumerate(on_off_ms):
        slack = max(45.0, 0.12 * ms) + 15.0
        pieces.append(Piece(None if index % 2 else band, ms - slack, ms + slack))
    return Cadence(tone, tuple(pieces), need, len(pieces))


def _steady(tone: LineTone, band: Band, least_ms: float) -> Cadence:
    return Cadence(tone, (Piece(band, least_ms, float("inf")),), 1, 1, steady=True)


_SIT_PIECES = (*(Piece(band, 260, 400) for band in _SIT), Piece(None, 850, 1150))

CADENCES: tuple[Cadence, ...] = (
    _cycle(LineTone.DIAL, CALL, 200, 200, 600, 1000),
    _cycle(LineTone.RINGBACK, CALL, 1000, 4000, need=2),
    _cycle(LineTone.RINGBACK, CALL, 1000, 5000, need=2),
    _cycle(LineTone.BUSY, CALL, 500, 500),
    _cycle(LineTone.CONGESTION, CALL, 200, 200),
    Cadence(LineTone.SIT, _SIT_PIECES, 3, 1),
    Cadence(
        LineTone.FAX_CALLING, (Piece(_CNG, 425, 575), Piece(None, 2550, 3450)), 2, 2
    ),  # 0.5 s and 3 s, +-15 % (ITU-T T.30 §4)
    Cadence(
        LineTone.MODEM, (Piece(_CALLING, 450, 750), Piece(None, 1400, 2100)), 2, 2
    ),  # 0.5-0.7 s and 1.5-2 s (ITU-T V.25)
    _steady(LineTone.DIAL, CALL, 1700),
    _steady(LineTone.FAX_ANSWER, ANSWER, 1050),
    _steady(LineTone.MODEM, _BELL, 1000),
)
"""Italy and its two ringing rhythms; other tones are those of the whole world."""


def band_of(hertz: float) -> Band | None:
    """Return the band that a window's tone belongs to; 0 Hz, no tone, belongs to none."""
    for band in BANDS:
        if band.low - band.slack <= hertz <= band.high + band.slack:
            return band
    return None
