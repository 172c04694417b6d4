"""What the moves of telephones depend on: dial plan, timers, permissions. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from firmware.calls.dialplan import DialPlan
from firmware.calls.effects import Effect
from firmware.calls.features import Permissions
from firmware.calls.station import Station

MS = 1_000_000

BUSY_HERE, UNAVAILABLE, DECLINE = 486, 480, 603


@dataclass(frozen=True, slots=True)
class Timers:
    """How long things take on a telephone, in ms.

    ``refused_ms`` is how long a tone of refusal lasts before the howler, ``howler_ms`` how long
    that lasts before the line falls silent; ``ring_ms`` how long an unanswered call rings;
    ``recall_ms`` how long a digit after R is awaited; ``reminder_ms`` how long a telephone that
    was hung up on a held call is rung back; ``notice_ms`` how long the answer to a star code is
    heard.
    """

    refused_ms: int = 20_000
    howler_ms: int = 60_000
    ring_ms: int = 120_000
    recall_ms: int = 5_000
    notice_ms: int = 1_500
    reminder_ms: int = 30_000


@dataclass(frozen=True, slots=True)
class Office:
    """What the users' moves depend on: the dial plan, the timers, what the user may do."""

    plan: DialPlan
    timers: Timers = field(default_factory=Timers)
    permissions: Permissions = field(default_factory=Permissions)


Move = tuple[Station, tuple[Effect, ...]]
