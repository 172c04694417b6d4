from dataclasses import replace
from itertools import pairwise

import pytest

from firmware.calls.effects import (
    AlertLeg,
    AnswerLeg,
    CallAnswered,
    CallEnded,
    CallStarted,
    DialLeg,
    Direction,
    EndLeg,
    HoldLeg,
    Join,
    Listen,
    MuteDigits,
    Part,
    PlayDigit,
    PlayTone,
    ResumeLeg,
    RingBurst,
    SendDigit,
    SendSignal,
    StopRing,
    TransferLeg,
)
from firmware.calls.events import (
    DigitPath,
    LegDigit,
    LegReplaced,
    LineFault,
    LineReady,
    Media,
    Party,
    TransferRefused,
)
from firmware.calls.station import Conference, Idle, LockedOut, Ringing, Talking
from firmware.lines.callerid import decode
from firmware.lines.callerid_plan import Fsk
from firmware.lines.tones import ToneName
from tests.unit.calls.office import MS, Bench, config


def tones(orders):
    return [order.tone for order in orders if isinstance(order, PlayTone)]


def of(kind, orders):
    return [order for order in orders if isinstance(order, kind)]


def test_lifting_gives_dial_tone_and_the_first_digit_ends_it():
    bench = Bench()
    assert bench.lift() == [Listen("nido", True), PlayTone("nido", ToneName.DIAL)]
    assert bench.dial("9") == [PlayTone("nido", None)]


def test_an_outgoing_call_from_dial_tone_to_busy_tone():
    bench = Bench()
    bench.lift()
    orders = bench.dial("9001")
    assert of(DialLeg, orders) == [DialLeg("out1", "nido", "9001")]
    assert of(CallStarted, orders) == [CallStarted("out1", "nido", Direction.OUT, Party("9001"))]
    assert tones(bench.progress("out1")) == [ToneName.RINGBACK]
    orders = bench.answer("out1")
    assert tones(orders) == [None]
    assert of(Join, orders) == [Join("nido", "out1")]
    assert of(CallAnswered, orders) == [CallAnswered("out1")]
    orders = bench.end("out1")
    assert of(Part, orders) == [Part("nido", "out1")]
    assert tones(orders) == [ToneName.BUSY]
    assert of(CallEnded, orders) == [CallEnded("out1", 200, "because")]
    assert bench.hang_up() == [Listen("nido", False), PlayTone("nido", None)]
    assert bench.station().now == Idle()


def test_hanging_up_ends_the_leg():
    bench = Bench()
    leg = bench.talk()
    orders = bench.hang_up()
    assert EndLeg(leg) in orders
    assert Part("nido", leg) in orders
    assert bench.station().now == Idle()


def test_a_call_that_we_end_is_recorded_to_its_end():
    bench = Bench()
    leg = bench.talk()
    bench.hang_up()
    assert bench.end(leg) == [CallEnded(leg, 200, "because")]
    bench.lift()
    bench.offer()
    assert bench.end("in1", 486) == [CallEnded("in1", 486, "because")]


def test_a_rotary_dial_calls_too():
    bench = Bench()
    bench.lift()
    bench.turn("9010")
    assert bench.dialled().number == "9010"


@pytest.mark.parametrize(
    ("code", "tone"),
    [
        (486, ToneName.BUSY),
        (600, ToneName.BUSY),
        (503, ToneName.CONGESTION),
        (408, ToneName.CONGESTION),
        (404, ToneName.SIT),
        (484, ToneName.SIT),
    ],
)
def test_the_cause_of_a_failure_is_heard(code, tone):
    bench = Bench()
    bench.lift()
    bench.dial("9001")
    assert tones(bench.end("out1", code)) == [tone]


def test_early_media_replaces_local_ringback():
    bench = Bench()
    bench.lift()
    bench.dial("9001")
    bench.progress("out1", 183)
    orders = bench.media("out1")
    assert of(Join, orders) == [Join("nido", "out1")]
    assert tones(orders) == [None]
    assert bench.progress("out1", 180) == []


def test_a_blocked_number_is_refused_aloud():
    bench = Bench()
    bench.lift()
    orders = bench.dial("899")
    assert of(DialLeg, orders) == []
    assert tones(orders)[-1] is ToneName.SIT


def test_a_call_comes_in_rings_shows_the_caller_and_is_answered():
    bench = Bench()
    orders = bench.offer()
    assert AlertLeg("in1") in orders
    assert CallStarted("in1", "nido", Direction.IN, Party("0571757707", "Polizia Municipale")) in (
        orders
    )
    assert bench.wait(0) == [RingBurst("nido", 1000, 25.0)]
    (signal,) = of(SendSignal, bench.wait(1800))
    (data,) = [part for part in signal.segments if isinstance(part, Fsk)]
    shown = decode(data.payload)
    assert (shown.number, shown.name) == ("0571757707", "Polizia Municipale")
    assert of(RingBurst, bench.wait(3300)) == [RingBurst("nido", 1000, 25.0)]
    orders = bench.lift()
    assert of(StopRing, orders) == [StopRing("nido")]
    assert AnswerLeg("in1") in orders
    assert of(RingBurst, bench.wait(20_000)) == []


def test_the_number_that_sent_the_call_on_is_shown():
    bench = Bench()
    bench.offer(redirecting="0571757999")
    (signal,) = of(SendSignal, bench.wait(1800))
    (data,) = [part for part in signal.segments if isinstance(part, Fsk)]
    assert decode(data.payload).redirecting == "0571757999"


def test_a_call_that_nobody_answers_ends():
    bench = Bench()
    bench.offer()
    orders = bench.wait(61_000)
    assert EndLeg("in1", 480) in orders
    assert of(StopRing, orders) == [StopRing("nido")]


def test_a_caller_who_gives_up_silences_the_bell():
    bench = Bench()
    bench.offer()
    bench.wait(500)
    assert of(StopRing, bench.end("in1", 487)) == [StopRing("nido")]
    assert bench.station().now == Idle()


def test_nobody_is_called_by_an_unknown_number():
    bench = Bench()
    assert bench.offer(called="699") == [EndLeg("in1", 404)]


def test_a_registered_user_in_the_request_leaves_the_number_in_to():
    bench = Bench()
    assert AlertLeg("in1") in bench.offer(called="gw-user", to="612")
    assert isinstance(bench.station("museo").now, Ringing)
    assert AlertLeg("in2") in bench.offer("in2", called="gw-user", line="nido")


def test_the_outside_number_reaches_the_line_too():
    bench = Bench()
    assert AlertLeg("in1") in bench.offer(called="+390571757612")
    assert isinstance(bench.station("museo").now, Ringing)


def test_a_telephone_that_dials_is_busy():
    bench = Bench()
    bench.lift()
    assert EndLeg("in1", 486) in bench.offer()


def test_a_lifted_line_is_never_rung():
    bench = Bench()
    bench.talk()
    bench.offer()
    assert of(RingBurst, bench.wait(30_000)) == []


def test_digits_in_a_call_travel_beside_the_audio():
    bench = Bench()
    leg = bench.talk()
    assert MuteDigits("nido", True) in bench.orders
    assert bench.dial("5") == [SendDigit(leg, "5")]
    assert bench.turn("3") == [SendDigit(leg, "3")]


def test_digits_stay_in_the_audio_where_the_far_end_takes_no_events():
    bench = Bench()
    bench.lift()
    bench.dial("9001")
    bench.media("out1", digits=DigitPath.AUDIO)
    bench.answer("out1")
    bench.media("out1", digits=DigitPath.AUDIO)
    assert bench.dial("5") == []


def test_digits_of_the_far_end_are_heard():
    bench = Bench()
    leg = bench.talk()
    assert bench.feed(LegDigit(leg, bench.now, "7")) == [PlayDigit("nido", "7")]


def test_call_waiting_knocks_and_r_2_swaps():
    bench = Bench()
    first = bench.talk()
    orders = bench.offer()
    assert tones(orders) == [ToneName.CALL_WAITING]
    (signal,) = of(SendSignal, orders)
    data = next(part for part in signal.segments if isinstance(part, Fsk))
    assert decode(data.payload).number == "0571757707"
    orders = bench.flash()
    assert tones(orders) == [ToneName.DIAL]
    orders = bench.dial("2")
    assert of(HoldLeg, orders) == [HoldLeg(first)]
    assert of(AnswerLeg, orders) == [AnswerLeg("in1")]
    bench.answer("in1")
    assert bench.station().held.id == first
    assert isinstance(bench.station().now, Talking)
    assert bench.station().now.leg.id == "in1"


def test_r_0_refuses_the_waiting_call_and_r_1_changes_over():
    bench = Bench()
    first = bench.talk()
    bench.offer()
    bench.flash()
    assert EndLeg("in1", 486) in bench.dial("0")
    bench.end("in1", 486)
    bench.offer("in2")
    bench.flash()
    orders = bench.dial("1")
    assert EndLeg(first) in orders
    assert AnswerLeg("in2") in orders


def enquiry(bench):
    first = bench.talk("9001")
    orders = bench.flash()
    assert of(HoldLeg, orders) == [HoldLeg(first)]
    assert tones(orders) == [ToneName.DIAL]
    bench.dial("9002")
    second = bench.dialled().leg
    bench.answer(second)
    return first, second


def test_r_3_joins_three_and_r_splits_them():
    bench = Bench()
    first, second = enquiry(bench)
    bench.flash()
    orders = bench.dial("3")
    assert of(ResumeLeg, orders) == [ResumeLeg(first)]
    assert isinstance(bench.station().now, Conference)
    heard = {frozenset(pair) for pair in bench.switch.desks["nido"].heard.joins}
    assert heard == {
        frozenset(("nido", first)),
        frozenset(("nido", second)),
        frozenset((first, second)),
    }
    orders = bench.end(first)
    assert {frozenset((p.a, p.b)) for p in of(Part, orders)} == {
        frozenset(("nido", first)),
        frozenset((first, second)),
    }
    assert bench.station().now.leg.id == second


def test_hanging_up_in_an_enquiry_transfers():
    bench = Bench()
    first, second = enquiry(bench)
    orders = bench.hang_up()
    assert of(TransferLeg, orders) == [TransferLeg(first, second)]
    assert {frozenset((j.a, j.b)) for j in of(Join, orders)} == {frozenset((first, second))}
    assert bench.station().now == Idle()
    assert AlertLeg("in1") in bench.offer(), "the telephone is free meanwhile"
    bench.end(first)
    assert EndLeg(second) in bench.orders
    bench.end(second)
    assert bench.station().departing == ()


def test_a_refused_transfer_is_bridged_here():
    bench = Bench()
    first, second = enquiry(bench)
    bench.hang_up()
    assert bench.feed(TransferRefused(first, bench.now)) == [ResumeLeg(first)]
    orders = bench.end(second)
    assert EndLeg(first) in orders


def test_hanging_up_on_a_held_call_rings_back():
    bench = Bench()
    first = bench.talk()
    bench.flash()
    assert of(RingBurst, bench.hang_up())
    orders = bench.lift()
    assert ResumeLeg(first) in orders
    assert bench.station().now.leg.id == first


def test_r_returns_to_the_held_call_after_a_refusal():
    bench = Bench()
    first = bench.talk()
    bench.flash()
    bench.dial("9002")
    bench.end("out2", 486)
    orders = bench.flash()
    assert of(ResumeLeg, orders) == [ResumeLeg(first)]


def test_a_replaced_leg_goes_on_as_the_same_call():
    bench = Bench()
    leg = bench.talk()
    bench.feed(LegReplaced(leg, bench.now, "in9"))
    assert Join("nido", "in9") in bench.orders
    assert of(CallEnded, bench.end(leg)) == []
    assert of(CallEnded, bench.end("in9")) == [CallEnded(leg, 200, "because")]


def test_held_by_the_far_end_keeps_listening():
    bench = Bench()
    leg = bench.talk()
    assert of(Part, bench.media(leg, Media.HELD_BY_THEM)) == []


def test_left_off_hook_the_line_howls_and_falls_silent():
    bench = Bench()
    bench.lift()
    assert tones(bench.wait(20_100)) == [ToneName.CONGESTION]
    assert tones(bench.wait(20_100)) == [ToneName.HOWLER]
    assert tones(bench.wait(60_100)) == [None]
    assert bench.station().now == LockedOut()
    bench.hang_up()
    assert bench.station().now == Idle()


def test_a_late_wake_orders_the_same():
    punctual, late = Bench(), Bench()
    for bench in (punctual, late):
        bench.lift()
    for _ in range(1000):
        punctual.wait(101)
    late.wait(101_000)
    assert punctual.orders == late.orders


def test_a_faulty_line_ends_its_calls_and_is_not_offered_more():
    bench = Bench()
    leg = bench.talk()
    orders = bench.feed(LineFault("nido", bench.now, "no answer on SPI"))
    assert EndLeg(leg) in orders
    bench.end(leg)
    assert EndLeg("in1", 480) in bench.offer()
    bench.feed(LineReady("nido", bench.now))
    bench.hang_up()
    assert AlertLeg("in2") in bench.offer("in2")


def test_the_power_supply_rings_one_telephone_at_a_time_if_it_must():
    bench = Bench(replace(config(), rings_at_once=1))
    bench.offer("in1", "611")
    bench.offer("in2", "612")
    rung = []
    for _ in range(1000):
        orders = bench.wait(20)
        rung += [(bench.now // MS, o.line, o.on_ms) for o in of(RingBurst, orders)]
    assert {line for _, line, _ in rung} == {"nido", "museo"}
    assert len(rung) >= 7, "both keep ringing every five seconds"
    for (at, _, on_ms), (then, _, _) in pairwise(rung):
        assert then >= at + on_ms
