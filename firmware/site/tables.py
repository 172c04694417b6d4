"""Parsed TOML in, typed tables and findings out. Pure but for files that the site names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from firmware.site import numbers
from firmware.site.cutover_schema import Contract, Cutover
from firmware.site.dial_schema import DialPlan, Emergency, Location, ServiceClass
from firmware.site.exchange_schema import ExchangeLine
from firmware.site.guide_schema import Group, Guide, Hours, Mail, Menu
from firmware.site.named import Context
from firmware.site.neighbour_schema import Neighbours
from firmware.site.numbers import Number
from firmware.site.one_table import found_wrong, read_table
from firmware.site.problems import Finding, Wrong
from firmware.site.schema import (
    NAMED,
    SECTIONS,
    About,
    Board,
    Line,
    Sip,
    Trunk,
    line_kind,
)
from firmware.site.table import Table
from firmware.site.values import check_name, meant, text_of

_MOST = 100  # unknown sections: beyond that the file is something else altogether
_MOST_ENTRIES = 1000

T = TypeVar("T", bound=Table)


@dataclass(frozen=True, slots=True)
class Draft:
    """What could be read of a file: a section that is wrong is None, a wrong table left out."""

    about: About | None
    numbers: Mapping[str, Number | None]
    sip: Sip | None
    trunks: Mapping[str, Trunk]
    lines: Mapping[str, Line]
    exchange_lines: Mapping[str, ExchangeLine]
    board: Board | None
    classes: Mapping[str, ServiceClass]
    dialplan: DialPlan | None
    emergency: Emergency | None
    location: Location | None
    cutover: Cutover | None
    contracts: Mapping[str, Contract]
    hours: Mapping[str, Hours]
    groups: Mapping[str, Group]
    menus: Mapping[str, Menu]
    mail: Mail | None
    guide: Guide | None
    neighbours: Neighbours | None


def read_numbers(raw: Mapping[str, object]) -> tuple[dict[str, Number | None], list[Finding]]:
    """Read ``[numbers]``; a number that is wrong is there as None, so that its name is known."""
    found: list[Finding] = []
    result: dict[str, Number | None] = {}
    for name, value in _entries(raw, "numbers", found).items():
        result[name] = None
        try:
            check_name(name)
            result[name] = numbers.parse(text_of(value))
        except Wrong as wrong:
            found.append(found_wrong(("numbers", name), value, wrong))
    return result, found


def read_tables(raw: Mapping[str, object], context: Context) -> tuple[Draft, list[Finding]]:
    """Read every section but ``[numbers]``, with the names in ``context``."""
    found = [
        Finding((name,), "unknown section", meant(name, SECTIONS))
        for name in list(raw)[:_MOST]
        if name not in SECTIONS
    ]
    draft = Draft(
        about=_section(About, "site", raw, context, found),
        numbers=context.numbers,
        sip=_section(Sip, "sip", raw, context, found),
        trunks=_named(Trunk, "trunks", raw, context, found),
        lines=_named(Line, "lines", _of_kind(Line, raw), context, found),
        exchange_lines=_named(ExchangeLine, "lines", _of_kind(ExchangeLine, raw), context, found),
        board=_section(Board, "board", raw, context, found),
        classes=_named(ServiceClass, "classes", raw, context, found),
        dialplan=_section(DialPlan, "dialplan", raw, context, found),
        emergency=_section(Emergency, "emergency", raw, context, found),
        location=_optional(Location, "location", raw, context, found),
        cutover=_optional(Cutover, "cutover", raw, context, found),
        contracts=_named(Contract, "contracts", raw, context, found),
        hours=_named(Hours, "hours", raw, context, found),
        groups=_named(Group, "groups", raw, context, found),
        menus=_named(Menu, "menus", raw, context, found),
        mail=_optional(Mail, "mail", raw, context, found),
        guide=_section(Guide, "guide", raw, context, found),
        neighbours=_optional(Neighbours, "neighbours", raw, context, found),
    )
    if "lines" not in raw:
        found.append(Finding(("lines",), "is missing", "describe each telephone in [lines.NAME]"))
    return draft, found


def names_in(raw: Mapping[str, object], section: str) -> tuple[str, ...]:
    """The names of the tables in ``section``, whatever they hold."""
    table = raw.get(section)
    return tuple(table) if isinstance(table, dict) else ()


def _of_kind(kind: type[Table], raw: Mapping[str, object]) -> dict[str, object]:
    """The tables under ``[lines]`` that are of ``kind``."""
    lines = raw.get("lines", {})
    if not isinstance(lines, dict):
        return {"lines": lines} if kind is Line else {}
    return {"lines": {name: each for name, each in lines.items() if line_kind(each) is kind}}


def _section(
    model: type[T], name: str, raw: Mapping[str, object], context: Context, found: list[Finding]
) -> T | None:
    required = any(field.is_required() for field in model.model_fields.values())
    if required and name not in raw:
        found.append(Finding((name,), "is missing", f"add a section [{name}]"))
        return None
    return read_table(model, raw.get(name, {}), (name,), context, found)


def _optional(
    model: type[T], name: str, raw: Mapping[str, object], context: Context, found: list[Finding]
) -> T | None:
    return _section(model, name, raw, context, found) if name in raw else None


def _named(
    model: type[T], name: str, raw: Mapping[str, object], context: Context, found: list[Finding]
) -> dict[str, T]:
    tables: dict[str, T] = {}
    for key, value in _entries(raw, name, found).items():
        path = (name, key)
        try:
            check_name(key)
        except Wrong as wrong:
            found.append(Finding(path, wrong.what, wrong.remedy))
        if (table := read_table(model, value, path, context, found)) is not None:
            tables[key] = table
    return tables


def _entries(raw: Mapping[str, object], section: str, found: list[Finding]) -> dict[str, object]:
    value = raw.get(section, {})
    if isinstance(value, dict):
        if len(value) > _MOST_ENTRIES:
            found.append(Finding((section,), "has too many entries", f"keep {_MOST_ENTRIES}"))
        return dict(islice(value.items(), _MOST_ENTRIES))
    header = f"[{section}.NAME]" if section in NAMED else f"[{section}]"
    found.append(Finding((section,), "is not a table", f"write it as {header}"))
    return {}
