"""Every key path that tomllib finds has its line."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.site.problems import Path
from firmware.site.toml_lines import DEEPEST, key_lines

SCALARS = (
    "1",
    "true",
    "1.5e3",
    "inf",
    "1979-05-27T07:32:00Z",
    "1979-05-27 07:32:00",
    '"a # b ] } , = \\" \\\\"',
    "'c:\\temp\\'",
    "''",
    '""',
    '"""\nfirst\nsecond "quoted" \\""" # no\n"""',
    '"""two quotes at the end"""""',
    '"""\\\n   folded\\\n   on"""',
    "'''\nraw \\ ''two\n[no.table]\nkey = 1\n'''",
    "'''one quote at the end''''",
)
ODD = ("a.b", "è", "# [x]", "sp ace", 'q"', "\\", "tab\t", "=")


class Writer:
    """Writes random TOML in many styles. Names carry a counter, so each is written once."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.count = 0
        self.raw: dict[str, str] = {}

    def pick(self, *choices: object) -> object:
        return self.draw(st.sampled_from(choices))

    def name(self) -> str:
        self.count += 1
        bare = f"{self.pick('key', '1', '-', '_')}{self.count}end"
        odd = f"{self.pick(*ODD)}{self.count}end"
        style = self.pick("bare", "bare", "quoted", "literal", "escaped")
        match style:
            case "bare":
                name, raw = bare, bare
            case "literal":
                name, raw = odd, f"'{odd}'"
            case "quoted":
                name, raw = odd, json.dumps(odd, ensure_ascii=False)
            case _:
                name, raw = odd, json.dumps(odd, ensure_ascii=True)
        self.raw[name] = raw
        return raw

    def gap(self) -> str:
        return str(self.pick("", " ", "\t"))

    def blank(self) -> str:
        return str(self.pick("", " ", "\n", "\n  # note = [1, {\n", "\r\n"))

    def value(self, depth: int) -> str:
        kind = self.pick("scalar", "scalar", "array", "inline") if depth < 3 else "scalar"
        if kind == "array":
            items = [self.value(depth + 1) for _ in range(self.draw(st.integers(0, 3)))]
            body = ",".join(f"{self.blank()}{item}{self.blank()}" for item in items)
            tail = "," if items and self.pick(True, False) else ""
            return f"[{body}{tail}{self.blank()}]"
        if kind == "inline":
            pairs = [self.pair(depth + 1) for _ in range(self.draw(st.integers(0, 2)))]
            return "{" + ",".join(f" {pair} " for pair in pairs) + "}"
        return str(self.pick(*SCALARS))

    def pair(self, depth: int = 0) -> str:
        key = f"{self.gap()}.{self.gap()}".join(
            self.name() for _ in range(self.draw(st.integers(1, 2)))
        )
        return f"{key}{self.gap()}={self.gap()}{self.value(depth)}"

    def pairs(self) -> Iterator[str]:
        for _ in range(self.draw(st.integers(0, 3))):
            yield f"{self.gap()}{self.pair()}{self.pick('', ' # note', '  ')}\n"
            yield str(self.pick("", "\n", "# [not.a.table]\n"))

    def document(self) -> str:
        parts = list(self.pairs())
        for _ in range(self.draw(st.integers(0, 4))):
            header = [self.name() for _ in range(self.draw(st.integers(1, 2)))]
            dotted = f"{self.gap()}.{self.gap()}".join(header)
            if self.pick(True, False):
                parts += [f"[{self.gap()}{dotted}{self.gap()}] # table\n", *self.pairs()]
                continue
            for _ in range(self.draw(st.integers(1, 3))):
                parts += [f"[[{dotted}]]\n", *self.pairs()]
                if self.pick(True, False):
                    parts += [f"[{dotted}.{self.name()}]\n", *self.pairs()]
                if self.pick(True, False):
                    inner = f"[[{dotted}.{self.name()}]]\n"
                    parts += [inner, *self.pairs(), inner, *self.pairs()]
        return "".join(parts)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    writer = Writer(draw)
    return writer.document(), writer.raw


def paths(value: object, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from paths(inner, (*path, position))


@settings(max_examples=100, deadline=None)
@given(documents())
def test_every_path_of_tomllib_has_the_line_on_which_its_key_stands(
    document: tuple[str, dict[str, str]],
) -> None:
    text, raw = document
    found = key_lines(text)
    assert set(found) == set(paths(tomllib.loads(text)))
    lines = text.replace("\r\n", "\n").split("\n")
    for path, line in found.items():
        if isinstance(path[-1], str):
            assert raw[path[-1]] in lines[line - 1]


def test_exact_lines() -> None:
    text = (
        "top = 1\n"  # 1
        "[a.b]\n"  # 2
        "c.d = [\n"  # 3
        "  1, # one\n"  # 4
        "  2,\n"  # 5
        "]\n"  # 6
        "[a]\n"  # 7
        'text = """\n'  # 8
        "[no]\n"  # 9
        '"""\n'  # 10
        "[[t]]\n"  # 11
        "x = {y = 1, z = [{w = 2}]}\n"  # 12
        "[[t]]\n"  # 13
        "[t.u]\n"  # 14
        "v = 1"  # 15
    )
    assert key_lines(text) == {
        ("top",): 1,
        ("a",): 7,
        ("a", "b"): 2,
        ("a", "b", "c"): 3,
        ("a", "b", "c", "d"): 3,
        ("a", "b", "c", "d", 0): 4,
        ("a", "b", "c", "d", 1): 5,
        ("a", "text"): 8,
        ("t",): 11,
        ("t", 0): 11,
        ("t", 0, "x"): 12,
        ("t", 0, "x", "y"): 12,
        ("t", 0, "x", "z"): 12,
        ("t", 0, "x", "z", 0): 12,
        ("t", 0, "x", "z", 0, "w"): 12,
        ("t", 1): 13,
        ("t", 1, "u"): 14,
        ("t", 1, "u", "v"): 15,
    }


def test_nothing_is_found_in_an_empty_text() -> None:
    assert key_lines("") == {}
    assert key_lines("# only = this\n\n") == {}


def test_deep_keys_do_not_grow_without_limit() -> None:
    lines = key_lines(".".join("a" * 2000) + " = 1\n[b]\nc = " + "[" * 90 + "1" + "]" * 90)
    assert max(map(len, lines)) == DEEPEST
    assert lines[("a",)] == 1
    assert lines[("b", "c", 0)] == 3
