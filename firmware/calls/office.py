"""What the moves of telephones depend on: dial plan, timers, permissions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from firmware.calls.dialplan import DialPlan
from firmware.calls.effects import Effect
from firmware.calls.features import Permissions
from firmware.calls.station import Station
from firmware.calls.ways import TrunkState
from firmware.guide.phrases import Voice

MS = 1_000_000

BUSY_HERE, UNAVAILABLE, DECLINE = 486, 480, 603


@dataclass(frozen=True, slots=True)
class Timers:
    """How long things take on a telephone, in ms.

    ``first_tone_ms`` is how long a tone of refusal lasts before its reason is said: three notes
    of 330 ms (ITU-T E.180 §5) and a breath. ``refused_ms`` is how long it lasts before the
    howler, ``howler_ms`` how long that lasts before the line falls silent; ``ring_ms`` how long
    an unanswered call rings; ``recall_ms`` how long a digit after R is awaited; ``reminder_ms``
    how long a telephone that was hung up on a held call is rung back; ``notice_ms`` how long a
    tone that answers a star code is heard.
    """

    first_tone_ms: int = 1_200
    refused_ms: int = 20_000
    howler_ms: int = 60_000
    ring_ms: int = 120_000
    recall_ms: int = 5_000
    notice_ms: int = 1_500
    reminder_ms: int = 30_000


@dataclass(frozen=True, slots=True)
class Box:
    """What the box can say, where it is reached ("": nowhere), how its trunks are.

    A trunk that nobody has told of is usable.
    """

    voice: Voice = field(default_factory=Voice)
    address: str = ""
    trunks: Mapping[str, TrunkState] = field(default_factory=lambda: MappingProxyType({}))

    def usable(self, trunk: str) -> bool:
        """Whether new calls may go through ``trunk``."""
        return self.trunks.get(trunk, TrunkState.UP).usable


@dataclass(frozen=True, slots=True)
class Office:
    """What the users' moves depend on: the dial plan, the timers, what the user may do.

    ``extension`` and ``number`` ("" if there is none) are those of the telephone, for its user.
    """

    plan: DialPlan
    timers: Timers = field(default_factory=Timers)
    permissions: Permissions = field(default_factory=Permissions)
    extension: str = ""
    number: str = ""
    box: Box = field(default_factory=Box)


Move = tuple[Station, tuple[Effect, ...]]
