"""`derivato run`: the daemon."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from firmware.cli.asking import BAD_INPUT, FAILED, SocketOption, socket_path
from firmware.ops import logs
from firmware.ops.sockets import SocketInUse, require_free, state_directory
from firmware.site.problems import SiteError

Level = Literal["debug", "info", "warning", "error"]


def run(
    site: Annotated[Path, typer.Option("--site", metavar="FILE", help="Site file.")],
    socket: SocketOption = None,
    state: Annotated[
        Path | None,
        typer.Option("--state", metavar="DIR", help="Where call records are kept."),
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(
            "--record",
            metavar="FILE",
            help="Record events and orders for `derivato replay`; holds what is dialled.",
        ),
    ] = None,
    log_level: Annotated[Level, typer.Option("--log-level", help="Least level told.")] = "info",
) -> None:
    """Run the daemon of a building until SIGTERM; SIGHUP reads the site file again."""
    log = logs.setup(log_level)
    try:
        # Here, not above: it loads pjsua2, which a wrong option does not need.
        from firmware import app  # noqa: PLC0415
        from firmware.sip.errors import SipError  # noqa: PLC0415

        try:
            control = socket_path(socket)
            require_free(control)  # said before SIP finds its port taken by the same daemon
            app.run(
                site_path=site,
                socket=control,
                hide=log.hide,
                record=record,
                state_dir=state or state_directory(os.environ, root=os.geteuid() == 0),
            )
        except SiteError as error:
            raise _failed(str(error), BAD_INPUT) from error
        except (SipError, SocketInUse, OSError) as error:
            raise _failed(str(error), FAILED) from error
    finally:
        log.close()


def _failed(text: str, code: int) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(code)
