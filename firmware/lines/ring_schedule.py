"""When each line may ring, so that never too many ring at once. Pure.

One power supply feeds all lines, and a ringing line takes more than any other. A line asks for one
turn of its cadence at a time and starts when told; the bursts of a turn keep their rhythm. Lines of
equal cadence settle into offsets that need no further delay; when too many want to ring, each
rings less often, in the order in which they asked.
"""

from dataclasses import dataclass, replace

from firmware.lines.ringing import Cadence

_NS_PER_MS = 1_000_000
GUARD_MS = 20
"""A ringing line takes power a little longer than its burst: the generator settles (Ag1171 data
sheet V1.6: ringing mode is left more than 10 ms after the last edge)."""


@dataclass(frozen=True, slots=True)
class Booking:
    """``line`` rings from ``start_ns`` until ``end_ns`` (guard included)."""

    line: str
    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class RingSchedule:
    """Bursts promised so far; at most ``at_once`` overlap (at least 1, else ``ValueError``)."""

    at_once: int
    bookings: tuple[Booking, ...] = ()

    def __post_init__(self) -> None:
        if self.at_once < 1:
            raise ValueError("the power supply must be able to ring one line")

    def book(self, line: str, cadence: Cadence, at_ns: int) -> "tuple[RingSchedule, int]":
        """Promise ``line`` one turn of ``cadence``; give the start in ns, ``at_ns`` or later.

        Bursts that ended before ``at_ns`` are forgotten, and so is what ``line`` had booked.
        """
        others = tuple(b for b in self.bookings if b.end_ns > at_ns and b.line != line)
        bursts = _turn(line, cadence)
        starts = {b.end_ns - burst.start_ns for b in others for burst in bursts}
        for start in (at_ns, *sorted(start for start in starts if start > at_ns)):
            turn = tuple(_shift(burst, start) for burst in bursts)
            if all(self._fits(burst, others) for burst in turn):
                return replace(self, bookings=(*others, *turn)), start
        raise AssertionError("the end of the last booking always fits")

    def cancel(self, line: str) -> "RingSchedule":
        """Forget what ``line`` has booked: it was answered, or its caller gave up."""
        return replace(self, bookings=tuple(b for b in self.bookings if b.line != line))

    def _fits(self, burst: Booking, others: tuple[Booking, ...]) -> bool:
        near = [b for b in others if b.start_ns < burst.end_ns and burst.start_ns < b.end_ns]
        if len(near) < self.at_once:
            return True
        # The number of lines ringing only grows where one starts.
        moments = {burst.start_ns, *(b.start_ns for b in near if b.start_ns > burst.start_ns)}
        return all(
            sum(b.start_ns <= moment < b.end_ns for b in near) < self.at_once for moment in moments
        )


def _turn(line: str, cadence: Cadence) -> tuple[Booking, ...]:
    now, bursts = 0, []
    for on_ms, off_ms in cadence.bursts:
        taken = min(on_ms + GUARD_MS, on_ms + off_ms)
        bursts.append(Booking(line, now * _NS_PER_MS, (now + taken) * _NS_PER_MS))
        now += on_ms + off_ms
    return tuple(bursts)


def _shift(burst: Booking, ns: int) -> Booking:
    return Booking(burst.line, burst.start_ns + ns, burst.end_ns + ns)
