"""The health of the trunks as the daemon follows it: evidence in, probes and news out.

Everything here runs on the asyncio loop's thread.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from firmware.calls.effects import DialLeg, Effect
from firmware.calls.events import Event, LegAnswered, LegEnded, LegProgress
from firmware.calls.ways import TrunkState, ViaTrunk
from firmware.sip.events import RegistrationChanged, ServerAnswered, TransportDown
from firmware.sip.settings import AccountSettings
from firmware.trunk import health
from firmware.trunk.health import (
    CallOutcome,
    Changed,
    Evidence,
    Health,
    Link,
    ProbeAnswered,
    RegisterAgain,
    Registration,
    SendProbe,
    TransportLost,
    UseServer,
    Wake,
    Watched,
)

log = logging.getLogger("derivato.trunks")

_KEPT = 100  # changes that are told; the record has all of them
_STAGGER_S = 0.3  # between the registrations of lines, and up to as much again
_TIMEOUT = 408


class Sip(Protocol):
    """What is needed of the SIP side (`firmware.sip.actor.SipActor`)."""

    def ask_server(self, trunk: str, place: int) -> None:
        """Ask a server whether it is there."""
        ...

    def use_server(self, trunk: str, place: int) -> None:
        """Call and register through this server from now on."""
        ...

    def register(self, account: str) -> None:
        """Register an account now."""
        ...


@dataclass(frozen=True, slots=True)
class Change:
    """A trunk became ``state`` because of ``cause``; ``server`` was in use.

    ``at`` is UTC, in ISO 8601 with milliseconds, as in all records.
    """

    trunk: str
    at: str
    state: TrunkState
    cause: str
    server: str


class TrunkWatch:
    """Watches every trunk in ``watched``, by name; tells each change to ``changed``."""

    def __init__(
        self,
        watched: Mapping[str, Watched],
        accounts: Mapping[str, AccountSettings],
        changed: Callable[[Change], None],
    ) -> None:
        self._watched = watched
        self._accounts = accounts
        self._changed = changed
        self._health = {
            name: health.initial(len(each.servers), time.monotonic_ns())
            for name, each in watched.items()
        }
        self.changes: deque[Change] = deque(maxlen=_KEPT)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._legs: dict[str, str] = {}  # trunk of each outgoing leg that nobody answered yet
        self._sip: Sip | None = None

    def open(self, sip: Sip) -> None:
        """Begin: ask every server, as soon as ``sip`` runs."""
        self._sip = sip
        for name in self._watched:
            self._tell(name, Wake(time.monotonic_ns(), random.random()))  # noqa: S311 - jitter

    def close(self) -> None:
        """Ask nobody any more."""
        for timer in self._timers.values():
            timer.cancel()

    # --- evidence -------------------------------------------------------------------------------

    def report(self, report: RegistrationChanged | ServerAnswered | TransportDown) -> None:
        """Weigh what the SIP side reports."""
        now, dice = time.monotonic_ns(), random.random()  # noqa: S311 - jitter
        match report:
            case ServerAnswered(trunk=trunk, place=place):
                if trunk in self._watched:
                    self._tell(trunk, ProbeAnswered(now, dice, place))
            case RegistrationChanged(account=account, code=code, reason=reason):
                trunk = self._accounts[account].trunk if account in self._accounts else ""
                if trunk in self._watched:
                    self._tell(trunk, Registration(now, dice, code, reason))
            case TransportDown(transport=kind, reason=reason):
                for trunk in self._watched:
                    mine = (a for a in self._accounts.values() if a.trunk == trunk)
                    if any(kind.lower().startswith(a.transport.value) for a in mine):
                        self._tell(trunk, TransportLost(now, dice, reason))

    def happened(self, event: Event, orders: tuple[Effect, ...]) -> None:
        """Weigh how calls fare."""
        for order in orders:
            if isinstance(order, DialLeg) and (trunk := self._trunk_of(order)) in self._watched:
                self._legs[order.leg] = trunk
        match event:
            case LegProgress(leg=leg) | LegAnswered(leg=leg) if leg in self._legs:
                self._outcome(self._legs.pop(leg), "")
            case LegEnded(leg=leg, code=code, reason=reason) if leg in self._legs:
                trunk = self._legs.pop(leg)
                own_fault = (code >= 500 and code < 600) or code == _TIMEOUT
                self._outcome(trunk, f"{code} {reason}" if own_fault else "")
            case _:
                pass

    def network(self, *, up: bool, what: str = "") -> None:
        """The network is there, or gone because of ``what``."""
        for trunk in self._watched:
            now = time.monotonic_ns()
            self._tell(trunk, Link(now, random.random(), up, what))  # noqa: S311 - jitter

    def _outcome(self, trunk: str, fault: str) -> None:
        now, dice = time.monotonic_ns(), random.random()  # noqa: S311 - jitter
        self._tell(trunk, CallOutcome(now, dice, not fault, fault))

    def _trunk_of(self, order: DialLeg) -> str:
        match order.via:
            case ViaTrunk(trunk=trunk, server=None):
                return trunk
            case None:
                mine = (a.trunk for a in self._accounts.values() if a.line in (order.line, None))
                return next(mine, "")
            case _:
                return ""

    # --- what follows ---------------------------------------------------------------------------

    def _tell(self, trunk: str, evidence: Evidence) -> None:
        times = self._watched[trunk].times
        before = self._health[trunk]
        self._health[trunk], doing = health.step(before, evidence, times)
        for each in doing:
            self._do(trunk, each, self._health[trunk])
        self._arm(trunk, times)

    def _do(self, trunk: str, doing: health.Doing, now: Health) -> None:
        if self._sip is None:
            return
        match doing:
            case SendProbe(server=place):
                self._sip.ask_server(trunk, place)
            case UseServer(server=place):
                log.warning("%s: server %s is used", trunk, self._watched[trunk].servers[place])
                self._sip.use_server(trunk, place)
            case RegisterAgain():
                self._register(trunk)
            case Changed(state=state, cause=cause):
                server = self._watched[trunk].servers[now.using]
                change = Change(trunk, _now(), state, cause, server)
                level = logging.INFO if state.usable else logging.WARNING
                log.log(level, "trunk %s is %s: %s", trunk, state.value, cause)
                self.changes.append(change)
                self._changed(change)

    def _register(self, trunk: str) -> None:
        """Register the accounts one after the other: a switchboard that is back is busy."""
        loop = asyncio.get_running_loop()
        assert self._sip is not None  # noqa: S101 - the caller looked
        after_s = 0.0
        for account in self._watched[trunk].accounts:
            loop.call_later(after_s, self._sip.register, account)
            after_s += _STAGGER_S * (1 + random.random())  # noqa: S311 - jitter

    def _arm(self, trunk: str, times: health.HealthTimes) -> None:
        if timer := self._timers.pop(trunk, None):
            timer.cancel()
        due = health.deadline(self._health[trunk], times)
        if due is not None:
            loop = asyncio.get_running_loop()
            self._timers[trunk] = loop.call_at(due / 1e9, self._wake, trunk)

    def _wake(self, trunk: str) -> None:
        self._tell(trunk, Wake(time.monotonic_ns(), random.random()))  # noqa: S311 - jitter

    # --- views ----------------------------------------------------------------------------------

    def view(self, trunk: str) -> dict[str, object]:
        """How a trunk is: its state, since when and why, its servers."""
        if trunk not in self._watched:
            return {"state": "unwatched"}
        now, watched = self._health[trunk], self._watched[trunk]
        last = next((c for c in reversed(self.changes) if c.trunk == trunk), None)
        return {
            "state": now.state.value,
            "since": last.at if last else None,
            "cause": last.cause if last else None,
            "server": watched.servers[now.using],
            "servers": [
                {"server": name, "answers": each.heard, "lost_probes": each.lost}
                for name, each in zip(watched.servers, now.servers, strict=True)
            ],
        }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
