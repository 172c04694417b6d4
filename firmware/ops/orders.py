"""Orders to simulated lines as JSON: ``{"do": "dial", "digits": "201", "pulse": true}``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from enum import Enum
from pathlib import Path
from types import MappingProxyType

from firmware.lines.tones import ToneName
from hw.sim.exchange import Telling
from hw.sim.orders import (
    Answer,
    Cut,
    Dial,
    Flash,
    Hear,
    Meter,
    OffHook,
    OnHook,
    Parallel,
    Play,
    PlayTone,
    Record,
    RemoteHangUp,
    Ring,
    Show,
    SimOrder,
    StopRecord,
    StopRing,
)

__all__ = [
    "VERBS",
    "Answer",
    "BadOrder",
    "Cut",
    "Dial",
    "Flash",
    "Hear",
    "Meter",
    "NoSuchLine",
    "OffHook",
    "OnHook",
    "OrderRefused",
    "Parallel",
    "Play",
    "PlayTone",
    "Record",
    "RemoteHangUp",
    "Ring",
    "Show",
    "SimOrder",
    "StopRecord",
    "StopRing",
    "Telling",
    "decode",
    "encode",
]

LONGEST_S = 3600.0
_MOST_MS = 5000
_LONGEST_TEXT = 50
_MOST_DIGITS = 64


class OrderRefused(Exception):  # noqa: N818 - "raise OrderRefused(reason)" reads as what it says
    """The order makes sense but cannot be carried out now: a flash on-hook."""


class NoSuchLine(OrderRefused):
    """There is no line of that name, or it has no simulated telephone."""


class BadOrder(ValueError):  # noqa: N818 - as above
    """The order is not one of those known, or its values do not fit."""


VERBS: Mapping[str, type[SimOrder]] = MappingProxyType(
    {
        "off-hook": OffHook,
        "on-hook": OnHook,
        "flash": Flash,
        "dial": Dial,
        "play": Play,
        "record": Record,
        "stop-record": StopRecord,
        "hear": Hear,
        "show": Show,
        "ring": Ring,
        "stop-ring": StopRing,
        "answer": Answer,
        "remote-hangup": RemoteHangUp,
        "tone": PlayTone,
        "cut": Cut,
        "parallel": Parallel,
        "meter": Meter,
    }
)


def decode(raw: object) -> SimOrder:
    """Make the order that a JSON object asks for.

    Raises:
        BadOrder: the text says what is wrong and what to write instead.
    """
    if not isinstance(raw, dict):
        raise BadOrder('an order is an object, as {"do": "off-hook"}')
    verb = raw.get("do")
    kind = VERBS.get(verb) if isinstance(verb, str) else None
    if kind is None:
        raise BadOrder(f"do: no order {verb!r}; there are {', '.join(VERBS)}")
    known = {field.name: field for field in fields(kind)}
    if unknown := sorted(set(raw) - set(known) - {"do"}):
        takes = ", ".join(known) or "nothing"
        raise BadOrder(f"{verb}: unknown key {unknown[0]!r}; it takes {takes}")
    missing = [name for name, field in known.items() if _required(field) and name not in raw]
    if missing:
        raise BadOrder(f"{verb}: {missing[0]} is missing")
    make: Callable[..., SimOrder] = kind
    return make(**{name: _CHECKS[name](value) for name, value in raw.items() if name in known})


def encode(order: SimOrder) -> dict[str, object]:
    """Write ``order`` as the JSON object that `decode` reads."""
    verb = next(verb for verb, kind in VERBS.items() if kind is type(order))
    values = {field.name: getattr(order, field.name) for field in fields(order)}
    plain = {name: _plain(value) for name, value in values.items() if value is not None}
    return {"do": verb, **plain}


def _plain(value: object) -> object:
    match value:
        case Path():
            return str(value)
        case Enum():
            return value.value
        case _:
            return value


def _required(field: Field[object]) -> bool:
    return field.default is MISSING


def _digits(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= _MOST_DIGITS:
        raise BadOrder(f"digits: write 1 to {_MOST_DIGITS} keys as text")
    return value


def _flag(key: str) -> Callable[[object], bool]:
    def check(value: object) -> bool:
        if not isinstance(value, bool):
            raise BadOrder(f"{key}: write true or false")
        return value

    return check


def _word(key: str, choices: type[ToneName | Telling]) -> Callable[[object], object]:
    known = {str(each.value): each for each in choices}

    def check(value: object) -> object:
        if not isinstance(value, str) or value not in known:
            raise BadOrder(f"{key}: no {value!r}; there are {', '.join(known)}")
        return known[value]

    return check


def _text(key: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST_TEXT:
            raise BadOrder(f"{key}: write 1 to {_LONGEST_TEXT} characters")
        return value

    return check


def _path(value: object) -> Path:
    if not isinstance(value, str) or not value.startswith("/") or "\0" in value:
        raise BadOrder("path: write the whole path of a WAV file, from /")
    return Path(value)


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LONGEST_S:
        raise BadOrder(f"for_s: write seconds, more than 0, at most {LONGEST_S:.0f}")
    return float(value)


def _ms(key: str, low: int) -> Callable[[object], int]:
    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= _MOST_MS:
            raise BadOrder(f"{key}: write whole milliseconds from {low} to {_MOST_MS}")
        return value

    return check


_CHECKS: Mapping[str, Callable[[object], object]] = MappingProxyType(
    {
        "digits": _digits,
        "pulse": _flag("pulse"),
        "path": _path,
        "for_s": _seconds,
        "ms": _ms("ms", 1),
        "number": _text("number"),
        "name": _text("name"),
        "private": _flag("private"),
        "telling": _word("telling", Telling),
        "reversal": _flag("reversal"),
        "break_ms": _ms("break_ms", 0),
        "tone": _word("tone", ToneName),
        "on": _flag("on"),
    }
)
