"""Calls between the boxes of sites, without a switchboard."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firmware.calls.effects import AlertLeg, DialLeg, EndLeg, ToExchange
from firmware.calls.events import (
    DirectoryRead,
    LegIncoming,
    LegTrying,
    OnExchange,
    Party,
    TrunkChanged,
)
from firmware.calls.exchange import ExchangeConfig
from firmware.calls.routes import Routes
from firmware.calls.ways import TrunkState, ViaNeighbour, ViaTrunk
from firmware.lines.fxo_times import FxoConfig
from firmware.lines.fxo_types import Works
from firmware.site.choices import WayOut
from tests.unit.calls.office import Bench, config


def bench(state=TrunkState.DOWN, *, exchange=(), always=False, ways=tuple(WayOut)):
    two = config()
    lines = {
        name: replace(each, trunk="pbx", ways=frozenset(ways)) for name, each in two.lines.items()
    }
    routes = Routes(trunks=("pbx",), exchange=exchange, neighbours_always=always)
    configs = {name: ExchangeConfig(FxoConfig(), "0571000200") for name in exchange}
    made = Bench(replace(two, lines=lines, routes=routes, exchange=configs))
    made.feed(TrunkChanged(made.now, "pbx", state, "no answer", "03290930"))
    made.feed(DirectoryRead(made.now, {"museo": ("63x",), "scuola": ("64x", "637")}))
    return made


def called(made, number, **more):
    return made.feed(
        LegIncoming(
            "in1", made.now, "neighbour museo", number, Party("631"), neighbour="museo", **more
        )
    )


def ways(made):
    return [order.via for order in made.orders if isinstance(order, DialLeg)]


def test_a_number_of_another_site_is_called_there_while_the_switchboard_is_gone():
    made = bench()
    made.lift("nido")
    made.dial("631", "nido")
    assert ways(made) == [ViaNeighbour("museo")]


def test_the_next_site_with_the_number_is_tried_when_the_first_does_not_answer():
    made = bench()
    made.lift("nido")
    made.dial("637", "nido")
    made.wait(4_100)
    assert ways(made) == [ViaNeighbour("museo"), ViaNeighbour("scuola")]
    made.feed(LegTrying("out2", made.now))
    assert not any(isinstance(order, EndLeg) and order.leg == "out2" for order in made.orders)


def test_the_switchboard_is_used_while_it_works_and_by_classes_that_have_no_other_way():
    made = bench(TrunkState.UP)
    made.lift("nido")
    made.dial("631", "nido")
    assert ways(made) == [ViaTrunk("pbx")]
    kept = bench(ways=(WayOut.PBX,))
    kept.lift("nido")
    kept.dial("631", "nido")
    assert ways(kept) == []


@pytest.mark.parametrize("state", [s for s in TrunkState if s is not TrunkState.UP])
def test_a_neighbour_reaches_a_telephone_while_there_is_no_switchboard(state):
    assert any(isinstance(order, AlertLeg) for order in called(bench(state), "611"))


def test_a_neighbour_has_no_business_here_while_there_is_one_unless_the_site_wants_it():
    assert EndLeg("in1", 403) in called(bench(TrunkState.UP), "611")
    made = bench(TrunkState.UP, always=True)
    assert any(isinstance(order, AlertLeg) for order in called(made, "611"))


@pytest.mark.parametrize("number", ["699", "0571757600", "3331234567", ""])
def test_a_neighbour_reaches_nothing_but_telephones(number):
    made = bench(exchange=("esterna",))
    assert EndLeg("in1", 404) in called(made, number, to=number)
    assert not any(isinstance(order, DialLeg | ToExchange) for order in made.orders)


def test_a_neighbour_does_not_call_out_by_the_prefix_that_switchboards_use():
    made = bench(exchange=("esterna",))
    prefixed = replace(made.config.exchange["esterna"], prefix="8")
    made.config = replace(made.config, exchange={"esterna": prefixed})
    assert EndLeg("in1", 404) in called(made, "83331234567")


def test_a_call_for_help_of_a_neighbour_goes_on_where_there_is_a_line():
    assert EndLeg("in1", 404) in called(bench(), "112")
    made = bench(TrunkState.UP, exchange=("esterna",))
    made.feed(OnExchange("esterna", Works(made.now)))
    orders = called(made, "112")
    assert not any(isinstance(order, EndLeg) for order in orders)
    assert made.switch.crossings["in1"].emergency
