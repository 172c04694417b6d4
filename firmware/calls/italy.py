"""The numbering plan of Italy, as ranges with their lengths. Pure, data.

The plan is set by the regulator (AGCOM 26/08/CIR, now 8/15/CIR); its text could not be read
here, so each range says what it rests on. Only ranges whose length is confirmed are complete at
their last digit; the others wait for the timer, which costs a pause but never cuts a number
short. Geographic numbers have 6 to 11 digits and always wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from firmware.calls.patterns import Fit, Pattern, pattern
from firmware.site.choices import Category


class Basis(Enum):
    """What a range rests on."""

    MINISTRY = "list of the Ministry of Economic Development, as reported in 2021"
    LIBRARY = "libphonenumber 9.0, which a test compares"
    ITU = "Recommendation of the ITU-T"
    ISSUE = "what the product is asked for, and libphonenumber 9.0"
    UNCONFIRMED = "known from use; length not confirmed"


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers of one kind; ``digits`` is a pattern of the number in national form."""

    digits: str
    category: Category
    what: str
    basis: Basis

    @property
    def pattern(self) -> Pattern:
        """The pattern, taken apart."""
        return pattern(self.digits)

    @property
    def confirmed(self) -> bool:
        """Whether its length is founded; if not, its pattern is open and waits for the timer."""
        return self.basis is not Basis.UNCONFIRMED


def _ranges(category: Category, what: str, basis: Basis, *digits: str) -> Iterator[Range]:
    return (Range(each, category, what, basis) for each in digits)


_SERVICE, _PREMIUM = Category.SERVICE, Category.PREMIUM
_LIBRARY, _MINISTRY, _UNCONFIRMED = Basis.LIBRARY, Basis.MINISTRY, Basis.UNCONFIRMED

PLAN: tuple[Range, ...] = (
    # 0: geographic, and the way abroad
    *_ranges(Category.NATIONAL, "geographic number", _UNCONFIRMED, "0."),
    *_ranges(Category.INTERNATIONAL, "international number", _UNCONFIRMED, "00."),
    *_ranges(  # 15 digits at most: ITU-T E.164 (11/2010) §6.2.1
        Category.INTERNATIONAL, "international number, 15 digits", Basis.ITU, "00" + "x" * 15
    ),
    *_ranges(  # 8 digits after 800: ITU-T E.169.1
        _SERVICE, "universal international free number", Basis.ITU, "00800xxxxxxxx"
    ),
    *_ranges(_PREMIUM, "mass calling", _UNCONFIRMED, "0878."),
    # 1: short and premium numbers
    *_ranges(_SERVICE, "service of decade 1", _UNCONFIRMED, "1.", "10.", "14.", "149."),
    *_ranges(_SERVICE, "emergency or public service", _MINISTRY, "11[2-578]"),
    *_ranges(_SERVICE, "European service of social value", _LIBRARY, "116xxx"),
    *_ranges(_SERVICE, "public service", _MINISTRY, "1500", "1515", "1518", "1522"),
    *_ranges(_SERVICE, "public service", _MINISTRY, "1525", "1530", "1533", "1544"),
    *_ranges(_SERVICE, "customer care", _LIBRARY, "119", "133", "139", "155", "159", "160"),
    *_ranges(_SERVICE, "customer care", _LIBRARY, "186", "187", "190", "191", "1482"),
    *_ranges(_SERVICE, "customer care", _LIBRARY, "192[2-9]", "194x", "19696"),
    *_ranges(_PREMIUM, "directory enquiries", _LIBRARY, "12xx"),
    *_ranges(_PREMIUM, "information at a price", _LIBRARY, "144xxxxxx", "16[346]xxxxxx"),
    *_ranges(_PREMIUM, "information at a price", _LIBRARY, "192[01]xx"),
    *_ranges(_PREMIUM, "personal or single number", _LIBRARY, "178xxxxxxx", "199xxxxxx"),
    # 3: mobile
    *_ranges(Category.MOBILE, "mobile number", _UNCONFIRMED, "3."),
    *_ranges(Category.MOBILE, "mobile number, ten digits", Basis.ISSUE, "3xxxxxxxxx"),
    # 4, 5, 7, 8
    *_ranges(_PREMIUM, "service of decade 4", _UNCONFIRMED, "4."),
    *_ranges(Category.NATIONAL, "number of decade 5", _UNCONFIRMED, "5."),
    *_ranges(Category.NATIONAL, "nomadic number, ten digits", _LIBRARY, "55xxxxxxxx"),
    *_ranges(_SERVICE, "access to the Internet", _UNCONFIRMED, "70."),
    *_ranges(_PREMIUM, "service of decade 8", _UNCONFIRMED, "8."),
    *_ranges(_SERVICE, "free number", _UNCONFIRMED, "80[03]."),
    *_ranges(_SERVICE, "free number", _LIBRARY, "800xxxxxx", "803xxx"),
    *_ranges(_SERVICE, "number at shared cost", _UNCONFIRMED, "84[0178]."),
    *_ranges(_SERVICE, "number at shared cost", _LIBRARY, "84[08]xxxxxx", "84[17]xxx"),
    *_ranges(_PREMIUM, "premium number", _UNCONFIRMED, "89."),
    *_ranges(_PREMIUM, "premium number", _LIBRARY, "892xxx", "893[04]xx", "8938xxxxxx"),
    *_ranges(_PREMIUM, "premium number", _LIBRARY, "894[0-4]xx", "894[5-9]xxxx"),
    *_ranges(_PREMIUM, "premium number", _LIBRARY, "895[0-4]xx", "895[5-9]xxxxxx", "899xxxxxx"),
)
"""Every range; 2, 6, 7 (but 70) and 9 are reserved, so such numbers are the switchboard's own."""


def find(number: str) -> Range | None:
    """The range that describes the digits of ``number`` (national form) most exactly."""
    fitting = [each for each in PLAN if each.pattern.fit(number) is Fit.WHOLE]
    return max(fitting, key=_exactness, default=None)


def complete(number: str) -> Range | None:
    """The range by which ``number`` cannot grow any more, or None while it can."""
    found = find(number)
    if found is None or found.pattern.grows:
        return None
    growing = (each for each in PLAN if each.pattern.fit(number) is Fit.PART)
    return None if any(_exactness(each) >= _exactness(found) for each in growing) else found


def _exactness(each: Range) -> tuple[int, int]:
    return each.pattern.literals, -each.pattern.grows
