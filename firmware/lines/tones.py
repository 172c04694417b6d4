"""Tones a line hears, as data: one plan per country. Levels in dBm0 per frequency, times in ms.

Names and purposes follow ITU-T E.180/Q.35 and E.182; the numbers are those of the country.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from types import MappingProxyType


class ToneName(StrEnum):
    """What a tone tells the listener."""

    DIAL = "dial"
    DIAL_MWI = "dial-mwi"
    DIAL_FORWARD = "dial-forward"
    DIAL_RESTRICTED = "dial-restricted"
    RINGBACK = "ringback"
    BUSY = "busy"
    CONGESTION = "congestion"
    SIT = "sit"
    CALL_WAITING = "call-waiting"
    HOLD = "hold"
    CONFIRMATION = "confirmation"
    WARNING = "warning"
    HOWLER = "howler"


MEANING: Mapping[ToneName, str] = MappingProxyType(
    {
        ToneName.DIAL: "dial now",
        ToneName.DIAL_MWI: "dial now; messages wait",
        ToneName.DIAL_FORWARD: "dial now; your calls are forwarded",
        ToneName.DIAL_RESTRICTED: "dial now; only some calls are possible",
        ToneName.RINGBACK: "it rings there",
        ToneName.BUSY: "busy, or the other side hung up",
        ToneName.CONGESTION: "no way through now; try later",
        ToneName.SIT: "no such number, or not allowed; trying again is useless",
        ToneName.CALL_WAITING: "a second call waits",
        ToneName.HOLD: "you are on hold",
        ToneName.CONFIRMATION: "done",
        ToneName.WARNING: "somebody enters or ends this call",
        ToneName.HOWLER: "put the handset down",
    }
)


class Basis(Enum):
    """How well the numbers of a tone are founded."""

    FIELD = "in the field"  # in deployed exchanges or gateways of that country
    RECALLED = "unconfirmed"  # from general knowledge of a norm not read
    OWN = "own"  # no norm known: ours


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of ``ms`` ms: sines at ``hertz`` (none: silence), each at ``level_dbm0``.

    ``ms`` None lasts for ever.
    """

    hertz: tuple[float, ...]
    level_dbm0: float
    ms: float | None


@dataclass(frozen=True, slots=True)
class Phrase:
    """Segments in order, played ``times`` times; None repeats for ever."""

    segments: tuple[Segment, ...]
    times: int | None = None

    def __post_init__(self) -> None:
        ends = [segment.ms for segment in self.segments]
        if not ends or any(ms is not None and ms <= 0 for ms in ends) or None in ends[:-1]:
            raise ValueError("a phrase needs segments with a length; only the last may be endless")
        if self.times is not None and (self.times < 1 or ends[-1] is None):
            raise ValueError("a phrase is played at least once, an endless one not a given number")

    @property
    def endless(self) -> bool:
        """Whether nothing can follow."""
        return self.times is None


@dataclass(frozen=True, slots=True)
class Tone:
    """One tone: phrases in order, of which only the last may be endless."""

    name: ToneName
    phrases: tuple[Phrase, ...]
    basis: Basis = Basis.FIELD

    def __post_init__(self) -> None:
        if not self.phrases or any(phrase.endless for phrase in self.phrases[:-1]):
            raise ValueError(f"tone {self.name}: only the last phrase may be endless")

    @property
    def endless(self) -> bool:
        """Whether the tone goes on until it is stopped."""
        return self.phrases[-1].endless


@dataclass(frozen=True, slots=True)
class TonePlan:
    """All tones of a country (ISO 3166 code in small letters); each name exactly once."""

    country: str
    tones: tuple[Tone, ...]
    _by_name: Mapping[ToneName, Tone] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name = {tone.name: tone for tone in self.tones}
        if len(by_name) != len(self.tones) or set(by_name) != set(ToneName):
            raise ValueError(f"tone plan {self.country}: every tone exactly once")
        object.__setattr__(self, "_by_name", MappingProxyType(by_name))

    def __getitem__(self, name: ToneName) -> Tone:
        """Give the tone called ``name``."""
        return self._by_name[name]


# --- SIP and ISDN reasons -----------------------------------------------------------------------
_BUSY_STATUS = frozenset({486, 600, 603})
_SIT_STATUS = frozenset({403, 404, 410, 414, 416, 484, 485, 604})
_BUSY_CAUSE = frozenset({16, 17, 21, 31})
_SIT_CAUSE = frozenset({1, 2, 3, 4, 5, 8, 20, 22, 23, 28, 55, 57, 87})


def tone_for_status(code: int) -> ToneName:
    """Give what a caller hears when a call fails with SIP status ``code`` (RFC 3261 §21).

    What trying again cannot cure is SIT; any failure that is neither this nor busy is congestion.
    """
    if code in _BUSY_STATUS:
        return ToneName.BUSY
    return ToneName.SIT if code in _SIT_STATUS else ToneName.CONGESTION


def tone_for_cause(cause: int) -> ToneName:
    """Give what a caller hears when a call ends with the Q.850 ``cause`` (ITU-T Q.850 table 1).

    Normal clearing (16) is busy: that is what an Italian exchange plays to who stays.
    """
    if cause in _BUSY_CAUSE:
        return ToneName.BUSY
    return ToneName.SIT if cause in _SIT_CAUSE else ToneName.CONGESTION
