"""Which ways a call can take, in order (docs/ways-out.md has the table). Pure.

While its switchboard is usable a telephone calls through it, as the switchboard knows best; the
other ways are for when it is not, or turns out not to be. Emergency calls have an order of their
own and take every way there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from firmware.calls.effects import PlaceCall
from firmware.calls.office import Box
from firmware.calls.ways import (
    ViaExchange,
    ViaLine,
    ViaMobile,
    ViaNeighbour,
    ViaTrunk,
    Way,
)
from firmware.site.choices import Category, WayOut

Ways = tuple[Way | None, ...]
"""In the order in which they are tried; None is the trunk of a line that names none."""


@dataclass(frozen=True, slots=True)
class Routes:
    """The ways out that a building has, and the order of those for emergency calls.

    ``servers`` counts those of each trunk that has several. ``exchange`` are its exchange lines in
    order. A way is given up after ``trying_ms`` ms if nobody there works on the call and there is
    another. ``neighbours_always``: boxes of other sites may call while the switchboard works, too.
    """

    trunks: tuple[str, ...] = ()
    servers: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    exchange: tuple[str, ...] = ()
    mobile: bool = False
    emergency: tuple[WayOut, ...] = tuple(WayOut)
    trying_ms: int = 4_000
    neighbours_always: bool = False

    def there(self, allowed: frozenset[WayOut], box: Box) -> frozenset[WayOut]:
        """Those of ``allowed`` that the building has beside its switchboards."""
        has = {
            WayOut.EXCHANGE: bool(self.exchange),
            WayOut.MOBILE: self.mobile,
            WayOut.NEIGHBOURS: bool(box.directory),
        }
        return frozenset(way for way in allowed if has.get(way, False))


def ways(
    call: PlaceCall,
    routes: Routes,
    box: Box,
    *,
    trunk: str | None,
    allowed: frozenset[WayOut],
    own: str | None,
) -> Ways:
    """The ways for ``call`` from a line on ``trunk`` whose class allows ``allowed``.

    ``own`` is the other line of the box that has the number called, if one has.
    """
    if call.emergency:
        return _emergency(routes, box, trunk)
    found: list[Way | None] = []
    if WayOut.PBX in allowed and box.usable(trunk):
        found += _trunk(trunk, routes)
    if own is not None:
        found.append(ViaLine(own))
    elif call.category is Category.INTERNAL:
        if WayOut.NEIGHBOURS in allowed:
            found += [ViaNeighbour(site) for site in box.sites_of(call.number)]
    else:
        if WayOut.EXCHANGE in allowed:
            found += [ViaExchange(line) for line in routes.exchange]
        if WayOut.MOBILE in allowed and routes.mobile:
            found.append(ViaMobile())
    return tuple(found)


def _emergency(routes: Routes, box: Box, trunk: str | None) -> Ways:
    """Every way in the order of the site; switchboards that seem dead come last of all."""
    first = [trunk] if trunk or not routes.trunks else []
    trunks = [*first, *(name for name in routes.trunks if name != trunk)]
    found: list[Way | None] = []
    for kind in routes.emergency:
        match kind:
            case WayOut.PBX:
                found += [way for t in trunks if box.usable(t) for way in _trunk(t, routes)]
            case WayOut.EXCHANGE:
                found += [ViaExchange(line) for line in routes.exchange]
            case WayOut.MOBILE:
                found += [ViaMobile()] if routes.mobile else []
            case WayOut.NEIGHBOURS:
                found += [ViaNeighbour(site) for site in box.sites()]
    if WayOut.PBX in routes.emergency:
        found += [ViaTrunk(name) for name in trunks if name and not box.usable(name)]
    return tuple(found)


def _trunk(trunk: str | None, routes: Routes) -> list[Way | None]:
    """Through the server in use, then through the others if the trunk has several.

    The one in use is the first as a rule: it is tried again last.
    """
    if trunk is None:
        return [None]
    count = routes.servers.get(trunk, 1)
    others = [*range(1, count), 0] if count > 1 else []
    return [ViaTrunk(trunk), *(ViaTrunk(trunk, place) for place in others)]
