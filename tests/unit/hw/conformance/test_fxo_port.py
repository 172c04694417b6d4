"""What every driver of an exchange line does, whatever it is made of."""

import numpy as np
import pytest

from hw.ports import Battery, LinePolarity, LoopCurrent, PortReady, RingSignal
from tests.unit.hw.benches import FXO, FxoBench

MS = 1_000_000


@pytest.fixture(params=FXO)
def bench(request) -> FxoBench:
    return FXO[request.param]().open()


@pytest.fixture(autouse=True)
def no_rule_was_broken(bench):
    yield
    assert bench.exchange.broken == []


def rings(bench: FxoBench) -> list[bool]:
    return [event.on for event in bench.told(RingSignal)]


def test_it_begins_on_hook_and_says_what_it_sees(bench):
    assert bench.events[0] == PortReady("fxo1", bench.events[0].at_ns)
    assert not bench.exchange.closed
    senses = bench.port.senses
    assert [event.present for event in bench.told(Battery)] == ([True] if senses.battery else [])
    assert [e.reversed for e in bench.told(LinePolarity)] == ([False] if senses.polarity else [])
    assert bench.told(LoopCurrent) == []


@pytest.mark.parametrize("hz", [16.7, 20.0, 25.0, 50.0])
def test_ringing_is_told_once_for_each_burst(bench, hz):
    for _ in range(3):
        start = bench.clock.now_ns()
        bench.exchange.ring(1000, hz)
        bench.pass_ms(5000)
        on, off = bench.told(RingSignal)[-2:]
        assert (on.on, off.on) == (True, False)
        assert 0 < on.at_ns - start < 300 * MS
        assert 900 * MS < off.at_ns - start < 1200 * MS
    assert rings(bench) == [True, False] * 3


def test_a_reversal_is_no_ringing(bench):
    for _ in range(4):
        bench.exchange.reverse()
        bench.pass_ms(400)
    assert rings(bench) == []
    if bench.port.senses.polarity:
        told = [event.reversed for event in bench.told(LinePolarity)]
        assert told == [False, True, False, True, False]


def test_reversals_in_quick_succession_are_no_ringing(bench):
    for _ in range(20):
        bench.exchange.reverse()
        bench.pass_ms(130)
    assert rings(bench) == []


@pytest.mark.parametrize("hz", [5.0, 300.0])
def test_what_is_no_ringing_frequency_is_no_ringing(bench, hz):
    if bench.port._profile.ring.value == "envelope":
        return  # the capacitor of an envelope input lets the driver see no frequency
    bench.exchange.ring(1000, hz)
    bench.pass_ms(2000)
    assert (rings(bench) == []) is (hz < 15)


def test_answering_trips_the_ringing_and_brings_current(bench):
    bench.exchange.ring(1000)
    bench.pass_ms(500)
    bench.port.seize(off_hook=True)
    bench.pass_ms(1000)
    assert bench.exchange.closed
    assert rings(bench) == [True, False]
    told = [event.flows for event in bench.told(LoopCurrent)]
    assert told == ([True] if bench.port.senses.current else [])
    bench.port.seize(off_hook=False)
    bench.pass_ms(1000)
    assert not bench.exchange.closed


def test_a_break_of_the_current_is_told(bench):
    bench.port.seize(off_hook=True)
    bench.pass_ms(1000)
    bench.exchange.feed(on=False)
    bench.pass_ms(250)
    bench.exchange.feed(on=True)
    bench.pass_ms(250)
    told = bench.told(LoopCurrent)
    if bench.port.senses.current:
        assert [event.flows for event in told] == [True, False, True]
        assert told[2].at_ns - told[1].at_ns == pytest.approx(250 * MS, abs=MS)


def test_a_line_without_current_is_told_when_it_is_seized(bench):
    bench.exchange.feed(on=False)
    bench.pass_ms(500)
    bench.port.seize(off_hook=True)
    bench.pass_ms(500)
    if bench.port.senses.current:
        assert [event.flows for event in bench.told(LoopCurrent)] == [False]
    if bench.port.senses.battery:
        assert [event.present for event in bench.told(Battery)] == [True, False]


@pytest.mark.parametrize(("break_ms", "make_ms"), [(60, 40), (67, 33)])
def test_digits_are_dialled_by_exact_pulses(bench, break_ms, make_ms):
    bench.port.seize(off_hook=True)
    bench.pass_ms(1000)
    for digit in "1903":
        bench.port.pulse(digit, break_ms=break_ms, make_ms=make_ms)
        bench.pass_ms(11 * (break_ms + make_ms) + 800)
    assert bench.exchange.dialled() == "1903"
    lengths = np.diff([move.at_ns / MS for move in bench.exchange.moves])
    opens = [not move.closed for move in bench.exchange.moves[:-1]]
    assert {round(ms, 3) for ms, is_open in zip(lengths, opens, strict=True) if is_open} == {
        break_ms
    }
    makes = [ms for ms, is_open in zip(lengths, opens, strict=True) if not is_open and ms < 200]
    assert {round(ms, 3) for ms in makes} == {make_ms}
    told = [event.flows for event in bench.told(LoopCurrent)]
    assert told == ([True] if bench.port.senses.current else [])


def test_a_flash_opens_the_loop_for_its_time_and_is_not_taken_for_a_break(bench):
    bench.port.seize(off_hook=True)
    bench.pass_ms(1000)
    bench.port.flash(100)
    bench.pass_ms(1000)
    opened, closed = bench.exchange.moves[-2:]
    assert (opened.closed, closed.closed) == (False, True)
    assert closed.at_ns - opened.at_ns == 100 * MS
    told = [event.flows for event in bench.told(LoopCurrent)]
    assert told == ([True] if bench.port.senses.current else [])


def test_hanging_up_while_a_digit_is_dialled_stays_hung_up(bench):
    bench.port.seize(off_hook=True)
    bench.pass_ms(1000)
    bench.port.pulse("0", break_ms=60, make_ms=40)
    bench.pass_ms(330)
    bench.port.seize(off_hook=False)
    bench.pass_ms(3000)
    assert not bench.exchange.closed
    assert bench.clock.now_ns() - bench.exchange.moves[-1].at_ns > 2900 * MS


@pytest.mark.parametrize("order", ["pulse", "flash"])
def test_nothing_is_dialled_on_hook(bench, order):
    if order == "pulse":
        bench.port.pulse("5", break_ms=60, make_ms=40)
    else:
        bench.port.flash(100)
    bench.pass_ms(1000)
    assert bench.exchange.moves == []


def test_what_no_dial_has_is_refused(bench):
    with pytest.raises(ValueError, match="pulses"):
        bench.port.pulse("#", break_ms=60, make_ms=40)


def test_snooping_ends_by_itself_and_with_the_answer(bench):
    bench.port.snoop(on=True)
    bench.pass_ms(3000)
    bench.port.snoop(on=False)
    bench.pass_ms(10)
    bench.port.snoop(on=True)
    bench.pass_ms(100)
    bench.port.seize(off_hook=True)
    bench.pass_ms(10)
    assert not bench.exchange.snooping


def test_a_closed_port_is_on_hook_and_silent(bench):
    bench.port.seize(off_hook=True)
    bench.pass_ms(500)
    bench.port.close()
    told = len(bench.events)
    bench.exchange.ring(1000)
    bench.pass_ms(2000)
    assert not bench.exchange.closed
    assert len(bench.events) == told
    bench.open()
    assert isinstance(bench.events[told], PortReady)
