"""`derivato replay`: a recorded event stream through the pure core again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from firmware import assembly
from firmware.calls.building import Config
from firmware.cli.asking import BAD_INPUT, FAILED, JsonOption, show_json
from firmware.ops.codec import encode
from firmware.ops.recording import Building, RecordingError, read
from firmware.ops.replay import Replayed, in_words
from firmware.ops.replay import replay as feed
from firmware.site.load import load_site, site_of
from firmware.site.problems import SiteError

SCHEMA = "derivato.replay/1"


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `run --record` wrote.")],
    site: Annotated[
        Path | None,
        typer.Option(metavar="SITE", help="Site file instead of the one in the recording."),
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Only compare the orders with those recorded.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Feed recorded events through the core again and print its orders.

    With --diff, exit code 1 means that an order differs; the first one is named.
    """
    config = None if site is None else _config(site)
    try:
        steps = feed(read(file), lambda building: config or _config_of(building))
        different = _compare(steps, file, as_json) if diff else _tell(steps, as_json)
    except RecordingError as error:
        raise _bad(str(error)) from error
    except SiteError as error:
        raise _bad(
            f"{file}: the site in it does not fit this version; name one with --site\n{error}"
        ) from error
    if different:
        raise typer.Exit(FAILED)


def _config(site: Path) -> Config:
    try:
        return assembly.switch_config(load_site(site))
    except SiteError as error:
        raise _bad(str(error)) from error


def _config_of(building: Building) -> Config:
    return assembly.switch_config(site_of(building.tables, building.secrets, origin="recording"))


def _bad(text: str) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(BAD_INPUT)


def _tell(steps: Iterable[Replayed], as_json: bool) -> bool:
    told = []
    began_ns: int | None = None
    for step in steps:
        began_ns = step.event.at_ns if began_ns is None else began_ns
        at_ms = (step.event.at_ns - began_ns) / 1e6
        event = encode(step.event)
        if as_json:
            told.append({"at_ms": round(at_ms, 3), "event": event, "orders": step.orders})
            continue
        print(f"{at_ms / 1000:9.3f} s  {in_words(event)}")
        for order in step.orders:
            print(f"             → {in_words(order)}")
    if as_json:
        show_json({"schema": SCHEMA, "steps": told})
    return False


def _compare(steps: Iterable[Replayed], file: Path, as_json: bool) -> bool:
    count = orders = 0
    first: Replayed | None = None
    for step in steps:
        count += 1
        orders += len(step.recorded)
        if not step.same:
            first = step
            break
    if as_json:
        same = {"same": first is None, "events": count, "orders": orders}
        show_json({"schema": SCHEMA, **same, "first_difference": first and _plain(first)})
    elif first is None:
        print(f"{file}: {count} events, {orders} orders, all as recorded")
    else:
        _explain(first, file)
    return first is not None


def _plain(step: Replayed) -> dict[str, object]:
    event = encode(step.event)
    return {
        "line": step.place,
        "event": event,
        "recorded": step.recorded,
        "orders": step.orders,
    }


def _explain(step: Replayed, file: Path) -> None:
    print(f"{file}:{step.place}: {in_words(encode(step.event))}")
    pairs = max(len(step.recorded), len(step.orders))
    for number in range(pairs):
        before = in_words(step.recorded[number]) if number < len(step.recorded) else "nothing"
        now = in_words(step.orders[number]) if number < len(step.orders) else "nothing"
        if before != now:
            print(f"  recorded: {before}\n  now:      {now}")
            return
