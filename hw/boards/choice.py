"""The board that a site file names, with the ports that its lines want."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from firmware.site.problems import Problem, SiteError
from firmware.site.values import meant
from hw.boards.load import load_board, read_board
from hw.boards.schema import Board


def chosen(name: str, file: Path | None, lines: Mapping[str, str], site_file: Path) -> Board:
    """Read the board ``name``, or the description ``file`` if there is one.

    ``lines`` gives the port of each line of the site file.

    Raises:
        SiteError: the description has mistakes, or lacks a port that a line wants.
    """
    if file is None:
        return load_board(name)
    board = read_board(file)
    missing = [
        Problem(
            str(site_file),
            0,
            f"lines.{line}.port",
            f'"{port}" is not in {file.name}',
            meant(port, list(board.ports)),
        )
        for line, port in lines.items()
        if port not in board.ports
    ]
    if missing:
        raise SiteError(tuple(missing))
    return board
