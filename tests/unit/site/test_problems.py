"""Messages stay on one short line, whatever is in the file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.site.problems import Problem, dotted, shown


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("sip", "port"), "sip.port"),
        (("trunks", "pbx", "codecs", 1), "trunks.pbx.codecs[1]"),
        (("lines", "La cucina"), 'lines."La cucina"'),
        (("a\nb",), '"a\\nb"'),
        (("a" * 500,), "a" * 59 + "…"),
    ],
)
def test_dotted(path: tuple[str | int, ...], text: str) -> None:
    assert dotted(path) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (5060, "5060"),
        pytest.param(10**5000, "a number with very many digits", id="huge"),
        ("udp", '"udp"'),
        ([1], "an array"),
        ({}, "a table"),
        (1.5, "1.5"),
    ],
)
def test_shown(value: object, text: str) -> None:
    assert shown(value) == text


def test_problem_without_line_or_key() -> None:
    assert str(Problem("a.toml", 0, "", "is gone", "look")) == "a.toml: is gone; look"
    assert str(Problem("a.toml", 3, "sip", "is odd", "look")) == "a.toml:3: sip: is odd; look"


@given(st.text())
def test_any_text_is_one_short_printable_line(text: str) -> None:
    for written in (shown(text), dotted((text,))):
        assert written.isprintable()
        assert len(written) <= 60
