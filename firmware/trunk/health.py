"""The health of one trunk: its servers are probed, evidence is weighed, its state follows. Pure.

``step`` takes evidence and gives what is to be done; randomness comes with each event, so that
the same events give the same orders. A probe (OPTIONS, RFC 3261 §11) is answered by any final
answer, even a refusal: who refuses is alive. docs/trunks.md has the states and their causes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from firmware.calls.ways import TrunkState
from firmware.trunk.servers import Server, answered, asked, in_use, lost_one

MS = 1_000_000


@dataclass(frozen=True, slots=True)
class HealthTimes:
    """How long things take, in ms.

    A server is probed every ``probe_ms``, every ``fast_ms`` once a probe was lost; a probe is
    lost after ``answer_ms``. A server is dead after ``lost`` lost probes in a row, or ``failed``
    calls in a row that its own fault ended. While dead it is probed with growing pauses, up to
    ``slowest_ms``. What is good again is trusted after ``return_ms``.
    """

    probe_ms: int = 10_000
    fast_ms: int = 2_000
    answer_ms: int = 2_000
    lost: int = 3
    failed: int = 3
    slowest_ms: int = 20_000
    return_ms: int = 30_000


@dataclass(frozen=True, slots=True)
class Watched:
    """What to watch: the ``servers`` of one trunk, and the ``accounts`` that register there."""

    servers: tuple[str, ...]
    accounts: tuple[str, ...]
    times: HealthTimes


# --- evidence -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProbeAnswered:
    """A probe was answered by ``server`` (its place in the order)."""

    at_ns: int
    dice: float
    server: int


@dataclass(frozen=True, slots=True)
class Registration:
    """The registrar answered: ``code`` is a SIP status; 200 to 299 is good."""

    at_ns: int
    dice: float
    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """A call through the trunk got so far (``good``), or failed by the server's own fault."""

    at_ns: int
    dice: float
    good: bool
    what: str = ""


@dataclass(frozen=True, slots=True)
class TransportLost:
    """The connection to the server in use broke."""

    at_ns: int
    dice: float
    what: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """The network is there (``up``), or the way to the servers is gone; ``what`` says how."""

    at_ns: int
    dice: float
    up: bool
    what: str = ""


@dataclass(frozen=True, slots=True)
class Wake:
    """Nothing else happened until ``at_ns``."""

    at_ns: int
    dice: float


Evidence = ProbeAnswered | Registration | CallOutcome | TransportLost | Link | Wake

# --- what is to be done -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SendProbe:
    """Ask ``server`` whether it is there."""

    server: int


@dataclass(frozen=True, slots=True)
class UseServer:
    """Calls and registrations go to ``server`` from now on."""

    server: int


@dataclass(frozen=True, slots=True)
class Changed:
    """The trunk is ``state`` now, because of ``cause``."""

    state: TrunkState
    cause: str


@dataclass(frozen=True, slots=True)
class RegisterAgain:
    """The servers are back: register now rather than at the next regular time."""


Doing = SendProbe | UseServer | Changed | RegisterAgain

# --- state --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Health:
    """State of one trunk.

    ``using`` is the place of the server in use. ``refused`` holds the registrar's refusal, or "";
    ``good_ns`` is since when all has been good while recovering; ``gone`` says why the network is
    not there, or "".
    """

    servers: tuple[Server, ...]
    state: TrunkState = TrunkState.UP
    using: int = 0
    refused: str = ""
    gone: str = ""
    good_ns: int = 0


Step = tuple[Health, tuple[Doing, ...]]
Counted = tuple[Health, str, tuple[Doing, ...]]


def initial(count: int, at_ns: int) -> Health:
    """A trunk with ``count`` servers, believed to be up; all are probed at once."""
    return Health(tuple(Server(next_ns=at_ns) for _ in range(count)))


def deadline(health: Health, times: HealthTimes) -> int | None:
    """When the trunk wants to be woken, in ns; None while there is no network to ask through."""
    if health.gone:
        return None
    dues = [server.due(times.answer_ms * MS) for server in health.servers]
    if health.state is TrunkState.RECOVERING:
        dues.append(health.good_ns + times.return_ms * MS)
    return min(dues)


def step(health: Health, evidence: Evidence, times: HealthTimes) -> Step:
    """Take ``evidence``, and what is due by its time."""
    doing: list[Doing] = []
    cause = ""
    health, cause, more = _due(health, evidence.at_ns, evidence.dice, times)
    doing += more
    health, told = _take(health, evidence, times)
    health, more = _judged(health, evidence.at_ns, told or cause, times)
    return health, (*doing, *more)


def _due(health: Health, at_ns: int, dice: float, times: HealthTimes) -> Counted:
    """Count lost probes and send those whose time has come."""
    doing: list[Doing] = []
    cause = ""
    servers: list[Server] = []
    for place, before in enumerate(health.servers):
        server = before
        if before.waiting_ns is not None and before.waiting_ns + times.answer_ms * MS <= at_ns:
            server = lost_one(before, at_ns, dice, times)
            cause = f"server {place + 1} does not answer"
        if server.waiting_ns is None and server.next_ns <= at_ns and not health.gone:
            doing.append(SendProbe(place))
            server = asked(server, at_ns)
        servers.append(server)
    return replace(health, servers=tuple(servers)), cause, tuple(doing)


def _take(health: Health, evidence: Evidence, times: HealthTimes) -> tuple[Health, str]:
    """Weigh ``evidence``; give why anything changes."""
    at_ns = evidence.at_ns
    match evidence:
        case Wake():
            return health, ""
        case ProbeAnswered(server=place):
            server = answered(health.servers[place], at_ns, evidence.dice, times)
            return _with(health, place, server), f"server {place + 1} answers"
        case Registration(code=code, reason=reason):
            return _registered(health, at_ns, code, reason)
        case CallOutcome(good=True):
            server = replace(health.servers[health.using], failed=0)
            return _with(health, health.using, server), ""
        case CallOutcome(what=what):
            server = health.servers[health.using]
            return _with(health, health.using, server.failing(at_ns)), f"calls fail: {what}"
        case TransportLost(what=what):
            server = health.servers[health.using].at_once(at_ns)
            return _with(health, health.using, server), f"connection lost: {what}"
        case Link(up=False, what=what):
            return replace(health, gone=what or "no network"), what or "no network"
        case Link():
            if not health.gone:
                return health, ""
            unknown = tuple(Server(next_ns=at_ns) for _ in health.servers)
            return replace(health, gone="", servers=unknown), "network is back"


def _registered(health: Health, at_ns: int, code: int, reason: str) -> tuple[Health, str]:
    if 200 <= code < 300:
        return replace(health, refused=""), "registered" if health.refused else ""
    told = f"registration: {code} {reason}".strip()
    if code in (408, 503) or 500 <= code < 600:  # the server's own trouble: its probes will tell
        server = health.servers[health.using]
        return _with(health, health.using, server.failing(at_ns)), told
    return replace(health, refused=told), told


def _with(health: Health, place: int, server: Server) -> Health:
    servers = (*health.servers[:place], server, *health.servers[place + 1 :])
    return replace(health, servers=servers)


# --- the state that follows ---------------------------------------------------------------------


def _judged(health: Health, at_ns: int, cause: str, times: HealthTimes) -> Step:
    """Move to the state that the evidence asks for; choose the server."""
    doing: list[Doing] = []
    best = in_use(health.servers, health.using, at_ns, times)
    if best is not None and best != health.using:
        health = replace(health, using=best)
        doing += [UseServer(best)]
        cause = cause or f"server {best + 1} is used"
    alive = best is not None and not health.gone and not health.refused
    wanted = _wanted(health, at_ns, times, alive=alive)
    if health.state is TrunkState.DOWN and wanted is TrunkState.RECOVERING:
        doing.append(RegisterAgain())
    if wanted is TrunkState.RECOVERING and health.state is not TrunkState.RECOVERING:
        health = replace(health, good_ns=at_ns)
    if wanted is not health.state:
        if wanted is TrunkState.UP and health.state is TrunkState.RECOVERING:
            cause = f"good for {times.return_ms // 1000} s"
        health = replace(health, state=wanted)
        doing.append(Changed(wanted, health.gone or health.refused or cause))
    return health, tuple(doing)


def _wanted(health: Health, at_ns: int, times: HealthTimes, *, alive: bool) -> TrunkState:
    if not alive:
        return TrunkState.DOWN
    server = health.servers[health.using]
    match health.state:
        case TrunkState.DOWN:
            return TrunkState.RECOVERING if server.heard else TrunkState.DOWN
        case TrunkState.RECOVERING if server.lost:
            return TrunkState.DOWN
        case TrunkState.RECOVERING:
            trusted = at_ns - health.good_ns >= times.return_ms * MS
            return TrunkState.UP if trusted else TrunkState.RECOVERING
        case TrunkState.UP | TrunkState.SUSPECT:
            return TrunkState.SUSPECT if server.lost or server.failed else TrunkState.UP
