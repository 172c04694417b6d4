"""What a key of the schema accepts, in words: for messages and for the reference. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType
from typing import Annotated, Literal, get_args, get_origin

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic.fields import FieldInfo

from firmware.site.problems import Path
from firmware.site.table import Table
from firmware.site.values import Form


@dataclass(frozen=True, slots=True)
class Kind:
    """What is accepted: in words, of what elements, and from what closed list of words.

    ``table`` is set where the value, or each element of it, is a table of its own.
    """

    form: str
    element: Kind | None = None
    choices: tuple[str, ...] = ()
    table: type[Table] | None = None


def keys(model: type[Table]) -> dict[str, FieldInfo]:
    """The fields of ``model`` by the keys that are written in the file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def kind_at(model: type[Table], path: Path) -> Kind:
    """Tell what is accepted at ``path`` inside a table of ``model``."""
    kind = kind_of(keys(model)[str(path[0])])
    for part in path[1:]:
        if kind.table is not None and isinstance(part, str):
            kind = kind_of(keys(kind.table)[part])
        else:
            kind = kind.element or kind
    return kind


def keys_at(model: type[Table], path: Path) -> tuple[str, ...]:
    """The keys that are known where ``path``, the last part of which is a key, leads."""
    inner = kind_at(model, path[:-1]).table if len(path) > 1 else None
    return tuple(keys(inner or model))


def kind_of(field: FieldInfo) -> Kind:
    """Tell what a field accepts."""
    return _kind(field.annotation, tuple(field.metadata))


def _kind(annotation: object, metadata: tuple[object, ...]) -> Kind:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(arguments[0], (*metadata, *arguments[1:]))
    if forms := [mark.text for mark in metadata if isinstance(mark, Form)]:
        return Kind(forms[0])
    if NoneType in arguments:
        return _kind(next(part for part in arguments if part is not NoneType), metadata)
    if origin is Mapping:
        element = _kind(arguments[1], ())
        return Kind(f"a table of names, each with {element.form}", element)
    if origin is tuple:
        return _list(arguments, metadata)
    return _plain(annotation, metadata)


def _list(arguments: tuple[object, ...], metadata: tuple[object, ...]) -> Kind:
    element = _kind(arguments[0], ())
    if Ellipsis not in arguments:
        return Kind(f"a list of {len(arguments)}: {element.form}", element)
    least = next((m.min_length for m in metadata if isinstance(m, MinLen)), 0)
    most = next((m.max_length for m in metadata if isinstance(m, MaxLen)), None)
    bounds = f" ({least} to {most})" if most else " (at least 1)" if least else ""
    return Kind(f"a list{bounds}: {element.form}", element)


def _plain(annotation: object, metadata: tuple[object, ...]) -> Kind:
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        words = tuple(annotation)
        listed = ", ".join(json.dumps(word) for word in words)
        return Kind(f"one of {listed}" if len(words) > 1 else listed, None, words)
    if isinstance(annotation, type) and issubclass(annotation, Table):
        form = f"a table of {' and '.join(keys(annotation))}"
        return Kind(form, table=annotation)
    if get_origin(annotation) is Literal:
        return Kind(" or ".join(map(str, get_args(annotation))))
    if annotation is bool:
        return Kind("true or false")
    least = next((m.ge for m in metadata if isinstance(m, Ge)), None)
    most = next((m.le for m in metadata if isinstance(m, Le)), None)
    bounds = "" if least is None else f" from {least} to {most}"
    return Kind(("a whole number" if annotation is int else "a number") + bounds)
