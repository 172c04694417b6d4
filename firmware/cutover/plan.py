"""What a planned change of switchboards means hour by hour, and what it leaves open. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum

from firmware.site.cutover_schema import Cutover, NumberChange
from firmware.site.numbers import Number, display
from firmware.site.schema import Site, Trunk

_LEAD = timedelta(hours=1)
_DAY = timedelta(days=1)


class Colour(Enum):
    """What a stretch of a time line stands for."""

    OLD = "old"
    NEW = "new"
    GAP = "gap"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch, in local time; ``text`` says what holds."""

    start: datetime
    end: datetime
    colour: Colour
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One thing and what becomes of it."""

    label: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """Rows over the same time, from ``start`` to ``end``; ``marks`` are moments to name."""

    title: str
    start: datetime
    end: datetime
    rows: tuple[Row, ...]
    marks: tuple[tuple[datetime, str], ...]


@dataclass(frozen=True, slots=True)
class Open:
    """Something that the plan does not cover, and what would; ``about`` is a key or a line."""

    about: str
    what: str
    remedy: str


def panels(site: Site, plan: Cutover) -> tuple[Panel, ...]:
    """The time lines of ``plan``: the hours around the change, and the days of each number."""
    hours = _hours(site, plan)
    return (hours, _days(plan)) if plan.numbers else (hours,)


def _hours(site: Site, plan: Cutover) -> Panel:
    start, end = plan.at - _LEAD, plan.expected_by + _LEAD
    old, new = str(plan.old_trunk), str(plan.new_trunk)
    trunk = Row(
        "switchboard",
        (
            Span(start, plan.at, Colour.OLD, old),
            Span(plan.at, plan.expected_by, Colour.GAP, f"none until {new} answers"),
            Span(plan.expected_by, end, Colour.NEW, new),
        ),
    )
    alone = Span(plan.at, plan.expected_by, Colour.LOCAL, "answered here")
    lines = tuple(
        Row(
            name,
            (
                Span(start, plan.at, Colour.OLD, old),
                alone,
                Span(plan.expected_by, end, Colour.NEW, new),
            ),
        )
        for name in site.lines
    )
    marks = ((plan.at, f"{plan.at:%H:%M} off"), (plan.expected_by, f"{plan.expected_by:%H:%M} on"))
    return Panel(f"{plan.at:%Y-%m-%d}, hour by hour", start, end, (trunk, *lines), marks)


def _days(plan: Cutover) -> Panel:
    edges = [plan.at]
    for change in plan.numbers:
        edges += [_morning(day) for day in (change.beside_from, change.beside_until) if day]
    start, end = min(edges) - 7 * _DAY, max(edges) + 14 * _DAY
    rows = tuple(row for change in plan.numbers for row in _number(plan, change, start, end))
    return Panel("Numbers, day by day", start, end, rows, ((plan.at, f"{plan.at:%d.%m.} change"),))


def _number(plan: Cutover, change: NumberChange, start: datetime, end: datetime) -> Iterator[Row]:
    until = _morning(change.beside_until) + _DAY if change.beside_until else end
    yield Row(display(change.old), (Span(start, until, Colour.OLD, "reached"),))
    if change.new is not None:
        begins = _morning(change.beside_from) if change.beside_from else plan.at
        yield Row(f"  → {display(change.new)}", (Span(begins, end, Colour.NEW, "reached"),))


def _morning(day: date) -> datetime:
    return datetime.combine(day, time())


def uncovered(site: Site, plan: Cutover, others: Iterable[Site] = ()) -> tuple[Open, ...]:
    """What ``plan`` of ``site`` leaves open, also beside the plans of ``others``."""
    return (
        *_numbers_without_row(site, plan),
        *_trunks_alike(site, plan),
        *_at_the_same_time(site, plan, others),
    )


def _numbers_without_row(site: Site, plan: Cutover) -> Iterator[Open]:
    planned = {number for change in plan.numbers for number in (change.old, change.new)}
    for name, number in _outside_numbers(site):
        if number not in planned:
            yield Open(
                f"lines.{name}",
                f"{display(number)} is in no entry of the plan",
                "say in [[cutover.numbers]] what becomes of it",
            )


def _outside_numbers(site: Site) -> list[tuple[str, Number]]:
    first: dict[Number, str] = {}
    for name, line in site.lines.items():
        if line.number is not None:
            first.setdefault(line.number, name)
    return [(name, number) for number, name in first.items()]


def _trunks_alike(site: Site, plan: Cutover) -> Iterator[Open]:
    old, new = site.trunks.get(str(plan.old_trunk)), site.trunks.get(str(plan.new_trunk))
    if old and new and (shared := _shared_servers(old, new)):
        yield Open(
            f"trunks.{plan.new_trunk}",
            f"{', '.join(shared)} serves the old switchboard too",
            "name servers that stay up when the old one is switched off",
        )


def _shared_servers(old: Trunk, new: Trunk) -> Sequence[str]:
    return sorted({str(server) for server in old.servers} & {str(s) for s in new.servers})


def _at_the_same_time(site: Site, plan: Cutover, others: Iterable[Site]) -> Iterator[Open]:
    for other in others:
        theirs = other.cutover
        if other.about.id == site.about.id or theirs is None:
            continue
        if plan.at < theirs.expected_by and theirs.at < plan.expected_by:
            yield Open(
                "cutover.at",
                f"{other.about.name} is without switchboard at the same time",
                "change one site after the other, or rely on each box's own ways out",
            )
