"""What of a site file can leave its machine: no secrets, no paths. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from firmware.site.forms import keys
from firmware.site.schema import NAMED, SINGLE, Line, line_kind
from firmware.site.table import Table
from firmware.site.values import Secret


def portable(tables: Mapping[str, object]) -> dict[str, object]:
    """Give the tables of a site file without the keys that name files of this machine."""
    result = dict(tables)
    for section, name, table, kind in _each(tables):
        kept = {key: value for key, value in table.items() if key not in _keys_of(kind, Path)}
        if name is None:
            result[section] = kept
        else:
            result[section] = {**_table(result[section]), name: kept}
    return result


def secret_names(tables: Mapping[str, object]) -> set[str]:
    """Names of the secrets that the tables of a site file refer to."""
    return {
        str(table[key])
        for _, _, table, kind in _each(tables)
        for key in _keys_of(kind, Secret)
        if key in table
    }


def _each(
    tables: Mapping[str, object],
) -> Iterator[tuple[str, str | None, Mapping[str, object], type[Table]]]:
    for section, kind in SINGLE.items():
        if section in tables:
            yield section, None, _table(tables[section]), kind
    for section, kind in NAMED.items():
        for name, table in _table(tables.get(section, {})).items():
            yield section, name, _table(table), line_kind(table) if kind is Line else kind


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _keys_of(kind: type[Table], wanted: type) -> set[str]:
    """Keys whose value is a ``wanted``, by the schema."""
    return {key for key, field in keys(kind).items() if _mentions(field.annotation, wanted)}


def _mentions(annotation: object, wanted: type) -> bool:
    return annotation is wanted or any(_mentions(part, wanted) for part in get_args(annotation))
