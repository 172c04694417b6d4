"""Whatever is ordered and whoever lifts, hangs up or rings: no driver breaks a rule or loses a hook."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw.ports import LoopCurrent, RingSignal
from hw.sim.clock import SimClock
from hw.slic.profiles import AG1171, KS0835F
from tests.unit.hw.benches import daa_bench, slic_bench

PAUSES = st.sampled_from([0, 1, 5, 12, 40, 55, 120, 400, 1100, 4000])
SLIC_ORDERS = st.one_of(
    st.tuples(st.just("ring"), st.sampled_from([200, 400, 1000, 1500])),
    st.tuples(st.sampled_from(["stop", "lift", "hang"]), st.none()),
    st.tuples(st.just("polarity"), st.booleans()),
    st.tuples(st.just("break"), st.sampled_from([50, 250])),
)
DAA_ORDERS = st.one_of(
    st.tuples(st.sampled_from(["seize", "snoop", "feed"]), st.booleans()),
    st.tuples(st.sampled_from(["flash", "reverse"]), st.none()),
    st.tuples(st.just("pulse"), st.sampled_from("0159")),
    st.tuples(st.just("ring"), st.sampled_from([300, 1000])),
)


@pytest.mark.parametrize("profile", [AG1171, KS0835F])
@settings(max_examples=150, deadline=None)
@given(script=st.lists(st.tuples(PAUSES, SLIC_ORDERS), max_size=25), seed=st.integers(0, 9))
def test_a_slic_is_never_mistreated_and_its_hook_never_lost(profile, script, seed):
    late = Random(seed)
    clock = SimClock(late_ns=lambda: late.randrange(5_000_000) if seed else 0)
    bench = slic_bench(profile, clock=clock).open()
    for pause, (order, value) in script:
        bench.pass_ms(pause)
        lifted = bench.person.telephone.off_hook
        known = bool(bench.edges) and bench.edges[-1].closed
        match order:
            case "ring" if not known:  # nobody rings a line that was told to be lifted
                bench.port.ring(value, 25.0)
            case "stop":
                bench.port.stop_ringing()
            case "polarity":
                bench.port.set_polarity(reversed_=value)
            case "break":
                bench.port.break_loop(value)
            case "lift" if not lifted:
                bench.person.hook(lifted=True)
            case "hang" if lifted:
                bench.person.hook(lifted=False)
    bench.pass_ms(6000)
    assert bench.person.chip.broken == []
    told = bench.edges[-1].closed if bench.edges else False
    assert told is bench.person.telephone.off_hook
    assert all(a.closed is not b.closed for a, b in zip(bench.edges, bench.edges[1:], strict=False))
    assert not bench.person.ringing
    assert bench.faults == []


@settings(max_examples=150, deadline=None)
@given(script=st.lists(st.tuples(PAUSES, DAA_ORDERS), max_size=25))
def test_a_daa_does_what_was_ordered_and_tells_rings_and_current_in_turn(script):
    bench = daa_bench().open()
    seized = False
    for pause, (order, value) in script:
        bench.pass_ms(pause)
        match order:
            case "seize":
                bench.port.seize(off_hook=value)
                seized = value
            case "snoop":
                bench.port.snoop(on=value)
            case "feed":
                bench.exchange.feed(on=value)
            case "flash":
                bench.port.flash(100)
            case "reverse":
                bench.exchange.reverse()
            case "pulse":
                bench.port.pulse(value, break_ms=60, make_ms=40)
            case "ring" if not seized:
                bench.exchange.ring(value)
    bench.pass_ms(6000)
    assert bench.exchange.broken == []
    assert bench.exchange.closed is seized
    rings = [event.on for event in bench.told(RingSignal)]
    assert rings == [n % 2 == 0 for n in range(len(rings))]
    assert len(rings) % 2 == 0
    flows = bench.told(LoopCurrent)
    if seized and flows:
        assert flows[-1].flows is bench.exchange._fed
