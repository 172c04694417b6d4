"""The running program's state as JSON objects for the control socket. Pure."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from enum import Enum

from firmware.calls.building import Switch
from firmware.calls.station import (
    Leg,
    Station,
)
from firmware.calls.visit import Visit
from firmware.guide.phrases import text
from firmware.sip.events import RegistrationChanged
from firmware.sip.settings import AccountSettings
from firmware.site.schema import Line, Site


def line_view(name: str, line: Line, switch: Switch) -> dict[str, object]:
    """One line: who it is, what it does, what it hears."""
    desk = switch.desks[name]
    station = desk.station
    tone = desk.heard.tone
    return {
        "line": name,
        "port": line.port,
        "extension": line.extension,
        "number": line.number.e164 if line.number else None,
        "in_service": station.in_service,
        "off_hook": desk.line.lifted,
        "state": state_word(station),
        "tone": tone.value if tone else None,
        "says": text(desk.heard.phrase) if desk.heard.phrase else None,
        "ringing": desk.line.bell is not None,
        "legs": [leg_view(name, leg, station, switch.calls.get(leg.id)) for leg in station.legs()],
    }


def state_word(station: Station) -> str:
    """What the station does, in one word for people and programs."""
    if not station.in_service:
        return "out-of-service"
    return _kebab(type(station.now).__name__)


def leg_view(line: str, leg: Leg, station: Station, call: str | None) -> dict[str, object]:
    """One leg of the call that is recorded as ``call``."""
    place = "held" if leg is station.held else "waiting" if leg is station.waiting else "front"
    return {
        "leg": leg.id,
        "call": call,
        "line": line,
        "stage": leg.stage.value,
        "place": place if leg not in station.departing else "departing",
        "peer_number": leg.peer.number,
        "peer_name": leg.peer.name,
        "peer_private": leg.peer.private,
        "media": leg.media.value,
        "digits": leg.digits.value,
    }


def active_calls(switch: Switch) -> list[dict[str, object]]:
    """Every leg of a telephone that exists now, and every caller in the guide."""
    legs = [
        leg_view(name, leg, desk.station, switch.calls.get(leg.id))
        for name, desk in switch.desks.items()
        for leg in desk.station.legs()
    ]
    return [*legs, *(visit_view(visit, switch) for visit in switch.visits.values())]


def visit_view(visit: Visit, switch: Switch) -> dict[str, object]:
    """One caller in the guide; ``place`` is what goes on for them."""
    return {
        "leg": visit.leg,
        "call": switch.calls.get(visit.leg),
        "line": f"guide {visit.called}",
        "stage": "up" if visit.up else "offered",
        "place": _kebab(type(visit.now).__name__),
        "peer_number": visit.caller.number,
        "peer_name": visit.caller.name,
        "peer_private": visit.caller.private,
        "media": "active" if visit.media else "none",
        "digits": visit.digits.value,
    }


def trunk_views(
    accounts: Iterable[AccountSettings], registrations: Mapping[str, RegistrationChanged]
) -> list[dict[str, object]]:
    """Every account with what its registrar said last."""
    views: list[dict[str, object]] = []
    for account in accounts:
        last = registrations.get(account.name)
        views.append(
            {
                "trunk": account.trunk,
                "account": account.name,
                "server": account.server,
                "transport": account.transport.value,
                "srtp": account.srtp.value,
                "registration": _registration(account, last),
                "code": last.code if last else None,
                "reason": last.reason if last else None,
                "expires_s": last.expires_s if last else None,
            }
        )
    return views


def _registration(account: AccountSettings, last: RegistrationChanged | None) -> str:
    if not account.register:
        return "none"
    if last is None:
        return "pending"
    return "registered" if 200 <= last.code < 300 and last.expires_s > 0 else "failed"


def site_view(site: Site) -> dict[str, object]:
    """Which building this is."""
    return {"site": site.about.id, "name": site.about.name, "board": site.board.name.value}


def happening(thing: object) -> tuple[str, dict[str, object]]:
    """An event or order of the core as (kind, values) for the event stream."""
    assert dataclasses.is_dataclass(thing)  # noqa: S101 - all of them are
    values = {f.name: _plain(getattr(thing, f.name)) for f in dataclasses.fields(thing)}
    return _kebab(type(thing).__name__), values


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return happening(value)[1]
    if isinstance(value, tuple | frozenset):
        return [_plain(item) for item in (value if isinstance(value, tuple) else sorted(value))]
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    return value.hex() if isinstance(value, bytes) else value


def _kebab(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
