"""On which line of a TOML text each key stands. Pure.

tomllib tells values but not places. This reads the same text once more for the places only;
the text has passed tomllib before, so it is known to be valid TOML 1.0.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right

from firmware.site.problems import Path

DEEPEST = 16
"""Levels that are told apart; no site file has more than five."""

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*+")
_SPACE = re.compile(r"[ \t]*+")
_BARE = re.compile(r"[A-Za-z0-9_-]++")
_SCALAR = re.compile(r"[^,\]}#\n]*+")
_STRING = re.compile(
    r'"""(?:[^\\"]|\\.|"{1,2}(?!"))*+"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*+'{3,5}"
    r'|"(?:[^\\"\n]|\\.)*+"'
    r"|'[^'\n]*+'",
    re.DOTALL,
)


def key_lines(text: str) -> dict[Path, int]:
    """Map each key path of a valid TOML ``text`` to its line, counted from 1.

    A path holds names and, for arrays and arrays of tables, positions. A table that is opened
    by a header has the header's line, one that only follows from dotted keys that of the first.
    What lies deeper than `DEEPEST` levels is not told apart (paths would grow without limit).
    """
    return _Scanner(text.replace("\r\n", "\n")).scan()


class _Scanner:
    """One pass over a text: ``at`` is how far it has come, ``lines`` what it has found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self._starts = [0, *(m.end() for m in re.finditer("\n", text))]
        self._tables: dict[Path, int] = {}  # arrays of tables: how many elements so far

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        self._skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)
        return self.lines

    def _header(self) -> Path:
        line = self._line()
        array = self.text.startswith("[[", self.at)
        self.at += 2 if array else 1
        path: Path = ()
        names = self._key()
        for depth, name in enumerate(names, start=1):
            path = _inside(path, name)
            self.lines.setdefault(path, line)
            if array and depth == len(names):
                self._tables[path] = self._tables.get(path, 0) + 1
            if path in self._tables:
                path = _inside(path, self._tables[path] - 1)
                self.lines.setdefault(path, line)
        if not array:
            self.lines[path] = line
        self.at += 2 if array else 1
        return path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for name in self._key():
            path = _inside(path, name)
            self.lines.setdefault(path, line)
        self.at += 1  # =
        self._skip(_SPACE)
        self._value(path)

    def _key(self) -> list[str]:
        names = []
        while True:
            self._skip(_SPACE)
            names.append(self._name())
            self._skip(_SPACE)
            if self.text[self.at] != ".":
                return names
            self.at += 1

    def _name(self) -> str:
        if quoted := _STRING.match(self.text, self.at):
            self.at = quoted.end()
            return str(tomllib.loads(f"name = {quoted[0]}")["name"])
        return self._skip(_BARE)

    def _value(self, path: Path) -> None:
        if self.text[self.at] == "[":
            self._array(path)
        elif self.text[self.at] == "{":
            self._inline_table(path)
        elif string := _STRING.match(self.text, self.at):
            self.at = string.end()
        else:
            self._skip(_SCALAR)

    def _array(self, path: Path) -> None:
        self.at += 1
        count = 0
        self._skip(_BLANK)
        while self.text[self.at] != "]":
            element = _inside(path, count)
            self.lines.setdefault(element, self._line())
            self._value(element)
            count += 1
            self._skip(_BLANK)
            if self.text[self.at] == ",":
                self.at += 1
                self._skip(_BLANK)
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        self._skip(_BLANK)
        while self.text[self.at] != "}":
            self._pair(path)
            self._skip(_BLANK)
            if self.text[self.at] == ",":
                self.at += 1
                self._skip(_BLANK)
        self.at += 1

    def _skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if not found:
            return ""
        self.at = found.end()
        return found[0]

    def _line(self) -> int:
        return bisect_right(self._starts, self.at)


def _inside(path: Path, part: str | int) -> Path:
    return (*path, part) if len(path) < DEEPEST else path
