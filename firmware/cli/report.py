"""`derivato status`, `lines`, `calls`, `trunks`: what is going on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live

from firmware.cli import tables
from firmware.cli.asking import JsonOption, SocketOption, asking, show_json
from firmware.cli.tables import as_list, text

_PAUSE_S = 1.0


def status(
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on until interrupted; with --json: events.")
    ] = False,
    as_json: JsonOption = False,
    socket: SocketOption = None,
) -> None:
    """Show what is going on."""
    with asking(socket) as client:
        if watch and as_json:
            with client.events() as events:
                for event in events:
                    print(json.dumps(event, ensure_ascii=False), flush=True)
        elif watch:
            with Live(_status(client.get("/status")), console=Console(), screen=False) as live:
                while True:
                    time.sleep(_PAUSE_S)
                    live.update(_status(client.get("/status")))
        else:
            _tell(client.get("/status"), _status, as_json=as_json)


def lines(as_json: JsonOption = False, socket: SocketOption = None) -> None:
    """Show the telephones."""
    with asking(socket) as client:
        content = client.get("/lines")
    _tell(content, lambda all_: tables.lines_table(as_list(all_.get("lines"))), as_json=as_json)


def calls(
    limit: Annotated[int, typer.Option(min=0, max=10_000, help="How many of the last ones.")] = 20,
    as_json: JsonOption = False,
    socket: SocketOption = None,
) -> None:
    """Show the calls that are up and the last ones."""
    with asking(socket) as client:
        content = client.get(f"/calls?limit={limit}")
    _tell(content, _calls, as_json=as_json)


def trunks(as_json: JsonOption = False, socket: SocketOption = None) -> None:
    """Show the ways to the switchboards."""
    with asking(socket) as client:
        content = client.get("/trunks")
    _tell(content, _trunks, as_json=as_json)


def _tell(
    content: dict[str, object],
    made: Callable[[dict[str, object]], RenderableType],
    *,
    as_json: bool,
) -> None:
    if as_json:
        show_json(content)
    else:
        Console().print(made(content))


def _status(content: dict[str, object]) -> RenderableType:
    hours, rest = divmod(round(float(str(content.get("uptime_s", 0)))), 3600)
    listening = content.get("addresses")
    return Group(
        f"{text(content.get('name'))} ({text(content.get('site'))}), derivato "
        f"{text(content.get('version'))}, up {hours}:{rest // 60:02}:{rest % 60:02}, "
        f"{text(content.get('active_calls'))} calls",
        f"listens on {', '.join(map(str, listening if isinstance(listening, list) else []))}",
        tables.lines_table(as_list(content.get("lines"))),
        tables.trunks_table(as_list(content.get("trunks"))),
        _emergency(tables.as_dict(content.get("emergency"))),
    )


def _emergency(proof: tables.Row) -> str:
    """What the last proof of the ways of emergency calls gave."""
    if not proof:
        return "emergency calls: ways not proven yet (derivato emergency test)"
    ways = as_list(proof.get("ways"))
    dead = [f"{text(way.get('way'))} {text(way.get('name'))}" for way in ways if not way.get("ok")]
    found = f"dead: {', '.join(dead)}" if dead else f"all {len(ways)} ways work"
    return f"emergency calls: {found}, proven {text(proof.get('tested_at'))}"


def _trunks(content: dict[str, object]) -> RenderableType:
    return Group(
        tables.trunks_table(as_list(content.get("trunks"))),
        tables.changes_table(as_list(content.get("changes"))),
    )


def _calls(content: dict[str, object]) -> RenderableType:
    return Group(
        tables.active_table(as_list(content.get("active"))),
        tables.recent_table(as_list(content.get("recent"))),
    )
