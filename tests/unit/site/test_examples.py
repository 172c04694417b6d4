"""The buildings of the announcement are right, and so are their guides."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from firmware.guide.script import House, choices, texts
from firmware.site.choices import Tongue
from firmware.site.load import load_site, secrets_file

SITES = Path(__file__).parents[3] / "image" / "sites"
BUILDINGS = (
    "nido-stacciaburatta",
    "nido-valgardena",
    "nido-trovamici",
    "nido-casa-dei-canguri",
    "nido-melograno",
    "palazzo-delle-esposizioni",
    "museo-del-vetro",
    "polizia-municipale",
)


def test_all_are_there() -> None:
    assert sorted(path.stem for path in SITES.glob("*.toml")) == sorted(BUILDINGS)


@pytest.mark.parametrize("building", BUILDINGS)
def test_a_building_is_accepted_with_its_example_secrets(building: str, tmp_path: Path) -> None:
    path = Path(shutil.copy(SITES / f"{building}.toml", tmp_path))
    example = SITES / f"{building}.secrets.toml.example"
    if example.exists():
        Path(shutil.copy(example, secrets_file(path))).chmod(0o600)
    site = load_site(path, environment={})
    assert site.about.id == building
    assert site.about.switchboard == site.numbers["comune"]
    assert str(site.numbers["comune"]) == "+3905717571"


def test_no_two_lines_of_the_town_share_an_extension(tmp_path: Path) -> None:
    owners: dict[str, str] = {}
    for path in sorted(SITES.glob("*.toml")):
        copy = Path(shutil.copy(path, tmp_path))
        secrets_file(copy).touch(0o600)
        secrets_file(copy).write_text('pbx = "EXAMPLE"\n')
        for name, line in load_site(copy, environment={}).lines.items():
            owner = f"{path.stem}/{name}"
            assert owners.setdefault(line.extension, owner) == owner


@pytest.mark.parametrize("building", ["polizia-municipale", "museo-del-vetro"])
def test_a_guide_says_everything_in_both_languages(building: str) -> None:
    site = load_site(SITES / f"{building}.toml", environment={})
    house = House(site.menus, site.hours, site.groups)
    said = texts(house)
    for name, menu in site.menus.items():
        assert menu.languages == (Tongue.ITALIAN, Tongue.ENGLISH)
        for tongue in Tongue:
            for path in ((name,), (next(iter(site.menus)), name)):
                missing = [k for k in choices(house, path, tongue, welcome=True) if k not in said]
                assert not missing


def test_no_secret_is_in_the_repository() -> None:
    assert not list(SITES.glob("*.secrets.toml"))
    for path in SITES.glob("*.secrets.toml.example"):
        assert "EXAMPLE-not-a-password" in path.read_text()
