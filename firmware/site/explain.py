"""A site as it will be used, defaults included and secrets masked, for people and programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from firmware.site.forms import keys
from firmware.site.schema import Site
from firmware.site.table import Table
from firmware.site.values import Secret

Plain = str | int | float | bool | list["Plain"] | dict[str, "Plain"]
"""What JSON and TOML have in common."""


def explain(site: Site) -> dict[str, Plain]:
    """Give every section and key of ``site`` with its value; keys that are not set are absent.

    Names are resolved (a line shows its number) and secrets are masked.
    """
    return {
        "site": _table(site.about),
        "numbers": {name: str(number) for name, number in site.numbers.items()},
        "sip": _table(site.sip),
        "trunks": {name: _table(trunk) for name, trunk in site.trunks.items()},
        "lines": {
            name: _table(line) for name, line in (*site.lines.items(), *site.exchange_lines.items())
        },
        "board": _table(site.board),
        "dialplan": _table(site.dialplan),
        "classes": {name: _table(each) for name, each in site.classes.items()},
        "emergency": _table(site.emergency),
        **({"location": _table(site.location)} if site.location else {}),
        **({"cutover": _table(site.cutover)} if site.cutover else {}),
        "contracts": {name: _table(each) for name, each in site.contracts.items()},
        "hours": {name: _table(each) for name, each in site.hours.items()},
        "groups": {name: _table(each) for name, each in site.groups.items()},
        "menus": {name: _table(each) for name, each in site.menus.items()},
        **({"mail": _table(site.mail)} if site.mail else {}),
        "guide": _table(site.guide),
        **({"neighbours": _table(site.neighbours)} if site.neighbours else {}),
    }


def as_toml(content: Mapping[str, Plain]) -> str:
    """Write explained content in the manner of a site file."""
    return "\n".join(_sections(content, ""))


def _sections(content: Mapping[str, Plain], header: str) -> Iterator[str]:
    values = {key: value for key, value in content.items() if not isinstance(value, dict)}
    lines = "".join(f"{_key(key)} = {inline(value)}\n" for key, value in values.items())
    if lines or (header and not content):
        yield f"[{header}]\n{lines}" if header else lines
    for key, value in content.items():
        if isinstance(value, dict):
            yield from _sections(value, f"{header}.{_key(key)}" if header else _key(key))


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def _table(table: Table) -> dict[str, Plain]:
    plain: dict[str, Plain] = {}
    for key, name in zip(keys(type(table)), type(table).model_fields, strict=True):
        value = getattr(table, name)
        if value is not None and value != {}:
            plain[key] = plain_value(value)
    return plain


def plain_value(value: object) -> Plain:
    """Give a value of the schema as what JSON and TOML have; secrets are masked."""
    match value:
        case Secret():
            return "********"
        case bool() | int() | float():
            return value
        case Table():
            return _table(value)
        case tuple():
            return [plain_value(item) for item in value]
        case Mapping():
            return {str(key): plain_value(item) for key, item in value.items()}
        case _:
            return str(value)


def inline(value: Plain) -> str:
    """Write a value as TOML in one line."""
    if isinstance(value, list):
        return f"[{', '.join(map(inline, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(key)} = {inline(each)}' for key, each in value.items())} }}"
    return json.dumps(value, ensure_ascii=False)
