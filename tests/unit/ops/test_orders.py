import contextlib
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.ops import orders
from firmware.ops.orders import BadOrder, Dial, Flash, Hear, OffHook, Play, Record, SimOrder

paths = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
seconds = st.floats(0.001, 3600)
everything = st.one_of(
    st.sampled_from([OffHook(), orders.OnHook(), orders.StopRecord(), orders.Show()]),
    st.builds(Flash, st.integers(1, 5000)),
    st.builds(Dial, st.text("0123456789*#", min_size=1, max_size=64), st.booleans()),
    st.builds(Play, paths.map(lambda tail: Path("/" + tail))),
    st.builds(Record, paths.map(lambda tail: Path("/" + tail)), st.none() | seconds),
    st.builds(Hear, seconds),
)


@given(everything)
def test_what_is_written_is_read_back(order: SimOrder) -> None:
    assert orders.decode(orders.encode(order)) == order


def test_every_order_has_a_verb_and_every_value_a_check() -> None:
    assert set(orders.VERBS.values()) == set(get_args(SimOrder))
    assert {f.name for kind in orders.VERBS.values() for f in fields(kind)} == set(orders._CHECKS)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
keys = st.sampled_from(["do", "digits", "pulse", "path", "for_s", "ms", "x"])
verbs = st.sampled_from(list(orders.VERBS))


@given(json_values | st.dictionaries(keys, json_values | verbs))
def test_anything_else_is_refused_with_a_reason(raw: object) -> None:
    with contextlib.suppress(BadOrder):
        assert type(orders.decode(raw)) in orders.VERBS.values()


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ([], "an order is an object"),
        ({"do": "jump"}, "no order 'jump'; there are off-hook, on-hook"),
        ({"do": ["dial"]}, "no order"),
        ({"do": "flash", "s": 1}, "unknown key 's'; it takes ms"),
        ({"do": "dial"}, "digits is missing"),
        ({"do": "dial", "digits": ""}, "1 to 64"),
        ({"do": "dial", "digits": 112}, "as text"),
        ({"do": "dial", "digits": "1", "pulse": 1}, "true or false"),
        ({"do": "flash", "ms": True}, "from 1 to 5000"),
        ({"do": "flash", "ms": 0}, "from 1 to 5000"),
        ({"do": "hear", "for_s": float("nan")}, "seconds"),
        ({"do": "hear", "for_s": None}, "seconds"),
        ({"do": "play", "path": "sound.wav"}, "from /"),
        ({"do": "play", "path": "/a\0b"}, "from /"),
    ],
)
def test_the_reason_says_what_to_do(raw: object, says: str) -> None:
    with pytest.raises(BadOrder) as caught:
        orders.decode(raw)
    assert says in str(caught.value)
