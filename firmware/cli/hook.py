"""`derivato hook`: what a recorded trace of hook edges means."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, assert_never

import typer

from firmware.lines.hook import (
    PROFILES,
    Digit,
    Edge,
    Flash,
    HookEvent,
    HookProfile,
    OffHook,
    OnHook,
    Wake,
    deadline,
    initial,
    step,
)

SCHEMA = "derivato.hook/1"
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")
_TITLE = re.compile(r"[A-Za-z_][A-Za-z_ ()0-9]*")


class Dial(StrEnum):
    """What a telephone dials with."""

    ROTARY = "rotary"
    DTMF = "dtmf"
    BOTH = "both"


_PROFILES = {Dial(profile.name): profile for profile in PROFILES}


class TraceError(ValueError):
    """A trace that cannot be read; the text is ``FILE:LINE: key: what is wrong; what to do``."""


def hook(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Trace: ns,level in each line.")],
    profile: Annotated[Dial, typer.Option(help="What the telephone dials with.")] = Dial.BOTH,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say what a trace of hook edges means: off-hook, on-hook, flash, dialled digits.

    Columns: time in ns, level (1 closed loop, 0 open); a title line may come first. After the
    last edge time passes until everything is decided. Exit code 0, or 2 for a bad trace.
    """
    try:
        edges = read_trace(file)
    except TraceError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    events = classify(edges, _PROFILES[profile])
    if as_json:
        print(json.dumps({"schema": SCHEMA, "events": [_report(event) for event in events]}))
    else:
        for event in events:
            print(_say(event))


def classify(edges: list[Edge], profile: HookProfile) -> list[HookEvent]:
    """Classify a whole trace, and let time pass until nothing is pending."""
    state = initial()
    events: list[HookEvent] = []
    for edge in edges:
        state, more = step(state, edge, profile)
        events += more
    while (due := deadline(state, profile)) is not None:
        state, more = step(state, Wake(due), profile)
        events += more
    return events


def read_trace(file: Path) -> list[Edge]:
    """Read the edges of a CSV file; raises :class:`TraceError` at the first bad line."""
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise TraceError(f"{file}: cannot be read: {error.strerror}; check the path") from None
    except UnicodeDecodeError:
        raise TraceError(f"{file}:1: is not text; export the trace as CSV") from None
    edges: list[Edge] = []
    for number, line in enumerate(lines, 1):
        fields = [field.strip() for field in line.split(",")]
        if fields == [""] or (number == 1 and _is_title(fields)):
            continue
        edge = _edge(f"{file}:{number}", fields)
        if edges and edge.at_ns < edges[-1].at_ns:
            raise TraceError(f"{file}:{number}: ns: goes back in time; sort the lines by time")
        edges.append(edge)
    return edges


def _is_title(fields: list[str]) -> bool:
    titles = len(fields) == 2 and all(_TITLE.fullmatch(field) for field in fields)
    return titles and fields[0].lower() != "level"


def _edge(place: str, fields: list[str]) -> Edge:
    if len(fields) != 2:
        raise TraceError(f"{place}: columns: {len(fields)} of them; write ns,level")
    ns, level = fields
    if not _WHOLE.fullmatch(ns):
        raise TraceError(f"{place}: ns: {ns!r} is not a time; write whole nanoseconds")
    if level not in {"0", "1"}:
        raise TraceError(f"{place}: level: {level!r} is no level; write 1 (closed) or 0 (open)")
    return Edge(int(ns), level == "1")


def _report(event: HookEvent) -> dict[str, int | str]:
    match event:
        case OffHook():
            return {"at_ns": event.at_ns, "event": "off-hook"}
        case OnHook():
            return {"at_ns": event.at_ns, "event": "on-hook"}
        case Flash():
            return {"at_ns": event.at_ns, "event": "flash"}
        case Digit():
            return {"at_ns": event.at_ns, "event": "digit", "digit": event.digit}
        case _:
            assert_never(event)


def _say(event: HookEvent) -> str:
    digit = f" {event.digit}" if isinstance(event, Digit) else ""
    since = f"(began {(event.at_ns - event.since_ns) / 1e6:.1f} ms before)"
    return f"{event.at_ns / 1e9:14.6f} s  {_report(event)['event']}{digit}  {since}"
