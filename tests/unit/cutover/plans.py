"""A building whose switchboard is to be changed."""

from __future__ import annotations

from firmware.site.load import site_of
from firmware.site.schema import Site


def building(
    name: str = "museo",
    *,
    cutover: dict[str, object] | None = None,
    numbers: list[dict[str, object]] | None = None,
    **more: object,
) -> Site:
    plan = {
        "at": "2023-03-29 09:30",
        "expected_by": "2023-03-29 11:00",
        "old_trunk": "vecchio",
        "new_trunk": "nuovo",
        "numbers": [{"old": "sede", "new": "nuova"}] if numbers is None else numbers,
        **(cutover or {}),
    }
    tables: dict[str, object] = {
        "site": {"id": name, "name": name.title(), "time_zone": "Europe/Rome"},
        "numbers": {"sede": "0571 76714", "nuova": "0571 757700", "cell": "366 9382534"},
        "trunks": {
            "vecchio": {"servers": ["192.0.2.1"]},
            "nuovo": {"servers": ["192.0.2.2"]},
        },
        "lines": {
            "cassa": {"port": "fxs1", "extension": "670", "number": "sede", "trunk": "vecchio"},
            "ufficio": {"port": "fxs2", "extension": "671", "number": "sede", "trunk": "vecchio"},
        },
        "board": {"name": "sim"},
        "cutover": plan,
        **more,
    }
    return site_of(tables, {}, origin="test")
