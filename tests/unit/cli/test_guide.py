"""`derivato guide`: what it says can be heard, and what it cannot say is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from firmware.cli.app import application
from firmware.dsp.loudness import active_level
from firmware.dsp.wav import read_wav, write_wav
from firmware.ops.messages import Messages

SITE = """\
[site]
id = "museo"
name = "Museo"
time_zone = "Europe/Rome"
[lines.a]
port = "fxs1"
extension = "610"
[board]
name = "sim"
[menus.guida]
extension = "690"
options.1 = { say = "la biglietteria", to = "line a" }
"""


def ran(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(application(words), [*words])
    return result.exit_code, result.output


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "museo.toml"
    path.write_text(SITE)
    return path


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is not installed")
@pytest.mark.parametrize("more", [[], ["--english"]])
def test_words_become_speech_at_one_level(tmp_path: Path, more: list[str]) -> None:
    out = tmp_path / "said.wav"
    code, output = ran("guide", "say", "Museo del Vetro, buongiorno.", "--out", str(out), *more)
    assert code == 0, output
    assert abs(active_level(read_wav(out).astype(np.float64)) + 16) < 1


def test_the_list_names_text_and_source(site: Path) -> None:
    (site.parent / "prompts").mkdir()
    write_wav(site.parent / "prompts" / "menu-guida-1.wav", np.zeros(800, np.int16))
    _, output = ran("guide", "prompts", "--site", str(site), "--json")
    listed = {each["key"]: each for each in json.loads(output)["prompts"]}
    assert listed["menu-guida-1"]["text"] == "Premere uno per la biglietteria."
    assert listed["menu-guida-1"]["source"].endswith("prompts/menu-guida-1.wav")


def test_what_cannot_be_said_is_named(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware.guide.synthesis.engine", lambda: None)
    code, output = ran("guide", "prompts", "--site", str(site))
    assert code == 1
    assert "menu-guida-1" in output
    assert "cannot be said; install espeak-ng" in output


def test_messages_are_listed_played_and_deleted(tmp_path: Path) -> None:
    there = Messages(tmp_path / "messages.sqlite")
    there.keep("verbali", number="3669382534", name=None, audio=b"\x01\x00" * 8000)
    there.keep("verbali", number=None, name=None, call_back="0571757")
    there.close()
    state = ("--state", str(tmp_path))
    _, output = ran("guide", "messages", "list", *state)
    assert "3669382534" in output
    assert "call back 0571757" in output
    out = tmp_path / "m.wav"
    assert ran("guide", "messages", "play", "1", "--out", str(out), *state)[0] == 0
    assert len(read_wav(out)) == 8000
    assert ran("guide", "messages", "play", "2", "--out", str(out), *state)[0] == 2
    assert ran("guide", "messages", "delete", "1", "--why", "asked for", *state)[0] == 0
    assert ran("guide", "messages", "delete", "1", "--why", "asked for", *state)[0] == 2
    listed = json.loads(ran("guide", "messages", "list", "--json", *state)[1])
    assert [each["id"] for each in listed["messages"]] == [2]
    assert listed["deletions"][0]["why"] == "asked for"


def test_a_place_without_messages_is_said(tmp_path: Path) -> None:
    assert ran("guide", "messages", "list", "--state", str(tmp_path))[0] == 2
