"""Calls between two telephones of the box, without any network."""

from dataclasses import replace

import pytest

from firmware.calls.effects import (
    AlertLeg,
    CallEnded,
    CallStarted,
    DialLeg,
    EndLeg,
    Join,
    Part,
    PlayTone,
    RingBurst,
    Say,
    SendDigit,
    TransferLeg,
)
from firmware.calls.events import LegDigit, LegTrying, LineFault, Media, Party, SpeechReady
from firmware.calls.events import TrunkChanged as Trunk
from firmware.calls.features import Feature
from firmware.calls.routes import Routes
from firmware.calls.station import Calling, Conference, Idle, Ringing, Talking
from firmware.calls.ways import TrunkState, ViaMobile, ViaTrunk
from firmware.guide.phrases import PIECES, Phrase, Sentence, Voice
from firmware.lines.tones import ToneName
from firmware.site.choices import WayOut
from tests.unit.calls.office import Bench, config


def site(**line):
    """Three telephones on a trunk, with a mobile modem as another way out."""
    two = config()
    lines = {
        name: replace(each, trunk="pbx", name=name, **line) for name, each in two.lines.items()
    }
    lines["sala"] = replace(lines["nido"], extension="613", aliases=(), name="sala")
    return replace(two, lines=lines, routes=Routes(trunks=("pbx",), mobile=True))


def bench(state=TrunkState.DOWN, **line):
    made = Bench(site(**line))
    made.feed(Trunk(made.now, "pbx", state, "no answer", "03290930"))
    return made


def of(kind, orders):
    return [order for order in orders if isinstance(order, kind)]


def talking(made, number="612", line="nido", called="museo"):
    made.lift(line)
    made.dial(number, line)
    made.lift(called)
    return made


def test_a_telephone_calls_another_while_the_switchboard_is_gone():
    made = bench()
    made.lift()
    orders = made.dial("612")
    assert not of(DialLeg, orders)
    assert not of(AlertLeg, orders)
    assert PlayTone("nido", ToneName.RINGBACK) in orders
    ringing = made.station("museo").now
    assert isinstance(ringing, Ringing)
    assert ringing.leg.peer == Party("611", "nido")
    assert of(RingBurst, orders + made.wait(300))
    orders = made.lift("museo")
    assert Join("museo", "nido") in orders or Join("nido", "museo") in orders
    assert PlayTone("nido", None) in orders
    assert isinstance(made.station("museo").now, Talking)
    orders = made.hang_up("nido")
    assert of(Part, orders)
    assert PlayTone("museo", ToneName.BUSY) in orders
    assert len(of(CallStarted, made.orders)) == len(of(CallEnded, made.orders)) == 2
    assert not made.switch.ends
    assert not made.switch.attempts
    made.hang_up("museo")
    assert made.switch.joined == frozenset()


def test_a_caller_inside_who_gives_up_stops_the_bell():
    made = bench()
    made.lift()
    made.dial("612")
    made.hang_up()
    assert made.station("museo").now == Idle()
    assert {ended.code for ended in of(CallEnded, made.orders)} == {487}


def test_a_busy_telephone_inside_is_busy():
    made = bench(call_waiting=False)
    made.lift("museo")
    made.lift()
    assert PlayTone("nido", ToneName.BUSY) in made.dial("612")


def test_hold_is_heard_and_ends():
    made = talking(bench())
    orders = made.flash()
    assert PlayTone("museo", ToneName.HOLD) in orders
    assert of(Part, orders)
    orders = made.flash()
    assert PlayTone("museo", None) in orders
    assert of(Join, orders)


def test_three_inside_confer_and_the_second_knocks():
    made = talking(bench())
    made.lift("sala")
    made.dial("611", "sala")
    assert made.station("nido").waiting
    made.flash("nido")
    made.dial("3", "nido")
    assert isinstance(made.station("nido").now, Conference)
    pairs = {frozenset(pair) for pair in made.switch.joined}
    assert pairs == {frozenset(p) for p in (("nido", "museo"), ("nido", "sala"), ("museo", "sala"))}


def test_hanging_up_on_two_connects_them_without_the_network():
    made = talking(bench())
    made.flash()
    made.dial("613")
    made.lift("sala")
    orders = made.hang_up()
    assert not of(TransferLeg, orders)
    assert {frozenset(pair) for pair in made.switch.joined} == {frozenset(("museo", "sala"))}
    made.hang_up("sala")
    assert made.switch.joined == frozenset()
    assert not made.switch.ends
    assert not made.station("nido").legs()


def test_a_call_from_the_network_is_connected_with_a_telephone_inside():
    made = bench()
    made.offer("in1", "611")
    made.lift()
    made.answer("in1")
    made.flash()
    made.dial("612")
    made.lift("museo")
    orders = made.hang_up()
    assert not of(TransferLeg, orders)
    assert made.switch.joined == {("museo", "in1")}
    assert SendDigit("in1", "5") not in made.feed(LegDigit("in1", made.now, "5"))
    made.end("in1")
    assert made.switch.joined == frozenset()


def test_a_call_that_rings_inside_is_picked_up_elsewhere():
    made = bench()
    made.lift()
    made.dial("612")
    made.lift("sala")
    made.dial("*8#", "sala")
    assert made.station("museo").now == Idle()
    assert made.switch.joined == {("nido", "sala")}


def test_forwarding_inside_is_followed_and_never_in_a_circle():
    made = bench()
    for line, target in (("museo", "613"), ("sala", "612")):
        made.lift(line)
        made.dial(f"*21*{target}#", line)
        made.hang_up(line)
    made.lift()
    orders = made.dial("612")
    assert of(PlayTone, orders)[-1] == PlayTone("nido", ToneName.CONGESTION)
    made.hang_up()
    made.lift("sala")
    made.dial("#21#", "sala")
    made.hang_up("sala")
    made.lift()
    made.dial("612")
    assert made.station("museo").now == Idle()
    ringing = made.station("sala").now
    assert isinstance(ringing, Ringing)
    assert ringing.leg.redirecting == "612"
    made.lift("sala")
    assert made.switch.joined == {("nido", "sala")}


def test_nobody_forwards_to_an_emergency_number():
    made = bench()
    made.lift()
    made.dial("*21*118#")
    assert made.station().settings.forward(Feature.FORWARD_ALWAYS) is None


def test_a_broken_port_ends_its_call_inside():
    made = talking(bench())
    orders = made.feed(LineFault("museo", made.now, "gone"))
    assert of(Part, orders)
    assert PlayTone("nido", ToneName.BUSY) in orders
    assert not made.switch.ends


# --- ways ----------------------------------------------------------------------------------------


def test_inside_numbers_go_to_the_switchboard_while_it_is_there():
    made = bench(TrunkState.UP)
    made.lift()
    assert of(DialLeg, made.dial("612")) == [DialLeg("out1", "nido", "612", via=ViaTrunk("pbx"))]


def test_a_way_that_fails_is_left_for_the_next_in_the_same_call():
    made = bench(TrunkState.UP)
    made.lift()
    made.dial("612")
    orders = made.end("out1", 503)
    assert not of(CallEnded, orders)
    assert isinstance(made.station("museo").now, Ringing)
    assert PlayTone("nido", ToneName.RINGBACK) in orders
    made.lift("museo")
    assert made.switch.joined == {("museo", "nido")}


@pytest.mark.parametrize("code", [404, 480, 486, 600, 603])
def test_what_the_called_refuses_is_refused(code):
    made = bench(TrunkState.UP)
    made.lift()
    made.dial("612")
    made.end("out1", code)
    assert made.station("museo").now == Idle()
    assert not isinstance(made.station().now, Calling)


def test_a_way_on_which_nobody_works_is_left_in_time():
    made = bench(TrunkState.UP)
    made.lift()
    made.dial("3331234567")
    assert not of(DialLeg, made.wait(3_800))
    orders = made.wait(200)
    assert of(DialLeg, orders) == [DialLeg("out2", "nido", "3331234567", via=ViaMobile())]
    assert EndLeg("out1") in orders
    made.end("out1", 487)  # what is left of it says nothing any more
    made.answer("out2")
    assert made.switch.joined == {("nido", "out2")}
    made.end("out2")
    assert [ended.call for ended in of(CallEnded, made.orders)] == ["out1"]


def test_a_way_on_which_somebody_works_is_not_left():
    made = bench(TrunkState.UP)
    made.lift()
    made.dial("3331234567")
    made.feed(LegTrying("out1", made.now))
    assert not of(DialLeg, made.wait(20_000))


def test_the_class_of_service_says_who_may_use_which_way():
    made = bench(ways=frozenset({WayOut.PBX}))
    made.lift()
    orders = made.dial("3331234567")
    assert not of(DialLeg, orders)
    assert PlayTone("nido", ToneName.CONGESTION) in orders


# --- what people are told ------------------------------------------------------------------------


def test_the_dial_tone_tells_that_the_switchboard_is_gone_and_back():
    made = bench()
    assert PlayTone("nido", ToneName.DIAL_RESTRICTED) in made.lift()
    orders = made.feed(Trunk(made.now, "pbx", TrunkState.RECOVERING))
    assert not orders
    orders = made.feed(Trunk(made.now, "pbx", TrunkState.UP))
    assert PlayTone("nido", ToneName.DIAL) in orders


@pytest.mark.parametrize("end", ["#", ""])
def test_a_code_says_how_things_stand(end):
    made = bench()
    made.feed(SpeechReady(made.now, Voice(dict.fromkeys(PIECES, 1000))))
    made.lift()
    orders = made.dial(f"*1{end}") + made.wait(3_100)
    assert Say("nido", Phrase(Sentence.SWITCHBOARD_GONE_SINCE, "0930")) in orders
    orders = made.wait(20_000)
    said = [order.phrase.sentence for order in of(Say, orders) if order.phrase]
    assert said == [Sentence.CALLS_INSIDE, Sentence.CALLS_OUTSIDE]
    assert PlayTone("nido", ToneName.DIAL_RESTRICTED) in orders


def test_a_caller_is_told_when_there_is_no_way():
    made = bench(ways=frozenset({WayOut.PBX}))
    made.feed(SpeechReady(made.now, Voice(dict.fromkeys(PIECES, 1000))))
    made.lift()
    orders = made.dial("3331234567") + made.wait(2_000)
    assert Say("nido", Phrase(Sentence.SWITCHBOARD_GONE)) in orders


def test_media_of_a_held_leg_of_the_network_plays_no_tone_of_ours():
    made = bench(TrunkState.UP)
    leg = made.talk()
    assert not of(PlayTone, made.media(leg, Media.HELD_BY_THEM))
