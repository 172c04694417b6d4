import csv
import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.calls.effects import CallAnswered, CallEnded, CallStarted, Direction
from firmware.calls.events import Party
from firmware.cli.app import application
from firmware.ops.records import Records
from tests.unit.cli.test_cutover import SITE

CONTRACT = '[contracts.sede]\nnumber = "sede"\nmonth_eur = 24.5\nprovider = "T & C"\n'


def run(*arguments: object):
    words = ["report", "numbers", *map(str, arguments)]
    return CliRunner().invoke(application(words), words)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "museo.toml").write_text(SITE + CONTRACT)
    records = Records(tmp_path / "calls.sqlite")
    at = datetime.now(UTC) - timedelta(days=90)
    for effect in (
        CallStarted("a", "cassa", Direction.IN, Party("0571", "Rossi")),
        CallAnswered("a"),
        CallEnded("a", 200, "OK"),
    ):
        records.apply(effect, wall_time=at).result(5)
        at += timedelta(minutes=1)
    records.close()
    return tmp_path


def test_a_number_at_rest_can_be_ended_and_the_saving_is_told(state: Path) -> None:
    result = run("--site", state / "museo.toml", "--state", state)
    assert result.exit_code == 0
    assert "can be ended" in result.stdout
    assert "saves 24.50 € a month" in result.stdout


def test_json_csv_and_page_say_the_same(state: Path) -> None:
    table, page = state / "out.csv", state / "out.html"
    where = ("--site", state / "museo.toml", "--state", state, "--csv", table, "--page", page)
    content = json.loads(run(*where, "--json").stdout)
    assert content["schema"] == "derivato.report-numbers/1"
    (number,) = content["numbers"]
    assert (number["calls_in"], number["talked_minutes"], number["verdict"]) == (1, 1.0, "end")
    with table.open(newline="") as file:
        (line,) = csv.DictReader(file)
    assert line["because"] == number["because"]
    text = page.read_text()
    assert "si può disdire" in text
    assert "T &amp; C 24,50 € al mese" in text
    body = text.partition("<body>")[2].removesuffix("</body></html>\n")
    ET.fromstring(f"<body>{body}</body>")


def test_longer_patience_is_not_met_yet(state: Path) -> None:
    result = run("--site", state / "museo.toml", "--state", state, "--quiet-days", 120, "--json")
    assert json.loads(result.stdout)["numbers"][0]["verdict"] == "keep"


def test_without_records_there_is_no_report(state: Path, tmp_path: Path) -> None:
    result = run("--site", state / "museo.toml", "--state", tmp_path / "none")
    assert result.exit_code == 2
    assert "--state" in result.stderr
