"""A site with neighbours: what must fit together, and what the box makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware import assembly
from firmware.sip.settings import Srtp, Transport
from firmware.site.directory import sign_directory
from firmware.site.load import load_site
from firmware.site.problems import SiteError
from firmware.site.schema import Site
from tests.neighbours import authority, certificate, entry

SITE = """\
[site]
id = "nido"
name = "Nido"
time_zone = "Europe/Rome"
[sip]
bind = "192.0.2.1"
tls_cert = "nido.pem"
tls_key = "nido.key"
[trunks.pbx]
servers = ["192.0.2.99"]
[lines.a]
port = "fxs1"
extension = "21"
[board]
name = "sim"
[neighbours]
directory = "directory.toml"
key = "authority.pub"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    text = ""
    for n, (name, numbers) in enumerate({"nido": "2x", "museo": "3x", "scuola": "4x"}.items(), 1):
        cert, _ = certificate(tmp_path, name, f"192.0.2.{n}")
        text += entry(name, f"192.0.2.{n}", numbers, cert)
    (tmp_path / "directory.toml").write_text(text)
    private, _ = authority(tmp_path)
    sign_directory(tmp_path / "directory.toml", private)
    return tmp_path


def site(folder: Path, old: str = "", new: str = "") -> Site:
    assert old in SITE
    (folder / "nido.toml").write_text(SITE.replace(old, new, 1))
    return load_site(folder / "nido.toml")


def test_the_other_sites_are_known_with_their_numbers(folder: Path) -> None:
    known = site(folder).directory
    assert {name: each.extensions for name, each in known.items()} == {
        "museo": ("3x",),
        "scuola": ("4x",),
    }


def test_neighbours_are_trusted_by_their_certificates_and_nothing_else(folder: Path) -> None:
    found = assembly.neighbours(site(folder))
    assert [each.neighbour for each in found] == ["museo", "scuola"]
    for each in found:
        assert (each.transport, each.srtp) == (Transport.TLS, Srtp.REQUIRED)
        assert not each.keys_in_clear
        assert each.accept_from == ()
        assert each.tls is not None
        assert each.tls.verify
        assert each.tls.clients
        pinned = (folder / "museo.pem").read_text() + (folder / "scuola.pem").read_text()
        assert each.tls.authorities == pinned
    assert len({each.fingerprint for each in found}) == 2
    assert len({each.tls for each in found}) == 1, "one listener serves all"


def test_without_the_section_there_are_none(folder: Path) -> None:
    alone = site(folder, SITE[SITE.index("[neighbours]") :])
    assert alone.directory == {}
    assert assembly.neighbours(alone) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('key = "authority.pub"\n', "", "neighbours.key: is missing"),
        ('directory = "directory.toml"\n', "", "neighbours.directory: is missing"),
        ('tls_cert = "nido.pem"\ntls_key = "nido.key"\n', "", "sip.tls_cert: is missing"),
        ('"nido.pem"\ntls_key = "nido', '"museo.pem"\ntls_key = "museo', "is not the certificate"),
        ('"authority.pub"\n', '"authority.pub"\nport = 5071\n', "the directory has 5061"),
        ('"192.0.2.99"]\n', '"192.0.2.99"]\ntransport = "tls"\n', "is the same as tls_port"),
        ('key = "authority.pub"', 'key = "nido.pem"', "is not a public Ed25519 key"),
    ],
)
def test_what_does_not_fit_is_said(folder: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(SiteError) as error:
        site(folder, old, new)
    assert says in str(error.value)


def test_a_changed_directory_is_not_taken(folder: Path) -> None:
    with (folder / "directory.toml").open("a") as file:
        file.write("\n")
    with pytest.raises(SiteError, match=r"directory\.toml: was changed"):
        site(folder)
