"""`derivato board show`: every wire on paper, as a picture and for programs."""

import json
import xml.etree.ElementTree as ET

import pytest
from typer.testing import CliRunner

from firmware.cli.app import application
from hw.boards.load import FOLDER, names


def run(*words: str):
    return CliRunner().invoke(application(words), words)


def test_without_a_name_all_boards_are_listed():
    result = run("board", "show")
    assert result.exit_code == 0
    listed = json.loads(run("board", "show", "--json").stdout)
    assert listed["schema"] == "derivato.boards/1"
    assert [each["board"] for each in listed["boards"]] == list(names())


def test_a_board_is_shown_pin_by_pin_with_power_and_parts():
    shown = run("board", "show", "pi-1fxs-1fxo").stdout
    for words in (
        "SHK",
        "11 (GPIO17)",
        "divider",
        "74HCT",
        "never driven high",
        "2.33 A",
        "CX93010",
    ):
        assert words in shown


def test_a_board_is_drawn_and_told_to_programs(tmp_path):
    picture = tmp_path / "wires.svg"
    result = run("board", "show", "pi-2fxs-1fxo", "--svg", str(picture), "--json")
    told = json.loads(result.stdout)
    assert told["schema"] == "derivato.board/1"
    assert {wire["gpio"] for wire in told["wires"] if wire["port"] == "fxs1"} >= {17, 22, 23, 27}
    assert ET.parse(picture).getroot().tag.endswith("svg")


def test_a_description_of_ones_own_is_shown_or_its_mistakes_are_told(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text((FOLDER / "pi-1fxs-1fxo.toml").read_text())
    assert run("board", "show", str(own)).exit_code == 0
    own.write_text(own.read_text().replace("hook = 17", "hook = 22"))
    result = run("board", "show", str(own))
    assert result.exit_code == 2
    assert f"{own}:" in result.stderr
    assert "GPIO22 belongs to" in result.stderr


@pytest.mark.parametrize("words", [("no-such",), ("sim", "--svg", "/no/where.svg")])
def test_what_cannot_be_done_is_refused(words):
    result = run("board", "show", *words)
    assert result.exit_code == 2
    assert result.stderr
