"""What a planned change means, what it leaves open, and how it is drawn."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.cutover.draw import as_svg, as_text
from firmware.cutover.plan import Colour, Panel, Row, Span, panels, uncovered
from firmware.site.problems import SiteError
from tests.unit.cutover.plans import building


def test_a_whole_plan_leaves_nothing_open() -> None:
    site = building()
    assert uncovered(site, site.cutover, [site]) == ()


def test_a_number_without_entry_is_named_with_its_line() -> None:
    site = building(numbers=[])
    (found,) = uncovered(site, site.cutover)
    assert found.about == "lines.cassa"
    assert "0571 76714" in found.what


def test_a_server_of_both_switchboards_is_named() -> None:
    both = {"servers": ["192.0.2.1", "192.0.2.2"]}
    site = building(trunks={"vecchio": both, "nuovo": {"servers": ["192.0.2.2"]}})
    assert [each.about for each in uncovered(site, site.cutover)] == ["trunks.nuovo"]


@pytest.mark.parametrize(
    ("at", "until", "clash"),
    [
        ("2023-03-29 10:59", "2023-03-29 12:00", True),
        ("2023-03-29 11:00", "2023-03-29 12:00", False),
        ("2023-03-29 08:00", "2023-03-29 09:30", False),
        ("2023-03-29 08:00", "2023-03-29 09:31", True),
    ],
)
def test_another_site_at_the_same_time_is_named(at: str, until: str, clash: bool) -> None:
    site, other = building(), building("nido", cutover={"at": at, "expected_by": until})
    assert bool(uncovered(site, site.cutover, [site, other])) is clash


def test_the_hours_have_a_gap_for_the_switchboard_that_the_lines_have_not() -> None:
    site = building()
    hours, days = panels(site, site.cutover)
    switchboard, *lines = hours.rows
    assert [span.colour for span in switchboard.spans] == [Colour.OLD, Colour.GAP, Colour.NEW]
    assert all(Colour.GAP not in {span.colour for span in row.spans} for row in lines)
    assert [row.label.strip() for row in days.rows] == ["0571 76714", "→ 0571 757700"]


@pytest.mark.parametrize(
    ("cutover", "key", "what"),
    [
        ({"expected_by": "2023-03-29 09:30"}, "expected_by", "is not after"),
        ({"at": "2023-03-26 02:30"}, "at", "does not exist"),
        ({"new_trunk": "vecchio"}, "new_trunk", "is the old trunk too"),
        ({"must_reach": ["casa"]}, "must_reach", "is not a line"),
        ({"at": "29/3/2023"}, "at", "is not a local time"),
        ({"numbers": [{"old": "sede", "new": "sede"}]}, "numbers", "is the old number"),
        ({"numbers": [{"old": "sede"}, {"old": "sede"}]}, "numbers", "old number of entry 1 too"),
        (
            {"numbers": [{"old": "sede", "beside_until": "2023-03-28"}]},
            "numbers",
            "before both numbers",
        ),
    ],
)
def test_a_plan_that_cannot_be_is_refused(cutover: dict[str, object], key: str, what: str) -> None:
    with pytest.raises(SiteError) as raised:
        building(cutover=cutover)
    (problem,) = raised.value.problems
    assert problem.key.startswith(f"cutover.{key}")
    assert what in problem.what


START = datetime(2023, 3, 29, 8, 0)  # noqa: DTZ001 - plans are in local time
MINUTES = st.integers(0, 239)


@given(st.lists(st.tuples(MINUTES, MINUTES, st.sampled_from(Colour)), max_size=4))
def test_whatever_the_spans_the_drawing_is_whole(
    spans: list[tuple[int, int, Colour]],
) -> None:
    made = tuple(
        Span(START + timedelta(minutes=min(a, b)), START + timedelta(minutes=max(a, b) + 1), c, "<")
        for a, b, c in spans
    )
    marks = ((START + timedelta(minutes=90), "9:30"), (START + timedelta(minutes=95), "9:35"))
    panel = Panel("a & b", START, START + timedelta(hours=4), (Row("<row>", made),), marks)
    ET.fromstring(as_svg([panel], "t"))
    assert all(len(line) <= 80 for line in as_text([panel], 80).splitlines())
