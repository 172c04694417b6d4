"""Frozen dataclasses as JSON and back, by the types of their fields. Pure.

A dataclass becomes an object whose ``kind`` is the name of its class in kebab case, an enum
member its name, bytes hexadecimal digits, a tuple or set an array. What can be read back is what
the annotations say, and nothing else.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Union, get_args, get_origin, get_type_hints

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
"""What JSON has."""

KIND = "kind"
_MAPPINGS = (Mapping, dict)


class CodecError(ValueError):
    """A value is not of the type wanted; the text says where and what was found."""


def encode(value: object) -> Plain:
    """Give ``value`` as plain data.

    Raises:
        CodecError: it holds something that cannot be written, a function for example.
    """
    if isinstance(value, Enum):
        return value.name
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value) if field.init]
        return {KIND: kind_of(type(value))} | {name: encode(getattr(value, name)) for name in names}
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, frozenset):
        return sorted((encode(item) for item in value), key=json.dumps)
    if isinstance(value, Mapping):
        return {_key(key): encode(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return value.hex()
    raise CodecError(f"{type(value).__name__} cannot be written")


def decode(raw: Plain, wanted: object, where: str = "") -> object:
    """Give ``raw`` as a value of the type (or union of types) ``wanted``.

    Fields that are missing take their defaults, so that older files can be read. ``where`` goes
    before the place in messages.

    Raises:
        CodecError: ``raw`` does not fit.
    """
    origin, of = get_origin(wanted), get_args(wanted)
    if origin in (Union, UnionType):
        return _one_of(raw, of, where)
    if origin is tuple:
        return _tuple(raw, of, where)
    if origin is frozenset:
        return frozenset(decode(item, of[0], where) for item in _array(raw, where))
    if origin in _MAPPINGS:
        return MappingProxyType(
            {
                decode(key, of[0], where): decode(item, of[1], f"{where}.{key}")
                for key, item in _object(raw, where).items()
            }
        )
    if isinstance(wanted, type):
        return _plain_type(raw, wanted, where)
    raise CodecError(f"{where}: {wanted} cannot be read")


def kind_of(cls: type) -> str:
    """Name of a class in kebab case: ``line-edge``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


def _key(key: object) -> str:
    plain = encode(key)
    if not isinstance(plain, str):
        raise CodecError(f"{key!r} cannot be a key")
    return plain


def _plain_type(raw: Plain, wanted: type, where: str) -> object:
    if dataclasses.is_dataclass(wanted):
        return _dataclass(raw, wanted, where)
    if issubclass(wanted, Enum):
        if isinstance(raw, str) and raw in wanted.__members__:
            return wanted[raw]
        raise CodecError(f"{where}: {raw!r} is none of {', '.join(wanted.__members__)}")
    if wanted is bytes and isinstance(raw, str):
        return _bytes(raw, where)
    if wanted is float and isinstance(raw, int) and not isinstance(raw, bool):
        return float(raw)
    if type(raw) is wanted:
        return raw
    raise CodecError(f"{where}: {raw!r} is no {wanted.__name__}")


def _dataclass(raw: Plain, wanted: type, where: str) -> object:
    content = dict(_object(raw, where))
    kind = content.pop(KIND, None)
    if kind != kind_of(wanted):
        raise CodecError(f"{where}: {kind!r} is no {kind_of(wanted)}")
    hints = _hints(wanted)
    if unknown := sorted(set(content) - set(hints)):
        raise CodecError(f"{where}: {kind} has no {unknown[0]!r} in this version")
    values = {name: decode(item, hints[name], f"{where}.{name}") for name, item in content.items()}
    try:
        made: object = wanted(**values)
    except (TypeError, ValueError) as error:  # something without default is missing, or refused
        raise CodecError(f"{where}: {kind}: {error}") from error
    return made


@cache
def _hints(cls: type) -> Mapping[str, object]:
    """Types of what a dataclass is made with."""
    assert dataclasses.is_dataclass(cls)  # noqa: S101 - who calls looked
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls) if field.init}


def _one_of(raw: Plain, kinds: tuple[object, ...], where: str) -> object:
    """Choose by the tag of an object, else take the first that fits."""
    tag = raw.get(KIND) if isinstance(raw, dict) else None
    if raw is None and NoneType in kinds:
        return None
    for kind in kinds:
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            if tag == kind_of(kind):
                return decode(raw, kind, where)
        elif kind is not NoneType:
            try:
                return decode(raw, kind, where)
            except CodecError:
                continue
    raise CodecError(f"{where}: {tag or raw!r} is not known here")


def _tuple(raw: Plain, of: tuple[object, ...], where: str) -> tuple[object, ...]:
    items = _array(raw, where)
    if len(of) == 2 and of[1] is Ellipsis:
        kinds: tuple[object, ...] = (of[0],) * len(items)
    else:
        kinds = of
    if len(items) != len(kinds):
        raise CodecError(f"{where}: {len(items)} values instead of {len(kinds)}")
    pairs = enumerate(zip(items, kinds, strict=True))
    return tuple(decode(item, kind, f"{where}[{n}]") for n, (item, kind) in pairs)


def _array(raw: Plain, where: str) -> list[Plain]:
    if not isinstance(raw, list):
        raise CodecError(f"{where}: {raw!r} is no array")
    return raw


def _object(raw: Plain, where: str) -> dict[str, Plain]:
    if not isinstance(raw, dict):
        raise CodecError(f"{where}: {raw!r} is no object")
    return raw


def _bytes(raw: str, where: str) -> bytes:
    try:
        return bytes.fromhex(raw)
    except ValueError:
        raise CodecError(f"{where}: {raw!r} are no hexadecimal digits") from None
