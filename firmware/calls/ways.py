"""The ways on which a call can leave: data that dial plan, trunks and lines agree on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class ViaTrunk:
    """Through a switchboard, by the name of its trunk.

    ``server`` is the place of one of its servers; None is the one in use.
    """

    trunk: str
    server: int | None = None


@dataclass(frozen=True, slots=True)
class ViaExchange:
    """Through an old exchange line, by the name of the line."""

    line: str


@dataclass(frozen=True, slots=True)
class ViaMobile:
    """Through the mobile modem."""


@dataclass(frozen=True, slots=True)
class ViaNeighbour:
    """Directly to the box of another site, by its id."""

    site: str


@dataclass(frozen=True, slots=True)
class ViaLine:
    """To another telephone of this box, by the name of its line; no network is needed."""

    line: str


@dataclass(frozen=True, slots=True)
class ViaGuide:
    """To the voice guide of this box; no network is needed."""


Way = ViaTrunk | ViaExchange | ViaMobile | ViaNeighbour | ViaLine | ViaGuide


class TrunkState(Enum):
    """Whether a switchboard can be used (docs/trunks.md has the transitions).

    New calls use it while UP or SUSPECT; RECOVERING is good again but not yet trusted.
    """

    UP = "up"
    SUSPECT = "suspect"
    DOWN = "down"
    RECOVERING = "recovering"

    @property
    def usable(self) -> bool:
        """Whether new calls go this way."""
        return self in (TrunkState.UP, TrunkState.SUSPECT)
