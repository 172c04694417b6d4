"""What must hold of a planned change of switchboards. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from firmware.site.cutover_schema import Cutover
from firmware.site.problems import Finding, Path
from firmware.site.tables import Draft
from firmware.site.values import meant


def cutover(plan: Cutover, draft: Draft) -> Iterator[Finding]:
    """Find what is wrong in ``plan`` by itself and beside the rest of the file."""
    path: Path = ("cutover",)
    if plan.expected_by <= plan.at:
        yield Finding((*path, "expected_by"), "is not after `at`", "write when the new one answers")
    if plan.old_trunk == plan.new_trunk:
        what = "is the old trunk too"
        yield Finding((*path, "new_trunk"), what, "describe the new switchboard as another trunk")
    if draft.about is not None:
        for key, time in (("at", plan.at), ("expected_by", plan.expected_by)):
            if not _exists(time, draft.about.time_zone):
                what = f'"{time}" does not exist: clocks go forward then'
                yield Finding((*path, key), what, "choose another time")
    for position, name in enumerate(plan.must_reach):
        if name not in draft.lines:
            what = f'"{name}" is not a line of this file'
            yield Finding((*path, "must_reach", position), what, meant(name, list(draft.lines)))
    yield from _numbers(plan)


def _exists(local: datetime, zone: ZoneInfo) -> bool:
    there = local.replace(tzinfo=zone)
    return datetime.fromtimestamp(there.timestamp(), zone).replace(tzinfo=None) == local


def _numbers(plan: Cutover) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for position, change in enumerate(plan.numbers):
        path: Path = ("cutover", "numbers", position)
        first = seen.setdefault(change.old.e164, position)
        if first != position:
            what = f"is the old number of entry {first + 1} too"
            yield Finding((*path, "old"), what, "keep one of them")
        if change.new == change.old:
            remedy = "leave `new` out: the number is kept"
            yield Finding((*path, "new"), "is the old number", remedy)
        start = change.beside_from or plan.at.date()
        if change.beside_until is not None and change.beside_until < start:
            what = "is before both numbers are reached"
            yield Finding((*path, "beside_until"), what, f"write {start} or later")
