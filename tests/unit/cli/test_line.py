"""What a person sees who watches a line."""

from firmware.cli.line import Watch

MS = 1_000_000


def edge(ms: float, closed: bool, line: str = "l1") -> dict[str, object]:
    return {"event": "line-edge", "line": line, "at_ns": round(ms * MS), "closed": closed}


def seen(watch: Watch, *events: dict[str, object]) -> list[str]:
    return [str(said["what"]) for event in events for said in watch.happened(event)]


def test_edges_come_with_what_lay_between_and_digits_once_they_are_certain():
    watch = Watch("l1")
    assert seen(watch, edge(1000, True), edge(1500, False, "l2")) == ["loop closed"]
    assert [said["what"] for said in watch.passed(1400 * MS)] == ["handset lifted"]
    pulses = [
        edge(2000 + n * 100 + at, closed)
        for n in range(3)
        for at, closed in ((0, False), (60, True))
    ]
    shown = seen(watch, *pulses)
    assert shown[:3] == [
        "loop open after 1000.0 ms",
        "loop closed after 60.0 ms",
        "loop open after 40.0 ms",
    ]
    assert [said["what"] for said in watch.passed(3000 * MS)] == ["digit 3 by pulses"]
    assert list(watch.passed(3100 * MS)) == []


def test_keys_trips_faults_and_the_handset_are_told():
    watch = Watch("l1")
    told = seen(
        watch,
        {"event": "line-fault", "line": "l1", "at_ns": 5 * MS, "what": "GPIO17: gone"},
        {"event": "line-ready", "line": "l1", "at_ns": 6 * MS},
        edge(10, True),
        {"event": "line-trip", "line": "l1", "at_ns": 11 * MS},
        {"event": "line-digit", "line": "l1", "at_ns": 900 * MS, "digit": "7"},
        {"event": "play-tone", "line": "l1", "tone": "dial"},
    )
    assert told == [
        "out of service: GPIO17: gone",
        "in service",
        "loop closed",
        "handset lifted",
        "ring trip",
        "key 7",
    ]


def test_times_count_from_the_first_thing_seen():
    watch = Watch("l1")
    times = [
        said["at_ms"]
        for event in (edge(1000, True), edge(1060.5, False))
        for said in watch.happened(event)
    ]
    assert times == [0.0, 60.5]


def test_nothing_is_certain_before_something_happened():
    assert list(Watch("l1").passed(10**12)) == []
