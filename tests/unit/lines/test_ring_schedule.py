"""Ringing in turns: never over budget, rhythm kept, nobody forgotten."""

from __future__ import annotations

import heapq
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.lines.ring_schedule import GUARD_MS, RingSchedule
from firmware.lines.ringing import DISTINCTIVE, NORMAL, Cadence

MS = 1_000_000
Burst = tuple[int, int]


def simulate(
    asked: dict[str, tuple[int, Cadence]], at_once: int, until_ns: int
) -> dict[str, list[int]]:
    """Let each line ask for turn after turn, in order of time; give the starts of its turns."""
    schedule = RingSchedule(at_once)
    waiting = [(at, line) for line, (at, _) in asked.items()]
    heapq.heapify(waiting)
    starts: dict[str, list[int]] = {line: [] for line in asked}
    while waiting and waiting[0][0] < until_ns:
        at, line = heapq.heappop(waiting)
        cadence = asked[line][1]
        schedule, start = schedule.book(line, cadence, at)
        assert start >= at
        starts[line].append(start)
        heapq.heappush(waiting, (start + cadence.cycle_ms * MS, line))
    return starts


def bursts(starts: list[int], cadence: Cadence) -> list[Burst]:
    out = []
    for start in starts:
        at = start
        for on_ms, off_ms in cadence.bursts:
            out.append((at, at + on_ms * MS))
            at += (on_ms + off_ms) * MS
    return out


def most_at_once(all_bursts: list[Burst]) -> int:
    changes = sorted([(a, 1) for a, _ in all_bursts] + [(b, -1) for _, b in all_bursts])
    most = now = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most


cadences = st.sampled_from([NORMAL, *DISTINCTIVE.values()])


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(st.tuples(st.integers(0, 10_000), cadences), min_size=1, max_size=8),
    at_once=st.integers(1, 4),
)
def test_never_more_lines_than_the_supply_can_ring(
    lines: list[tuple[int, Cadence]], at_once: int
) -> None:
    asked = {f"line{n}": (at * MS, cadence) for n, (at, cadence) in enumerate(lines)}
    starts = simulate(asked, at_once, until_ns=60_000 * MS)
    everything = [b for line, (_, c) in asked.items() for b in bursts(starts[line], c)]
    assert most_at_once(everything) <= at_once
    for line, (at, cadence) in asked.items():
        assert starts[line], line
        if len(asked) <= at_once:
            assert starts[line][0] == at
        gaps = [b - a for a, b in itertools.pairwise(starts[line])]
        assert all(gap >= cadence.cycle_ms * MS for gap in gaps)  # so the duty only gets smaller


def test_equal_cadences_settle_into_offsets() -> None:
    """Four lines, one at a time: 1 s bursts side by side, then exactly every 5 s."""
    asked = {f"line{n}": (0, NORMAL) for n in range(4)}
    starts = simulate(asked, 1, until_ns=30_000 * MS)
    assert [starts[f"line{n}"][0] // MS for n in range(4)] == [
        n * (1000 + GUARD_MS) for n in range(4)
    ]
    for line in starts.values():
        assert {b - a for a, b in itertools.pairwise(line)} == {5000 * MS}


def test_too_many_lines_take_fair_turns() -> None:
    asked = {f"line{n}": (0, NORMAL) for n in range(12)}
    starts = simulate(asked, 1, until_ns=120_000 * MS)
    turns = [len(line) for line in starts.values()]
    assert max(turns) - min(turns) <= 1


def test_the_guard_after_a_burst() -> None:
    schedule, _ = RingSchedule(1).book("a", NORMAL, 0)
    _, start = schedule.book("b", NORMAL, 500 * MS)
    assert start == (1000 + GUARD_MS) * MS


def test_an_answered_line_gives_its_turn_back() -> None:
    schedule, _ = RingSchedule(1).book("a", NORMAL, 0)
    _, start = schedule.cancel("a").book("b", NORMAL, 500 * MS)
    assert start == 500 * MS


def test_asking_again_replaces_what_was_booked() -> None:
    schedule, _ = RingSchedule(1).book("a", NORMAL, 0)
    schedule, start = schedule.book("a", NORMAL, 100 * MS)
    assert start == 100 * MS
    assert len(schedule.bookings) == 1


def test_nothing_piles_up() -> None:
    schedule = RingSchedule(2)
    at = 0
    for _ in range(200):
        schedule, at = schedule.book("a", NORMAL, at + 5000 * MS)
        schedule, _ = schedule.book("b", NORMAL, at)
    assert len(schedule.bookings) == 2


def test_a_supply_that_rings_nothing() -> None:
    with pytest.raises(ValueError, match="power supply"):
        RingSchedule(0)
