"""Tone plans: Italy's numbers, the schema's rules, and what a failed call sounds like."""

from __future__ import annotations

import pytest

from firmware.lines.tone_plans import GERMANY, ITALY, PLANS
from firmware.lines.tones import (
    MEANING,
    Phrase,
    Segment,
    Tone,
    ToneName,
    TonePlan,
    tone_for_cause,
    tone_for_status,
)


def rhythm(phrase: Phrase) -> list[tuple[tuple[float, ...], float | None]]:
    return [(segment.hertz, segment.ms) for segment in phrase.segments]


def on_off(*ms: float, hertz: float = 425.0) -> list[tuple[tuple[float, ...], float | None]]:
    return [((hertz,) if index % 2 == 0 else (), length) for index, length in enumerate(ms)]


ITALIAN = {
    ToneName.DIAL: on_off(200, 200, 600, 1000),
    ToneName.DIAL_FORWARD: on_off(500, 50),
    ToneName.RINGBACK: on_off(1000, 4000),
    ToneName.BUSY: on_off(500, 500),
    ToneName.CONGESTION: on_off(200, 200),
    ToneName.CALL_WAITING: on_off(400, 100, 250, 100, 150, 14000),
    ToneName.HOLD: [((), 4700), ((425.0,), 50), ((), 200), ((425.0,), 50)],
    ToneName.SIT: [((950.0,), 330), ((1400.0,), 330), ((1800.0,), 330), ((), 1000)],
}


@pytest.mark.parametrize("name", ITALIAN)
def test_italian_cadences(name: ToneName) -> None:
    (phrase,) = ITALY[name].phrases
    assert phrase.endless
    assert rhythm(phrase) == ITALIAN[name]


def test_italian_message_waiting_stutters_twice_then_is_the_dial_tone() -> None:
    stutter, dial = ITALY[ToneName.DIAL_MWI].phrases
    assert (stutter.times, rhythm(stutter)) == (2, on_off(100, 100, 100, 700))
    assert (dial,) == ITALY[ToneName.DIAL].phrases


def test_no_norwegian_frequencies_in_italy() -> None:
    notes = {
        hertz for tone in ITALY.tones for p in tone.phrases for s in p.segments for hertz in s.hertz
    }
    assert not notes & {400.0, 470.0}


def test_levels_are_those_of_a_telephone() -> None:
    for plan in PLANS:
        for tone in plan.tones:
            for phrase in tone.phrases:
                assert all(-20 <= s.level_dbm0 <= -9 for s in phrase.segments if s.hertz)
    assert ITALY[ToneName.DIAL].phrases[0].segments[0].level_dbm0 == -13
    assert ITALY[ToneName.CALL_WAITING].phrases[0].segments[0].level_dbm0 == -19


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.country)
def test_tones_of_a_country_can_be_told_apart(plan: TonePlan) -> None:
    assert len({tone.phrases for tone in plan.tones}) == len(ToneName)


def test_every_tone_has_a_meaning() -> None:
    assert set(MEANING) == set(ToneName)


def test_second_country_through_the_same_schema() -> None:
    assert rhythm(GERMANY[ToneName.BUSY].phrases[0]) == on_off(480, 480)
    assert rhythm(GERMANY[ToneName.DIAL].phrases[0]) == on_off(*[None])  # type: ignore[list-item]


BEEP = Segment((425.0,), -13.0, 100)
FOR_EVER = Segment((425.0,), -13.0, None)


@pytest.mark.parametrize(
    ("segments", "times"),
    [
        ((), None),
        ((Segment((), 0.0, 0),), None),
        ((FOR_EVER, BEEP), None),
        ((BEEP,), 0),
        ((FOR_EVER,), 2),
    ],
)
def test_phrases_that_cannot_be_played(segments: tuple[Segment, ...], times: int | None) -> None:
    with pytest.raises(ValueError, match="phrase"):
        Phrase(segments, times)


def test_nothing_follows_an_endless_phrase() -> None:
    with pytest.raises(ValueError, match="tone busy"):
        Tone(ToneName.BUSY, (Phrase((BEEP,)), Phrase((BEEP,), 1)))


def test_a_plan_has_every_tone_once() -> None:
    with pytest.raises(ValueError, match="tone plan it"):
        TonePlan("it", ITALY.tones[1:])
    with pytest.raises(ValueError, match="tone plan it"):
        TonePlan("it", (*ITALY.tones, ITALY.tones[0]))


@pytest.mark.parametrize(
    ("code", "tone"),
    [(486, "busy"), (600, "busy"), (603, "busy")]
    + [(code, "sit") for code in (404, 410, 484, 604)]
    + [(code, "congestion") for code in (400, 408, 480, 488, 500, 502, 503, 504, 606, 0, 999)],
)
def test_status(code: int, tone: str) -> None:
    assert tone_for_status(code) == tone


@pytest.mark.parametrize(
    ("cause", "tone"),
    [(16, "busy"), (17, "busy"), (21, "busy"), (1, "sit"), (28, "sit")]
    + [(cause, "congestion") for cause in (18, 27, 34, 38, 41, 42, 102, 127)],
)
def test_cause(cause: int, tone: str) -> None:
    assert tone_for_cause(cause) == tone
