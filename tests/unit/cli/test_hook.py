"""`derivato hook`: JSON contract, text, traces that cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from firmware.cli.hook import hook

app = typer.Typer()
app.command()(hook)

MS = 1_000_000
LIFT, DIAL_2, FLASH, HANG_UP = [0], [1000, 1060, 1100, 1160], [2000, 2100], [3000]


def trace(tmp_path: Path, *times_ms: int, title: str = "ns,level\n") -> Path:
    file = tmp_path / "trace.csv"
    rows = [f"{ms * MS},{1 - index % 2}\n" for index, ms in enumerate(times_ms)]
    file.write_text(title + "".join(rows))
    return file


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize(
    "title", ["", "ns,level\n", "time_ns, Level (1 closed)\n", "\ufeffns,level\n"]
)
def test_json(tmp_path: Path, title: str) -> None:
    result = run(trace(tmp_path, *LIFT, *DIAL_2, *FLASH, *HANG_UP, title=title), "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {
        "schema": "derivato.hook/1",
        "events": [
            {"at_ns": 130 * MS, "event": "off-hook"},
            {"at_ns": 1420 * MS, "event": "digit", "digit": "2"},
            {"at_ns": 2110 * MS, "event": "flash"},
            {"at_ns": 3250 * MS, "event": "on-hook"},
        ],
    }


def test_text(tmp_path: Path) -> None:
    result = run(trace(tmp_path, *LIFT, *DIAL_2, *FLASH, *HANG_UP))
    assert result.exit_code == 0
    assert [line.split("(")[0].split() for line in result.stdout.splitlines()] == [
        ["0.130000", "s", "off-hook"],
        ["1.420000", "s", "digit", "2"],
        ["2.110000", "s", "flash"],
        ["3.250000", "s", "on-hook"],
    ]
    assert "began 250.0 ms before" in result.stdout.splitlines()[-1]


@pytest.mark.parametrize(("profile", "event"), [("rotary", "digit"), ("both", "flash")])
def test_profile(tmp_path: Path, profile: str, event: str) -> None:
    result = run(trace(tmp_path, 0, 1000, 1085), "--profile", profile, "--json")
    assert json.loads(result.stdout)["events"][1]["event"] == event


def test_time_passes_after_the_last_edge(tmp_path: Path) -> None:
    result = run(trace(tmp_path, 0), "--json")
    assert [e["event"] for e in json.loads(result.stdout)["events"]] == ["off-hook"]


@pytest.mark.parametrize("text", ["", "ns,level\n", "\n\n", "ns,level\r\n0,0\r\n"])
def test_a_trace_without_events(tmp_path: Path, text: str) -> None:
    file = tmp_path / "t.csv"
    file.write_text(text, newline="")
    result = run(file, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["events"] == []


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("0,1\nx,0\n", 2, "ns: 'x' is not a time; write whole nanoseconds"),
        ("0,1\n1.5,0\n", 2, "ns: '1.5' is not a time"),
        ("0,1\n1e9,0\n", 2, "ns: '1e9' is not a time"),
        ("0,1\n" + "9" * 30 + ",0\n", 2, "ns: "),
        ("0,1\n5,2\n", 2, "level: '2' is no level; write 1 (closed) or 0 (open)"),
        ("0,1\n5\n", 2, "columns: 1 of them; write ns,level"),
        ("0,1,2\n", 1, "columns: 3 of them"),
        ("level,ns\n1,0\n", 1, "ns: 'level' is not a time"),
        ("ns,level\n10,1\n\n9,0\n", 4, "ns: goes back in time; sort the lines by time"),
        ("ns,level\nns,level\n", 2, "ns: 'ns' is not a time"),
        ("0;1\n", 1, "columns: 1 of them"),
        ("\ufffd\x00,1\n", 1, "ns: "),
    ],
)
def test_bad_traces(tmp_path: Path, text: str, where: int, what: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text)
    result = run(file, "--json")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"{file}:{where}: {what}")
    assert result.stderr.count("\n") == 1


def test_no_file(tmp_path: Path) -> None:
    result = run(tmp_path / "none.csv")
    assert result.exit_code == 2
    assert result.stderr == f"{tmp_path / 'none.csv'}: cannot be read: No such file or directory; check the path\n"  # fmt: skip


def test_not_text(tmp_path: Path) -> None:
    file = tmp_path / "noise.csv"
    file.write_bytes(b"\xff\xfe\x00\x80")
    result = run(file)
    assert result.exit_code == 2
    assert "is not text" in result.stderr
