"""What the pure core is made of survives being written and read."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import get_args

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from firmware.calls.building import Switch
from firmware.calls.effects import Effect, SaveSettings, Say, SendSignal
from firmware.calls.events import Event, LegIncoming, LineEdge, Party, Wake
from firmware.calls.features import Feature, Settings
from firmware.calls.station import Idle
from firmware.guide.phrases import Phrase, Sentence
from firmware.lines.callerid_plan import Fsk, Modem, Silence
from firmware.ops.codec import CodecError, decode, encode
from tests.unit.calls.office import Bench

slow = settings(max_examples=400, suppress_health_check=list(HealthCheck), deadline=None)


def through_json(value: object, wanted: object) -> object:
    return decode(json.loads(json.dumps(encode(value), allow_nan=False)), wanted)


def plain(value: object) -> bool:
    """Without numbers that JSON has not."""
    return "nan" not in repr(value) and "inf" not in repr(value)


@slow
@given(st.from_type(Event))  # type: ignore[arg-type]
def test_every_event_comes_back_as_it_was(event: object) -> None:
    assert through_json(event, Event) == event


phrases = st.sampled_from(
    (
        Phrase(Sentence.LOCK_ON),
        Phrase(Sentence.WAKE_UP_ON, "0630"),
        Phrase(Sentence.NUMBER_IS, "12"),
    )
)
orders = st.one_of(
    [
        st.builds(Say, st.text(), st.none() | phrases) if kind is Say else st.from_type(kind)
        for kind in get_args(Effect)
    ]
)


@slow
@given(orders.filter(plain))
def test_every_order_comes_back_as_it_was(order: object) -> None:
    assert through_json(order, Effect) == order


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ("lift", "hang_up", "flash", "9001", "*33*12", "*51*7*9001#", "offer", "talk", "wait")
        ),
        max_size=8,
    )
)
def test_every_state_that_is_reached_comes_back_as_it_was(moves: list[str]) -> None:
    bench = Bench()
    for number, move in enumerate(moves):
        match move:
            case "offer":
                bench.offer(f"in{number}")
            case "wait":
                bench.wait(1234)
            case "talk" | "lift" | "hang_up" | "flash":
                if move == "talk" and not isinstance(bench.station().now, Idle):
                    continue
                getattr(bench, move)()
            case digits:
                bench.dial(digits)
        assert through_json(bench.switch, Switch) == bench.switch


def test_the_written_form_is_readable() -> None:
    assert encode(LineEdge("nido", 12, closed=True)) == {
        "kind": "line-edge",
        "line": "nido",
        "at_ns": 12,
        "closed": True,
    }
    order = SendSignal("a", (Silence(75), Fsk(b"\x80\x01")))
    assert encode(order)["segments"][1]["payload"] == "8001"  # type: ignore[index,call-overload]
    assert encode(Modem.V23) == "V23"
    kept = Settings(on=frozenset((Feature.LOCK, Feature.WITHHOLD)), short={"7": "112"})
    assert encode(SaveSettings("a", kept))["settings"]["on"] == ["LOCK", "WITHHOLD"]  # type: ignore[index,call-overload]


def test_fields_that_an_older_version_had_not_take_their_defaults() -> None:
    raw = encode(LegIncoming("in1", 5, "pbx", "601", Party("0571")))
    assert isinstance(raw, dict)
    for name in ("to", "line", "alert_info", "stamp"):
        del raw[name]
    assert decode(raw, Event) == LegIncoming("in1", 5, "pbx", "601", Party("0571"))


@dataclass(frozen=True)
class Odd:
    either: int | str | None
    pair: tuple[int, str]
    table: Mapping[str, tuple[float, ...]]
    derived: int = field(init=False, default=3)


class Colour(Enum):
    RED = (1, 2)


def test_unions_pairs_and_tables() -> None:
    for either in (3, "3", None):
        odd = Odd(either, (1, "x"), MappingProxyType({"a": (1.0, 2.5)}))
        assert through_json(odd, Odd) == odd
    assert decode("RED", Colour | None) is Colour.RED
    assert decode(None, Colour | None) is None
    assert decode([1], tuple[float, ...]) == (1.0,)


@pytest.mark.parametrize(
    ("raw", "wanted", "says"),
    [
        ({"kind": "wake", "at_ns": "1"}, Event, ".at_ns: '1' is no int"),
        ({"kind": "wake", "at_ns": True}, Event, "True is no int"),
        ({"kind": "wake"}, Event, "at_ns"),
        ({"kind": "wake", "at_ns": 1, "x": 2}, Event, "wake has no 'x' in this version"),
        ({"kind": "wakes", "at_ns": 1}, Event, "'wakes' is not known here"),
        ({"at_ns": 1}, Wake, "None is no wake"),
        (3, Event, "3 is not known here"),
        ("BLUE", Colour, "'BLUE' is none of RED"),
        ([1, 2, 3], tuple[int, str], "3 values instead of 2"),
        ("x", tuple[int, ...], "is no array"),
        ("zz", bytes, "no hexadecimal digits"),
        (3, Mapping[str, int], "3 is no object"),
        (1, object(), "cannot be read"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(raw, wanted, says) -> None:
    with pytest.raises(CodecError, match="^event.*" + re.escape(says)):
        decode(raw, wanted, "event")


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(CodecError, match="function cannot be written"):
        encode((lambda: None,))
    with pytest.raises(CodecError, match="cannot be a key"):
        encode({3: 4})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(("kind", "line", "at_ns")), inner)
    ),
)


@settings(max_examples=300, deadline=None)
@given(json_values)
def test_nothing_but_an_event_or_a_refusal_comes_out(raw) -> None:
    with contextlib.suppress(CodecError):
        assert encode(decode(raw, Event)) is not None
