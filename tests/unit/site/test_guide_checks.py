"""Menus, groups and offices that would lose a caller are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware.site.load import load_site
from firmware.site.problems import SiteError

GOOD = """\
[site]
id = "comando"
name = "Polizia municipale"
time_zone = "Europe/Rome"
[numbers]
comando = "0570 000 707"
[lines.a]
port = "fxs1"
extension = "610"
[board]
name = "sim"
[hours.verbali]
name = "l'ufficio verbali"
week = ["mon-fri 08:30-13:00", "tue 15:00-17:30"]
patron = "06-24"
closed = ["08-10/08-21", "2026-12-24"]
email = "verbali@comune.example"
[groups.verbali]
extension = "650"
members = ["a", "612"]
office = "verbali"
places = 5
overflow = "message verbali"
[menus.guida]
extension = "690"
numbers = ["comando"]
welcome = "Polizia municipale"
operator = "line a"
options.1 = { say = "i verbali", to = "group verbali" }
options.2 = { say = "gli orari", to = "hours verbali" }
[mail]
server = "posta.example"
sender = "voce@comune.example"
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "comando.toml"
    path.write_text(text)
    try:
        load_site(path, environment={})
    except SiteError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_a_good_guide_is_accepted(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"tue 15:00-17:30"', '"tue 12:00-17:30"', 'hours.verbali.week[1]: "tue 12:00-17:30" overlaps'),
        ('"tue 15:00-17:30"', '"tue 15:00-14:30"', "ends before it begins"),
        ("verbali@comune", "ufficio+verbali@comune", "can be spelt to callers"),
        ("verbali@comune", "Verbàli@comune", "can be spelt to callers"),
        ('"06-24"', '"02-30"', "is a day that does not exist"),
        ("08-10/08-21", "2026-08-21/2026-08-10", "ends before it begins"),
        ("08-10/08-21", "2026-08-10/08-21", "has a year on one side only"),
        ('"a", "612"', '"b", "612"', 'members[0]: "b" is not a line of this file'),
        ('"a", "612"', '"a", "a"', '"a" is there twice'),
        ('"group verbali"', '"group verbal"', 'options.1.to: "group verbal" leads nowhere; did you mean'),
        ('"group verbali"', '"menu altro"', '"menu altro" leads nowhere; there is only guida'),
        ('"group verbali"', '"gruppo verbali"', "is nowhere that a caller can be led; did you mean"),
        ('"hours verbali"', '"hours"', "has no name after it"),
        ('"hours verbali"', '"back verbali"', 'needs no name; write "back" alone'),
        ('"line a"', '"line b"', 'menus.guida.operator: "line b" leads nowhere'),
        ("options.1", "options.0", "is not a key for an option"),
        ('extension = "690"', 'extension = "610"', 'is that of line "a" too'),
        ('extension = "690"', 'extension = "11"', "begins like an emergency number"),
        ('office = "verbali"', 'office = "verball"', '"verball" is not an office of this file'),
        ('office = "verbali"', 'closed = "hang-up"', "is never used without office"),
        ('"message verbali"', '"menu guida"\n[groups.x]\nmembers = ["a"]\noverflow = "group x"', "groups.x: callers who do nothing are led in a circle"),
        ('email = "verbali@comune.example"', "", '"verbali" has no e-mail address'),
        ('[mail]\nserver = "posta.example"\nsender = "voce@comune.example"\n', "", "cannot be delivered"),
        ("sender =", 'security = "none"\nsender =', "would be readable on their way"),
        ("sender =", 'user = "voce"\nsender =', "mail.secret: is missing"),
        ("welcome =", 'languages = ["it", "en"]\nwelcome =', "say_en: is missing"),
        ("welcome =", 'languages = ["it", "en"]\nwelcome =', "welcome_en: is missing"),
        ('welcome = "Polizia', 'welcome = " Polizia', "cannot be spoken"),
    ],
)  # fmt: skip
def test_what_would_lose_a_caller_is_named(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in GOOD
    found = problems(tmp_path, GOOD.replace(old, new, 1))
    assert any(message in line for line in found), found


def test_a_menu_that_nobody_can_leave(tmp_path: Path) -> None:
    loop = """
[menus.uno]
options.1 = { say = "il due", to = "menu due" }
otherwise = "menu due"
[menus.due]
options.1 = { say = "l'uno", to = "menu uno" }
options.2 = { say = "gli orari", to = "hours verbali" }
otherwise = "again"
"""
    found = problems(tmp_path, GOOD + loop)
    assert any("menus.uno.options: no key leads out of this menu" in line for line in found), found
    assert any("menus.due.options: no key leads out" in line for line in found), found
