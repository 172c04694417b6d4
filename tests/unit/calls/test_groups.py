"""Everybody in a group gets a turn, by the rule that was chosen."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from firmware.calls.groups import Team, order
from firmware.site.choices import Strategy

MEMBERS = ("a", "b", "c")


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Strategy.RING_ALL, (("a", "b", "c"),)),
        (Strategy.LINEAR, (("a",), ("b",), ("c",))),
        (Strategy.ROUND_ROBIN, (("b",), ("c",), ("a",))),
        (Strategy.LONGEST_IDLE, (("b",), ("c",), ("a",))),
    ],
)
def test_the_order_after_a_has_answered(strategy, expected):
    team = Team().answered("a").rested("c", 5).rested("a", 9)
    assert order(MEMBERS, strategy, team) == expected


@given(st.sampled_from(Strategy), st.sets(st.sampled_from(MEMBERS)))
def test_only_who_is_free_is_called_and_nobody_is_forgotten(strategy, busy):
    called = [m for batch in order(MEMBERS, strategy, Team(), busy=frozenset(busy)) for m in batch]
    assert sorted(called) == sorted(set(MEMBERS) - busy)


@given(st.lists(st.integers(1, 100), min_size=1, max_size=30))
def test_round_robin_and_longest_idle_share_the_calls(lengths):
    for strategy in (Strategy.ROUND_ROBIN, Strategy.LONGEST_IDLE):
        team, now, calls = Team(), 1, dict.fromkeys(MEMBERS, 0)
        for length in lengths:
            ((who,), *_) = order(MEMBERS, strategy, team)
            now += length
            calls[who] += 1
            team = team.answered(who).rested(who, now)
        assert max(calls.values()) - min(calls.values()) <= 1
