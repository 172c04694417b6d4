"""`derivato check`: exit codes, what goes where, JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from firmware.cli.check import check

GOOD = """\
[site]
id = "a"
name = "Nido"
time_zone = "Europe/Rome"
[trunks.pbx]
servers = ["pbx.example"]
user = "a"
secret = "pbx"
[lines.a]
port = "fxs1"
extension = "610"
[board]
name = "sim"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("good", GOOD), ("bad", GOOD.replace("fxs1", "fxs9") + "nome = 1\n")):
        (tmp_path / f"{name}.toml").write_text(text)
        (tmp_path / f"{name}.secrets.toml").touch(0o600)
        (tmp_path / f"{name}.secrets.toml").write_text('pbx = "hunter2"')
    return tmp_path


def run(*arguments: object) -> tuple[int, str, str]:
    app = typer.Typer()
    app.command()(check)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "hunter2" not in result.output
    return result.exit_code, result.stdout, result.stderr


def test_a_good_file(folder: Path) -> None:
    good = folder / "good.toml"
    assert run(good) == (0, f"{good}: ok: Nido, 1 line, 1 trunk\n", "")


def test_all_problems_of_all_files_and_what_is_good(folder: Path) -> None:
    good, bad, gone = (folder / f"{name}.toml" for name in ("good", "bad", "gone"))
    code, out, err = run(bad, good, gone)
    assert code == 2
    assert out == f"{good}: ok: Nido, 1 line, 1 trunk\n"
    off_board = 'lines.a.port: "fxs9" is not on the board, which ends at "fxs2"'
    remedy = "correct it, or set fxs under [board] for a simulated board"
    assert err.splitlines() == [
        f"{bad}:10: {off_board}; {remedy}",
        f'{bad}:14: board.nome: unknown key; did you mean "name"?',
        f"{gone}: does not exist; check the name",
    ]


def test_secrets_are_checked_with_their_site(folder: Path) -> None:
    code, out, _ = run(folder / "good.secrets.toml", folder / "good.toml")
    assert (code, out.count("\n")) == (0, 1)
    code, _, err = run(folder / "good.secrets.toml")
    assert code == 2
    assert "is a file of secrets; name the site file" in err


def test_show(folder: Path) -> None:
    code, out, _ = run("--show", folder / "good.toml")
    assert code == 0
    assert 'secret = "********"' in out
    assert "inter_digit_s = 3.0" in out


def test_json(folder: Path) -> None:
    code, out, err = run("--json", "--show", folder / "good.toml", folder / "bad.toml")
    assert (code, err) == (2, "")
    report = json.loads(out)
    assert report["schema"] == "derivato.check/1"
    good, bad = report["files"]
    assert (good["ok"], good["problems"]) == (True, [])
    assert good["site"]["trunks"]["pbx"]["secret"] == "********"
    assert bad["ok"] is False
    assert "site" not in bad
    assert [problem["line"] for problem in bad["problems"]] == [10, 14]
    assert set(bad["problems"][0]) == {"file", "line", "key", "what", "remedy"}


def test_no_file_is_a_usage_error() -> None:
    code, _, err = run()
    assert code == 2
    assert "FILE" in err
