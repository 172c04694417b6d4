"""A trunk follows its evidence: soon down, trusted late, never flapping, never stuck."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.calls.ways import TrunkState
from firmware.trunk import health
from firmware.trunk.health import (
    CallOutcome,
    Changed,
    HealthTimes,
    Link,
    ProbeAnswered,
    RegisterAgain,
    Registration,
    SendProbe,
    TransportLost,
    UseServer,
    Wake,
)

MS = 1_000_000
TIMES = HealthTimes()
UP, SUSPECT, DOWN, RECOVERING = TrunkState


class Town:
    """A trunk and its servers on a clock: those in ``alive`` answer after 20 ms."""

    def __init__(self, count: int = 1, times: HealthTimes = TIMES) -> None:
        self.times, self.ns = times, 0
        self.alive = set(range(count))
        self.state = health.initial(count, 0)
        self.changes: list[tuple[float, TrunkState, str]] = []
        self.used: list[int] = []
        self.registered = 0
        self.probes: list[int] = []
        self._coming: list[tuple[int, int]] = []

    def tell(self, kind: type, *values: object) -> None:
        self.state, doing = health.step(self.state, kind(self.ns, 0.5, *values), self.times)
        for each in doing:
            match each:
                case SendProbe(server=server):
                    self.probes.append(self.ns)
                    if server in self.alive and not self.state.gone:
                        self._coming.append((self.ns + 20 * MS, server))
                case Changed(state=state, cause=cause):
                    self.changes.append((self.ns / 1e9, state, cause))
                case UseServer(server=server):
                    self.used.append(server)
                case RegisterAgain():
                    self.registered += 1

    def run(self, seconds: float) -> None:
        end = self.ns + round(seconds * 1e9)
        while True:
            due = health.deadline(self.state, self.times)
            coming = min(self._coming, default=(end + 1, 0))
            self.ns = min(end, coming[0], end if due is None else max(due, self.ns))
            if self.ns == coming[0] and coming in self._coming:
                self._coming.remove(coming)
                self.tell(ProbeAnswered, coming[1])
            else:
                self.tell(Wake)
            if self.ns >= end:
                return

    @property
    def now(self) -> TrunkState:
        return self.state.state


def test_all_is_well_and_nothing_changes() -> None:
    town = Town(2)
    town.run(600)
    assert town.changes == []
    assert town.used == []
    assert 100 < len(town.probes) < 140  # two servers, every 10 s


def test_a_silent_server_is_down_within_ten_seconds_of_the_first_lost_probe() -> None:
    town = Town()
    town.run(60)
    town.alive.clear()
    town.run(30)
    (lost, suspect, cause), (down, state, _) = town.changes
    assert (suspect, state) == (SUSPECT, DOWN)
    assert cause == "server 1 does not answer"
    assert down - lost < 10


def test_what_is_back_is_trusted_after_a_while_and_registered_at_once() -> None:
    town = Town()
    town.alive.clear()
    town.run(60)
    town.alive = {0}
    back = town.ns / 1e9
    town.run(80)
    recovering, up = town.changes[-2:]
    assert recovering[1:] == (RECOVERING, "server 1 answers")
    assert up[1:] == (UP, "good for 30 s")
    assert recovering[0] - back <= 25
    assert up[0] - recovering[0] == pytest.approx(30, abs=1)
    assert town.registered == 1


def test_a_dead_server_is_asked_ever_more_slowly_and_not_for_ever_more_slowly() -> None:
    town = Town()
    town.alive.clear()
    town.run(120)
    before = len(town.probes)
    town.run(600)
    pauses = 600 / (len(town.probes) - before)
    assert 18 <= pauses <= 28


def test_the_next_server_takes_over_and_the_first_comes_back_when_trusted() -> None:
    town = Town(2)
    town.run(30)
    town.alive = {1}
    town.run(30)
    assert town.used == [1]
    assert town.now is UP
    assert DOWN not in [state for _, state, _ in town.changes]
    town.alive = {0, 1}
    town.run(100)
    assert town.used == [1, 0]


def test_a_lost_link_is_down_at_once_and_asks_nobody() -> None:
    town = Town()
    town.run(30)
    town.tell(Link, False, "no link on eth0")
    assert town.changes == [(30.0, DOWN, "no link on eth0")]
    before = len(town.probes)
    town.run(60)
    assert len(town.probes) == before
    town.tell(Link, True)
    town.run(40)
    assert [state for _, state, _ in town.changes] == [DOWN, RECOVERING, UP]


def test_a_refused_registration_is_down_until_it_is_accepted() -> None:
    town = Town()
    town.run(30)
    town.tell(Registration, 403, "Forbidden")
    assert town.changes[-1][1:] == (DOWN, "registration: 403 Forbidden")
    town.run(60)
    assert town.now is DOWN
    town.tell(Registration, 200)
    town.run(40)
    assert town.now is UP


def test_a_server_that_answers_but_fails_calls_is_left() -> None:
    town = Town(2)
    town.run(30)
    for _ in range(3):
        town.tell(CallOutcome, False, "503")
        town.run(1)
    assert town.used == [1]
    town = Town(1)
    town.run(5)
    for _ in range(3):
        town.tell(CallOutcome, False, "503")
        town.run(1)
    assert town.now is DOWN
    town.run(120)
    assert town.now is UP


def test_one_failed_call_is_suspicious_and_a_good_one_clears_it() -> None:
    town = Town()
    town.run(5)
    town.tell(CallOutcome, False, "503")
    assert town.now is SUSPECT
    town.tell(CallOutcome, True)
    assert town.now is UP


def test_a_broken_connection_is_looked_into_at_once() -> None:
    town = Town()
    town.run(15)
    town.alive.clear()
    town.tell(TransportLost, "reset")
    town.run(7)
    assert town.now is DOWN


def test_one_lost_probe_is_no_outage() -> None:
    town = Town()
    town.run(15)
    town.alive.clear()
    town.run(8)
    town.alive = {0}
    town.run(30)
    assert DOWN not in [state for _, state, _ in town.changes]
    assert town.now is UP


ACTS = st.one_of(
    st.tuples(st.just("alive"), st.sets(st.integers(0, 1))),
    st.tuples(st.just("link"), st.booleans()),
    st.tuples(st.just("registration"), st.sampled_from([200, 403, 408, 503])),
    st.tuples(st.just("call"), st.booleans()),
    st.tuples(st.just("transport"), st.just(None)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 60), ACTS), max_size=20))
def test_nothing_flaps_and_nothing_sticks(script: list[tuple[float, tuple[str, object]]]) -> None:
    town = Town(2)
    for wait, (what, value) in script:
        town.run(wait)
        match what:
            case "alive":
                town.alive = set(value)
            case "link":
                town.tell(Link, value)
            case "registration":
                town.tell(Registration, value)
            case "call":
                town.tell(CallOutcome, value)
            case _:
                town.tell(TransportLost)
    # It never comes up sooner after a fall than it may, and each change is one of the diagram.
    order = [UP, *(state for _, state, _ in town.changes)]
    allowed = {
        (UP, SUSPECT), (SUSPECT, UP), (UP, DOWN), (SUSPECT, DOWN), (DOWN, RECOVERING),
        (RECOVERING, UP), (RECOVERING, DOWN),
    }  # fmt: skip
    assert set(pairwise(order)) <= allowed
    for (since, before, _), (at, after, _) in pairwise(town.changes):
        if (before, after) == (RECOVERING, UP):
            assert at - since >= TIMES.return_ms / 1000 - 1e-6
    # When all is well again for long enough, it is up; when all is dead, it is down.
    town.tell(Link, True)
    town.tell(Registration, 200)
    town.alive = {0, 1}
    town.run(150)
    assert town.now is UP
    town.alive = set()
    town.run(30)
    assert town.now is DOWN
