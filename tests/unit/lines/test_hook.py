"""Hook classifier against its specification: a grammar over durations, not another machine."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.lines.hook import (
    BOTH,
    DTMF,
    PROFILES,
    ROTARY,
    Digit,
    Edge,
    Flash,
    HookEvent,
    HookInput,
    HookProfile,
    OffHook,
    OnHook,
    RingTrip,
    Wake,
    deadline,
    initial,
    is_dialling,
    is_off_hook,
    step,
)

MS = 1_000_000
LONG = 5_000.0


# --- running ------------------------------------------------------------------------------------
def run(inputs: list[HookInput], profile: HookProfile = BOTH) -> list[HookEvent]:
    state, out = initial(), []
    for event in inputs:
        state, more = step(state, event, profile)
        out += more
    return out


def edges(spans_ms: list[float], start_ns: int = 0) -> list[HookInput]:
    """Closed, open, closed, … for the durations given; the level after the last one stays."""
    at, out = start_ns, []
    for index, ms in enumerate([*spans_ms, LONG]):
        out.append(Edge(at, index % 2 == 0))
        at += round(ms * MS)
    return [*out, Wake(at)]


def word(event: HookEvent) -> str:
    match event:
        case OffHook():
            return "up"
        case OnHook():
            return "down"
        case Flash():
            return "R"
        case Digit(digit=digit):
            return digit


def words(inputs: list[HookInput], profile: HookProfile = BOTH) -> list[str]:
    return [word(event) for event in run(inputs, profile)]


# --- the specification --------------------------------------------------------------------------
# Windows in ms, written from the facts and the documentation, not read from the profiles:
# longest lone pulse, longest pulse in company, shortest and longest flash.
WINDOWS = {"both": (75, 90, 78, 145), "rotary": (90, 90, 95, 145), "dtmf": (0, 0, 70, 200)}

DIALLED = r"(?:p|[dD]s[pdD])"
TOKEN = re.compile(
    rf"(?P<digit>{DIALLED}(?:[sm][pdD])*)(?=L)"
    rf"|(?P<lost>{DIALLED}(?:[sm][pdDfx])*)"
    r"|(?P<flash>[Df])"
    r"|."
)


def break_letter(ms: float, profile: str) -> str:
    pulse, train, flash, flash_end = WINDOWS[profile]
    if ms >= 250:
        return "|"
    if ms <= pulse:
        return "p"
    if ms <= train:
        return "D" if ms >= flash else "d"
    return "f" if flash <= ms <= flash_end else "x"


def make_letter(ms: float) -> str:
    return "s" if ms <= 75 else "m" if ms < 260 else "L"


def off_hook_words(text: str) -> list[str]:
    """Read one stretch off hook: break, make, break, make … up to the release."""
    out = []
    for token in TOKEN.finditer(text):
        if token["digit"]:
            pulses = len(token["digit"]) // 2 + 1
            out += [str(pulses % 10)] if pulses <= 10 else []
        elif token["flash"]:
            out.append("R")
    return out


def specification(spans_ms: list[float], profile: str) -> list[str]:
    """Closed, open, closed, open, … for nominal durations; starts on hook."""
    spans = [*spans_ms, LONG]
    out, at = [], 0
    while at < len(spans):
        if spans[at] < 130:  # not believed: still on hook
            at += 2
            continue
        out.append("up")
        text = ""
        at += 1
        while at < len(spans) and (letter := break_letter(spans[at], profile)) != "|":
            text += letter + (make_letter(spans[at + 1]) if at + 1 < len(spans) else "")
            at += 2
        out += off_hook_words(text)
        if at < len(spans):
            out.append("down")
            at += 1
    return out


# --- properties ---------------------------------------------------------------------------------
LIMITS_MS = (20, 70, 75, 78, 90, 95, 130, 145, 200, 250, 260)
exact_ms = st.one_of(
    st.sampled_from([ms + ns / MS for ms in LIMITS_MS for ns in (-1, 0, 1)]).filter(
        lambda ms: ms >= 20
    ),
    st.floats(20, 400).map(lambda ms: round(ms, 3)),
)
exact_spans = st.lists(exact_ms, max_size=24)

# At least 2 ms inside each window, for either edge may be 1 ms off.
INSIDE = {
    "both": [(22, 73), (80, 88), (92, 143), (147, 248), (252, 900)],
    "rotary": [(22, 88), (97, 143), (147, 248), (252, 900)],
    "dtmf": [(22, 68), (72, 198), (202, 248), (252, 900)],
}
MAKES = [(22, 73), (77, 128), (132, 258), (262, 900)]
by_name = {profile.name: profile for profile in PROFILES}


def within(windows: list[tuple[int, int]]) -> st.SearchStrategy[float]:
    return st.sampled_from(windows).flatmap(lambda w: st.integers(*w)).map(float)


@settings(max_examples=600, deadline=None)
@given(spans=exact_spans, name=st.sampled_from(["both", "rotary", "dtmf"]))
def test_exact_durations_are_classified_as_specified(spans: list[float], name: str) -> None:
    assert words(edges(spans), by_name[name]) == specification(spans, name)


@st.composite
def dirty_trace(draw: st.DrawFn) -> tuple[str, list[float], list[HookInput]]:
    """Nominal durations, and the same with edges 1 ms off and contacts bouncing up to 3 ms."""
    name = draw(st.sampled_from(["both", "rotary", "dtmf"]))
    count = draw(st.integers(0, 10))
    spans = [draw(within(window)) for _ in range(count) for window in (MAKES, INSIDE[name])]
    at, trace = 0.0, []
    for index, ms in enumerate([*spans, LONG]):
        moved = at + draw(st.floats(-1, 1)) + 1
        closed = index % 2 == 0
        bounces = sorted(draw(st.lists(st.floats(0.01, 3), max_size=4)))
        trace.append(Edge(round(moved * MS), closed))
        for late, off_again in zip(
            bounces[: len(bounces) // 2 * 2], itertools.cycle((True, False))
        ):
            trace.append(Edge(round((moved + late) * MS), closed != off_again))
        at += ms
    return name, spans, [*trace, Wake(round((at + LONG) * MS))]


@settings(max_examples=300, deadline=None)
@given(dirty_trace())
def test_jitter_and_bounce_change_nothing(case: tuple[str, list[float], list[HookInput]]) -> None:
    name, spans, trace = case
    assert words(trace, by_name[name]) == specification(spans, name)


any_edges = st.lists(
    st.tuples(st.integers(0, 300 * MS), st.booleans()), min_size=1, max_size=40
).map(
    lambda gaps: [
        Edge(at, closed)
        for at, (_, closed) in zip(itertools.accumulate(gap for gap, _ in gaps), gaps, strict=True)
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    trace=any_edges,
    wakes=st.lists(st.integers(0, 8_000 * MS), max_size=20),
    profile=st.sampled_from(PROFILES),
)
def test_wakes_change_nothing(
    trace: list[HookInput], wakes: list[int], profile: HookProfile
) -> None:
    end = Wake(trace[-1].at_ns + 2_000 * MS)
    quiet = run([*trace, end], profile)
    ticking = sorted(
        [*trace, *(Wake(at) for at in wakes if at < end.at_ns)], key=lambda event: event.at_ns
    )
    assert run([*ticking, end], profile) == quiet


@settings(max_examples=200, deadline=None)
@given(trace=any_edges, profile=st.sampled_from(PROFILES))
def test_off_hook_and_on_hook_alternate_in_time_order(
    trace: list[HookInput], profile: HookProfile
) -> None:
    out = run([*trace, Wake(trace[-1].at_ns + 2_000 * MS)], profile)
    turns = [word(event) for event in out if isinstance(event, OffHook | OnHook)]
    assert turns == [("up", "down")[index % 2] for index in range(len(turns))]
    times = [event.at_ns for event in out]
    assert times == sorted(times)
    assert all(event.since_ns < event.at_ns for event in out)
    lifted = False
    for event in out:
        assert lifted != isinstance(event, OffHook)  # digits and flashes only off hook
        lifted = not isinstance(event, OnHook)


@settings(max_examples=300, deadline=None)
@given(trace=any_edges, profile=st.sampled_from(PROFILES))
def test_every_due_time_is_kept_and_decides_something(
    trace: list[HookInput], profile: HookProfile
) -> None:
    """A shell that wakes exactly at each deadline never spins and ends at rest."""
    state, queue = initial(), list(trace)
    for _ in range(400):
        due = deadline(state, profile)
        if queue and (due is None or queue[0].at_ns < due):
            state, _ = step(state, queue.pop(0), profile)
        elif due is None:
            break
        else:
            later, _ = step(state, Wake(due), profile)
            assert later != state
            state = later
    assert deadline(state, profile) is None
    assert not queue


# --- vectors ------------------------------------------------------------------------------------
FACTS_BOTH = {
    15: [], 20: ["1"], 40: ["1"], 60: ["1"], 74: ["1"], 75: ["1"], 76: [], 77: [], 78: ["R"],
    79: ["R"], 100: ["R"], 120: ["R"], 144: ["R"], 145: ["R"], 146: [], 200: [], 249: [],
    250: ["down", "up"], 251: ["down", "up"], 400: ["down", "up"],
}  # fmt: skip


@pytest.mark.parametrize(("ms", "expected"), FACTS_BOTH.items())
def test_the_vectors_of_the_facts(ms: int, expected: list[str]) -> None:
    assert words(edges([500, ms, 1000])) == ["up", *expected, "down"]


@pytest.mark.parametrize("profile", [BOTH, ROTARY], ids=lambda p: p.name)
@pytest.mark.parametrize("pulses_per_s", [8, 9, 10, 11, 12])
@pytest.mark.parametrize("break_share", [0.5, 0.6, 0.67])
def test_every_dial_in_tolerance(
    profile: HookProfile, pulses_per_s: float, break_share: float
) -> None:
    period = 1000 / pulses_per_s
    spans: list[float] = [400]
    for digit in "234567890":
        for _ in range(int(digit) or 10):
            spans += [period * break_share, period * (1 - break_share)]
        spans[-1] = 500
    assert words(edges(spans), profile) == ["up", *"234567890", "down"]


def test_a_slow_dials_one_is_a_digit_where_there_are_only_dials() -> None:
    slow_one = [400, 83.3, 600]
    assert words(edges(slow_one), ROTARY) == ["up", "1", "down"]
    assert words(edges(slow_one), BOTH) == ["up", "R", "down"]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([60, 40, 90, 400], ["2"]),  # in company 90 ms is a pulse, one ns more is not
        ([60, 40, 90.000001, 400], []),
        ([60, 40, 120, 40, 60, 400], []),  # no digit rather than a wrong one, and no flash
        ([80, 75, 80, 400], ["2"]),
        ([80, 75.000001, 80, 400], ["R", "R"]),
        ([80, 40, 100, 400], ["R", "R"]),
        ([77, 40, 60, 400], ["2"]),
        ([60, 200, 60, 400], ["2"]),  # tapping a digit on the hook, slowly
        ([60, 260, 60, 400], ["1", "1"]),
        ([60, 259.9, 60, 400], ["2"]),
        ([60, 40] * 9 + [60, 400], ["0"]),
        ([60, 40] * 10 + [60, 400], []),  # no dial has eleven holes
        ([80, 40], ["R"]),  # decided by the release
        ([60, 40], []),  # put down in mid-digit
    ],
)
def test_neighbours_decide(spans: list[float], expected: list[str]) -> None:
    assert words(edges([500, *spans])) == ["up", *expected, "down"]


def test_decision_times() -> None:
    out = run(edges([1000, 60, 40, 60, 1000, 100, 1000, 300]))
    assert [(word(e), e.at_ns // MS, e.since_ns // MS) for e in out][:4] == [
        ("up", 130, 0),
        ("2", 1000 + 160 + 260, 1000),
        ("R", 2160 + 100 + 10, 2160),
        ("down", 3260 + 250, 3260),
    ]


def test_wakes_very_late_still_date_events_rightly() -> None:
    late = [*edges([1000, 60])[:-1], Wake(3_600_000 * MS)]
    assert run(late)[-1] == Digit((1060 + 260) * MS, 1000 * MS, "1")


def test_a_short_break_while_lifting_starts_again() -> None:
    assert run(edges([100, 50, 500]))[0] == OffHook(280 * MS, 150 * MS)


def test_noise_shorter_than_a_break_is_nothing() -> None:
    clean = edges([500, 60, 40, 60, 500, 300])
    spikes = [Edge(at * MS, level) for t in (200, 800) for at, level in ((t, False), (t + 7, True))]
    noisy = sorted([*clean, *spikes], key=lambda event: event.at_ns)
    assert words(noisy) == words(clean) == ["up", "2", "down", "up"]


def test_bounce_does_not_move_release() -> None:
    trace = [Edge(0, True), Edge(500 * MS, False), Edge(745 * MS, True), Edge(747 * MS, False)]
    out = run([*trace, Wake(2000 * MS)])
    assert out[-1] == OnHook(757 * MS, 500 * MS)  # held up by the spike, begun where it began


# --- answering ----------------------------------------------------------------------------------
def test_ring_trip_answers_at_once_and_ring_current_is_not_dialling() -> None:
    pulses = [
        Edge((1005 + 20 * n) * MS, n % 2 == 0) for n in range(6)
    ]  # SHK at ring rate until ringing stops
    inputs = [pulses[0], RingTrip(1010 * MS), *pulses[1:], Edge(1130 * MS, True), Wake(3000 * MS)]
    assert run(inputs) == [OffHook(1010 * MS, 1010 * MS)]


def test_ring_trip_followed_by_a_handset_put_down() -> None:
    inputs = [Edge(1000 * MS, True), RingTrip(1010 * MS), Edge(1100 * MS, False), Wake(3000 * MS)]
    assert [word(event) for event in run(inputs)] == ["up", "down"]
    assert run(inputs)[1] == OnHook(1350 * MS, 1100 * MS)


def test_ring_trip_off_hook_means_nothing() -> None:
    assert words([*edges([1000])[:1], Wake(500 * MS), RingTrip(600 * MS), Wake(900 * MS)]) == ["up"]


# --- queries and profiles -----------------------------------------------------------------------
def test_dialling_is_known_from_the_first_pulse() -> None:
    state = initial(closed=True)
    assert is_off_hook(state)
    for event, dialling in [
        (Edge(1000 * MS, False), False),
        (Edge(1060 * MS, True), False),
        (Wake(1070 * MS), True),
        (Edge(1100 * MS, False), True),
        (Edge(1160 * MS, True), True),
        (Wake(1420 * MS), False),
    ]:
        state, _ = step(state, event, BOTH)
        assert is_dialling(state) is dialling


@pytest.mark.parametrize(
    "bad",
    [
        {"flash_min_ms": 75},
        {"flash_max_ms": 250},
        {"flash_min_ms": 146},
        {"release_ms": 100},
        {"bounce_ms": 30},
        {"digit_end_ms": 50},
        {"off_hook_ms": 5},
        {"train_max_ms": 60},
        {"trip_guard_ms": -1},
    ],
)
def test_windows_that_overlap_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="hook profile both: "):
        replace(BOTH, **bad)


def test_dtmf_only_lines_never_dial() -> None:
    assert words(edges([500, 60, 40, 60, 600]), DTMF) == ["up", "down"]
