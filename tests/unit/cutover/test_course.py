"""The change switches at its time, settles only on proof, and goes back only when agreed."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from firmware.cutover.course import Checked, Course, Ordered, Phase, step, trunk_in_use
from tests.unit.cutover.plans import building

SITE = building(cutover={"settle_s": 60, "back_after_s": 120})
PLAN = SITE.cutover
assert PLAN is not None
AT, EXPECTED = PLAN.at, PLAN.expected_by
SECOND = timedelta(seconds=1)


def run(*events: Checked | Ordered, plan=PLAN) -> tuple[Course, list[str]]:
    course, told = Course(), []
    for event in events:
        course, entries = step(course, event, plan)
        told += [entry.what for entry in entries]
    return course, told


def test_the_plan_switches_at_its_time_and_not_before() -> None:
    assert run(Checked(AT - SECOND))[0].phase is Phase.WAITING
    course, told = run(Checked(AT))
    assert (course.phase, told) == (Phase.SWITCHED, ["switched to nuovo by the plan"])


def test_by_hand_the_plan_does_nothing() -> None:
    plan = building(cutover={"switching": "hand"}).cutover
    assert plan is not None
    assert run(Checked(EXPECTED), plan=plan)[0].phase is Phase.WAITING
    course, told = run(Ordered(AT, new=True, by="anna"), plan=plan)
    assert (course.phase, told) == (Phase.SWITCHED, ["switched to nuovo by anna"])


def test_it_is_done_when_checks_were_good_for_long_enough() -> None:
    start = AT + SECOND
    course, told = run(Checked(AT), Checked(start), Checked(start + 59 * SECOND))
    assert course.phase is Phase.SWITCHED
    course, told = run(Checked(AT), Checked(start), Checked(start + 60 * SECOND))
    assert course.phase is Phase.DONE
    assert told[-1] == "done: nuovo serves"


def test_one_bad_check_begins_the_time_anew() -> None:
    start = AT + SECOND
    bad = Checked(start + 30 * SECOND, ("registration",))
    course, _ = run(Checked(AT), Checked(start), bad, Checked(start + 61 * SECOND))
    assert course.phase is Phase.SWITCHED


def test_checks_that_fail_before_the_expected_time_bring_nothing_back() -> None:
    bad = ("registration",)
    course, told = run(
        Checked(AT), Checked(AT + SECOND, bad), Checked(EXPECTED + 119 * SECOND, bad)
    )
    assert course.phase is Phase.SWITCHED
    assert told.count("not good: registration") == 1
    course, told = run(
        Checked(AT), Checked(AT + SECOND, bad), Checked(EXPECTED + 120 * SECOND, bad)
    )
    assert course.phase is Phase.RETURNED
    assert told[-1] == "returned to vecchio: not good: registration"


def test_an_order_goes_back_even_when_all_is_done() -> None:
    done = (Checked(AT), Checked(AT + SECOND), Checked(AT + 61 * SECOND))
    course, _ = run(*done, Ordered(EXPECTED, new=False, by="anna"))
    assert trunk_in_use(course, PLAN) == "vecchio"
    course, _ = run(*done, Ordered(EXPECTED, new=True, by="anna"))
    assert course.phase is Phase.DONE


@given(
    st.lists(
        st.tuples(
            st.integers(0, 600),
            st.sampled_from(["good", "bad", "new", "old"]),
        ),
        max_size=40,
    )
)
def test_each_change_of_trunk_has_its_entry_in_the_log(steps: list[tuple[int, str]]) -> None:
    course, at = Course(), AT - timedelta(minutes=30)
    for wait_s, kind in steps:
        at += timedelta(seconds=wait_s)
        before = trunk_in_use(course, PLAN)
        event = (
            Checked(at, ("x",) if kind == "bad" else ())
            if kind in ("good", "bad")
            else Ordered(at, new=kind == "new", by="anna")
        )
        course, entries = step(course, event, PLAN)
        assert (trunk_in_use(course, PLAN) != before) <= bool(entries)
        assert not (course.good_since and course.bad_since)
