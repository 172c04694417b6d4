"""What is shown is the whole site, readable as TOML and JSON, without its secrets."""

from __future__ import annotations

import json
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from firmware.site.explain import as_toml, explain
from firmware.site.load import load_site
from firmware.site.schema import SECTIONS, Site

TEXT = """\
[site]
id = "nido"
name = "Nido è \u2026"
time_zone = "Europe/Rome"
switchboard = "comune"
[numbers]
comune = "0571 7571"
[trunks.pbx]
servers = ["pbx.example:5061", "[2001:db8::1]:5061"]
register = "trunk"
user = "nido"
secret = "pbx"
accept_from = ["2001:db8::/32"]
[sip]
bind = "::"
[lines.a]
port = "fxs1"
extension = "610"
number = "comune"
distinctive = { "Chiamata interna" = "bellcore-dr2" }
[board]
name = "sim"
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    path, secrets = tmp_path / "nido.toml", tmp_path / "nido.secrets.toml"
    path.write_text(TEXT)
    secrets.touch(0o600)
    secrets.write_text('pbx = "hunter2"')
    return load_site(path, environment={})


def test_it_is_the_same_in_toml_and_json(site: Site) -> None:
    shown = explain(site)
    assert tomllib.loads(as_toml(shown)) == shown
    assert json.loads(json.dumps(shown)) == shown


def test_every_section_is_there_with_defaults_and_resolved_names(site: Site) -> None:
    shown = explain(site)
    optional = ("location", "cutover", "mail", "neighbours")
    assert tuple(shown) == tuple(name for name in SECTIONS if name not in optional)
    assert (
        len(SECTIONS) == len(fields(Site)) - 2
    )  # [lines] are of two kinds; a file tells the directory
    text = as_toml(shown)
    for part in (
        'switchboard = "+3905717571"',
        'servers = ["pbx.example:5061", "[2001:db8::1]:5061"]',
        "register_s = 300",
        'accept_from = ["2001:db8::/32"]',
        '[lines.a.distinctive]\n"Chiamata interna" = "bellcore-dr2"',
        'trunk = "pbx"',
        'time_zone = "Europe/Rome"',
        'name = "Nido è …"',
    ):
        assert part in text


def test_secrets_are_masked_wherever_a_site_is_written(site: Site) -> None:
    shown = explain(site)
    trunk = site.trunks["pbx"]
    for text in (
        as_toml(shown),
        json.dumps(shown),
        repr(site),
        str(site),
        repr(trunk),
        trunk.model_dump_json(),
        f"{trunk.secret}",
    ):
        assert "hunter2" not in text
    assert 'secret = "********"' in as_toml(shown)


def test_secrets_have_no_sections() -> None:
    assert tomllib.loads(as_toml({"lucchetto": "4711"})) == {"lucchetto": "4711"}
