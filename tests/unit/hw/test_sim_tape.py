"""The simulated telephone keeps what it hears only for whoever listens; its bell's duty is real."""

import threading

import numpy as np
import pytest

from hw.sim.fxs import RuleBrokenError, SimFxsPort
from hw.sim.person import FRAME
from hw.sim.telephone import Telephone


def frame(value):
    return np.full(FRAME, value, np.int16)


def test_a_tape_holds_what_was_heard_while_it_ran():
    phone = Telephone()
    phone.hear(frame(1))
    tape = phone.ear.begin_tape()
    phone.hear(frame(2))
    assert set(tape.take()) == {2}
    assert not len(tape.take())
    phone.hear(frame(3))
    phone.ear.end_tape(tape)
    phone.hear(frame(4))
    assert set(tape.take()) == {3}


def test_tapes_do_not_disturb_each_other():
    phone = Telephone()
    with phone.ear.listening() as one, phone.ear.listening() as other:
        phone.hear(frame(5))
        assert len(one.take()) == FRAME
        assert len(other.take()) == FRAME


def test_nothing_is_kept_without_a_tape():
    phone = Telephone()
    with phone.ear.listening():
        pass
    assert phone.ear._tapes == ()


def test_bursts_that_were_cut_short_count_as_long_as_they_rang():
    now = 0
    port = SimFxsPort("fxs1", now_ns=lambda: now)
    port.open(lambda _: None)
    for _ in range(14):  # 28 s: a second each would be 47 %
        port.ring(1000, 25.0)
        now += 100_000_000
        port.hook(lifted=True)
        now += 900_000_000
        port.hook(lifted=False)
        now += 1_000_000_000


def test_bursts_that_rang_to_their_end_are_limited():
    now = 0
    port = SimFxsPort("fxs1", now_ns=lambda: now)
    port.open(lambda _: None)

    def ring_every_other_second():
        nonlocal now
        for _ in range(14):
            port.ring(1000, 25.0)
            now += 2_000_000_000

    with pytest.raises(RuleBrokenError, match="33 %"):
        ring_every_other_second()


def test_the_clock_may_empty_the_mouth_while_somebody_speaks():
    """Dialling once met the clock: "deque mutated during iteration"."""
    phone = Telephone()
    phone.off_hook = True
    done = threading.Event()

    def clock():
        while not done.is_set():
            phone.speak()

    thread = threading.Thread(target=clock)
    thread.start()
    try:
        for _ in range(3000):
            phone.say(frame(1)[:40])
    finally:
        done.set()
        thread.join()
    assert len(phone.speak()) == FRAME
