"""The simulated line card: when ringing is a fault of the driver, and when a race."""

from __future__ import annotations

import pytest

from hw.ports import HookEdge, PortEvent, RingTrip
from hw.sim.fxs import RuleBrokenError, SimFxsPort

MS = 1_000_000


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.ns = 10**12

    def __call__(self) -> int:
        return self.ns


def test_ringing_a_handset_lifted_this_moment_is_tripped() -> None:
    clock, events = Clock(), list[PortEvent]()
    port = SimFxsPort("fxs1", now_ns=clock)
    port.open(events.append)
    port.hook(lifted=True)
    clock.ns += 60 * MS
    port.ring(1000, 25.0)
    assert not port.ringing
    assert events[-2:] == [
        HookEdge("fxs1", 10**12, closed=True),
        RingTrip("fxs1", 10**12 + 60 * MS),
    ]


def test_ringing_a_handset_long_lifted_breaks_the_rule() -> None:
    clock = Clock()
    port = SimFxsPort("fxs1", now_ns=clock)
    port.open(lambda _: None)
    port.hook(lifted=True)
    clock.ns += 300 * MS
    with pytest.raises(RuleBrokenError, match="off-hook"):
        port.ring(1000, 25.0)
