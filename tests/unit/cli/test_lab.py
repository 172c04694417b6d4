import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.cli.app import application
from firmware.lab import runner
from firmware.lab.failure import Failure

GOOD = """\
[scenario]
name = "Lift"
site = {lines = {a = {port = "fxs1"}}}
[[step]]
actor = "phone.a"
do = "off-hook"
"""


def lab(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(application(["lab"]), ["lab", *words])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good.toml"
    file.write_text(GOOD)
    return file


def test_nothing_runs_while_one_file_is_wrong(
    tmp_path: Path, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "run", lambda *_, **__: pytest.fail("it ran"))
    bad, worse = tmp_path / "bad.toml", tmp_path / "none.toml"
    bad.write_text(GOOD + 'x = 1\n[[step]]\nactor = "who"\n')
    code, out, err = lab(str(good), str(bad), str(worse))
    assert (code, out) == (2, "")
    assert f"{bad}:7: step[0].x: unknown key" in err
    assert f"{bad}:9: step[1].actor" in err
    assert f"{worse}: does not exist" in err


@pytest.mark.parametrize("pbx", ["", "a b", "sip:", "http://x"])
def test_a_pbx_that_is_none_is_refused(good: Path, pbx: str) -> None:
    code, _, err = lab(str(good), "--pbx", pbx)
    assert code == 2
    assert "write host:port" in err


def test_a_scenario_that_cannot_start_fails_with_the_reason(
    tmp_path: Path, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise Failure("the switchboard starts", "no Italian voice")

    monkeypatch.setattr(runner.switchboard, "running", broken)
    report = tmp_path / "junit.xml"
    code, out, err = lab(str(good), "--junit", str(report), "--out", str(tmp_path), "--json")
    assert code == 1
    assert "no Italian voice" in err
    (scenario,) = json.loads(out)["scenarios"]
    assert (scenario["passed"], scenario["steps"]) == (False, [])
    assert "no Italian voice" in report.read_text()


def test_a_site_that_the_program_refuses_is_told_with_its_words(tmp_path: Path, good: Path) -> None:
    code, _, err = lab(str(good), "--pbx", "127.0.0.1:9", "--out", str(tmp_path / "out"))
    assert code == 1
    assert "the program ended with 2 at its start" in err
    assert "add a section [site]" in err
