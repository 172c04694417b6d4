"""Which old line can be given up: judged from the calls, never from what was not observed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from firmware.cutover.usage import NumberUse, Use, Verdict, numbers_used, saved_month_eur
from tests.unit.cutover.plans import building

TODAY = date(2023, 9, 1)
QUIET = timedelta(days=60)
CONTRACTS = {"sede": {"number": "sede", "month_eur": 24.5}}


def call(day: date, *, line: str = "cassa", incoming: bool = True, peer: str | None = "1") -> Use:
    at = datetime(day.year, day.month, day.day, 10, 0, tzinfo=UTC)
    return Use(line, incoming, at, 30.0, peer)


def judge(*uses: Use, since: date | None = date(2023, 1, 1), **tables: object) -> NumberUse:
    site = building(**{"contracts": CONTRACTS, **tables})
    found = numbers_used(site, uses, observed_from=since, today=TODAY, quiet=QUIET)
    return next(each for each in found if each.name == "sede")


def test_a_number_at_rest_for_long_enough_can_be_ended() -> None:
    use = judge(call(date(2023, 3, 1)))
    assert (use.verdict, use.because) == (Verdict.END, "no call since 2023-03-01")
    assert saved_month_eur([use]) == 24.5


def test_a_number_that_never_rang_in_a_long_time_can_be_ended() -> None:
    assert judge().because == "no call from 2023-01-01 on"


def test_a_number_in_use_is_kept_whichever_line_and_direction() -> None:
    for each in (call(date(2023, 8, 1)), call(date(2023, 8, 1), line="ufficio", incoming=False)):
        assert judge(each).verdict is Verdict.KEEP


def test_what_was_not_observed_for_long_enough_is_not_judged() -> None:
    assert judge(since=date(2023, 8, 1)).verdict is Verdict.WATCH
    assert judge(since=None).verdict is Verdict.WATCH


def test_a_lift_is_kept_however_silent() -> None:
    contracts = {"sede": {"number": "sede", "month_eur": 9.0, "keep": "ascensore"}}
    use = judge(contracts=contracts)
    assert (use.verdict, use.because) == (Verdict.KEEP, "ascensore")


def test_a_number_of_no_line_is_not_judged() -> None:
    site = building(contracts={"cell": {"number": "cell", "month_eur": 5.0}})
    found = numbers_used(site, [], observed_from=date(2023, 1, 1), today=TODAY, quiet=QUIET)
    (use,) = [each for each in found if each.name == "cell"]
    assert use.verdict is Verdict.WATCH


def test_callers_are_counted_once_and_withheld_numbers_not_at_all() -> None:
    day = date(2023, 3, 1)
    use = judge(call(day), call(day), call(day, peer="2"), call(day, peer=None))
    assert (use.calls_in, use.callers, use.months) == (4, 2, {"2023-03": (4, 0)})


def test_the_month_is_that_of_the_building() -> None:
    late = Use("cassa", True, datetime(2023, 2, 28, 23, 30, tzinfo=UTC), 0.0, None)
    assert set(judge(late).months) == {"2023-03"}


DAYS = st.dates(date(2023, 1, 1), TODAY)


@given(st.lists(DAYS), DAYS, st.integers(1, 300))
def test_nothing_that_was_used_within_the_quiet_time_is_ended(
    days: list[date], since: date, quiet: int
) -> None:
    site = building(contracts=CONTRACTS)
    found = numbers_used(
        site,
        [call(day) for day in days],
        observed_from=min([since, *days]),
        today=TODAY,
        quiet=timedelta(days=quiet),
    )
    use = next(each for each in found if each.name == "sede")
    used_lately = any(TODAY - day < timedelta(days=quiet) for day in days)
    assert (use.verdict is Verdict.KEEP) is used_lately
    if use.verdict is Verdict.END:
        assert TODAY - min([since, *days]) >= timedelta(days=quiet)
