"""`derivato hours`: whether an office receives at a time, and what callers are told of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from firmware.cli.asking import JsonOption, SocketOption, show_json
from firmware.cli.local import (
    AtOption,
    SiteOption,
    bad_input,
    loaded,
    local_time,
    site_of_daemon,
)
from firmware.guide import office_words
from firmware.guide.hours import Verdict, judge, next_opening
from firmware.site.choices import Tongue
from firmware.site.guide_schema import Hours
from firmware.site.values import meant

SCHEMA = "derivato.hours/1"


def hours(
    office: Annotated[str, typer.Argument(help="Name of the office, under [hours].")],
    at: AtOption = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
    socket: SocketOption = None,
) -> None:
    """Say whether an office receives at a time, until when, and what callers hear.

    Exit code 0 if it is open then, 1 if it is closed, 2 for bad input, 3 if no site file is
    given and no daemon answers.
    """
    building = loaded(site or site_of_daemon(socket))
    if office not in building.hours:
        raise bad_input(f"no office called {office}; {meant(office, list(building.hours))}")
    local = local_time(at, building.about.time_zone).replace(tzinfo=None, second=0, microsecond=0)
    table = building.hours[office]
    verdict = judge(table, local)
    opening = next_opening(table, local)
    if as_json:
        show_json(_report(office, table, local, verdict, opening))
    else:
        print(f"{office}, {local:%a %Y-%m-%d %H:%M}")
        print(f"  {'OPEN' if verdict.receives else 'CLOSED'}: {verdict.why}")
        print(f"  changes {_shown(verdict.until)}, opens next {_shown(opening)}")
        print("\n".join(f"  «{text}»" for text in _told(table, verdict, Tongue.ITALIAN)))
    if not verdict.receives:
        raise typer.Exit(1)


def _told(table: Hours, verdict: Verdict, tongue: Tongue) -> list[str]:
    closed = [] if verdict.receives else [office_words.closed_now(table, tongue)]
    mail = [office_words.email(table, tongue)] if table.email else []
    return [*closed, office_words.hours(table, tongue), *mail]


def _shown(at: datetime | None) -> str:
    return f"{at:%a %Y-%m-%d %H:%M}" if at else "never"


def _report(
    office: str, table: Hours, local: datetime, verdict: Verdict, opening: datetime | None
) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "office": office,
        "at": local.isoformat(timespec="minutes"),
        "open": verdict.receives,
        "why": verdict.why,
        "changes_at": verdict.until.isoformat(timespec="minutes") if verdict.until else None,
        "opens_at": opening.isoformat(timespec="minutes") if opening else None,
        "email": table.email,
        "told": {tongue.value: _told(table, verdict, tongue) for tongue in Tongue},
    }
