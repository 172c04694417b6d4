"""`derivato hours`: open or closed, as people and as programs read it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.cli.app import application

SITE = """\
[site]
id = "comando"
name = "Comando"
time_zone = "Europe/Rome"
[lines.a]
port = "fxs1"
extension = "610"
[board]
name = "sim"
[hours.verbali]
name = "l'ufficio verbali"
week = ["mon-fri 08:30-13:00"]
email = "verbali@comune.example"
"""


def ran(tmp_path: Path, *arguments: str) -> tuple[int, str]:
    path = tmp_path / "comando.toml"
    path.write_text(SITE)
    words = ["hours", *arguments, "--site", str(path)]
    result = CliRunner().invoke(application(words), words)
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("at", "code", "says"),
    [
        ("2026-04-07T08:30", 0, "OPEN: mon-fri 08:30-13:00"),
        ("2026-04-06T08:30", 1, "CLOSED: public holiday"),
        ("2026-04-07T07:30Z", 0, "OPEN"),  # 09:30 in Italy
        ("later", 2, "is not a time"),
    ],
)
def test_open_or_closed(tmp_path: Path, at: str, code: int, says: str) -> None:
    exit_code, output = ran(tmp_path, "verbali", "--at", at)
    assert exit_code == code, output
    assert says in output


def test_the_object(tmp_path: Path) -> None:
    _, output = ran(tmp_path, "verbali", "--at", "2026-04-04T10:00", "--json")
    found = json.loads(output)
    assert found["schema"] == "derivato.hours/1"
    assert (found["open"], found["opens_at"]) == (False, "2026-04-07T08:30")
    assert "dalle otto e trenta alle tredici" in found["told"]["it"][1]


def test_an_office_that_is_not_there(tmp_path: Path) -> None:
    code, output = ran(tmp_path, "verbal")
    assert code == 2
    assert 'did you mean "verbali"?' in output
