"""Every operation on the pins may fail: one message, the line dead, and it comes back by itself."""

import pytest

from hw.ports import PortFault, PortReady
from hw.sim.clock import SimClock
from hw.sim.mock_pins import Drive
from tests.unit.hw.benches import FxsBench, slic_bench


class Trouble:
    """Lets the ``nth`` operation fail, and all after it until it is mended.

    ``gone`` is called with the first failure: a card whose pins fail has no power either.
    """

    def __init__(self, nth: int, error: OSError) -> None:
        self.left = nth
        self.error = error
        self.mended = False
        self.gone = lambda: None
        self.seen: list[tuple[str, str]] = []

    def __call__(self, what: str, pin: str) -> None:
        self.seen.append((what, pin))
        self.left -= 1
        if self.left < 0 and not self.mended:
            self.gone()
            raise self.error


def story(bench: FxsBench, other: FxsBench) -> None:
    for one in (bench, other):
        one.port.ring(400, 25.0)
    bench.pass_ms(1000)
    for one in (bench, other):
        one.port.set_polarity(reversed_=True)
    bench.pass_ms(100)
    for one in (bench, other):
        one.port.set_polarity(reversed_=False)
    bench.pass_ms(100)
    for one in (bench, other):
        one.port.break_loop(100)
    bench.pass_ms(300)
    for one in (bench, other):
        one.person.hook(lifted=True)
    bench.pass_ms(500)


def two_lines(trouble: Trouble) -> tuple[FxsBench, FxsBench]:
    clock = SimClock()
    bench, other = (slic_bench(clock=clock, name=name) for name in ("fxs1", "fxs2"))
    bench.person.factory.trouble = trouble
    trouble.gone = lambda: bench.person.chip.power_down(Drive.LOW)
    return bench, other


def operations() -> int:
    count = Trouble(10**9, OSError())
    bench, other = two_lines(count)
    bench.open()
    other.open()
    story(bench, other)
    return len(count.seen)


ERRORS = {
    "I/O error": OSError(5, "Input/output error"),
    "time-out": TimeoutError(110, "Connection timed out"),
    "device gone": OSError(19, "No such device"),
}


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("nth", range(operations()))
def test_a_line_whose_pins_fail_goes_out_of_service_and_comes_back(nth, error):
    trouble = Trouble(nth, ERRORS[error])
    bench, other = two_lines(trouble)
    bench.open()
    other.open()
    story(bench, other)
    bench.pass_ms(10_000)
    (fault,) = bench.faults
    assert ERRORS[error].strerror in fault.what
    assert fault.what.startswith("GPIO") or "chip" in str(trouble.seen[0])
    ready = len(bench.ready)
    bench.pass_ms(120_000)
    assert len(bench.faults) == 1  # said once, tried again and again
    assert len(bench.ready) == ready
    trouble.mended = True
    bench.person.chip.power_down(Drive.OPEN)
    bench.pass_ms(70_000)
    assert isinstance(bench.events[-2], PortReady)
    assert bench.edges[-1].closed is True
    assert not any(isinstance(event, PortFault) for event in other.events)
    assert [edge.closed for edge in other.edges] == [True]
    assert len(other.person.telephone.bell) == 1
    bench.person.hook(lifted=False)
    bench.pass_ms(500)
    bench.port.ring(400, 25.0)
    bench.pass_ms(600)
    assert bench.person.telephone.bell[-1].for_ms == pytest.approx(400, abs=1)
    assert bench.person.chip.broken == []


def test_a_fault_after_it_worked_again_is_told_again():
    trouble = Trouble(10**9, OSError(5, "Input/output error"))
    bench, other = two_lines(trouble)
    bench.open()
    other.open()
    for count in (1, 2):
        trouble.left = 0
        bench.port.set_polarity(reversed_=True)
        bench.pass_ms(100)
        trouble.left = 10**9
        bench.person.chip.power_down(Drive.OPEN)
        bench.pass_ms(3000)
        assert len(bench.faults) == count
        assert len(bench.ready) == count + 1


def test_a_failing_line_is_dead_if_it_can_be():
    trouble = Trouble(10**9, OSError(5, "Input/output error"))
    bench, _ = two_lines(trouble)
    bench.open()
    bench.port.ring(1000, 25.0)
    bench.pass_ms(200)
    trouble.left, trouble.seen = 0, []

    def only_reading_fails(what: str, pin: str) -> None:
        if what == "read":
            raise trouble.error

    bench.person.factory.trouble = only_reading_fails
    bench.pass_ms(1500)
    assert bench.person.chip._alive_ns is None
    assert not bench.person.ringing
