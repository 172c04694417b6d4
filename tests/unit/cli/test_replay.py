import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.cli.app import application
from tests.unit.ops.test_recording import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path)
    made.set("202")
    made.recorder.close()
    return made


def run(*arguments: object):
    words = ["replay", *map(str, arguments)]
    return CliRunner().invoke(application(words), words)


def test_it_tells_every_event_with_its_orders(house: House) -> None:
    result = run(house.file)
    assert result.exit_code == 0
    assert "    0.000 s  line-ready line=nido-1" in result.stdout
    assert "→ dial-leg leg=out1 line=nido-1 number=202" in result.stdout


def test_json_is_one_object(house: House) -> None:
    content = json.loads(run(house.file, "--json").stdout)
    assert content["schema"] == "derivato.replay/1"
    digits = [s for s in content["steps"] if s["event"]["kind"] == "line-digit"]
    assert [s["event"]["digit"] for s in digits] == ["2", "0", "2"]
    assert {o["kind"] for o in digits[-1]["orders"]} >= {"dial-leg", "call-started"}


def test_diff_is_content_when_all_is_the_same(house: House) -> None:
    result = run(house.file, "--diff")
    assert result.exit_code == 0
    assert "all as recorded" in result.stdout
    assert json.loads(run(house.file, "--diff", "--json").stdout)["same"] is True


def test_diff_names_the_first_difference(house: House) -> None:
    text = house.file.read_text()
    house.file.write_text(text.replace('"number": "202"', '"number": "203"'))
    result = run(house.file, "--diff")
    assert result.exit_code == 1
    assert "line-digit line=nido-1" in result.stdout
    assert "recorded: call-started" in result.stdout
    assert "number=203" in result.stdout
    assert "number=202" in result.stdout
    content = json.loads(run(house.file, "--diff", "--json").stdout)
    assert content["same"] is False
    assert content["first_difference"]["orders"] != content["first_difference"]["recorded"]


def test_another_site_gives_other_orders(house: House) -> None:
    text = house.site_file.read_text()
    text = text.replace('extension = "202"', 'extension = "203"')
    house.site_file.write_text(text.replace("[dialplan]\n", '[dialplan]\nblocked = ["202"]\n'))
    result = run(house.file, "--site", house.site_file, "--diff")
    assert result.exit_code == 1
    assert run(house.file, "--diff").exit_code == 0


def test_what_cannot_be_replayed_is_bad_input(house: House, tmp_path: Path) -> None:
    assert run(tmp_path / "none").exit_code == 2
    house.file.write_text(house.file.read_text().replace('"extension"', '"extensiom"'))
    result = run(house.file)
    assert result.exit_code == 2
    assert "name one with --site" in result.stderr
