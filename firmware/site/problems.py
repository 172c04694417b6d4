"""What can be wrong with a site file, and how it is said."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Where a key is: names of tables and keys, positions in arrays; ``()`` is the whole file."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_SHOWN = 60


class Wrong(ValueError):  # noqa: N818 -- "raise Wrong(what, remedy)" reads as what it says
    """A value cannot be accepted: ``what`` is wrong with it and ``remedy`` says what to do.

    ``private`` values are not repeated in the message.
    """

    def __init__(self, what: str, remedy: str, *, private: bool = False) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy
        self.private = private


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with the content at ``path``, before its line is looked up."""

    path: Path
    what: str
    remedy: str


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong with a file. ``line`` counts from 1; 0 is the file as a whole."""

    file: str
    line: int
    key: str
    what: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        key = f"{self.key}: " if self.key else ""
        return f"{place}: {key}{self.what}; {self.remedy}"


class SiteError(ValueError):
    """A site file cannot be used; ``problems`` are all the reasons, in the order of the file.

    Example scenarios: a misspelt key; two lines on one port; a secrets file that others can
    read. ``str()`` gives one line per problem.
    """

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def repeated(path: Path, values: Iterable[str]) -> Iterator[Finding]:
    """Find what is more than once in the array at ``path``."""
    seen: set[str] = set()
    for position, value in enumerate(values):
        if value in seen:
            yield Finding((*path, position), f'"{value}" is there twice', "remove one")
        seen.add(value)


def dotted(path: Path) -> str:
    """Write ``path`` as a dotted TOML key: ``lines.nido-1.codecs[0]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if _BARE_KEY.fullmatch(part) else json.dumps(part, ensure_ascii=False)
            text += f".{clipped(name)}" if text else clipped(name)
    return text


def shown(value: object) -> str:
    """Write a value of a TOML file on one short line, for a message."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return clipped(json.dumps(value, ensure_ascii=False))
        case int():
            return str(value) if abs(value) < 10**18 else "a number with very many digits"
        case dict():
            return "a table"
        case list():
            return "an array"
        case _:
            return clipped(str(value))


def clipped(text: str) -> str:
    """Shorten ``text`` to what fits a message; keep it on one line and printable."""
    printable = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    if len(printable) <= _LONGEST_SHOWN:
        return printable
    return printable[: _LONGEST_SHOWN - 1] + "…"


def placed(file: str, findings: Iterable[Finding], lines: Mapping[Path, int]) -> Iterator[Problem]:
    """Look up the line of each finding in ``file`` (`firmware.site.toml_lines.key_lines`)."""
    for finding in dict.fromkeys(findings):
        place = finding.path
        while place and place not in lines:
            place = place[:-1]
        line = lines.get(place, 1)
        yield Problem(file, line, dotted(finding.path), finding.what, finding.remedy)
