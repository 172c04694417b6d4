"""Star codes and what they do, by table and by telephone."""

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from firmware.calls import features
from firmware.calls import switch as core
from firmware.calls.effects import (
    AlertLeg,
    AnswerLeg,
    BreakLoop,
    DialLeg,
    EndLeg,
    PlayTone,
    RedirectLeg,
    RingBurst,
    SaveSettings,
    SendSignal,
    SetPolarity,
)
from firmware.calls.events import LegIncoming, LineEdge, LineFault, MessagesWaiting, Party, WakeUp
from firmware.calls.features import Code, Feature, Op, Permissions, Settings
from firmware.calls.station import Idle, Refused, Ringing, Talking
from firmware.lines.callerid import decode
from firmware.lines.callerid_plan import Fsk
from firmware.lines.tones import ToneName
from tests.unit.calls.office import Bench, config


def of(kind, orders):
    return [order for order in orders if isinstance(order, kind)]


def tones(orders):
    return [order.tone for order in of(PlayTone, orders)]


@pytest.mark.parametrize(
    ("digits", "code"),
    [
        ("*21*3669382534#", Code(Op.SET, "21", ("3669382534",))),
        ("#21#", Code(Op.CLEAR, "21", ())),
        ("*#21#", Code(Op.ASK, "21", ())),
        ("*43#", Code(Op.SET, "43", ())),
        ("*33*1234#", Code(Op.SET, "33", ("1234",))),
        ("*51*7*057175#", Code(Op.SET, "51", ("7", "057175"))),
        ("*21*366", None),
        ("*#", None),
        ("*#21", None),
        ("**7#", None),
        ("*67#", None),
        ("9001", None),
    ],
)
def test_codes_are_read(digits, code):
    assert features.read(digits) == code


@given(st.text("0123456789*#", max_size=30))
def test_no_digits_at_all_do_harm(digits):
    settings = Settings()
    if code := features.read(digits):
        features.carry_out(code, settings, Permissions())
    features.short_number(digits)
    features.once_anonymous(digits)


def code(bench, digits, line="nido"):
    bench.lift(line)
    orders = bench.dial(digits, line)
    settings = bench.station(line).settings
    return settings, [*orders, *bench.hang_up(line)]


def test_a_code_is_confirmed_kept_and_followed_by_dial_tone():
    bench = Bench()
    bench.lift()
    orders = bench.dial("*21*3669382534#")
    assert tones(orders)[-1] is ToneName.CONFIRMATION
    (kept,) = of(SaveSettings, orders)
    assert kept.settings.forward(Feature.FORWARD_ALWAYS) == "3669382534"
    assert tones(bench.wait(1600)) == [ToneName.DIAL_FORWARD], "the dial tone says so"


def test_forwarding_always_sends_callers_elsewhere():
    bench = Bench()
    code(bench, "*21*3669382534#")
    assert RedirectLeg("in1", "3669382534") in bench.offer()
    assert bench.station().now == Idle()
    code(bench, "#21#")
    assert AlertLeg("in2") in bench.offer("in2")


def test_forwarding_on_busy_and_no_answer_and_offline():
    bench = Bench()
    for digits in ("*67*100#", "*61*200#", "*62*300#"):
        code(bench, digits)
    bench.lift()
    assert RedirectLeg("in1", "100") in bench.offer("in1")
    bench.hang_up()
    assert AlertLeg("in2") in bench.offer("in2")
    assert RedirectLeg("in2", "200") in bench.wait(20_100)
    assert bench.station().now == Idle()
    bench.feed(LineFault("nido", bench.now, "gone"))
    assert RedirectLeg("in3", "300") in bench.offer("in3")


def test_do_not_disturb_and_anonymous_callers():
    bench = Bench()
    code(bench, "*26#")
    assert EndLeg("in1", 486) in bench.offer()
    code(bench, "#26#")
    code(bench, "*77#")
    bench_event = bench.offer("in2")
    assert AlertLeg("in2") in bench_event, "a caller with a number may call"
    bench.end("in2", 487)
    hidden = LegIncoming("in3", bench.now, "pbx", "611", Party(private=True))
    assert EndLeg("in3", 433) in bench.feed(hidden)


def test_call_waiting_can_be_switched_off():
    bench = Bench()
    code(bench, "#43#")
    bench.talk()
    assert EndLeg("in1", 486) in bench.offer()


def test_asking_is_answered_with_yes_or_no():
    bench = Bench()
    bench.lift()
    assert tones(bench.dial("*#21#"))[-1] is ToneName.SIT
    bench.hang_up()
    code(bench, "*21*100#")
    bench.lift()
    assert tones(bench.dial("*#21#"))[-1] is ToneName.CONFIRMATION


def test_withholding_the_number_for_one_call_and_for_all():
    bench = Bench()
    bench.lift()
    assert of(DialLeg, bench.dial("*67#9001")) == [DialLeg("out1", "nido", "9001", anonymous=True)]
    bench.hang_up()
    code(bench, "*31#")
    bench.lift()
    bench.dial("9001")
    assert bench.dialled().anonymous
    bench.hang_up()
    bench.lift()
    bench.dial("112")
    assert not bench.dialled().anonymous, "never to an emergency number"


def test_redial_and_call_return():
    bench = Bench()
    bench.talk("9001")
    bench.hang_up()
    bench.offer()
    bench.end("in1", 487)
    bench.lift()
    bench.dial("*66#")
    assert bench.dialled().number == "9001"
    bench.hang_up()
    bench.lift()
    bench.dial("*69#")
    assert bench.dialled().number == "0571757707"


def test_short_numbers():
    bench = Bench()
    code(bench, "*51*7*9001#")
    bench.lift()
    bench.dial("**7#")
    assert bench.dialled().number == "9001"
    bench.hang_up()
    bench.lift()
    bench.dial("**7")
    bench.wait(3100)
    assert bench.dialled() == DialLeg("out2", "nido", "9001")
    bench.hang_up()
    bench.lift()
    assert tones(bench.dial("**8#"))[-1] is ToneName.SIT


def test_a_locked_telephone_calls_inside_and_for_help_only():
    cfg = config()
    lines = {n: replace(line, permissions=Permissions(pin="1234")) for n, line in cfg.lines.items()}
    bench = Bench(replace(cfg, lines=lines))
    assert not code(bench, "*33#")[0].locked
    assert code(bench, "*33*1234#")[0].locked
    assert tones(bench.lift()) == [ToneName.DIAL_RESTRICTED]
    assert tones(bench.dial("3669382534"))[-1] is ToneName.SIT
    bench.hang_up()
    for number in ("112", "612"):
        bench.lift()
        bench.dial(number)
        assert bench.dialled().number == number
        bench.hang_up()
    assert code(bench, "#33*9999#")[0].locked
    assert not code(bench, "#33*1234#")[0].locked


def test_services_that_the_site_switches_off_are_refused():
    cfg = config()
    none = Permissions(allowed=frozenset())
    bench = Bench(
        replace(cfg, lines={n: replace(x, permissions=none) for n, x in cfg.lines.items()})
    )
    settings, orders = code(bench, "*21*100#")
    assert ToneName.SIT in tones(orders)
    assert settings == Settings()


def test_a_hotline_calls_at_once_and_a_warmline_waits_for_digits():
    cfg = config()

    def bench(ms):
        warm = Permissions(hotline="9009", hotline_ms=ms)
        return Bench(
            replace(cfg, lines={n: replace(x, permissions=warm) for n, x in cfg.lines.items()})
        )

    hot = bench(0)
    assert of(DialLeg, hot.lift())[0].number == "9009"
    warm = bench(5000)
    assert of(DialLeg, warm.lift()) == []
    assert of(DialLeg, warm.wait(5000))[0].number == "9009"
    warm.hang_up()
    warm.lift()
    warm.dial("112")
    assert warm.dialled().number == "112", "an emergency number beats the warmline"


def test_a_call_that_rings_elsewhere_is_picked_up():
    bench = Bench()
    bench.offer(called="612")
    bench.wait(100)
    bench.lift()
    orders = bench.dial("*8#")
    assert AnswerLeg("in1") in orders
    assert isinstance(bench.station("nido").now, Talking)
    assert bench.station("museo").now == Idle()
    bench.answer("in1")
    bench.end("in1")
    bench.hang_up()
    bench.lift()
    assert tones(bench.dial("*8#"))[-1] is ToneName.SIT, "nothing rings"


def test_somebody_is_woken_once():
    bench = Bench()
    settings, _ = code(bench, "*55*0630#")
    assert settings.wake_at == "0630"
    assert code(bench, "*55*2560#")[0].wake_at == "0630", "there is no such time"
    orders = bench.feed(WakeUp("nido", bench.now)) + bench.wait(10)
    assert of(RingBurst, orders)
    assert bench.station().settings.wake_at == ""
    assert tones(bench.lift())[-1] is ToneName.CONFIRMATION
    bench.hang_up()
    assert bench.station().now == Idle()


def test_messages_change_the_dial_tone_and_the_lamp():
    bench = Bench()
    (signal,) = of(SendSignal, bench.feed(MessagesWaiting("nido", bench.now, 2)))
    data = next(part for part in signal.segments if isinstance(part, Fsk))
    assert decode(data.payload).waiting
    assert tones(bench.lift()) == [ToneName.DIAL_MWI]
    assert of(SendSignal, bench.feed(MessagesWaiting("nido", bench.now, 0))) == []
    (signal,) = of(SendSignal, bench.hang_up())
    data = next(part for part in signal.segments if isinstance(part, Fsk))
    assert not decode(data.payload).waiting


def test_the_polarity_tells_that_a_call_is_answered():
    cfg = config()
    bench = Bench(replace(cfg, lines={n: replace(x, reversal=True) for n, x in cfg.lines.items()}))
    leg = bench.talk()
    assert SetPolarity("nido", True) in bench.orders
    assert of(SetPolarity, bench.end(leg)) == [SetPolarity("nido", False)]
    bench.hang_up()
    bench.offer()
    bench.lift()
    bench.answer("in1")
    assert of(SetPolarity, bench.orders)[-1] == SetPolarity("nido", False), "only calls of ours"


def test_what_was_set_survives_a_restart():
    kept = {"nido": Settings(on=frozenset({Feature.DO_NOT_DISTURB}))}
    switch = core.initial(config(), kept)
    assert switch.desks["nido"].station.settings == kept["nido"]
    assert switch.desks["museo"].station.settings == Settings()


def test_ringing_elsewhere_stays_after_a_pickup_of_another():
    bench = Bench()
    bench.offer("in1", called="612")
    bench.lift()
    assert tones(bench.dial("*8*699#"))[-1] is ToneName.SIT
    assert isinstance(bench.station("museo").now, Ringing)


def test_the_loop_breaks_when_the_far_end_hangs_up_and_that_is_no_hanging_up():
    cfg = config()
    bench = Bench(replace(cfg, lines={n: replace(x, break_ms=500) for n, x in cfg.lines.items()}))
    leg = bench.talk()
    orders = bench.end(leg)
    assert BreakLoop("nido", 500) in orders
    assert tones(orders) == [ToneName.BUSY]
    bench.feed(LineEdge("nido", bench.now, closed=False))
    bench.wait(500)
    bench.feed(LineEdge("nido", bench.now, closed=True))
    bench.wait(600)
    assert bench.switch.desks["nido"].line.lifted
    assert isinstance(bench.station().now, Refused)
    assert bench.hang_up()
    assert bench.station().now == Idle()


def test_hanging_up_during_the_break_counts_when_it_is_over():
    cfg = config()
    bench = Bench(replace(cfg, lines={n: replace(x, break_ms=500) for n, x in cfg.lines.items()}))
    bench.end(bench.talk())
    bench.feed(LineEdge("nido", bench.now, closed=False))
    bench.wait(549)
    assert bench.switch.desks["nido"].line.lifted
    bench.wait(300)
    assert bench.station().now == Idle()


def test_a_forwarded_call_splashes_a_telephone_at_rest_only():
    cfg = config()
    bench = Bench(replace(cfg, lines={n: replace(x, splash=True) for n, x in cfg.lines.items()}))
    code(bench, "*21*100#")
    assert of(RingBurst, bench.offer("in1")) == [RingBurst("nido", 500, 25.0)]
    bench.lift()
    assert of(RingBurst, bench.offer("in2")) == []
    assert of(RingBurst, bench.wait(10_000)) == []
