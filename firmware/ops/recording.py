"""What the switch was told and what it ordered, in a file that can be replayed.

A recording is JSON lines: a beginning (:data:`SCHEMA`) with the version, the site without its
secrets and the state of the switch, then one line for each event with the orders that followed.
Where lines had to be left out, a new beginning says how many and goes on from the state there.

The digits of a lock's PIN are masked, so that the right one stays right and a wrong one wrong.
What else is dialled, in calls too, is in the file: it is for its owner's eyes only (mode 0600).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from firmware.calls.building import Switch
from firmware.calls.events import Event, LineDigit
from firmware.calls.features import SERVICE_CODES, Feature
from firmware.calls.station import Collecting
from firmware.ops.codec import CodecError, Plain, decode

SCHEMA = "derivato.recording/1"
_LOCK = next(code for code, feature in SERVICE_CODES.items() if feature is Feature.LOCK)
_PIN = re.compile(rf"(?P<code>[*#]{{1,2}}{_LOCK}\*)(?P<typed>[\d*]+)")


class RecordingError(ValueError):
    """A file is no recording, or one of another version; ``str()`` says where and what."""


@dataclass(frozen=True, slots=True)
class Building:
    """Where the recording is made.

    ``site`` is the id, ``tables`` are those of the site file as far as they may be shown;
    ``secrets`` stand for the real ones by name. ``pins`` (by line) are only compared with.
    """

    version: str
    site: str
    tables: Mapping[str, object]
    secrets: Mapping[str, str]
    pins: Mapping[str, str]


# --- masking -------------------------------------------------------------------------------------


def masked_pins(tables: Mapping[str, object], pins: Mapping[str, str]) -> dict[str, str]:
    """What stands for the PIN of each line, by the name of that secret: as many zeros."""
    lines = tables.get("lines")
    names = {
        name: line["lock_pin"]
        for name, line in (lines.items() if isinstance(lines, dict) else ())
        if "lock_pin" in line
    }
    return {names[line]: "0" * len(pin) for line, pin in pins.items() if line in names}


def masked_digits(dialled: str, pin: str) -> str:
    """``dialled`` with the digits of a lock's PIN masked: 0 where they are right, 1 if not."""
    match = _PIN.fullmatch(dialled.removesuffix("#"))
    if not match:
        return dialled
    typed = match["typed"]
    right = [index < len(pin) and pin[index] == key for index, key in enumerate(typed)]
    hidden = (key if key == "*" else "10"[ok] for key, ok in zip(typed, right, strict=True))
    return match["code"] + "".join(hidden) + dialled[match.end() :]


def masked_event(event: Event, after: Switch, pins: Mapping[str, str]) -> Event:
    """``event`` with its digit masked if ``after`` it the line is in the midst of a PIN.

    A PIN that a rotary dial adds after ``*33*`` from a keypad is not found: its pulses are edges.
    """
    if not isinstance(event, LineDigit):
        return event
    now = after.desks[event.line].station.now
    if not isinstance(now, Collecting) or not now.digits.endswith(event.digit):
        return event
    return replace(event, digit=masked_digits(now.digits, pins.get(event.line, ""))[-1])


def masked_switch(switch: Switch, pins: Mapping[str, str]) -> Switch:
    """``switch`` with the digits of PINs masked that are being dialled."""
    desks = dict(switch.desks)
    for name, desk in desks.items():
        now = desk.station.now
        if isinstance(now, Collecting):
            hidden = replace(now, digits=masked_digits(now.digits, pins.get(name, "")))
            desks[name] = replace(desk, station=replace(desk.station, now=hidden))
    return replace(switch, desks=desks)


# --- reading -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Beginning:
    """The recording begins here, or goes on after ``lost`` events; see `Building`."""

    place: int
    building: Building
    lost: int
    state: Switch


@dataclass(frozen=True, slots=True)
class Happened:
    """One event and the orders that followed, as they are written in line ``place``."""

    place: int
    event: Event
    orders: Plain


def read(path: Path) -> Iterator[Beginning | Happened]:
    """Read a recording line by line.

    A last line that is cut short is left out: the daemon was killed while it wrote.

    Raises:
        RecordingError: the file is none, or cannot be read.
    """
    begun = False
    try:
        with path.open(encoding="utf-8") as file:
            for place, line in enumerate(file, 1):
                if not line.endswith("\n"):
                    return
                item = _item(line, place, str(path))
                begun = begun or isinstance(item, Beginning)
                if not begun:
                    raise RecordingError(f"{path}:{place}: is no recording; its beginning is gone")
                yield item
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError(f"{path}: cannot be read ({error}); check the name") from error
    if not begun:
        raise RecordingError(f"{path}: is no recording; it is empty")


def _item(line: str, place: int, file: str) -> Beginning | Happened:
    where = f"{file}:{place}"
    try:
        content = json.loads(line)
    except ValueError as error:
        raise RecordingError(f"{where}: is no JSON ({error}); is this a recording?") from error
    if not isinstance(content, dict):
        raise RecordingError(f"{where}: is no object; is this a recording?")
    try:
        if "event" in content:
            event = cast("Event", decode(content["event"], Event, "event"))
            return Happened(place, event, content["orders"])
        return _beginning(content, place)
    except (CodecError, KeyError, TypeError) as error:
        what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise RecordingError(f"{where}: {what}; is it of another version?") from error


def _beginning(content: Mapping[str, Plain], place: int) -> Beginning:
    if content.get("schema") != SCHEMA:
        raise CodecError(f"schema is {content.get('schema')!r}, not {SCHEMA}")
    tables, secrets = content["tables"], content["secrets"]
    lost = content["lost"]
    if not isinstance(tables, dict) or not isinstance(secrets, dict) or not isinstance(lost, int):
        raise CodecError("a beginning of unknown form")
    stand_ins = {name: str(value) for name, value in secrets.items()}
    building = Building(str(content["version"]), str(content["site"]), tables, stand_ins, {})
    state = cast("Switch", decode(content["state"], Switch, "state"))
    return Beginning(place, building, lost, state)
