"""The Italian plan against itself, and against libphonenumber, which was made by others."""

from __future__ import annotations

import itertools

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata, PhoneNumberType, shortnumberinfo

from firmware.calls import italy
from firmware.calls.italy import PLAN, Basis, Range
from firmware.calls.numbering import normal
from firmware.calls.patterns import Fit, pattern
from firmware.site import numbers
from firmware.site.choices import ITALIAN_EMERGENCY, Category
from firmware.site.problems import Wrong

FIXED = [each for each in PLAN if not each.pattern.grows]
KINDS = {
    PhoneNumberType.MOBILE: {Category.MOBILE},
    PhoneNumberType.FIXED_LINE: {Category.NATIONAL},
    PhoneNumberType.TOLL_FREE: {Category.SERVICE},
    PhoneNumberType.SHARED_COST: {Category.SERVICE},
    PhoneNumberType.PREMIUM_RATE: {Category.PREMIUM},
    PhoneNumberType.PERSONAL_NUMBER: {Category.PREMIUM},
    PhoneNumberType.VOIP: {Category.NATIONAL},
}


def examples(each: Range, limit: int = 400) -> list[str]:
    """Numbers of a range: every one, or as many as there are places to vary first."""
    whole = itertools.product(*each.pattern.places)
    return ["".join(digits) for digits in itertools.islice(whole, limit)]


def spread(each: Range) -> list[str]:
    """Numbers of a range that differ in each place."""
    middle = ["".join(place[len(place) // 2] for place in each.pattern.places)]
    return [*(m[:-1] + d for m in middle for d in each.pattern.places[-1]), *examples(each, 50)]


@pytest.mark.parametrize("each", PLAN, ids=lambda each: each.digits)
def test_what_is_not_confirmed_waits_for_the_timer(each: Range) -> None:
    assert each.confirmed is not each.pattern.grows


@pytest.mark.parametrize("each", FIXED, ids=lambda each: each.digits)
def test_a_confirmed_range_is_complete_at_its_last_digit_only(each: Range) -> None:
    for number in spread(each):
        assert italy.complete(number) == each, number
        for length in range(1, len(number)):
            assert italy.complete(number[:length]) is None, number[:length]


def test_no_range_is_cut_short_by_another() -> None:
    """A whole number of one range never begins a more exact number of another."""
    for one, other in itertools.permutations(FIXED, 2):
        if one.pattern.literals > other.pattern.literals:
            continue  # the more exact one is meant
        for number in spread(one):
            assert other.pattern.fit(number) is not Fit.PART, (one, other)


def test_every_emergency_number_is_a_service_too() -> None:
    """A site may leave out most of the emergency numbers; they still leave at once."""
    for number in ITALIAN_EMERGENCY:
        found = italy.complete(number)
        assert found is not None
        assert found.category is Category.SERVICE


def _library(number: str) -> phonenumbers.PhoneNumber:
    return phonenumbers.parse(number, "IT")


def _short(number: str) -> bool:
    return shortnumberinfo.is_valid_short_number_for_region(
        phonenumbers.PhoneNumber(country_code=39, national_number=int(number)), "IT"
    )


@pytest.mark.parametrize(
    "each",
    [each for each in FIXED if each.basis in (Basis.LIBRARY, Basis.ISSUE)],
    ids=lambda e: e.digits,
)
def test_the_library_knows_each_range_that_rests_on_it(each: Range) -> None:
    known = 0
    for number in spread(each):
        if len(number) <= 6 and _short(number):
            known += 1
            continue
        valid = phonenumbers.is_valid_number(_library(number))
        if valid:
            known += 1
            assert each.category in KINDS[phonenumbers.number_type(_library(number))], number
    assert known, each


def test_the_library_has_no_longer_number_that_begins_like_a_whole_one() -> None:
    """Nothing that the library holds valid is cut off, but mailboxes of mobiles (11, 12 digits)."""
    for each in FIXED:
        if each.category in (Category.MOBILE, Category.INTERNATIONAL) or each.basis is Basis.ITU:
            continue
        for number in spread(each)[:20]:
            for more in ("0", "5", "00", "55", "000", "000000"):
                longer = number + more
                if longer.startswith("0"):
                    continue
                cut = phonenumbers.is_valid_number(_library(longer))
                assert not cut, (number, longer)


@pytest.mark.parametrize("length", [3, 4])
def test_short_numbers_of_the_library_leave_at_once_or_wait_but_are_never_cut(length: int) -> None:
    """Every short number that the library holds valid can be dialled to its end."""
    for digits in itertools.product("0123456789", repeat=length):
        number = "".join(digits)
        if number[0] != "1" or not _short(number):
            continue
        for shorter in range(1, length):
            assert italy.complete(number[:shorter]) is None, number


def test_three_digit_services_of_the_library_leave_at_once() -> None:
    known = {f"{n}" for n in range(100, 200) if _short(f"{n}")}
    waiting = {number for number in known if italy.complete(number) is None}
    # 100-109: also 10xx and 10xxx; 140-149: calls of sellers, 144… and 149… go on.
    assert {number[:2] for number in waiting} <= {"10", "14"}
    assert {"112", "119", "187", "190"} <= known - waiting


@given(
    st.one_of(
        st.from_regex(r"0[1-9][0-9]{4,9}", fullmatch=True),
        st.from_regex(r"3[0-9]{8,9}", fullmatch=True),
        st.from_regex(r"8[0-9]{5,8}", fullmatch=True),
        st.from_regex(r"55[0-9]{8}", fullmatch=True),
        st.from_regex(r"1[0-9]{8,9}", fullmatch=True),
    )
)
def test_the_library_tells_the_same_kind(number: str) -> None:
    parsed = _library(number)
    if not phonenumbers.is_valid_number(parsed) or parsed.country_code != 39:
        return
    if str(parsed.national_number) != number.lstrip("0"):
        return
    found = italy.find(number)
    assert found is not None
    assert found.category in KINDS[phonenumbers.number_type(parsed)] or found.digits == "0878."


@given(st.from_regex(r"[0358][0-9]{5,10}", fullmatch=True))
def test_what_a_site_file_accepts_as_a_number_can_be_dialled(number: str) -> None:
    try:
        whole = normal(numbers.parse(number).e164)
    except Wrong:
        return
    for length in range(1, len(whole)):
        cut = italy.complete(whole[:length])
        assert cut is None, (whole, cut)


def test_the_library_is_there_with_italy() -> None:
    assert PhoneMetadata.metadata_for_region("IT") is not None
    assert pattern("11[2-578]").places[2] == "234578"
