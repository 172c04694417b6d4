"""When and how a caller ID message is sent on a line, as data per country.

``alert`` turns a plan and a message into the ordered signals to play on the line. Reversals and
ring bursts are orders to the port; the rest is audio that ``firmware.dsp.alerting.render`` makes.
Timing is that of EN 300 659-1 (on-hook) and EN 300 659-2 (call waiting).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from firmware.lines.callerid import encode
from firmware.lines.callerid_dtmf import DtmfCode, encode_digits
from firmware.lines.callerid_message import CallerIdMessage, CallSetup


class Modem(Enum):
    """Frequencies in Hz of 1 (mark) and 0 (space); both run at 1200 bit/s."""

    V23 = (1300.0, 2100.0)
    """ITU-T V.23 forward channel, mode 2 (EN 300 659-1 §5)."""
    BELL_202 = (1200.0, 2200.0)
    """North America (Telcordia GR-30)."""

    @property
    def mark_hz(self) -> float:
        """Frequency of a 1."""
        return self.value[0]

    @property
    def space_hz(self) -> float:
        """Frequency of a 0."""
        return self.value[1]


BAUD: Final = 1200.0
"""Bits per second of both modems."""
TAIL_BITS: Final = 10
"""Marks after the checksum: at least 2 stop bits; more let slow receivers see the last one."""


@dataclass(frozen=True, slots=True)
class ReversePolarity:
    """Exchange the two wires of the feed (from normal, or back)."""


@dataclass(frozen=True, slots=True)
class RingBurst:
    """The first burst of the ringing cadence of this call; its own pause does not follow."""


@dataclass(frozen=True, slots=True)
class RingPulse:
    """A short ring of ``ms`` ms that wakes the display (RP-AS, EN 300 659-1 §6.1.2)."""

    ms: int = 250


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing for ``ms`` ms."""

    ms: int


@dataclass(frozen=True, slots=True)
class DualTone:
    """2130 + 2750 Hz for ``ms`` ms (DT-AS, CAS), ``level_dbm0`` in dBm0 each."""

    ms: int = 100
    level_dbm0: float = -15.0


@dataclass(frozen=True, slots=True)
class AwaitAck:
    """Wait at most ``within_ms`` ms for the DTMF ``digit`` of a display; without it, stop."""

    digit: str = "D"
    within_ms: int = 160


@dataclass(frozen=True, slots=True)
class Fsk:
    """``payload`` by modem, after ``seizure_bits`` alternating and ``mark_bits`` ones."""

    payload: bytes
    seizure_bits: int = 300
    mark_bits: int = 180
    modem: Modem = Modem.V23
    level_dbm0: float = -14.0


@dataclass(frozen=True, slots=True)
class Dtmf:
    """``digits`` in DTMF, ``on_ms`` ms each with ``off_ms`` ms between."""

    digits: str
    on_ms: int = 70
    off_ms: int = 70


Wake = ReversePolarity | RingBurst | RingPulse | Silence | DualTone | AwaitAck
Segment = Wake | Fsk | Dtmf


@dataclass(frozen=True, slots=True)
class CallerIdPlan:
    """How one kind of message is sent: signals before, the data's form, signals after.

    ``code`` set means DTMF, otherwise FSK of ``modem`` with the given preamble. A plan that
    contains a RingBurst sends in the first pause of ringing; any other one before ringing.
    """

    before: tuple[Wake, ...]
    after: tuple[Wake, ...] = ()
    modem: Modem = Modem.V23
    seizure_bits: int = 300
    mark_bits: int = 180
    level_dbm0: float = -14.0
    code: DtmfCode | None = None

    @property
    def after_first_ring(self) -> bool:
        """Whether the message goes into the pause after the first ring burst."""
        return any(isinstance(wake, RingBurst) for wake in self.before)


def alert(plan: CallerIdPlan, message: CallerIdMessage) -> tuple[Segment, ...]:
    """Give what to play on the line, in order, to send ``message``.

    Empty when the plan cannot say it (DTMF knows no message waiting): then just ring.
    """
    if plan.code is None:
        data: Segment = Fsk(
            encode(message), plan.seizure_bits, plan.mark_bits, plan.modem, plan.level_dbm0
        )
        return (*plan.before, data, *plan.after)
    digits = encode_digits(plan.code, message) if isinstance(message, CallSetup) else ""
    return (*plan.before, Dtmf(digits), *plan.after) if digits else ()


def offsets(segments: tuple[Segment, ...]) -> tuple[tuple[float, Segment], ...]:
    """Pair each segment with its start in ms from the start of the first.

    A RingBurst counts as 0 ms (its length is that of the call's cadence), an AwaitAck with
    its longest.
    """
    at, placed = 0.0, []
    for segment in segments:
        placed.append((at, segment))
        at += duration_ms(segment)
    return tuple(placed)


def duration_ms(segment: Segment) -> float:
    """Length of ``segment`` in ms; see ``offsets`` for ring bursts and acknowledgements."""
    match segment:
        case ReversePolarity() | RingBurst():
            return 0.0
        case RingPulse(ms) | Silence(ms) | DualTone(ms):
            return float(ms)
        case AwaitAck():
            return float(segment.within_ms)
        case Fsk():
            bits = segment.seizure_bits + segment.mark_bits + 10 * len(segment.payload)
            return (bits + TAIL_BITS) * 1000 / BAUD
        case Dtmf():
            return float(len(segment.digits) * (segment.on_ms + segment.off_ms))


# On-hook timing within the limits of EN 300 659-1 §6, by profiles in the field:
AFTER_RING: Final = CallerIdPlan((RingBurst(), Silence(750)), (Silence(200),))
"""In the first pause of ringing: 500..2000 ms after the burst, done 200 ms before the next."""
DUAL_TONE: Final = CallerIdPlan((DualTone(), Silence(60)), (Silence(300),))
"""Before ringing, woken by DT-AS (FSK 45..500 ms later)."""
REVERSAL: Final = CallerIdPlan(
    (ReversePolarity(), Silence(250), DualTone(), Silence(60)), (ReversePolarity(), Silence(300))
)
"""Before ringing, woken by line reversal and DT-AS (100 ms or more apart)."""
PULSE: Final = CallerIdPlan((RingPulse(), Silence(650)), (Silence(300),))
"""Before ringing, woken by a ring pulse of 200..300 ms (FSK 500..800 ms later)."""
CALL_WAITING: Final = CallerIdPlan(
    (DualTone(80), AwaitAck(), Silence(100)), seizure_bits=0, mark_bits=80
)
"""During a call: CAS, acknowledgement DTMF D, data without seizure (EN 300 659-2 §6)."""
BELL_AFTER_RING: Final = CallerIdPlan(
    (RingBurst(), Silence(600)), (Silence(200),), modem=Modem.BELL_202
)
BELL_LAMP: Final = CallerIdPlan((Silence(500),), (Silence(200),), modem=Modem.BELL_202)
BELL_WAITING: Final = CallerIdPlan(
    CALL_WAITING.before, modem=Modem.BELL_202, seizure_bits=0, mark_bits=80
)


def dtmf_plan(code: DtmfCode, *, reversal: bool = False) -> CallerIdPlan:
    """DTMF before ringing, the line reversed first if ``reversal``."""
    wake: tuple[Wake, ...] = (ReversePolarity(),) if reversal else ()
    return CallerIdPlan((*wake, Silence(400)), (*wake, Silence(400)), code=code)


@dataclass(frozen=True, slots=True)
class CountryPlans:
    """The plans of one country: ``call`` on-hook, ``waiting`` in a call, ``lamp`` for messages."""

    call: CallerIdPlan
    waiting: CallerIdPlan = CALL_WAITING
    lamp: CallerIdPlan = DUAL_TONE


def _countries() -> dict[str, CountryPlans]:
    scandinavian = CountryPlans(dtmf_plan(DtmfCode.A_TO_C))
    return {
        "it": CountryPlans(AFTER_RING),
        "de": CountryPlans(AFTER_RING),
        "es": CountryPlans(AFTER_RING),
        "fr": CountryPlans(AFTER_RING),
        "gb": CountryPlans(REVERSAL, lamp=REVERSAL),
        "us": CountryPlans(BELL_AFTER_RING, BELL_WAITING, BELL_LAMP),
        "dk": CountryPlans(dtmf_plan(DtmfCode.A_TO_HASH, reversal=True)),
        "nl": CountryPlans(dtmf_plan(DtmfCode.A_TO_C, reversal=True)),
        "fi": scandinavian,
        "se": scandinavian,
        "tw": CountryPlans(dtmf_plan(DtmfCode.D_TO_C)),
    }


COUNTRIES: Final[Mapping[str, CountryPlans]] = MappingProxyType(_countries())
"""By ISO 3166 code. Italy as deployed by TIM and Fastweb; the others from documents not read
in full, so configurable per line."""
