"""The signed directory of neighbours: what is trusted, what never is."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from firmware.cli.app import application
from firmware.site.directory import load_directory, sign_directory
from firmware.site.problems import SiteError
from firmware.site.seal import seal_file
from tests.neighbours import authority, certificate, entry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    nido, _ = certificate(tmp_path, "nido", "192.0.2.1")
    museo, _ = certificate(tmp_path, "museo", "192.0.2.2")
    text = entry("nido", "192.0.2.1", "2x", nido) + entry("museo", "192.0.2.2:5071", "31", museo)
    (tmp_path / "directory.toml").write_text(text)
    authority(tmp_path)
    return tmp_path


def files(folder: Path) -> tuple[Path, Path, Path]:
    return folder / "directory.toml", folder / "authority.key", folder / "authority.pub"


def problems(folder: Path, text: str) -> str:
    path, private, _ = files(folder)
    path.write_text(text)
    with pytest.raises(SiteError) as error:
        sign_directory(path, private)
    return str(error.value)


def test_a_directory_is_read_as_it_was_signed(folder: Path) -> None:
    path, private, public = files(folder)
    sign_directory(path, private)
    sites = load_directory(path, public)
    assert list(sites) == ["nido", "museo"]
    assert [str(each.server) for each in sites.values()] == ["192.0.2.1:5061", "192.0.2.2:5071"]
    told = subprocess.run(
        ["openssl", "x509", "-in", folder / "museo.pem", "-noout", "-fingerprint", "-sha256"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    digits = told.stdout.strip().partition("=")[2].replace(":", "").lower()
    assert sites["museo"].fingerprint == digits


def test_openssl_finds_the_signature_right(folder: Path) -> None:
    path, private, public = files(folder)
    sign_directory(path, private)
    words = ["pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", path]
    subprocess.run(["openssl", *words, "-sigfile", seal_file(path)], check=True)


def test_an_unsigned_directory_is_refused(folder: Path) -> None:
    path, _, public = files(folder)
    with pytest.raises(SiteError, match="is not signed"):
        load_directory(path, public)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.data())
def test_no_changed_directory_is_ever_read(folder: Path, data: st.DataObject) -> None:
    path, private, public = files(folder)
    if not seal_file(path).exists():
        sign_directory(path, private)
    right = {each: each.read_bytes() for each in (path, seal_file(path))}
    which = data.draw(st.sampled_from(list(right)))
    place = data.draw(st.integers(0, len(right[which]) - 1))
    changed = bytearray(right[which])
    changed[place] ^= 1 << data.draw(st.integers(0, 6))
    which.write_bytes(changed)
    try:
        with pytest.raises(SiteError):
            load_directory(path, public)
    finally:
        which.write_bytes(right[which])


def test_somebody_elses_signature_is_refused(folder: Path) -> None:
    path, _, public = files(folder)
    stranger, _ = authority(folder, "stranger")
    sign_directory(path, stranger)
    with pytest.raises(SiteError, match="signed by somebody else"):
        load_directory(path, public)


def test_what_is_not_a_key_signs_nothing_and_vouches_for_nothing(folder: Path) -> None:
    path, private, public = files(folder)
    with pytest.raises(SiteError, match="not a private Ed25519 key"):
        sign_directory(path, public)
    sign_directory(path, private)
    with pytest.raises(SiteError, match="not a public Ed25519 key"):
        load_directory(path, folder / "nido.pem")


def test_what_is_wrong_is_said_before_it_is_signed(folder: Path) -> None:
    nido, text = folder / "nido.pem", (folder / "directory.toml").read_text()
    assert "unknown section" in problems(folder, f"[site]\n{text}")
    assert "describe each site" in problems(folder, "")
    assert "is not for 192.0.2.9" in problems(folder, entry("nido", "192.0.2.9", "2x", nido))
    twice = entry("nido", "192.0.2.1", "2x", nido) + entry("scuola", "192.0.2.1", "4x", nido)
    assert "is also that of nido" in problems(folder, twice)
    maker, _ = certificate(folder, "maker", "192.0.2.1", ca=True)
    assert "could stand for other" in problems(folder, entry("nido", "192.0.2.1", "2x", maker))
    (folder / "two.pem").write_text(nido.read_text() * 2)
    two = entry("nido", "192.0.2.1", "2x", folder / "two.pem")
    assert "could stand for other" in problems(folder, two)
    assert not seal_file(folder / "directory.toml").exists()


def ran(*words: object) -> tuple[int, str]:
    arguments = ["directory", *map(str, words)]
    result = CliRunner().invoke(application(arguments), arguments)
    return result.exit_code, result.output


def test_the_commands_sign_verify_and_show(folder: Path) -> None:
    path, private, public = files(folder)
    assert ran("verify", path, "--key", public)[0] == 2
    assert ran("sign", path, "--key", private) == (0, f"{seal_file(path)}: 2 sites signed\n")
    assert ran("verify", path, "--key", public) == (0, f"{path}: ok: signed, 2 sites\n")
    code, output = ran("show", path, "--key", public, "--json")
    assert code == 0
    told = json.loads(output)
    assert told["schema"] == "derivato.directory/1"
    assert told["sites"][1]["address"] == "192.0.2.2:5071"
    assert "museo" in ran("show", path, "--key", public)[1]
    path.write_text(path.read_text().replace("192.0.2.2", "192.0.2.3"))
    assert ran("verify", path, "--key", public)[0] == 2
    assert ran("show", path, "--key", public)[0] == 2
