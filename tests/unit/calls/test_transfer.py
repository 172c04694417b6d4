"""Connecting two others by hanging up: both there, one still ringing, a switchboard that refuses."""

from dataclasses import replace

import pytest

from firmware.calls.effects import (
    AnswerLeg,
    DialLeg,
    EndLeg,
    HoldLeg,
    Join,
    PassData,
    ResumeLeg,
    RingBurst,
    SendOnLeg,
    TransferLeg,
)
from firmware.calls.events import LineData, LineEdge, MessagesWaiting, TransferRefused
from firmware.calls.features import Feature, Permissions
from firmware.calls.station import Collecting, Conference, Idle, Ringing, Talking
from firmware.lines.tones import ToneName
from tests.unit.calls.office import Bench, config


def of(kind, orders):
    return [order for order in orders if isinstance(order, kind)]


def without(*features):
    cfg = config()
    allowed = frozenset(Feature) - set(features)
    lines = {
        name: replace(line, permissions=Permissions(allowed=allowed))
        for name, line in cfg.lines.items()
    }
    return replace(cfg, lines=lines)


def sent_on(bench):
    """Talk, ask 9002 whose telephone rings, hang up; give (held leg, orders)."""
    held = bench.talk()
    bench.flash()
    bench.dial("9002")
    bench.progress("out2")
    return held, bench.hang_up()


def test_hanging_up_while_it_rings_sends_the_caller_on():
    bench = Bench()
    held, orders = sent_on(bench)
    assert of(EndLeg, orders) == [EndLeg("out2")]
    assert of(SendOnLeg, orders) == [SendOnLeg(held, "9002")]
    assert orders.index(EndLeg("out2")) < orders.index(SendOnLeg(held, "9002")), "not busy by us"
    assert bench.station().now == Idle()
    bench.end("out2", 487)
    bench.end(held)
    assert bench.station().legs() == ()


def test_a_refused_sending_on_is_done_here():
    bench = Bench()
    held, _ = sent_on(bench)
    bench.end("out2", 487)
    orders = bench.feed(TransferRefused(held, bench.now))
    assert of(DialLeg, orders) == [DialLeg("out3", "nido", "9002")]
    assert not of(ResumeLeg, orders), "music is better than silence"
    bench.progress("out3")
    orders = bench.answer("out3")
    assert ResumeLeg(held) in orders
    joined = {frozenset((j.a, j.b)) for j in of(Join, bench.orders)}
    assert frozenset((held, "out3")) in joined
    assert EndLeg("out3") in bench.end(held)


def test_nobody_there_rings_the_telephone_back():
    bench = Bench()
    held, _ = sent_on(bench)
    bench.end("out2", 487)
    bench.feed(TransferRefused(held, bench.now))
    orders = bench.end("out3", 486)
    assert not of(EndLeg, orders)
    assert of(RingBurst, orders + bench.wait(100))
    assert isinstance(bench.station().now, Ringing)
    assert ResumeLeg(held) in bench.lift()
    assert bench.station().now.leg.id == held


def test_nobody_there_and_the_telephone_in_use_ends_the_call():
    bench = Bench()
    held, _ = sent_on(bench)
    bench.end("out2", 487)
    bench.feed(TransferRefused(held, bench.now))
    bench.lift()
    assert EndLeg(held) in bench.end("out3", 486)


def test_a_caller_who_gives_up_meanwhile_ends_both():
    bench = Bench()
    held, _ = sent_on(bench)
    bench.feed(TransferRefused(held, bench.now))
    assert EndLeg("out3") in bench.end(held)
    assert bench.station().now == Idle()


def test_nobody_is_sent_on_to_an_emergency_number():
    bench = Bench()
    held = bench.talk()
    bench.flash()
    bench.dial("112")
    orders = bench.hang_up()
    assert not of(SendOnLeg, orders)
    assert isinstance(bench.station().now, Ringing), "the caller on hold is still there"
    assert bench.station().now.leg.id == held


def test_a_second_transfer_does_not_lose_the_first():
    bench = Bench()
    first, _ = sent_on(bench)
    second = bench.talk("9003")
    bench.flash()
    bench.dial("9004")
    orders = bench.hang_up()
    assert not of(SendOnLeg, orders)
    assert {leg.id for leg in bench.station().legs()} == {first, second}


@pytest.mark.parametrize(
    ("off", "dialled", "order"),
    [(Feature.TRANSFER, "9002", TransferLeg), (Feature.TRANSFER, "9002", SendOnLeg)],
)
def test_a_telephone_that_may_not_transfer_rings_back(off, dialled, order):
    bench = Bench(without(off))
    held = bench.talk()
    bench.flash()
    bench.dial(dialled)
    bench.progress("out2")
    if order is TransferLeg:
        bench.answer("out2")
    orders = bench.hang_up()
    assert not of(order, orders)
    assert EndLeg("out2") in orders
    assert bench.station().now.leg.id == held


def test_a_telephone_without_conference_or_enquiry():
    bench = Bench(without(Feature.CONFERENCE, Feature.TRANSFER))
    bench.talk()
    bench.flash()
    bench.dial("9002")
    bench.answer("out2")
    bench.flash()
    bench.dial("3")
    assert not isinstance(bench.station().now, Conference)
    bench = Bench(without(Feature.ENQUIRY))
    bench.talk()
    assert not of(HoldLeg, bench.flash())
    assert not isinstance(bench.station().now, Collecting)


def test_messages_can_be_switched_off():
    bench = Bench(without(Feature.MESSAGES))
    bench.feed(MessagesWaiting("nido", bench.now, 3))
    bench.lift()
    assert bench.switch.desks["nido"].heard.tone is ToneName.DIAL


def test_hanging_up_for_good_leaves_a_conference_of_two():
    bench = Bench(without(Feature.TRANSFER))
    first = bench.talk()
    bench.flash()
    bench.dial("9002")
    bench.answer("out2")
    bench.flash()
    bench.dial("3")
    assert set(of(EndLeg, bench.hang_up())) == {EndLeg(first), EndLeg("out2")}


def test_a_fax_is_passed_as_it_is_and_not_knocked_at():
    bench = Bench()
    leg = bench.talk()
    assert bench.feed(LineData("nido", bench.now)) == [PassData(leg)]
    assert bench.feed(LineData("nido", bench.now)) == [], "once"
    assert EndLeg("in1", 486) in bench.offer()
    bench.hang_up()
    assert bench.feed(LineData("nido", bench.now)) == []


def test_a_fax_that_calls_us_is_passed_too():
    bench = Bench()
    bench.offer()
    bench.wait(100)
    bench.lift()
    assert AnswerLeg("in1") in bench.orders
    bench.answer("in1")
    assert isinstance(bench.station().now, Talking)
    assert bench.feed(LineData("nido", bench.now)) == [PassData("in1")]
    assert not bench.feed(LineEdge("museo", bench.now, closed=False))
