"""What the moves of telephones depend on: dial plan, timers, permissions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from firmware.calls.dialplan import DialPlan
from firmware.calls.effects import Order
from firmware.calls.features import Permissions
from firmware.calls.patterns import Fit, pattern
from firmware.calls.station import Station
from firmware.calls.ways import TrunkState
from firmware.guide.phrases import Voice
from firmware.site.choices import WayOut

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
    tone that answers a star code is heard. ``keep_ms`` is how long an emergency call outlives its
    handset being put down, ``callback_ms`` how long after it calls ring through whatever is set.
    """

    first_tone_ms: int = 1_200
    refused_ms: int = 20_000
    howler_ms: int = 60_000
    ring_ms: int = 120_000
    recall_ms: int = 5_000
    notice_ms: int = 1_500
    reminder_ms: int = 30_000
    keep_ms: int = 0
    callback_ms: int = 600_000


@dataclass(frozen=True, slots=True)
class Box:
    """What the box can say, where it is reached ("": nowhere), how its trunks are.

    A trunk that nobody has told of is usable. ``since`` is when each trunk was last found usable
    or not, as MMDDHHMM. ``directory`` maps the id of each site that can be reached without a
    switchboard to the patterns of its internal numbers. ``clock`` is a local time, and when
    it was told.
    """

    voice: Voice = field(default_factory=Voice)
    address: str = ""
    trunks: Mapping[str, TrunkState] = field(default_factory=lambda: MappingProxyType({}))
    since: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    directory: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    clock: tuple[int, str] = (0, "2000-01-01T00:00")

    def usable(self, trunk: str | None) -> bool:
        """Whether new calls may go through ``trunk``; a line without a trunk has nobody to ask."""
        return trunk is None or self.trunks.get(trunk, TrunkState.UP).usable

    def with_trunk(self, trunk: str, state: TrunkState, stamp: str) -> Box:
        """``trunk`` is ``state`` since ``stamp``."""
        known = trunk in self.trunks and self.trunks[trunk].usable is state.usable
        since = self.since if known else {**self.since, trunk: stamp}
        trunks = {**self.trunks, trunk: state}
        return replace(self, trunks=MappingProxyType(trunks), since=MappingProxyType(since))

    def sites(self) -> tuple[str, ...]:
        """The sites that can be reached without a switchboard."""
        return tuple(self.directory)

    def sites_of(self, number: str) -> tuple[str, ...]:
        """Those among them that have the internal ``number``."""
        return tuple(
            site
            for site, numbers in self.directory.items()
            if any(pattern(each).fit(number) is Fit.WHOLE for each in numbers)
        )


@dataclass(frozen=True, slots=True)
class Office:
    """What the users' moves depend on: the dial plan, the timers, what the user may do.

    ``extension`` and ``number`` ("" if there is none) are those of the telephone, for its user.
    ``trunk`` is that of its switchboard, ``ways`` are those that its class of service may use,
    as far as the building has them.
    """

    plan: DialPlan
    timers: Timers = field(default_factory=Timers)
    permissions: Permissions = field(default_factory=Permissions)
    extension: str = ""
    number: str = ""
    trunk: str | None = None
    ways: frozenset[WayOut] = frozenset()
    box: Box = field(default_factory=Box)


Move = tuple[Station, tuple[Order, ...]]
