"""Drivers that break a rule of the Ag1171 data sheet are caught, each by its rule's name."""

import subprocess
import sys
from dataclasses import replace
from random import Random

import pytest

from hw.gpio import Header, OpenDrain
from hw.sim.clock import SimClock
from hw.sim.rules import RuleBrokenError
from hw.slic import events, machine
from hw.slic.profiles import AG1171
from tests.unit.hw.benches import FxsBench, slic_bench


def rings_and_is_answered(bench: FxsBench) -> None:
    for _ in range(3):
        bench.port.ring(1000, 25.0)
        bench.pass_ms(5000)
    bench.port.ring(1000, 25.0)
    bench.pass_ms(400)
    bench.person.hook(lifted=True)
    bench.pass_ms(2000)
    bench.person.hook(lifted=False)
    bench.pass_ms(1000)


def turns(bench: FxsBench) -> None:
    bench.port.set_polarity(reversed_=True)
    bench.pass_ms(1)
    bench.port.set_polarity(reversed_=False)
    bench.pass_ms(200)


def rings_without_a_pause(bench: FxsBench) -> None:
    for _ in range(20):
        bench.port.ring(1500, 25.0)
        bench.pass_ms(2000)


def starts_and_rings(bench: FxsBench) -> None:
    bench.port.ring(1000, 25.0)
    bench.pass_ms(1500)


WRONG = {
    "RM falls too early": (replace(AG1171, settle_ms=9), rings_and_is_answered, "within 10 ms"),
    "RM stays high": (replace(AG1171, settle_ms=800), rings_and_is_answered, "high for 500 ms"),
    "no ring trip": (
        replace(AG1171, persistence_ms=900),
        rings_and_is_answered,
        "lifted telephone",
    ),
    "no duty limit": (
        replace(AG1171, limits=replace(AG1171.limits, ring_duty=1.0)),
        rings_without_a_pause,
        "Absolute Maximum: 33 %",
    ),
    "a hurried reversal": (replace(AG1171, reversal_ms=1), turns, "polarity turned twice"),
    "ringing too slowly": (
        replace(AG1171, limits=replace(AG1171.limits, ring_hz=(5.0, 68.0))),
        lambda bench: (bench.port.ring(1000, 10.0), bench.pass_ms(1500)),
        "15 to 68 Hz",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_driver_that_does_not_keep_a_time_is_caught(name):
    profile, story, rule = WRONG[name]
    right = slic_bench().open()
    if name != "ringing too slowly":
        story(right)
    assert right.person.chip.broken == []
    bench = slic_bench(profile).open()
    with pytest.raises(RuleBrokenError, match=rule):
        story(bench)


def test_a_driver_that_rings_before_the_chip_is_awake_is_caught():
    bench = slic_bench(replace(AG1171, wake_ms=10))
    bench.port.open(bench.events.append)
    bench.pass_ms(15)
    with pytest.raises(RuleBrokenError, match="50 ms after power-down"):
        starts_and_rings(bench)


def test_a_driver_that_drives_pd_high_is_caught(monkeypatch):
    def drive_high(self: OpenDrain) -> None:
        self._pin.output_with_state(1)

    monkeypatch.setattr(OpenDrain, "let_go", drive_high)
    with pytest.raises(RuleBrokenError, match="pin 14 PD"):
        slic_bench().open()


def test_a_driver_that_lets_rm_fall_before_f_r_is_forward_is_caught(monkeypatch):
    def hurried(slic, at, _profile):
        if not isinstance(slic.stage, machine.Ringing):
            return slic, ()
        return replace(slic, stage=machine.Feeding(0)), (events.RingMode(on=False),)

    monkeypatch.setattr(machine, "_end_ringing", hurried)
    bench = slic_bench().open()
    with pytest.raises(RuleBrokenError, match="Ringing, end"):
        starts_and_rings(bench)


def test_a_driver_that_rings_a_lifted_telephone_is_caught(monkeypatch):
    bench = slic_bench().open()
    bench.person.hook(lifted=True)
    bench.pass_ms(400)
    bench.port._slic = replace(bench.port._slic, closed=False)  # a driver that has forgotten it
    with pytest.raises(RuleBrokenError, match="off-hook line"):
        starts_and_rings(bench)


def test_the_driver_shortens_what_exceeds_the_duty_limit(caplog):
    bench = slic_bench().open()
    rings_without_a_pause(bench)
    assert bench.person.chip.broken == []
    rung = sum(burst.for_ms for burst in bench.person.telephone.bell)
    assert rung < 20 * 1500  # how much within 30 s, the chip watches
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "Ag1171 may ring 33 %" in caplog.text


def test_a_handset_lifted_by_a_hair_does_not_trip():
    """SHK must stay for 10 ms: ringing current through a bell makes shorter pulses."""
    bench = slic_bench().open()
    bench.port.ring(1000, 25.0)
    for _ in range(20):
        bench.pass_ms(31)
        at = bench.clock.now_ns()
        bench.person._show(True, at)
        bench.pass_ms(6)
        bench.person._show(False, bench.clock.now_ns())
    assert bench.trips == []
    assert bench.person.ringing


def test_a_storm_of_edges_takes_the_line_out_of_service_and_it_comes_back():
    bench = slic_bench().open()
    for n in range(600):
        bench.person._show(n % 2 == 0, bench.clock.now_ns())
        bench.pass_ms(1)
    (fault,) = bench.faults
    assert "check the wires of SHK" in fault.what
    assert not any(edge.at_ns > fault.at_ns for edge in bench.edges)
    bench.pass_ms(5000)
    assert len(bench.ready) == 2


def test_edges_cannot_be_late_enough_to_break_a_rule():
    """Wake-ups up to 8 ms late, as on a busy Pi: the margins of the driver hold."""
    random = Random(7)
    clock = SimClock(late_ns=lambda: random.randrange(8_000_000))
    bench = slic_bench(clock=clock).open()
    for _ in range(5):
        rings_and_is_answered(bench)
    assert bench.person.chip.broken == []
    assert len(bench.trips) == 5


def test_the_header_is_not_opened_by_importing_the_driver():
    assert Header.__module__ == "hw.gpio"
    code = "import hw.slic.port, sys; assert not {'gpiozero', 'lgpio'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
