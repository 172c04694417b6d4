import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.cli.app import application
from firmware.site.explain import as_toml, explain
from tests.unit.cutover.plans import building

SITE = """\
[site]
id = "museo"
name = "Museo del Vetro"
time_zone = "Europe/Rome"
[numbers]
sede = "0571 76714"
[trunks.vecchio]
servers = ["192.0.2.1"]
[trunks.nuovo]
servers = ["192.0.2.2"]
[lines.cassa]
port = "fxs1"
extension = "670"
number = "sede"
trunk = "vecchio"
[board]
name = "sim"
"""
PLAN = """\
[cutover]
at = "2023-03-29 09:30"
expected_by = "2023-03-29 11:00"
old_trunk = "vecchio"
new_trunk = "nuovo"
"""


def run(*arguments: object):
    words = ["cutover", *map(str, arguments)]
    return CliRunner().invoke(application(words), words)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "museo.toml"
    path.write_text(SITE + PLAN + '[[cutover.numbers]]\nold = "sede"\n')
    return path


def test_a_whole_plan_is_drawn(file: Path, tmp_path: Path) -> None:
    result = run("plan", file, "--svg", tmp_path / "plan.svg")
    assert result.exit_code == 0
    assert "▼09:30 off" in result.stdout
    assert "Not covered" not in result.stdout
    assert (tmp_path / "plan.svg").read_text().startswith("<svg")


def test_what_is_open_fails_and_is_listed(file: Path) -> None:
    file.write_text(SITE + PLAN)
    result = run("plan", file, "--json")
    assert result.exit_code == 1
    (site,) = json.loads(result.stdout)["sites"]
    assert [each["about"] for each in site["not_covered"]] == ["lines.cassa"]


def test_a_file_without_plan_and_a_wrong_one_are_bad_input(file: Path) -> None:
    file.write_text(SITE)
    assert run("plan", file).exit_code == 2
    file.write_text(SITE + PLAN.replace("11:00", "9:00"))
    result = run("plan", file)
    assert result.exit_code == 2
    assert "cutover.expected_by: is not after" in result.stderr


def test_check_shows_the_plan() -> None:
    assert "[cutover]" in as_toml(explain(building()))
