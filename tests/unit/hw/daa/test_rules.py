"""Drivers that mistake what a DAA shows are caught, and every failing pin is survived."""

from dataclasses import replace

import pytest

from hw.daa import machine
from hw.daa.profiles import AN5, CPC5621
from hw.ports import PortFault, PortReady, RingSignal
from hw.sim.mock_pins import Drive
from hw.sim.rules import RuleBrokenError
from tests.unit.hw.benches import FxoBench, daa_bench


def test_a_driver_that_keeps_cid_on_too_long_is_caught():
    bench = daa_bench(replace(CPC5621, snoop_most_ms=2500)).open()
    bench.port.snoop(on=True)
    with pytest.raises(RuleBrokenError, match="CID on for 2 s"):
        bench.pass_ms(3000)


def test_a_driver_that_answers_with_cid_on_is_caught(monkeypatch):
    right = machine._seize

    def forgetful(daa, at, profile, *, off_hook):
        return right(replace(daa, snooping=False), at, profile, off_hook=off_hook)

    monkeypatch.setattr(machine, "_seize", forgetful)
    bench = daa_bench().open()
    bench.port.snoop(on=True)
    bench.pass_ms(100)
    with pytest.raises(RuleBrokenError, match="on-hook only"):
        bench.port.seize(off_hook=True)


def test_a_driver_that_counts_single_pulses_rings_at_a_reversal():
    """What the conformance suite would catch: the pulse of a reversal, taken for ringing."""
    bench = daa_bench(replace(AN5, ring_confirm_ms=0)).open()
    bench.exchange.reverse()
    bench.pass_ms(400)
    assert bench.told(RingSignal) != []


def story(bench: FxoBench) -> None:
    bench.port.snoop(on=True)
    bench.pass_ms(100)
    bench.port.snoop(on=False)
    bench.exchange.ring(500)
    bench.pass_ms(1000)
    bench.port.seize(off_hook=True)
    bench.pass_ms(500)
    bench.port.pulse("3", break_ms=60, make_ms=40)
    bench.pass_ms(1000)
    bench.port.flash(100)
    bench.pass_ms(500)
    bench.port.seize(off_hook=False)
    bench.pass_ms(500)


class Trouble:
    """Lets the ``nth`` operation fail, and all after it; pins that are gone drive nothing."""

    def __init__(self, nth: int, bench: FxoBench) -> None:
        self.bench = bench
        self.left = nth
        self.mended = False
        self.count = 0

    def __call__(self, what: str, pin: str) -> None:
        self.count += 1
        self.left -= 1
        if self.left < 0 and not self.mended:
            self.bench.exchange._snoop(Drive.OPEN)
            self.bench.exchange._off_hook(Drive.OPEN)
            raise OSError(5, "Input/output error")


def operations() -> int:
    bench = daa_bench()
    count = Trouble(10**9, bench)
    bench.exchange.factory.trouble = count
    story(bench.open())
    return count.count


@pytest.mark.parametrize("nth", range(operations()))
def test_a_line_whose_pins_fail_goes_out_of_service_and_comes_back(nth):
    bench = daa_bench()
    trouble = Trouble(nth, bench)
    bench.exchange.factory.trouble = trouble
    bench.open()
    story(bench)
    bench.pass_ms(60_000)
    assert len(bench.told(PortFault)) == 1
    assert "Input/output error" in bench.told(PortFault)[0].what
    trouble.mended = True
    bench.pass_ms(70_000)
    assert bench.told(PortReady)[-1].at_ns > bench.told(PortFault)[0].at_ns
    assert not bench.exchange.closed
    rung = len(bench.told(RingSignal))
    bench.exchange.ring(1000)
    bench.pass_ms(2000)
    assert [event.on for event in bench.told(RingSignal)[rung:]] == [True, False]
