"""docs/signals.md says what the program does."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware.lines.reference import fill, tables

DOCUMENT = (Path(__file__).parents[3] / "docs" / "signals.md").read_text()


def test_the_tables_are_current() -> None:
    assert fill(DOCUMENT) == DOCUMENT, "run tools/signal-tables"


@pytest.mark.parametrize("name", tables())
def test_every_table_is_in_the_document(name: str) -> None:
    assert f"<!-- table: {name} -->" in DOCUMENT


def test_a_stale_table_is_noticed() -> None:
    stale = DOCUMENT.replace("| 78…145 |", "| 79…145 |")
    assert stale != DOCUMENT
    assert fill(stale) == DOCUMENT


def test_a_table_that_does_not_exist() -> None:
    with pytest.raises(KeyError, match="tones-xx"):
        fill("<!-- table: tones-xx -->\n<!-- end -->\n")
