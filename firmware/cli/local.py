"""What commands about a decision share: the site file asked about, and the time."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from firmware.cli.asking import BAD_INPUT, asking
from firmware.site.load import load_site
from firmware.site.problems import SiteError
from firmware.site.schema import Site

AtOption = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="Local time, 2026-03-01T09:30 or 09:30; now."),
]
SiteOption = Annotated[
    Path | None, typer.Option("--site", metavar="FILE", help="Site file; that of the daemon.")
]


def loaded(file: Path) -> Site:
    """The site of a site file; one that is not valid ends the command with 2."""
    try:
        return load_site(file)
    except SiteError as error:
        raise bad_input(str(error)) from None


def site_of_daemon(socket: Path | None) -> Path:
    """The site file of the running daemon."""
    with asking(socket) as client:
        return Path(str(client.get("/status")["site_file"]))


def bad_input(text: str) -> typer.Exit:
    """Tell what is wrong with what was asked, and end with 2."""
    typer.echo(text, err=True)
    return typer.Exit(BAD_INPUT)


def local_time(text: str | None, zone: ZoneInfo) -> datetime:
    """The time given as 2026-03-01T09:30 or 09:30 (today), or now."""
    now = datetime.now(zone)
    if text is None:
        return now
    try:
        if "T" not in text and "-" not in text:
            return datetime.combine(now.date(), time.fromisoformat(text), tzinfo=zone)
        given = datetime.fromisoformat(text)
    except ValueError:
        raise bad_input(f"--at: {text} is not a time; write 2026-03-01T09:30 or 09:30") from None
    return given.astimezone(zone) if given.tzinfo else given.replace(tzinfo=zone)
