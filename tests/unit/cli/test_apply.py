import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.cli.app import application
from tests.unit.ops.test_configuration import SECRETS, site


def run(*arguments: object, **options: object):
    words = list(map(str, arguments))
    return CliRunner().invoke(application(words), words, **options)


@pytest.fixture
def box(tmp_path: Path):
    """Applies with the options of a box that has no daemon."""
    where = ("--config", tmp_path / "config")
    silent = ("--socket", tmp_path / "none.sock")
    file = tmp_path / "nido.toml"

    def act(command: str, *arguments: object, n: int | None = None, **options: object):
        if n is not None:
            file.write_bytes(site(n))
            secrets = tmp_path / "nido.secrets.toml"
            secrets.touch(mode=0o600)
            secrets.write_bytes(SECRETS)
            arguments = (file, *arguments)
        more = silent if command in ("apply", "rollback") else ()
        return run(command, *arguments, *where, *more, **options)

    return act


def test_apply_says_what_changes_and_that_no_daemon_took_it(box) -> None:
    box("apply", n=21)
    result = box("apply", "--diff", n=22)
    assert result.exit_code == 0
    assert 'lines.cucina.extension: "21" → "22"' in result.stdout
    assert "version 2 is in force; the daemon does not run" in result.stdout
    assert "nothing to do" in box("apply", n=22).stdout


def test_check_changes_nothing(box) -> None:
    box("apply", n=21)
    assert 'site.name: "Nido 21" → "Nido 22"' in box("apply", "--check", n=22).stdout
    assert "no difference" in box("apply", "--check", n=21).stdout
    assert len(json.loads(box("history", "--json").stdout)["versions"]) == 1


def test_confirm_and_rollback(box) -> None:
    box("apply", n=21)
    result = box("apply", "--confirm-within", "10m", "--json", n=22)
    content = json.loads(result.stdout)
    assert (content["version"], content["confirm_within_s"]) == (2, 600)
    assert "waits for confirmation" in box("history").stdout
    assert box("apply", n=23).exit_code == 1
    assert "version 2 is confirmed" in box("confirm").stdout
    assert box("confirm").exit_code == 1
    assert "version 1 is in force again" in box("rollback", 1).stdout
    assert box("rollback", 7).exit_code == 1


def test_problems_are_told_at_the_file_that_was_given(box, tmp_path: Path) -> None:
    box("apply", n=21)
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[site]\nid = 5\n")
    result = box("apply", wrong)
    assert result.exit_code == 2
    assert f"{wrong}:2: site.id" in result.stderr
    assert ".new-" not in result.stderr


def test_a_site_comes_from_standard_input_and_secrets_stay(box) -> None:
    box("apply", n=21)
    assert box("apply", "-", input=site(24)).exit_code == 0
    assert box("apply", "-", input=b"\xff\xfe").exit_code == 2


def test_a_time_that_is_none_and_a_file_that_is_not_there(box) -> None:
    assert box("apply", "--confirm-within", "soon", n=21).exit_code == 2
    assert box("apply", "/nowhere.toml").exit_code == 2
