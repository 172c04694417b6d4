"""The SIP thread calling itself over loopback: real pjsua2, real sockets, no other program."""

import time
from ipaddress import ip_network

import pytest

from firmware.calls.effects import (
    AlertLeg,
    AnswerLeg,
    DialLeg,
    EndLeg,
    HoldLeg,
    PassData,
    ResumeLeg,
    SendDigit,
    SendOnLeg,
    TransferLeg,
)
from firmware.calls.events import (
    LegAnswered,
    LegDigit,
    LegEnded,
    LegIncoming,
    LegMedia,
    LegReplaced,
    LegTrying,
    Media,
    Party,
    TransferRefused,
)
from firmware.calls.ways import ViaTrunk
from firmware.sip.events import Intruder, LegQuality
from tests.unit.sip.loop import LOOPBACK, Endpoint


@pytest.fixture(scope="module")
def endpoint():
    endpoint = Endpoint()
    endpoint.actor.start().result(10)
    yield endpoint
    started = time.monotonic()
    endpoint.actor.stop()
    assert time.monotonic() - started < 6
    assert not endpoint.actor.alive


def test_two_lines_talk_hold_and_press_keys(endpoint):
    do = endpoint.actor.perform
    offered = endpoint.call("out1")
    assert offered.called == "612"
    assert offered.trunk == "pbx"
    assert (offered.caller.number, offered.caller.name) == ("611", 'Nido "Trovamici"')
    time.sleep(1)
    assert endpoint.lines["b"].last() == pytest.approx(600, abs=4)
    assert endpoint.lines["a"].last() == pytest.approx(1000, abs=4)
    do(SendDigit("out1", "5"))
    assert endpoint.wait(LegDigit, leg=offered.leg).digit == "5"
    do(HoldLeg("out1"))
    endpoint.wait(LegMedia, leg=offered.leg, media=Media.HELD_BY_THEM)
    do(ResumeLeg("out1"))
    endpoint.wait(LegMedia, leg=offered.leg, media=Media.ACTIVE)
    time.sleep(0.8)
    assert endpoint.lines["b"].last(400) == pytest.approx(600, abs=4)
    do(EndLeg("out1"))
    quality = endpoint.wait(LegQuality, leg="out1")
    assert quality.codec == "PCMA"
    assert quality.rx_packets > 50
    assert endpoint.wait(LegEnded, leg=offered.leg).code == 200


def test_hold_and_resume_at_once_ends_in_a_conversation(endpoint):
    do = endpoint.actor.perform
    offered = endpoint.call("out2")
    do(HoldLeg("out2"))
    do(ResumeLeg("out2"))
    endpoint.wait(LegMedia, leg=offered.leg, media=Media.HELD_BY_THEM)
    endpoint.wait(LegMedia, leg=offered.leg, media=Media.ACTIVE)
    do(EndLeg(offered.leg))
    endpoint.wait(LegEnded, leg="out2")


def test_a_refusal_has_its_code(endpoint):
    endpoint.actor.perform(DialLeg("out3", "a", "612"))
    offered = endpoint.wait(LegIncoming)
    endpoint.actor.perform(EndLeg(offered.leg, 486))
    assert endpoint.wait(LegEnded, leg="out3").code == 486


def test_a_cancelled_call_ends_at_both_sides(endpoint):
    endpoint.actor.perform(DialLeg("out4", "a", "612"))
    offered = endpoint.wait(LegIncoming)
    endpoint.actor.perform(EndLeg("out4"))
    assert endpoint.wait(LegEnded, leg=offered.leg).code == 487


def test_an_impossible_number_ends_the_leg_and_nothing_else(endpoint):
    endpoint.actor.perform(DialLeg("out5", "a", "not a number>"))
    assert endpoint.wait(LegEnded, leg="out5").code == 503
    endpoint.actor.perform(DialLeg("out6", "nobody", "612"))
    assert endpoint.wait(LegEnded, leg="out6").code == 503


def test_orders_for_legs_that_are_gone_do_no_harm(endpoint):
    for order in (EndLeg("gone"), HoldLeg("gone"), SendDigit("gone", "1"), AlertLeg("gone")):
        endpoint.actor.perform(order)
    endpoint.actor.perform(AnswerLeg("gone"))
    assert endpoint.wait(LegEnded, leg="gone").code == 487
    endpoint.actor.perform(TransferLeg("gone", "gone"))
    endpoint.wait(TransferRefused, leg="gone")


def prefetch(endpoint, leg):
    """Least and most ms that the leg's stream may keep."""

    def look():
        state = endpoint.actor.legs[leg].getStreamStat(0).jbuf
        return state.minPrefetch, state.maxPrefetch

    return endpoint.actor._submit(look).result(5)


def test_data_gets_a_delay_that_does_not_change(endpoint):
    endpoint.call("out8")
    least, most = prefetch(endpoint, "out8")
    assert least < most
    endpoint.messages.clear()
    endpoint.actor.perform(PassData("out8"))
    endpoint.wait(LegMedia, leg="out8", media=Media.ACTIVE)
    time.sleep(0.5)
    least, most = prefetch(endpoint, "out8")
    assert least == most > 0
    time.sleep(0.5)
    assert endpoint.lines["a"].last(400) == pytest.approx(1000, abs=4), "the voice goes on"
    endpoint.actor.perform(EndLeg("out8"))
    endpoint.wait(LegEnded, leg="out8")


def both_called(endpoint, one, other):
    return endpoint.call(one), endpoint.call(other)


def test_a_transfer_connects_the_two_far_ends(endpoint):
    far = both_called(endpoint, "out9", "out10")
    endpoint.actor.perform(TransferLeg("out9", "out10"))
    successors = [endpoint.wait(LegReplaced, leg=offered.leg).new for offered in far]
    for leg in ("out9", "out10", *(offered.leg for offered in far)):
        endpoint.wait(LegEnded, leg=leg)
    for successor in successors:
        endpoint.wait(LegMedia, leg=successor, media=Media.ACTIVE)
    endpoint.actor.perform(EndLeg(successors[0]))
    for successor in successors:
        assert endpoint.wait(LegEnded, leg=successor).code == 200


def test_a_caller_is_sent_on_to_another_number(endpoint):
    offered = endpoint.call("out11")
    endpoint.actor.perform(SendOnLeg("out11", "613"))
    new = endpoint.wait(LegReplaced, leg=offered.leg).new
    called = endpoint.wait(LegIncoming)
    assert called.called == "613"
    endpoint.actor.perform(AnswerLeg(called.leg))
    endpoint.wait(LegAnswered, leg=new)
    endpoint.wait(LegEnded, leg="out11")
    endpoint.actor.perform(EndLeg(new))
    endpoint.wait(LegEnded, leg=called.leg)


@pytest.mark.parametrize("order", [TransferLeg("out12", "out13"), SendOnLeg("out12", "613")])
def test_a_refused_transfer_is_told_and_changes_nothing(endpoint, order):
    far = both_called(endpoint, "out12", "out13")
    endpoint.actor.obey_transfers = False
    endpoint.actor.perform(order)
    endpoint.wait(TransferRefused, leg="out12")
    endpoint.actor.obey_transfers = True
    for leg in ("out12", "out13"):
        endpoint.actor.perform(EndLeg(leg))
    for offered in far:
        assert endpoint.wait(LegEnded, leg=offered.leg).code == 200


def test_strangers_are_refused(endpoint):
    endpoint.actor.allow("pbx", (ip_network("192.0.2.0/24"),))
    endpoint.actor.perform(DialLeg("out7", "a", "612"))
    assert endpoint.wait(Intruder).method == "INVITE"
    assert endpoint.wait(LegEnded, leg="out7").code == 403
    endpoint.actor.allow("pbx", LOOPBACK)


def test_messages_are_traced_without_secrets(endpoint):
    starts = [message.text.split("\r\n", 1)[0] for message in endpoint.messages]
    assert any(start.startswith("INVITE sip:612@") for start in starts)
    assert any(start == "SIP/2.0 200 OK" for start in starts)


def test_an_emergency_call_says_where_it_comes_from(endpoint):
    do = endpoint.actor.perform
    do(DialLeg("help1", "a", "112", via=ViaTrunk("pbx"), emergency=True))
    endpoint.wait(LegTrying, leg="help1")
    offered = endpoint.wait(LegIncoming, called="112")
    sent = next(m.text for m in endpoint.messages if m.sent and "INVITE sip:112@" in m.text)
    assert "Geolocation: <cid:location@derivato.invalid>" in sent
    assert "Priority: emergency" in sent
    assert "Content-ID: <location@derivato.invalid>" in sent
    assert "<ca:A3>Empoli</ca:A3>" in sent
    assert "application/sdp" in sent
    do(AnswerLeg(offered.leg))
    endpoint.wait(LegMedia, leg="help1", media=Media.ACTIVE)
    do(EndLeg("help1"))
    endpoint.wait(LegEnded, leg="help1")


def test_a_call_that_is_passed_on_shows_who_calls_and_where(endpoint):
    do = endpoint.actor.perform
    caller = Party("0571757707", "Polizia Municipale")
    do(DialLeg("on1", "a", "612", via=ViaTrunk("pbx"), caller=caller, redirecting="0571000201"))
    offered = endpoint.wait(LegIncoming, called="612")
    assert offered.caller == caller
    assert offered.redirecting == "0571000201"
    do(EndLeg("on1"))
    endpoint.wait(LegEnded, leg="on1")


def test_a_way_that_is_none_of_ours_fails_at_once(endpoint):
    endpoint.actor.perform(DialLeg("off1", "a", "612", via=ViaTrunk("nowhere")))
    assert endpoint.wait(LegEnded, leg="off1").code == 503


def test_a_server_is_asked_whether_it_lives(endpoint):
    first, second = endpoint.actor.probe("pbx"), endpoint.actor.probe("pbx")
    assert 200 <= first.result(5) < 500
    assert second.result(5) == first.result(5)
