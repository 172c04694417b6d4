"""`derivato listen`: JSON contract, text, picture, files that cannot be used."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from bench.signals_tones import CADENCES, cadence
from firmware.cli.listen import listen
from firmware.dsp.dtmf import render
from firmware.dsp.wav import write_wav

app = typer.Typer()
app.command()(listen)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "call.wav"
    busy = cadence(CADENCES["busy"], cycles=3.5)
    write_wav(path, np.concatenate([np.zeros(4000, np.int16), render("47"), busy]))
    return path


def test_json(file: Path) -> None:
    result = run(file, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["schema"] == "derivato.listen/1"
    assert [event["kind"] for event in report["events"]] == ["silence", "dtmf", "dtmf", "tone"]
    first = report["events"][1]
    assert set(first) >= {"at_ms", "for_ms", "kind", "digit", "level_dbm0", "confidence"}
    assert report["events"][3]["tone"] == "busy"


def test_text(file: Path) -> None:
    result = run(file)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 4
    assert "dtmf 4" in lines[1]
    assert "dBm0" in lines[1]
    assert "tone busy" in lines[3]


def test_picture(file: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "call.png"
    assert run(file, "--plot", picture).exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_picture_of_an_unknown_form(file: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    result = run(file, "--plot", tmp_path / "call.xyz")
    assert result.exit_code == 2
    assert "call.xyz" in result.stderr
    assert ".png" in result.stderr


def test_picture_without_matplotlib(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    result = run(file, "--plot", "x.png")
    assert result.exit_code == 2
    assert "matplotlib is not installed; install derivato[plot]" in result.stderr


def test_what_cannot_be_used(tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("not audio")
    empty = tmp_path / "empty.wav"
    write_wav(empty, np.zeros(0, np.int16))
    for path, why in (
        (text, "not a WAV file"),
        (empty, "is empty"),
        (tmp_path / "absent.wav", "No such file"),
        (tmp_path, "Is a directory"),
    ):
        result = run(path, "--json")
        assert result.exit_code == 2
        assert result.stdout == ""
        assert result.stderr.startswith(f"{path}: ")
        assert why in result.stderr


def test_unwritable_picture(file: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    result = run(file, "--plot", tmp_path / "absent" / "call.png")
    assert result.exit_code == 2
    assert "absent" in result.stderr
