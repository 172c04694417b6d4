"""`derivato board`: the line hardware, its wires and its parts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from firmware.cli.asking import BAD_INPUT, JsonOption, show_json
from firmware.cli.tables import table
from firmware.site.problems import SiteError
from hw.boards.drawing import draw
from hw.boards.load import load_board, names, read_board
from hw.boards.power import draws
from hw.boards.schema import Board
from hw.boards.wiring import as_json as plain
from hw.boards.wiring import wires

board = typer.Typer(help="The line hardware: wiring and parts.", no_args_is_help=True)


@board.callback()
def group() -> None:
    """The line hardware: wiring and parts."""


@board.command()
def show(
    name: Annotated[
        str | None, typer.Argument(help="A board, or the file of a description (.toml).")
    ] = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Draw the wiring into FILE.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the wiring of a board pin by pin, its power and its parts; without NAME, all boards."""
    try:
        if name is None:
            _list(as_json=as_json)
            return
        found = read_board(Path(name)) if name.endswith(".toml") else load_board(name)
    except SiteError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(BAD_INPUT) from error
    if svg is not None:
        _write(svg, draw(found))
    if as_json:
        show_json({"schema": "derivato.board/1", **plain(found)})
    else:
        _tell(found)


def _list(*, as_json: bool) -> None:
    boards = [load_board(name) for name in names()]
    if as_json:
        listed = [{"board": each.name, "title": each.about.title} for each in boards]
        show_json({"schema": "derivato.boards/1", "boards": listed})
        return
    rows = [(each.name, each.about.title, ", ".join(each.ports)) for each in boards]
    Console().print(table("Boards", ("board", "title", "ports"), rows))


def _tell(found: Board) -> None:
    console = Console(width=None if Console().is_terminal else 160)
    console.print(f"{found.about.title}, for {found.about.computer}")
    if found.about.overlay:
        console.print(f"Device tree: dtoverlay={found.about.overlay}")
    rows = [
        (
            wire.port,
            wire.signal,
            wire.chip_pin,
            f"{wire.header} (GPIO{wire.gpio})" if wire.header is not None else None,
            wire.to or wire.through,
        )
        for wire in wires(found)
    ]
    if rows:
        columns = ("port", "signal", "chip pin", "header pin", "through, to")
        console.print(table("Wires", columns, rows))
    power = [
        (d.supply, found.supplies[d.supply].title, f"{d.amps:.2f} A", f"{d.most_amps:g} A", d.worst)
        for d in draws(found)
    ]
    if power:
        console.print(table("Power", ("supply", "what", "needed", "there is", "worst with"), power))
    if found.parts:
        parts = [(part.count, part.part, part.note) for part in found.parts]
        console.print(table("Parts", ("count", "part", "note"), parts))


def _write(svg: Path, text: str) -> None:
    try:
        svg.write_text(text, encoding="utf-8")
    except OSError as error:
        typer.echo(f"{svg}: cannot be written ({error.strerror}); name another file", err=True)
        raise typer.Exit(BAD_INPUT) from error
