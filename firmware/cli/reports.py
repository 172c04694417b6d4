"""`derivato report`: what the records of a box tell over time."""

from __future__ import annotations

import os
import sqlite3
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from firmware.cli import tables
from firmware.cli.asking import BAD_INPUT, JsonOption, show_json
from firmware.cli.local import loaded
from firmware.cutover.usage import NumberUse, Use, Verdict, numbers_used, saved_month_eur
from firmware.ops.number_report import as_csv, as_page, row
from firmware.ops.number_use import recorded_uses
from firmware.ops.sockets import state_directory
from firmware.site.schema import Site

NUMBERS = "derivato.report-numbers/1"

report = typer.Typer(
    help="What the records tell over time.", no_args_is_help=True, add_completion=False
)


@report.callback()
def _group() -> None:
    """Report on the use of numbers and lines."""


@report.command()
def numbers(
    site: Annotated[Path, typer.Option("--site", metavar="FILE", help="The building.")],
    state: Annotated[
        Path | None, typer.Option("--state", metavar="DIR", help="Where call records are kept.")
    ] = None,
    quiet_days: Annotated[
        int, typer.Option("--quiet-days", min=1, max=3650, help="Rest after which none is needed.")
    ] = 60,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write a table there.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option("--page", metavar="FILE", help="Write a page (HTML) there.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say of each number how it is used, what it costs, and whether its contract can be ended."""
    building = loaded(site)
    calls = _recorded(state or state_directory(os.environ, root=os.geteuid() == 0))
    today = datetime.now(building.about.time_zone).date()
    used = numbers_used(
        building,
        calls,
        observed_from=_first_day(building, calls),
        today=today,
        quiet=timedelta(days=quiet_days),
    )
    if csv is not None:
        csv.write_text(as_csv(used), encoding="utf-8")
    if page is not None:
        page.write_text(as_page(used, site=building.about.name, today=today), encoding="utf-8")
    if as_json:
        show_json(_plain(building, used))
    else:
        _say(used)


def _recorded(folder: Path) -> list[Use]:
    path = folder / "calls.sqlite"
    try:
        return recorded_uses(path)
    except FileNotFoundError:
        remedy = "name the state directory of the daemon with --state"
        typer.echo(f"{path}: no call records here; {remedy}", err=True)
        raise typer.Exit(BAD_INPUT) from None
    except sqlite3.Error as error:
        typer.echo(f"{path}: cannot be read: {error}", err=True)
        raise typer.Exit(1) from None


def _first_day(site: Site, calls: list[Use]) -> date | None:
    first = min((use.at for use in calls), default=None)
    return first.astimezone(site.about.time_zone).date() if first else None


def _plain(site: Site, used: tuple[NumberUse, ...]) -> dict[str, object]:
    def months(use: NumberUse) -> list[dict[str, object]]:
        return [
            {"month": month, "calls_in": came, "calls_out": went}
            for month, (came, went) in use.months.items()
        ]

    return {
        "schema": NUMBERS,
        "site": site.about.id,
        "saved_month_eur": saved_month_eur(used),
        "numbers": [{**row(use), "lines": list(use.lines), "months": months(use)} for use in used],
    }


def _say(used: tuple[NumberUse, ...]) -> None:
    columns = ("number", "lines", "in", "out", "callers", "last use", "€/month", "verdict", "")
    rows = (
        (
            use.number,
            ", ".join(use.lines) or None,
            use.calls_in,
            use.calls_out,
            use.callers,
            use.last,
            use.contract.month_eur if use.contract else None,
            {Verdict.END: "can be ended", Verdict.KEEP: "keep", Verdict.WATCH: "watch"}[
                use.verdict
            ],
            use.because,
        )
        for use in used
    )
    console = Console()
    console.print(tables.table("Numbers", columns, rows))
    console.print(f"Ending what can be ended saves {saved_month_eur(used):.2f} € a month.")
