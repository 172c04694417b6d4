import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.calls.patterns import Fit, pattern


@pytest.mark.parametrize(
    ("text", "digits", "fit"),
    [
        ("6xx", "", Fit.PART),
        ("6xx", "61", Fit.PART),
        ("6xx", "611", Fit.WHOLE),
        ("6xx", "6111", Fit.NO),
        ("6xx", "7", Fit.NO),
        ("899.", "89", Fit.PART),
        ("899.", "899", Fit.WHOLE),
        ("899.", "899123", Fit.WHOLE),
        (".", "", Fit.WHOLE),
        ("11[2-57]", "116", Fit.NO),
        ("11[2-57]", "117", Fit.WHOLE),
        ("+39.", "+39", Fit.WHOLE),
        ("+39.", "039", Fit.NO),
        ("x", "*", Fit.NO),
    ],
)
def test_fit(text: str, digits: str, fit: Fit) -> None:
    assert pattern(text).fit(digits) is fit


def test_begins_ends_with_the_pattern() -> None:
    assert pattern("899").begins("899123")
    assert not pattern("899").begins("89")


@given(
    st.from_regex(r"[0-3x]{1,4}\.?", fullmatch=True), st.from_regex(r"[0-3]{0,6}", fullmatch=True)
)
def test_it_agrees_with_regular_expressions(text: str, digits: str) -> None:
    """Another way to read the same pattern: `re`."""
    body = text.removesuffix(".").replace("x", "[0-9]")
    rest = "[0-9]*" if text.endswith(".") else ""
    whole = re.fullmatch(body + rest, digits)
    assert (pattern(text).fit(digits) is Fit.WHOLE) is bool(whole)
    part = any(
        re.fullmatch(body, digits + more)
        for more in _ends(len(text.removesuffix(".")) - len(digits))
    )
    if pattern(text).fit(digits) is Fit.PART:
        assert part
    elif not whole:
        assert not part


def _ends(length: int) -> list[str]:
    ends = [""] if length > 0 else []
    for _ in range(max(0, length)):
        ends = [end + digit for end in ends for digit in "0123"]
    return ends
