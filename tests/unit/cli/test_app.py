import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.cli import app
from firmware.cli.app import COMMANDS, application


def test_every_command_is_where_the_table_says() -> None:
    for name, (module, purpose) in COMMANDS.items():
        assert importlib.util.find_spec(module), module
        assert purpose.endswith(".")
        assert callable(getattr(importlib.import_module(module), name.replace("-", "_")))


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(application([command]), [command, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage" in result.stdout


def test_the_list_of_commands_is_shown_without_any() -> None:
    result = CliRunner().invoke(application([]), [])
    assert all(name in result.output for name in COMMANDS)


def test_a_command_whose_module_is_missing_breaks_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app, "COMMANDS", {**COMMANDS, "demo": ("firmware.cli.nowhere", "No.")})
    assert CliRunner().invoke(application(["hook", "-h"]), ["hook", "-h"]).exit_code == 0
    with pytest.raises(SystemExit) as ended:
        application(["demo"])
    assert ended.value.code == 1
    assert "firmware.cli.nowhere is not installed here" in capsys.readouterr().err


def test_checking_a_site_needs_no_pjsua2() -> None:
    script = (
        "import sys; sys.modules['pjsua2'] = None\n"
        "from firmware.cli.app import application\n"
        "application(['check'])"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_run_refuses_a_broken_site_with_every_problem(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text('[site]\nid = "X"\n[lines.a]\nport = "no"\n')
    words = ["run", "--site", str(site), "--socket", str(tmp_path / "s"), "--state", str(tmp_path)]
    result = CliRunner().invoke(application(words), words)
    assert result.exit_code == 2
    assert result.stderr.count(str(site)) > 3
    assert not (tmp_path / "s").exists()


def test_run_needs_a_site() -> None:
    assert CliRunner().invoke(application(["run"]), ["run"]).exit_code == 2
    words = ["run", "--site", "x", "--log-level", "chatty"]
    assert CliRunner().invoke(application(words), words).exit_code == 2
