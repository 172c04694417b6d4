"""A board description in, a `Board` or every problem out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from firmware.site.one_table import read_table
from firmware.site.problems import Finding, Problem, SiteError, placed
from firmware.site.reading import Unreadable, read_toml
from firmware.site.table import Table
from firmware.site.toml_lines import key_lines
from firmware.site.values import meant
from hw.boards.checks import check
from hw.boards.schema import About, Board, Part, Port, Supply

FOLDER = Path(__file__).parent

_SECTIONS = ("board", "supplies", "ports", "parts")

T = TypeVar("T", bound=Table)


def names() -> tuple[str, ...]:
    """The boards that come with the program."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load_board(name: str) -> Board:
    """Read the description of a board that comes with the program.

    Raises:
        SiteError: there is none of this name, or it has mistakes.
    """
    if name not in names():
        what = f"no board is called {name}"
        raise SiteError((Problem(name, 0, "", what, meant(name, names())),))
    return read_board(FOLDER / f"{name}.toml")


def read_board(path: Path) -> Board:
    """Read the board description at ``path``.

    Raises:
        SiteError: all that is wrong with it.
    """
    try:
        raw, text = read_toml(path)
    except Unreadable as error:
        raise SiteError((error.problem,)) from None
    found: list[Finding] = []
    found += [
        Finding((key,), "unknown section", meant(key, _SECTIONS))
        for key in raw
        if key not in _SECTIONS
    ]
    about = _one(About, raw.get("board"), found)
    supplies = _named(Supply, raw, "supplies", found)
    ports = _named(Port, raw, "ports", found)
    parts = _parts(raw.get("parts", []), found)
    if not raw.get("ports"):
        found.append(Finding(("ports",), "is missing", "describe each port in [ports.NAME]"))
    if about is not None and not found:
        board = Board(path.stem, about, supplies, ports, parts)
        found += check(board)
        if not found:
            return board
    raise SiteError(tuple(sorted(placed(str(path), found, key_lines(text)))))


def _one(model: type[T], raw: object, found: list[Finding]) -> T | None:
    if raw is None:
        found.append(Finding(("board",), "is missing", "add a section [board]"))
        return None
    return read_table(model, raw, ("board",), None, found)


def _named(
    model: type[T], raw: Mapping[str, object], section: str, found: list[Finding]
) -> dict[str, T]:
    tables = raw.get(section, {})
    if not isinstance(tables, dict):
        found.append(Finding((section,), "is not a table", f"write [{section}.NAME]"))
        return {}
    read = {
        key: read_table(model, each, (section, key), None, found) for key, each in tables.items()
    }
    return {key: table for key, table in read.items() if table is not None}


def _parts(raw: object, found: list[Finding]) -> tuple[Part, ...]:
    if not isinstance(raw, list):
        found.append(Finding(("parts",), "is not an array of tables", "write [[parts]]"))
        return ()
    read = [read_table(Part, each, ("parts", n), None, found) for n, each in enumerate(raw)]
    return tuple(part for part in read if part is not None)
