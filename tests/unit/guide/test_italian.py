"""Numbers and times in words, against a second implementation: that of espeak-ng."""

import re
import shutil
import subprocess

import hypothesis.strategies as st
import pytest
from hypothesis import given
from num2words import num2words

from firmware.guide import english, italian


def sounds(words: list[str]) -> list[str]:
    """How espeak-ng pronounces each of ``words``, without stress, length and vowel colour."""
    command = ["espeak-ng", "-v", "it", "-q", "-x", "\n\n".join(words)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    plain = re.sub(r"[':_2@\-]", "", said.replace("*", "r")).lower()
    return plain.translate(str.maketrans("zjmu", "sinw")).split()


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is not installed")
def test_numbers_are_those_that_the_synthesiser_reads():
    numbers = range(100)
    digits, words = (
        sounds([str(n) for n in numbers]),
        sounds([italian.cardinal(n) for n in numbers]),
    )
    assert len(set(digits)) == 100, "the comparison tells every number from every other"
    assert words == digits


def test_where_vowels_meet_and_where_the_accent_stands():
    assert [italian.cardinal(n) for n in (21, 23, 28, 33, 58)] == [
        "ventuno", "ventitré", "ventotto", "trentatré", "cinquantotto",
    ]  # fmt: skip


@pytest.mark.parametrize("number", [-1, 100])
def test_other_numbers_are_refused(number):
    with pytest.raises(ValueError, match="from 0 to 99"):
        italian.cardinal(number)


def test_hours_with_their_articles():
    assert [italian.at_hour(h) for h in (0, 1, 6, 12, 21)] == [
        "a mezzanotte", "all'una", "alle sei", "a mezzogiorno", "alle ventuno",
    ]  # fmt: skip
    assert [italian.is_hour(h) for h in (0, 1, 6, 12, 21)] == [
        "è mezzanotte", "è l'una", "sono le sei", "è mezzogiorno", "sono le ventuno",
    ]  # fmt: skip
    assert [italian.past(m) for m in (1, 5, 30)] == ["e un minuto", "e cinque", "e trenta"]


@given(st.text("0123456789", min_size=1, max_size=20))
def test_numbers_are_read_in_groups_and_whole(number):
    groups = italian.groups(number)
    assert "".join(groups) == number
    assert all(len(group) in (2, 3, 4) for group in groups) or len(number) == 1


@given(st.ip_addresses())
def test_addresses_are_read_in_groups_and_whole(address):
    groups = italian.groups(str(address))
    assert "".join(groups) == str(address)
    assert all(sign in italian.SIGNS for group in groups for sign in group)


def test_numbers_are_those_of_another_implementation():
    for number in range(100):
        assert italian.cardinal(number) == num2words(number, lang="it")
        assert english.cardinal(number) == num2words(number, lang="en")


def test_dates_with_their_articles():
    said = [italian.day_of_month(day) for day in (1, 2, 8, 11, 23)]
    assert said == ["il primo", "il due", "l'otto", "l'undici", "il ventitré"]


@given(st.from_regex(r"[a-z0-9._-]{1,20}", fullmatch=True))
def test_every_sign_of_an_address_is_spelt(text):
    assert len(italian.spelt(text).split(", ")) == len(text)
    assert len(english.spelt(text).split(", ")) == len(text)
