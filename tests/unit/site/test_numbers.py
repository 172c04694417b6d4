"""Numbers are read in every way people write them and printed in one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.site.numbers import Number, display, parse
from firmware.site.problems import Wrong


@pytest.mark.parametrize(
    ("written", "e164", "in_italy", "abroad"),
    [
        ("0571 757707", "+390571757707", "0571 757707", "+39 0571 757707"),
        ("+39 0571 7571", "+3905717571", "0571 7571", "+39 0571 7571"),
        ("0039-0571-757707", "+390571757707", "0571 757707", "+39 0571 757707"),
        ("+39 366 9382534", "+393669382534", "366 9382534", "+39 366 9382534"),
        ("366/9382534", "+393669382534", "366 9382534", "+39 366 9382534"),
        ("06 0606", "+39060606", "06 0606", "+39 06 0606"),
        ("02.12345678", "+390212345678", "02 12345678", "+39 02 12345678"),
        ("055 123456", "+39055123456", "055 123456", "+39 055 123456"),
        ("010 1234567", "+390101234567", "010 1234567", "+39 010 1234567"),
        ("800 123456", "+39800123456", "800 123456", "+39 800 123456"),
        ("803 116", "+39803116", "803 116", "+39 803 116"),
        ("840 123456", "+39840123456", "840 123456", "+39 840 123456"),
        ("55 12345678", "+395512345678", "55 12345678", "+39 55 12345678"),
        ("+44 20 7946 0000", "+442079460000", "+442079460000", "+442079460000"),
        ("0044 20 7946 0000", "+442079460000", "+442079460000", "+442079460000"),
    ],
)
def test_reads_and_writes(written: str, e164: str, in_italy: str, abroad: str) -> None:
    number = parse(written)
    assert str(number) == e164
    assert display(number) == in_italy
    assert display(number, "de") == abroad


@pytest.mark.parametrize(
    ("written", "what", "remedy"),
    [
        ("+39 571 757707", "lacks its leading 0", "write 0571757707"),
        ("571757707", "lacks its leading 0", "write 0571757707"),
        ("390571757707", "country code without +", "write +390571757707"),
        ("393669382534", "country code without +", "write +393669382534"),
        ("0571", "has 4 digits", "6 to 11"),
        ("057112345678", "has 12 digits", "6 to 11"),
        ("3669382", "has 7 digits", "9 or 10"),
        ("800 12345", "has 8 digits", "800 and 6 more"),
        ("112", "short, emergency", "callers reach from anywhere"),
        ("+39 112", "short, emergency", "callers reach from anywhere"),
        ("1522", "short, emergency", "callers reach"),
        ("116117", "short, emergency", "callers reach"),
        ("899 123456", "premium-rate", "callers reach"),
        ("+0571757707", "not an international number", "none of them 0"),
        ("+12", "not an international number", "7 to 15"),
        ("+4420794600001234567", "not an international number", "7 to 15"),
        ("0571-CENTRALINO", "not a telephone number", "digits"),
        ("٠٥٧١٧٥٧٧٠٧", "not a telephone number", "digits"),
        ("(0571) 757707", "not a telephone number", "digits"),
        ("", "not a telephone number", "digits"),
        ("+", "not a telephone number", "digits"),
        ("0571757707\n", "not a telephone number", "digits"),
    ],
)
def test_refuses_with_a_remedy(written: str, what: str, remedy: str) -> None:
    with pytest.raises(Wrong) as error:
        parse(written)
    assert what in error.value.what
    assert remedy in error.value.remedy


NATIONAL = st.one_of(
    st.from_regex(r"0[0-9]{5,10}", fullmatch=True).filter(lambda n: not n.startswith("00")),
    st.from_regex(r"3[0-9]{8,9}", fullmatch=True),
)


@given(NATIONAL, st.sampled_from(["", "+39", "0039"]), st.sampled_from(["", " ", "-", ".", "/"]))
def test_every_way_of_writing_gives_the_same_number(
    national: str, prefix: str, separator: str
) -> None:
    written = separator.join([prefix, national[:4], national[4:]]).lstrip(" -./")
    number = parse(written)
    assert number == Number(f"+39{national}")
    assert parse(display(number)) == parse(display(number, "fr")) == number
    assert display(number).replace(" ", "") == national


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_wrong(text: str) -> None:
    try:
        number = parse(text)
    except Wrong:
        return
    assert number.e164[0] == "+"
    assert 7 <= len(number.digits) <= 15
    assert number.digits.isascii()
    assert number.digits.isdigit()
    assert parse(display(number)) == number
