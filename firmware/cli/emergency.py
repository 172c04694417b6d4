"""`derivato emergency test`: whether a call for help would find its way, without making one."""

from __future__ import annotations

import typer
from rich.console import Console

from firmware.cli import tables
from firmware.cli.asking import FAILED, JsonOption, SocketOption, asking, show_json
from firmware.ops.way_proofs import LONGEST_S

emergency = typer.Typer(no_args_is_help=True, help="Emergency calls.")

_WITHIN_S = LONGEST_S + 10.0


@emergency.callback()
def _group() -> None:
    """Keep `test` a command of its own, though it is the only one."""


@emergency.command("test")
def prove(as_json: JsonOption = False, socket: SocketOption = None) -> None:
    """Prove every way of emergency calls without calling anybody; exit 1 if one is dead."""
    with asking(socket) as client:
        result = client.post("/emergency/test", within_s=_WITHIN_S)
    ways = tables.as_list(result.get("ways"))
    if as_json:
        show_json(result)
    else:
        Console().print(tables.proofs_table(ways))
        if not ways:
            typer.echo("This building has no way out: emergency calls cannot leave it.", err=True)
    if not ways or not all(way.get("ok") for way in ways):
        raise typer.Exit(FAILED)
