"""Who of a group is called, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from firmware.site.choices import Strategy

Round = tuple[tuple[str, ...], ...]
"""Members in the order in which they are called; those together are called at once."""


@dataclass(frozen=True, slots=True)
class Team:
    """What has happened in a group: who answered last, when each one's last call ended (ns)."""

    last: str = ""
    ended_ns: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def answered(self, member: str) -> Team:
        """``member`` took a call."""
        return replace(self, last=member)

    def rested(self, member: str, at_ns: int) -> Team:
        """The call of ``member`` is over."""
        return replace(self, ended_ns=MappingProxyType({**self.ended_ns, member: at_ns}))


def order(
    members: Iterable[str], strategy: Strategy, team: Team, *, busy: frozenset[str] = frozenset()
) -> Round:
    """Whom to call, in order, of those who are not ``busy``."""
    listed = tuple(members)
    match strategy:
        case Strategy.ROUND_ROBIN if team.last in listed:
            after = listed.index(team.last) + 1
            listed = listed[after:] + listed[:after]
        case Strategy.LONGEST_IDLE:
            listed = tuple(sorted(listed, key=lambda member: team.ended_ns.get(member, 0)))
        case _:
            pass
    free = tuple(member for member in listed if member not in busy)
    if strategy is Strategy.RING_ALL:
        return (free,) if free else ()
    return tuple((member,) for member in free)
