"""When offices receive: against another calendar, and minute by minute."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import holidays
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from firmware.guide import hours, office_words
from firmware.guide.calendar import easter, is_holiday
from firmware.site.choices import Tongue
from firmware.site.guide_schema import Hours

IT, EN = Tongue.ITALIAN, Tongue.ENGLISH


def office(*week: str, **more: object) -> Hours:
    values = {
        "name": "l'ufficio verbali",
        "name_en": "the fines office",
        "week": list(week),
        **more,
    }
    return Hours.model_validate(values)


VERBALI = office("mon-fri 08:30-13:00", "tue 15:00-17:30", "thu 15:00-17:30")


@pytest.mark.parametrize("year", [*range(2002, 2060), 2099])
def test_holidays_are_those_of_another_implementation(year: int) -> None:
    # Theirs has the day of unity too, which is no day off, and 17 March 2011, which was one once.
    theirs = {
        day
        for day, name in holidays.Italy(years=year, language="en_US").items()
        if name != "National Unity Day"
    }
    if year == 2011:
        theirs.discard(date(2011, 3, 17))
    ours = {
        d
        for n in range(366)
        if (d := date(year, 1, 1) + timedelta(n)).year == year and is_holiday(d)
    }
    assert ours == theirs


def test_easter_of_known_years() -> None:
    known = {2023: (4, 9), 2024: (3, 31), 2025: (4, 20), 2008: (3, 23), 2038: (4, 25)}
    assert {year: (easter(year).month, easter(year).day) for year in known} == known


WEEK = st.lists(
    st.builds(
        lambda first, last, start, length: (
            f"{first}-{last} {start // 60:02}:{start % 60:02}"
            f"-{(start + length) // 60:02}:{(start + length) % 60:02}"
        ),
        st.sampled_from(["mon", "wed", "sat"]),
        st.sampled_from(["tue", "fri", "sun"]),
        st.integers(0, 23 * 60),
        st.integers(1, 60),
    ),
    min_size=1,
    max_size=3,
)
MOMENT = st.datetimes(
    datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2027-12-31")
).map(lambda at: at.replace(second=0, microsecond=0))


@settings(max_examples=60, deadline=None)
@given(week=WEEK, at=MOMENT)
def test_nothing_changes_before_the_next_change(week: list[str], at: datetime) -> None:
    place = office(*week, patron="06-24", closed=["08-10/08-21", "12-24/01-02"])
    change = hours.next_change(place, at)
    assert change is not None
    now = hours.is_open(place, at)
    assert hours.is_open(place, change) is not now
    minutes = int((change - at).total_seconds() // 60)
    for minute in [*range(min(minutes, 2000)), *range(2000, minutes, 15)]:
        assert hours.is_open(place, at + timedelta(minutes=minute)) is now


@pytest.mark.parametrize(
    ("at", "opens", "why"),
    [
        ("2023-03-29T08:29", False, "outside its hours"),
        ("2023-03-29T08:30", True, "mon-fri 08:30-13:00"),
        ("2023-03-29T13:00", False, "outside its hours"),
        ("2023-03-28T17:29", True, "tue 15:00-17:30"),
        ("2023-04-10T10:00", False, "public holiday"),  # Easter Monday
    ],
)
def test_the_verdict_says_why(at: str, opens: bool, why: str) -> None:
    verdict = hours.judge(VERBALI, datetime.fromisoformat(at))
    assert (verdict.receives, verdict.why) == (opens, why)


def test_next_opening_passes_over_easter_patron_and_closures() -> None:
    def opening(text: str, **more: object) -> str:
        place = office("mon-fri 08:30-13:00", **more)
        found = hours.next_opening(place, datetime.fromisoformat(text))
        return found.isoformat(timespec="minutes") if found else "never"

    assert opening("2023-04-07T13:00") == "2023-04-11T08:30"
    assert opening("2023-04-07T09:00") == "2023-04-11T08:30"
    assert opening("2025-06-23T14:00", patron="06-24") == "2025-06-25T08:30"
    assert opening("2026-12-23T14:00", closed=["12-24/01-06"]) == "2027-01-07T08:30"
    assert opening("2026-01-01T14:00", closed=["01-01/12-31"]) == "never"


@pytest.mark.parametrize(
    ("week", "said"),
    [
        (["mon-fri 08:30-13:00"], "dal lunedì al venerdì dalle otto e trenta alle tredici"),
        (["mon-fri 08:30-13:00", "tue 15:00-17:30", "thu 15:00-17:30"],
         ("il lunedì, il mercoledì e il venerdì dalle otto e trenta alle tredici; il martedì e "
          "il giovedì dalle otto e trenta alle tredici e dalle quindici alle diciassette e trenta")),
        (["sat-sun 01:00-12:30"], "il sabato e la domenica dall'una alle dodici e trenta"),
        (["fri-sun 20:00-24:00"], "dal venerdì alla domenica dalle venti a mezzanotte"),
        (["mon-sun 00:00-24:00"], "tutti i giorni ventiquattro ore su ventiquattro"),
    ],
)  # fmt: skip
def test_hours_in_correct_italian(week: list[str], said: str) -> None:
    assert office_words.hours(office(*week), IT) == f"L'ufficio verbali riceve {said}."


def test_hours_in_english() -> None:
    assert office_words.hours(VERBALI, EN) == (
        "The fines office is open Monday, Wednesday and Friday from eight thirty a m to one p m; "
        "Tuesday and Thursday from eight thirty a m to one p m "
        "and from three p m to five thirty p m."
    )


def test_email_is_read_and_spelt() -> None:
    place = office("mon 08:00-09:00", email="verbali.pm@comune.empoli.example")
    said = office_words.email(place, IT)
    assert "verbali punto pm chiocciola comune punto empoli punto example" in said
    assert "vu di Venezia, e di Empoli, erre di Roma" in said
    assert "at comune dot empoli dot example" in office_words.email(place, EN)


@given(at=MOMENT, ahead=st.integers(0, 300))
def test_every_day_has_words(at: datetime, ahead: int) -> None:
    for tongue in Tongue:
        names = office_words.day_names(tongue)
        assert all(
            names[key] for key in office_words.day_of(at + timedelta(days=ahead), at, tongue)
        )
