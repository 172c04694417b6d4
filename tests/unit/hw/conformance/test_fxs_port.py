"""What every driver of a telephone's line card does, whatever it is made of."""

import time

import numpy as np
import pytest

from hw.ports import HookEdge, PortReady
from tests.unit.hw.benches import FXS, FxsBench

MS = 1_000_000


@pytest.fixture(params=FXS)
def bench(request) -> FxsBench:
    return FXS[request.param]().open()


@pytest.fixture
def bouncing(bench) -> bool:
    """Whether the contact of the telephone bounces: edges are then more than moves."""
    chip = getattr(bench.person, "chip", None)
    return chip is not None and chip._bounce.times > 0


def settled(edges: list[HookEdge]) -> list[bool]:
    """What the edges say once those of the same 4 ms are one."""
    return [
        edge.closed
        for edge, after in zip(edges, [*edges[1:], None], strict=True)
        if after is None or after.at_ns - edge.at_ns > 4 * MS
    ]


def test_it_says_once_that_it_works(bench):
    assert [event.port for event in bench.ready] == ["fxs1"]
    assert bench.events == [PortReady("fxs1", bench.ready[0].at_ns)]


@pytest.mark.parametrize("name", FXS)
def test_a_handset_that_is_off_the_hook_at_the_start_is_told(name):
    bench = FXS[name]()
    bench.person.hook(lifted=True)
    bench.open()
    assert isinstance(bench.events[0], PortReady)
    assert [edge.closed for edge in bench.edges] == [True]


def test_lifting_and_hanging_up_are_edges_at_their_time(bench):
    start = bench.clock.now_ns()
    bench.person.hook(lifted=True)
    bench.pass_ms(300)
    bench.person.hook(lifted=False)
    bench.pass_ms(300)
    assert settled(bench.edges) == [True, False]
    assert all(edge.port == "fxs1" for edge in bench.edges)
    assert 0 <= bench.edges[0].at_ns - start <= 10 * MS


def test_dial_pulses_keep_their_lengths(bench, bouncing):
    bench.person.hook(lifted=True)
    bench.pass_ms(500)
    bench.events.clear()
    bench.loop(
        [(n * 100 + at, closed) for n in range(3) for at, closed in ((0, False), (60, True))]
    )
    at = [edge.at_ns / MS for edge in bench.edges]
    if bouncing:
        assert settled(bench.edges) == [False, True] * 3
    else:
        assert np.diff(at) == pytest.approx([60, 40, 60, 40, 60], abs=0.01)


def test_a_burst_rings_the_bell_at_its_frequency(bench):
    bench.port.ring(1000, 25.0)
    bench.pass_ms(500)
    assert bench.person.ringing
    bench.pass_ms(600)
    bench.port.stop_ringing()
    bench.pass_ms(100)
    assert not bench.person.ringing
    (burst,) = bench.person.telephone.bell
    assert burst.for_ms == pytest.approx(1000, abs=2)
    assert burst.hz == pytest.approx(25.0, rel=0.01)
    assert bench.edges == []


def test_ringing_can_be_ended_early(bench):
    bench.port.ring(1000, 25.0)
    bench.pass_ms(300)
    bench.port.stop_ringing()
    bench.pass_ms(30)
    assert not bench.person.ringing
    (burst,) = bench.person.telephone.bell
    assert burst.for_ms == pytest.approx(300, abs=41)


@pytest.mark.parametrize("hz", [20.0, 25.0])
@pytest.mark.parametrize("lifted_ms", [3, 111, 502, 777])
def test_lifting_the_handset_trips_the_ringing(bench, lifted_ms, hz):
    bench.port.ring(1000, hz)
    bench.pass_ms(lifted_ms)
    bench.person.hook(lifted=True)
    bench.pass_ms(120)
    assert len(bench.trips) == 1
    assert [edge.closed for edge in bench.edges] == [True]
    assert not bench.person.ringing
    bench.pass_ms(1000)
    bench.person.hook(lifted=False)
    bench.pass_ms(300)
    assert settled(bench.edges)[-2:] == [True, False]


def test_a_handset_lifted_as_ringing_ends_is_seen(bench):
    bench.port.ring(1000, 25.0)
    bench.pass_ms(972)
    bench.person.hook(lifted=True)
    bench.pass_ms(300)
    assert settled(bench.edges) == [True]


def test_hanging_up_right_after_the_answer_is_seen(bench):
    bench.port.ring(1000, 25.0)
    bench.pass_ms(500)
    bench.person.hook(lifted=True)
    bench.pass_ms(70)
    bench.person.hook(lifted=False)
    bench.pass_ms(300)
    assert bench.edges[-1].closed is False


def test_a_handset_lifted_this_moment_is_not_rung(bench):
    bench.person.hook(lifted=True)
    bench.pass_ms(50)
    bench.port.ring(1000, 25.0)
    bench.pass_ms(200)
    assert len(bench.trips) == 1
    assert not bench.person.ringing


def test_the_polarity_turns_and_the_hook_is_not_mistaken(bench):
    bench.person.hook(lifted=True)
    bench.pass_ms(300)
    for turned in (True, False):
        bench.port.set_polarity(reversed_=turned)
        bench.pass_ms(200)
        assert bench.person.reversed is turned
    assert settled(bench.edges) == [True]


def test_a_reversal_asked_for_while_it_rings_comes_afterwards(bench):
    bench.port.ring(400, 25.0)
    bench.pass_ms(100)
    bench.port.set_polarity(reversed_=True)
    bench.pass_ms(600)
    bench.port.stop_ringing()
    bench.pass_ms(100)
    assert bench.person.reversed
    bench.port.ring(400, 25.0)
    bench.pass_ms(600)
    bench.port.stop_ringing()
    bench.pass_ms(100)
    assert len(bench.person.telephone.bell) == 2
    assert bench.person.reversed


def test_a_break_of_the_loop_ends_with_the_hook_as_it_is(bench):
    bench.person.hook(lifted=True)
    bench.pass_ms(300)
    bench.port.break_loop(200)
    if bench.port is bench.person:
        time.sleep(0.3)  # the simulated port has a real timer
    bench.pass_ms(300)
    assert bench.edges[-1].closed is True


def test_a_cadence_of_a_minute_is_rung_whole(bench):
    for _ in range(12):
        bench.port.ring(1000, 25.0)
        bench.pass_ms(5000)
    bench.port.stop_ringing()
    bells = bench.person.telephone.bell
    assert [round(burst.for_ms, -1) for burst in bells] == [1000] * 12


def test_a_closed_port_is_silent_and_can_be_opened_again(bench):
    bench.port.ring(1000, 25.0)
    bench.pass_ms(100)
    bench.port.close()
    told = len(bench.events)
    bench.person.hook(lifted=True)
    bench.pass_ms(500)
    assert len(bench.events) == told
    assert not bench.person.ringing
    bench.open()
    assert isinstance(bench.events[told], PortReady)
    assert bench.edges[-1].closed is True


def test_the_voice_path_carries_both_ways(bench):
    bench.person.hook(lifted=True)
    with bench.person.telephone.ear.listening() as tape:
        bench.port.audio.write(np.full(160, 700, np.int16))
        assert set(tape.take()) == {700}
    for _ in range(2):
        bench.port.audio.write(np.zeros(160, np.int16))
    bench.person.telephone.say(np.full(160, 900, np.int16))
    said = bench.port.audio.read()
    assert said[20:].mean() == pytest.approx(900, abs=200)


@pytest.fixture(autouse=True)
def no_rule_was_broken(bench):
    yield
    chip = getattr(bench.person, "chip", None)
    assert chip is None or chip.broken == []
