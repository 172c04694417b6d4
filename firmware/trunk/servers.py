"""The servers of a trunk in their order, with the memory of the dead. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

MS = 1_000_000
_FOREVER = 1 << 62
_JITTER = 0.2  # of each pause: a whole town must not ask at the same moment


class Times(Protocol):
    """The times that servers need, in ms (`firmware.trunk.health.HealthTimes`)."""

    @property
    def probe_ms(self) -> int:
        """Regular pause between probes."""
        ...

    @property
    def fast_ms(self) -> int:
        """Pause after a lost probe."""
        ...

    @property
    def slowest_ms(self) -> int:
        """Longest pause while dead."""
        ...

    @property
    def lost(self) -> int:
        """Lost probes in a row that mean death."""
        ...

    @property
    def failed(self) -> int:
        """Failed calls in a row that mean death."""
        ...

    @property
    def return_ms(self) -> int:
        """Time until one that came back is trusted."""
        ...


@dataclass(frozen=True, slots=True)
class Server:
    """What is known of one server.

    It is probed at ``next_ns``; ``waiting_ns`` is when the probe that waits for its answer was
    sent (None: there is none). ``lost`` probes in a row had no answer, ``failed`` calls in a row
    failed by its fault, the last one at ``failed_ns``. ``heard``: its last probe was answered;
    ``back_ns`` is since when it answers again after it was silent.
    """

    next_ns: int
    waiting_ns: int | None = None
    lost: int = 0
    failed: int = 0
    failed_ns: int = 0
    heard: bool = False
    back_ns: int = 0

    def due(self, answer_ns: int) -> int:
        """When something is to be done about it, in ns."""
        return self.next_ns if self.waiting_ns is None else self.waiting_ns + answer_ns

    def at_once(self, at_ns: int) -> Server:
        """The same, to be probed now."""
        return replace(self, next_ns=min(self.next_ns, at_ns))

    def failing(self, at_ns: int) -> Server:
        """The same after a call or a registration that failed by its fault; it is asked now."""
        return replace(self.at_once(at_ns), failed=self.failed + 1, failed_ns=at_ns)

    def dead(self, times: Times) -> bool:
        """Whether it is not to be used."""
        return self.lost >= times.lost or self.failed >= times.failed


def asked(server: Server, at_ns: int) -> Server:
    """A probe was sent."""
    return replace(server, waiting_ns=at_ns, next_ns=_FOREVER)


def answered(server: Server, at_ns: int, dice: float, times: Times) -> Server:
    """Its probe was answered; the next one follows after the regular pause.

    Failures are forgiven once they are old, or were followed by silence.
    """
    old = at_ns - server.failed_ns >= times.return_ms * MS
    return replace(
        server,
        next_ns=at_ns + _jittered(times.probe_ms * MS, dice),
        waiting_ns=None,
        lost=0,
        failed=0 if old or not server.heard else server.failed,
        heard=True,
        back_ns=server.back_ns if server.heard else at_ns,
    )


def lost_one(server: Server, at_ns: int, dice: float, times: Times) -> Server:
    """A probe was lost: ask soon again, ever more slowly once it is dead."""
    lost = server.lost + 1
    pause_ms = times.fast_ms
    if lost >= times.lost:
        pause_ms = min(times.fast_ms * 2 ** min(lost - times.lost, 10), times.slowest_ms)
    pause_ns = _jittered(pause_ms * MS, dice) if lost >= times.lost else 0
    return replace(server, waiting_ns=None, lost=lost, heard=False, next_ns=at_ns + pause_ns)


def _jittered(pause_ns: int, dice: float) -> int:
    return round(pause_ns * (1 + _JITTER * (2 * dice - 1)))


def in_use(servers: Sequence[Server], using: int, at_ns: int, times: Times) -> int | None:
    """The server to use: that in use while it lives, an earlier one once it is trusted again.

    None if all are dead.
    """
    alive = [place for place, server in enumerate(servers) if not server.dead(times)]
    if not alive:
        return None
    if using not in alive:
        heard = [place for place in alive if servers[place].heard]
        return min(heard or alive)
    trusted = [
        place
        for place in alive
        if place < using
        and servers[place].heard
        and at_ns - servers[place].back_ns >= times.return_ms * MS
    ]
    return min(trusted, default=using)
