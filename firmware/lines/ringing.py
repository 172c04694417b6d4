"""Ringing: the cadences, and which of them a call rings with. Pure.

A cadence is a loop of (burst, pause) in ms at a ringing frequency in Hz. All of them respect the
ringing duty of the line cards: over one turn of the loop ringing is on for at most
:data:`MAX_DUTY` of the time (Silvertel Ag1171 data sheet V1.6, absolute maximum of RM high).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

MAX_DUTY = 0.33
"""Largest share of time with ringing on (Ag1171 data sheet V1.6, absolute maximum ratings)."""

MIN_RING_HZ, MAX_RING_HZ = 15.0, 68.0
"""Ringing frequencies that bells and detectors take, Hz."""

CALLER_ID_START_MS = 750
"""Caller ID starts so long after the first burst (field value; EN 300 659-1 §6.1.1: 500..2000)."""

CALLER_ID_GUARD_MS = 200
"""Caller ID ends at least so long before the next burst (EN 300 659-1 §6.1.1)."""


class RingError(ValueError):
    """A cadence that must not be rung: empty, too much ringing, a frequency no bell takes."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """A loop of bursts, each (on, off) in ms, at ``hz`` Hz.

    Raises :class:`RingError` if empty, over the ringing duty or outside 15 to 68 Hz.
    """

    name: str
    bursts: tuple[tuple[int, int], ...]
    hz: float = 25.0

    def __post_init__(self) -> None:
        if not self.bursts or any(on <= 0 or off <= 0 for on, off in self.bursts):
            raise RingError(f"ring cadence {self.name}: bursts and pauses must last")
        if not MIN_RING_HZ <= self.hz <= MAX_RING_HZ:
            raise RingError(f"ring cadence {self.name}: {self.hz:g} Hz is not 15 to 68 Hz")
        if self.duty > MAX_DUTY:
            raise RingError(
                f"ring cadence {self.name}: rings {self.duty:.0%} of the time, over {MAX_DUTY:.0%}"
            )

    @property
    def cycle_ms(self) -> int:
        """Length of the loop in ms."""
        return sum(on + off for on, off in self.bursts)

    @property
    def duty(self) -> float:
        """Share of the loop with ringing on, 0 to 1."""
        return sum(on for on, _ in self.bursts) / self.cycle_ms

    def at(self, hz: float) -> "Cadence":
        """Give the same rhythm at ``hz`` Hz; raises :class:`RingError` if no bell takes it."""
        return replace(self, hz=hz)

    def caller_id_slot(self, need_ms: float) -> "Slot | None":
        """Give the first pause in which ``need_ms`` ms of caller ID find room, or None."""
        now = 0
        for bursts, (on, off) in enumerate(self.bursts, 1):
            start, end = now + on + CALLER_ID_START_MS, now + on + off - CALLER_ID_GUARD_MS
            if end - start >= need_ms:
                return Slot(bursts, start, end)
            now += on + off
        return None


@dataclass(frozen=True, slots=True)
class Slot:
    """Silence for caller ID, after ``bursts`` bursts; ms from the start of the first one."""

    bursts: int
    start_ms: int
    end_ms: int


NORMAL = Cadence("normal", ((1000, 4000),))
"""Italian ringing: 1 s on, 4 s off, 25 Hz."""

# 1 to 5 after Bellcore GR-506 (not read: unconfirmed), except that the American pattern 1, 2 s in
# 6 s, is over the ringing duty and gets a longer pause. No norm knows 6 to 8: those are ours.
_BELLCORE = (
    ((2000, 4100),),
    ((800, 400), (800, 4000)),
    ((400, 200), (400, 200), (800, 4000)),
    ((300, 200), (1000, 200), (300, 4000)),
    ((500, 5500),),
    ((300, 200), (300, 5200)),
    ((300, 200), (300, 200), (300, 4700)),
    ((1000, 500), (300, 4200)),
)

DISTINCTIVE: Mapping[str, Cadence] = MappingProxyType(
    {
        "esterna": replace(NORMAL, name="esterna"),
        "interna": Cadence("interna", ((400, 300), (400, 3900))),
        "urgente": Cadence("urgente", ((300, 300), (300, 300), (300, 1700))),
        "richiamata": Cadence("richiamata", ((200, 200), (800, 3800))),
        **{
            f"bellcore-dr{number}": Cadence(f"bellcore-dr{number}", bursts)
            for number, bursts in enumerate(_BELLCORE, 1)
        },
    }
)
"""Cadences that an Alert-Info or a site file can ask for, by name in small letters."""

SPLASH = Cadence("splash", ((500, 5500),))
"""Ring splash: its first burst alone says "a call was forwarded" or "a message came"."""


# --- which cadence ------------------------------------------------------------------------------
SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "internal": "interna",
        "external": "esterna",
        "alert-internal": "interna",
        "alert-external": "esterna",
        "high": "urgente",  # urn:alert:priority:high
        "recall": "richiamata",  # urn:alert:service:recall:callback, :hold, :transfer
    }
)
"""Other names of the Italian cadences, among them parts of the URNs of RFC 7462."""

_WORD = re.compile(r'[^\s,;<>"=]+')
_HOST = re.compile(r"^[a-z+.-]+://[^/]*", re.IGNORECASE)
_MAX_HEADER = 1024  # a caller writes this text; nobody needs more of it


def alert_name(alert_info: str, known: Mapping[str, Cadence] | None = None) -> str | None:
    """Give the cadence that an Alert-Info value (RFC 3261 §20.4) asks for, or None.

    ``known`` are the names that mean something, :data:`DISTINCTIVE` by default. Finds the first
    known name, whatever the case: bare, after ``info=``, as part of a URN
    (RFC 7462) or of an address, which is never fetched and whose host is no name.
    """
    for word in _WORD.findall(alert_info[:_MAX_HEADER]):
        for part in reversed(re.split(r"[/:]", _HOST.sub("", word))):
            written: str = part.partition(".")[0].lower()
            for name in (written, SYNONYMS.get(written, written)):
                if name in (DISTINCTIVE if known is None else known):
                    return name
    return None


@dataclass(frozen=True, slots=True)
class CallerRule:
    """Callers whose number starts with ``prefix`` (digits, ``+`` first if international)."""

    prefix: str
    cadence: Cadence


def choose(
    alert_info: str | None,
    caller: str | None,
    *,
    rules: Sequence[CallerRule] = (),
    names: Mapping[str, Cadence] = DISTINCTIVE,
    default: Cadence = NORMAL,
) -> Cadence:
    """Choose how a call rings: the longest prefix that fits the caller, Alert-Info, default.

    The line's own rules come first: who installed them knows the office; the switchboard's
    Alert-Info is general. The frequency is always that of ``default``, which is the line's.
    """
    fitting = [rule for rule in rules if caller and caller.startswith(rule.prefix)]
    if fitting:
        return max(fitting, key=lambda rule: len(rule.prefix)).cadence.at(default.hz)
    name = alert_name(alert_info or "", names)
    return names[name].at(default.hz) if name else default
