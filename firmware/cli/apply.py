"""`derivato apply`, `confirm`, `rollback`, `history`: change the configuration of a box safely."""

from __future__ import annotations

import getpass
import os
import re
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from firmware.cli import tables
from firmware.cli.asking import BAD_INPUT, FAILED, JsonOption, SocketOption, show_json, socket_path
from firmware.ops.client import Client, NotReachable
from firmware.ops.configuration import Applied, Configuration, ConfigurationError, Version
from firmware.ops.orders import OrderRefused
from firmware.site.difference import difference
from firmware.site.load import secrets_file
from firmware.site.problems import SiteError

APPLY, HISTORY = "derivato.apply/1", "derivato.history/1"
DEFAULT_FOLDER = Path("/var/lib/derivato/config")
_UNITS = {"s": 1, "m": 60, "h": 3600}
_LARGEST = 1 << 20  # of a site file, in bytes

ConfigOption = Annotated[
    Path, typer.Option("--config", metavar="DIR", help="Where the configurations are kept.")
]


def apply(
    file: Annotated[Path, typer.Argument(help="Site file; - reads it from standard input.")],
    confirm_within: Annotated[
        str | None,
        typer.Option("--confirm-within", metavar="TIME", help="Go back after this, as 10m."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; say whether it could be used.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what changes, key by key.")] = False,
    config: ConfigOption = DEFAULT_FOLDER,
    as_json: JsonOption = False,
    socket: SocketOption = None,
) -> None:
    """Put a site file in force: checked first, then in one step; calls that are up go on.

    The secrets are those beside FILE, or stay as they are. With --confirm-within the old
    configuration comes back by itself unless `derivato confirm` is said in time.
    """
    confirm_s = _seconds(confirm_within)
    site, secrets = _content(file)
    store = Configuration(config)
    try:
        if check:
            before, after = store.check(site, secrets)
            applied = Applied(store.current() or 0, changed=False, before=before, after=after)
        else:
            applied = store.apply(site, secrets, who=_who(), confirm_s=confirm_s)
    except SiteError as error:
        typer.echo(str(_named(error, file)), err=True)
        raise typer.Exit(BAD_INPUT) from None
    except ConfigurationError as error:
        raise _failed(error) from None
    told = _taken(socket) if applied.changed else ""
    waits = store.pending()
    if as_json:
        show_json(
            {
                "schema": APPLY,
                "version": applied.version,
                "changed": applied.changed,
                "checked_only": check,
                "difference": list(difference(applied.before, applied.after)),
                "confirm_within_s": round(waits.left_s) if waits else None,
                "daemon": told or None,
            }
        )
        return
    if diff or check:
        print("\n".join(difference(applied.before, applied.after)) or "no difference")
    if not check:
        print(_outcome(applied, told))
    if waits:
        print(f"goes back to version {waits.back_to} in {waits.left_s:.0f} s: derivato confirm")


def confirm(config: ConfigOption = DEFAULT_FOLDER, as_json: JsonOption = False) -> None:
    """Keep the configuration that waits for its confirmation."""
    try:
        version = Configuration(config).confirm()
    except ConfigurationError as error:
        raise _failed(error) from None
    if as_json:
        show_json({"schema": APPLY, "version": version, "confirmed": True})
    else:
        print(f"version {version} is confirmed")


def rollback(
    number: Annotated[int | None, typer.Argument(help="Version; the one before.")] = None,
    config: ConfigOption = DEFAULT_FOLDER,
    as_json: JsonOption = False,
    socket: SocketOption = None,
) -> None:
    """Put an earlier configuration in force again."""
    try:
        version = Configuration(config).rollback(number)
    except (ConfigurationError, OSError) as error:
        raise _failed(error) from None
    told = _taken(socket)
    if as_json:
        show_json({"schema": APPLY, "version": version, "changed": True, "daemon": told})
    else:
        print(f"version {version} is in force again; {told}")


def history(config: ConfigOption = DEFAULT_FOLDER, as_json: JsonOption = False) -> None:
    """Show every configuration that is kept: who applied it, and when."""
    store = Configuration(config)
    versions, now, waits = store.history(), store.current(), store.pending()
    if as_json:
        rows = [_plain(version, now) for version in versions]
        left = round(waits.left_s) if waits else None
        show_json({"schema": HISTORY, "versions": rows, "confirm_within_s": left})
        return
    columns = ("version", "applied", "by", "")
    rows_ = ((v.number, v.at, v.who, _state(v, now)) for v in versions)
    Console().print(tables.table("Configurations", columns, rows_))


def _state(version: Version, now: int | None) -> str:
    if version.number != now:
        return "" if version.confirmed else "was not confirmed"
    return "in force" if version.confirmed else "in force, waits for confirmation"


def _plain(version: Version, now: int | None) -> dict[str, object]:
    return {
        "version": version.number,
        "at": version.at,
        "who": version.who,
        "confirmed": version.confirmed,
        "in_force": version.number == now,
    }


def _content(file: Path) -> tuple[bytes, bytes | None]:
    if str(file) == "-":
        content = sys.stdin.buffer.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise _failed(f"standard input: more than {_LARGEST} bytes is no site file", BAD_INPUT)
        return content, None
    try:
        site, beside = file.read_bytes(), secrets_file(file)
        return site, beside.read_bytes() if beside.is_file() else None
    except OSError as error:
        raise _failed(f"{file}: cannot be read ({error.strerror})", BAD_INPUT) from None


def _named(error: SiteError, file: Path) -> SiteError:
    """The same problems, at the file that was given rather than at our copy of it."""
    secrets = str(secrets_file(file)) if str(file) != "-" else "-.secrets"

    def place(problem_file: str) -> str:
        return secrets if problem_file.endswith(".secrets.toml") else str(file)

    return SiteError(tuple(replace(each, file=place(each.file)) for each in error.problems))


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    match = re.fullmatch(r"([1-9][0-9]{0,4})([smh])", text)
    if not match:
        raise _failed(f"--confirm-within: {text} is no time; write it as 90s, 10m or 1h", BAD_INPUT)
    return int(match[1]) * _UNITS[match[2]]


def _who() -> str:
    """Who applies: the name of the SSH key (`derivato ssh-command`), or the user."""
    if name := os.environ.get("DERIVATO_WHO"):
        return name
    with suppress(OSError, KeyError):
        return os.environ.get("SUDO_USER") or getpass.getuser()
    return "unknown"


def _taken(socket: Path | None) -> str:
    """Let the daemon take the configuration; say what came of it."""
    try:
        answer = Client(socket_path(socket)).post("/reload", within_s=30.0)
    except NotReachable:
        return "the daemon does not run: it will start with it"
    except OrderRefused as error:
        return f"the daemon did not take it: {error}"
    return str(answer.get("status"))


def _outcome(applied: Applied, told: str) -> str:
    if not applied.changed:
        return f"version {applied.version} is in force and the same: nothing to do"
    return f"version {applied.version} is in force; {told}"


def _failed(error: object, code: int = FAILED) -> typer.Exit:
    typer.echo(str(error), err=True)
    return typer.Exit(code)
