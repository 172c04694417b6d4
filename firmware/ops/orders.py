"""Orders to simulated telephones as JSON: ``{"do": "dial", "digits": "201", "pulse": true}``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from types import MappingProxyType

from hw.sim.orders import (
    Dial,
    Flash,
    Hear,
    OffHook,
    OnHook,
    Play,
    Record,
    Show,
    SimOrder,
    StopRecord,
)

__all__ = [
    "VERBS",
    "BadOrder",
    "Dial",
    "Flash",
    "Hear",
    "NoSuchLine",
    "OffHook",
    "OnHook",
    "OrderRefused",
    "Play",
    "Record",
    "Show",
    "SimOrder",
    "StopRecord",
    "decode",
    "encode",
]

LONGEST_S = 3600.0
_FLASH_MS = (1, 5000)
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
    plain = {name: str(v) if isinstance(v, Path) else v for name, v in values.items()}
    return {"do": verb, **{name: value for name, value in plain.items() if value is not None}}


def _required(field: Field[object]) -> bool:
    return field.default is MISSING


def _digits(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= _MOST_DIGITS:
        raise BadOrder(f"digits: write 1 to {_MOST_DIGITS} keys as text")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadOrder("pulse: write true or false")
    return value


def _path(value: object) -> Path:
    if not isinstance(value, str) or not value.startswith("/") or "\0" in value:
        raise BadOrder("path: write the whole path of a WAV file, from /")
    return Path(value)


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LONGEST_S:
        raise BadOrder(f"for_s: write seconds, more than 0, at most {LONGEST_S:.0f}")
    return float(value)


def _ms(value: object) -> int:
    low, high = _FLASH_MS
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadOrder(f"ms: write whole milliseconds from {low} to {high}")
    return value


_CHECKS: Mapping[str, Callable[[object], object]] = MappingProxyType(
    {"digits": _digits, "pulse": _flag, "path": _path, "for_s": _seconds, "ms": _ms}
)
