from itertools import pairwise

import hypothesis.strategies as st
from hypothesis import given

from firmware.calls.joins import physical


def resolved(joins, ties=(), names=None):
    both = {a: b for one, other in ties for a, b in ((one, other), (other, one))}
    return physical(joins, lines={"a", "b", "c"}, ties=both, names=names or {})


def test_what_a_bridge_can_connect_is_left_as_it_is():
    assert resolved([("a", "in1"), ("in1", "out2")]) == {("a", "in1"), ("in1", "out2")}


def test_a_call_inside_joins_its_telephones():
    assert resolved([("a", "p"), ("q", "b")], [("p", "q")]) == {("a", "b")}


def test_one_side_alone_joins_nothing():
    assert resolved([("a", "p")], [("p", "q")]) == set()


def test_a_conference_with_one_inside_has_everyone_hear_everyone_once():
    joins = [("a", "in1"), ("a", "p"), ("in1", "p"), ("b", "q")]
    assert resolved(joins, [("p", "q")]) == {("a", "in1"), ("a", "b"), ("b", "in1")}


def test_two_that_were_connected_by_a_third_hear_each_other():
    joins = [("p1", "p2"), ("b", "q1"), ("c", "q2")]
    assert resolved(joins, [("p1", "q1"), ("p2", "q2")]) == {("b", "c")}


def test_an_exchange_leg_goes_by_the_name_of_its_line():
    assert resolved([("a", "x1")], names={"x1": "esterna"}) == {("a", "esterna")}


def test_nobody_hears_himself():
    assert resolved([("a", "p"), ("a", "q")], [("p", "q")]) == set()


@given(st.integers(1, 9))
def test_any_number_of_ties_in_a_row_is_one_path(length):
    ties = [(f"p{n}", f"q{n}") for n in range(length)]
    inner = [(before[1], after[0]) for before, after in pairwise(ties)]
    assert resolved([("a", "p0"), *inner, (f"q{length - 1}", "b")], ties) == {("a", "b")}
