"""Emergency numbers are recognised wherever digits are dialled, and every way is tried."""

from dataclasses import replace

import pytest

from firmware.calls.effects import (
    AlertLeg,
    DialLeg,
    EndLeg,
    HoldLeg,
    PlayTone,
    RingBurst,
    SendDigit,
)
from firmware.calls.events import TrunkChanged
from firmware.calls.features import Feature, Permissions
from firmware.calls.station import Calling, Collecting, Idle, LockedOut, Recall, Ringing, Talking
from firmware.calls.ways import TrunkState, ViaMobile, ViaTrunk
from firmware.lines.tones import ToneName
from tests.unit.calls.office import Bench
from tests.unit.calls.test_inside import site


def bench(timers=None, **line):
    cfg = site(**line)
    office = replace(cfg.office, timers=replace(cfg.office.timers, **(timers or {})))
    return Bench(replace(cfg, office=office))


def dialled(orders):
    return [(o.number, o.via) for o in orders if isinstance(o, DialLeg) and o.emergency]


FIRST = [("112", ViaTrunk("pbx"))]


def helped(made, orders):
    assert dialled(orders) == FIRST
    assert isinstance(made.station().now, Calling)
    assert made.station().now.leg.emergency


def test_from_the_dial_tone_at_the_last_digit():
    made = bench()
    made.lift()
    helped(made, made.dial("112"))


def test_from_a_locked_telephone_after_hours_without_any_way_allowed():
    made = bench(ways=frozenset())
    made.lift()
    made.dial("*33#")
    helped(made, made.dial("112"))


@pytest.mark.parametrize(
    "begun", ["*", "#", "*#", "**", "*21*", "*21", "*43", "#33*", "*33*", "*8", "*67#", "*51*12*"]
)
def test_from_a_star_code_that_was_begun(begun):
    made = bench()
    made.lift()
    helped(made, made.dial(begun + "112"))


def test_the_time_to_be_woken_is_no_call_for_help_unless_nothing_follows():
    made = bench()
    made.lift()
    assert dialled(made.dial("*55*1125#")) == []
    assert made.station().settings.wake_at == "1125"
    assert dialled(made.dial("*55*112")) == []
    helped(made, made.wait(3_100))


def test_from_the_second_dial_tone_the_first_call_is_kept():
    made = bench()
    leg = made.talk()
    made.flash()
    helped(made, made.dial("112"))
    assert made.station().held.id == leg


def test_after_r_with_two_calls_at_hand():
    made = bench()
    made.talk()
    made.offer()
    made.flash()
    assert isinstance(made.station().now, Recall)
    made.dial("1")
    made.answer("in1")
    orders = made.dial("12")
    helped(made, orders)
    assert HoldLeg("in1") in orders


def test_who_dials_again_in_impatience_keeps_his_call():
    made = bench()
    made.lift()
    made.dial("112")
    assert dialled(made.dial("112")) == []
    assert dialled(made.dial("118")) == [("118", ViaTrunk("pbx"))]
    assert dialled(made.dial("116117")) == [("116117", ViaTrunk("pbx"))]


def test_while_a_hotline_calls():
    made = bench(permissions=Permissions(hotline="9001"))
    made.lift()
    assert made.dialled().number == "9001"
    orders = made.dial("112")
    helped(made, orders)
    assert EndLeg("out1") in orders


@pytest.mark.parametrize("ms", [100, 30_000, 200_000])
def test_from_a_refusal_and_from_a_line_that_fell_silent(ms):
    made = bench()
    made.lift()
    made.dial("899")
    made.wait(ms)
    assert ms < 200_000 or isinstance(made.station().now, LockedOut)
    helped(made, made.dial("112"))


def test_in_a_conversation_digits_belong_to_the_far_end():
    made = bench()
    leg = made.talk()
    orders = made.dial("112")
    assert dialled(orders) == []
    assert [order for order in orders if isinstance(order, SendDigit)] == [
        SendDigit(leg, digit) for digit in "112"
    ]


def test_digits_far_apart_are_no_number():
    made = bench()
    made.lift()
    made.dial("899")
    made.dial("11")
    made.wait(4_000)
    assert dialled(made.dial("2")) == []


def test_every_failure_leads_to_the_next_way_and_dead_switchboards_come_last():
    made = bench()
    made.lift()
    made.dial("112")
    assert dialled(made.end("out1", 486)) == [("112", ViaMobile())]
    assert PlayTone("nido", ToneName.BUSY) in made.end("out2", 486)
    made.hang_up()
    made.feed(TrunkChanged(made.now, "pbx", TrunkState.DOWN))
    made.lift()
    assert dialled(made.dial("112")) == [("112", ViaMobile())]
    assert dialled(made.wait(4_000)) == FIRST


def test_a_call_back_rings_through_everything_for_a_while():
    made = bench(call_waiting=False)
    made.lift()
    made.dial("*26#")
    made.dial("*21*613#")
    made.dial("112")
    made.answer("out1")
    made.wait(60_000)
    made.hang_up()
    orders = made.offer("in1")
    assert AlertLeg("in1") in orders
    assert isinstance(made.station().now, Ringing)
    made.end("in1", 487)
    made.wait(600_000)
    assert EndLeg("in2", 486) in made.offer("in2") or made.station().now == Idle()
    assert made.station().settings.forward(Feature.FORWARD_ALWAYS) == "613"


def test_nobody_knocks_during_a_call_for_help():
    made = bench()
    made.lift()
    made.dial("112")
    made.answer("out1")
    assert EndLeg("in1", 486) in made.offer("in1")


def test_a_call_for_help_can_outlive_its_handset():
    made = bench(timers={"keep_ms": 10_000})
    made.lift()
    made.dial("112")
    made.answer("out1")
    orders = made.hang_up()
    assert EndLeg("out1") not in orders
    assert any(isinstance(order, RingBurst) for order in orders + made.wait(300))
    made.lift()
    assert isinstance(made.station().now, Talking)
    made.hang_up()
    assert any(isinstance(order, EndLeg) for order in made.wait(10_000))
    assert made.station().now == Idle()


def test_a_number_that_only_ends_like_one_is_another():
    made = bench()
    made.lift()
    assert dialled(made.dial("0571112")) == []
    assert isinstance(made.station().now, Collecting)
