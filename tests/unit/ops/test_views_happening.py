"""Whatever an event holds, it can be told as JSON."""

import json
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from firmware.ops.views import happening


class Kind(Enum):
    ONE = "one"


@dataclass(frozen=True)
class Inner:
    number: str | None = None


@dataclass(frozen=True)
class SomethingHappened:
    kind: Kind = Kind.ONE
    peer: Inner = Inner("601")
    octets: bytes = b"\x80"
    legs: tuple[Inner, ...] = (Inner(),)
    table: MappingProxyType[Kind, Inner] = field(
        default_factory=lambda: MappingProxyType({Kind.ONE: Inner("9")})
    )


def test_every_value_becomes_plain():
    kind, values = happening(SomethingHappened())
    assert kind == "something-happened"
    assert json.loads(json.dumps(values)) == {
        "kind": "one",
        "peer": {"number": "601"},
        "octets": "80",
        "legs": [{"number": None}],
        "table": {"one": {"number": "9"}},
    }
