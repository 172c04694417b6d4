"""`derivato directory`: the signed file by which sites reach each other without a switchboard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from firmware.cli.asking import BAD_INPUT, JsonOption, show_json
from firmware.site.directory import Directory, load_directory, sign_directory
from firmware.site.problems import SiteError
from firmware.site.seal import seal_file

SCHEMA = "derivato.directory/1"

directory = typer.Typer(
    help="Sign the directory of neighbour sites, or show what a signed one says.",
    no_args_is_help=True,
)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The directory (TOML).")]
KeyOption = Annotated[
    Path, typer.Option("--key", metavar="PEM", help="Public key of who signs directories.")
]


@directory.command()
def sign(
    file: FileArgument,
    key: Annotated[Path, typer.Option("--key", metavar="PEM", help="Private Ed25519 key.")],
) -> None:
    """Check a directory and sign it; the signature is written beside it, as FILE.sig."""
    try:
        sites = sign_directory(file, key)
    except SiteError as error:
        raise _bad(error) from None
    except OSError as error:
        typer.echo(f"{seal_file(file)}: cannot be written ({error.strerror})", err=True)
        raise typer.Exit(1) from None
    print(f"{seal_file(file)}: {len(sites)} sites signed")


@directory.command()
def verify(file: FileArgument, key: KeyOption) -> None:
    """Tell whether a directory is as it was signed: exit code 0 if it is, 2 otherwise."""
    print(f"{file}: ok: signed, {len(_loaded(file, key))} sites")


@directory.command()
def show(file: FileArgument, key: KeyOption, as_json: JsonOption = False) -> None:
    """Show the sites of a signed directory; one that is not as signed is not shown."""
    sites = _loaded(file, key)
    if as_json:
        rows = [
            {
                "site": site,
                "name": entry.name,
                "address": str(entry.server),
                "extensions": list(entry.extensions),
                "fingerprint_sha256": entry.fingerprint,
                "certificate_until": entry.certificate.not_valid_after_utc.isoformat(),
            }
            for site, entry in sites.items()
        ]
        show_json({"schema": SCHEMA, "sites": rows})
        return
    table = Table("site", "name", "address", "extensions", "certificate until", "SHA-256")
    for site, entry in sites.items():
        until = f"{entry.certificate.not_valid_after_utc:%Y-%m-%d}"
        numbers = ", ".join(entry.extensions)
        where, pin = str(entry.server), entry.fingerprint[:16]
        table.add_row(site, entry.name, where, numbers, until, pin)
    Console().print(table)


def _loaded(file: Path, key: Path) -> Directory:
    try:
        return load_directory(file, key)
    except SiteError as error:
        raise _bad(error) from None


def _bad(error: SiteError) -> typer.Exit:
    typer.echo(str(error), err=True)
    return typer.Exit(BAD_INPUT)
