"""No accepted site stands in the way of an emergency number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware.calls.dialplan import DialPlan, Verdict
from firmware.lines.ringing import DISTINCTIVE
from firmware.site.choices import RingCadence
from firmware.site.dial_checks import shadows
from firmware.site.load import load_site
from firmware.site.problems import SiteError

DIGITS = st.sampled_from("0112356789x")
PATTERNS = st.builds(
    lambda body, more: "".join(body) + more,
    st.lists(DIGITS, min_size=1, max_size=5),
    st.sampled_from(["", "", "."]),
)
SITE = """\
[site]
id = "a"
name = "A"
time_zone = "Europe/Rome"
[lines.a]
port = "fxs1"
extension = {extension}
[board]
name = "sim"
[dialplan]
internal = {internal}
blocked = {blocked}
outside_prefix = {prefix}
[emergency]
numbers = {numbers}
"""
CORE = ["112", "113", "115", "118"]


@settings(
    max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    internal=st.lists(PATTERNS, max_size=2),
    blocked=st.lists(PATTERNS, max_size=2),
    prefix=st.sampled_from(["", "", "0", "1", "9", "11"]),
    extension=st.from_regex(r"[1-9][0-9]{0,3}", fullmatch=True),
    more=st.lists(st.from_regex(r"1[0-9]{2,5}", fullmatch=True), max_size=2, unique=True),
)
def test_whatever_check_accepts_an_emergency_number_leaves_at_its_last_digit(
    tmp_path: Path,
    internal: list[str],
    blocked: list[str],
    prefix: str,
    extension: str,
    more: list[str],
) -> None:
    path = tmp_path / "a.toml"
    fields = {
        "internal": internal,
        "blocked": blocked,
        "prefix": prefix,
        "extension": extension,
        "numbers": [*CORE, *more],
    }
    path.write_text(SITE.format(**{key: json.dumps(value) for key, value in fields.items()}))
    try:
        site = load_site(path, environment={})
    except SiteError:
        return
    plan = DialPlan(
        internal=(*site.dialplan.internal, site.lines["a"].extension),
        blocked=site.dialplan.blocked,
        outside_prefix=site.dialplan.outside_prefix,
        emergency=site.emergency.numbers,
    )
    for number in site.emergency.numbers:
        for length in range(1, len(number)):
            assert plan.decide(number[:length]).verdict is Verdict.MORE, (number, length)
        assert plan.decide(number).verdict is Verdict.COMPLETE
        assert plan.decide(number).number == number


@pytest.mark.parametrize(
    ("pattern", "number", "expected"),
    [
        ("112", "112", True),
        ("11", "112", True),
        ("1x2", "112", True),
        ("1.", "112", True),
        ("xxx.", "112", True),
        ("1121", "112", False),
        ("112.", "112", True),
        ("113", "112", False),
        ("899.", "112", False),
    ],
)
def test_shadows(pattern: str, number: str, expected: bool) -> None:
    assert shadows(pattern, number) is expected


def test_this_property_can_fail() -> None:
    """The plan really refuses what is blocked, but what may become an emergency number."""
    assert DialPlan(blocked=("11",), emergency=()).decide("11").verdict is Verdict.REFUSED
    assert DialPlan(blocked=("11",)).decide("11").verdict is Verdict.MORE


def test_every_cadence_that_is_accepted_can_be_rung() -> None:
    assert set(RingCadence) == set(DISTINCTIVE)
