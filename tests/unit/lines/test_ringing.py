"""Ringing: duty, distinctive names from hostile headers, the slot for caller ID."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.lines.ringing import (
    CALLER_ID_GUARD_MS,
    CALLER_ID_START_MS,
    DISTINCTIVE,
    MAX_DUTY,
    NORMAL,
    SPLASH,
    SYNONYMS,
    Cadence,
    CallerRule,
    RingError,
    Slot,
    alert_name,
    choose,
)

EVERY = [NORMAL, SPLASH, *DISTINCTIVE.values()]


def test_italian_ringing() -> None:
    assert NORMAL.bursts == ((1000, 4000),)
    assert NORMAL.hz == 25
    assert NORMAL.at(20).hz == 20


def test_names() -> None:
    expected = {f"bellcore-dr{n}" for n in range(1, 9)}
    assert set(DISTINCTIVE) == expected | {"interna", "esterna", "urgente", "richiamata"}
    assert all(cadence.name == name for name, cadence in DISTINCTIVE.items())
    assert set(SYNONYMS.values()) <= set(DISTINCTIVE)


@pytest.mark.parametrize("cadence", EVERY, ids=lambda c: c.name)
def test_duty_of_a_turn_is_within_the_data_sheet(cadence: Cadence) -> None:
    ringing = [on for on_ms, off_ms in cadence.bursts for on in [1] * on_ms + [0] * off_ms]
    assert len(ringing) == cadence.cycle_ms
    assert sum(ringing) / len(ringing) == pytest.approx(cadence.duty)
    assert cadence.duty <= MAX_DUTY


def test_distinctive_rings_differ() -> None:
    rhythms = [c.bursts for name, c in DISTINCTIVE.items() if name.startswith("bellcore")]
    assert len(set(rhythms)) == 8


@pytest.mark.parametrize(
    ("bursts", "hz", "what"),
    [
        ((), 25.0, "must last"),
        (((1000, 0),), 25.0, "must last"),
        (((0, 4000),), 25.0, "must last"),
        (((2000, 4000),), 25.0, "rings 33% of the time, over 33%"),  # the American ring
        (((1000, 1000),), 25.0, "rings 50% of the time"),
        (((1000, 4000),), 14.9, "14.9 Hz"),
        (((1000, 4000),), 69.0, "69 Hz"),
    ],
)
def test_what_must_not_be_rung(bursts: tuple[tuple[int, int], ...], hz: float, what: str) -> None:
    with pytest.raises(RingError, match=what):
        Cadence("x", bursts, hz)


# --- caller ID ----------------------------------------------------------------------------------
def test_caller_id_slot_of_the_italian_ring() -> None:
    assert NORMAL.caller_id_slot(750) == Slot(1, 1750, 4800)
    assert NORMAL.caller_id_slot(3050) is not None
    assert NORMAL.caller_id_slot(3051) is None


def test_caller_id_waits_for_the_first_pause_that_is_long_enough() -> None:
    assert DISTINCTIVE["interna"].caller_id_slot(750) == Slot(2, 1850, 4800)


@pytest.mark.parametrize("cadence", EVERY, ids=lambda c: c.name)
@pytest.mark.parametrize("need_ms", [608, 750])
def test_the_slot_is_silent_and_keeps_its_distances(cadence: Cadence, need_ms: int) -> None:
    slot = cadence.caller_id_slot(need_ms)
    assert slot is not None, "each cadence has room for a number and a name"
    before = sum(on + off for on, off in cadence.bursts[: slot.bursts])
    assert slot.end_ms == before - CALLER_ID_GUARD_MS
    assert slot.start_ms == before - cadence.bursts[slot.bursts - 1][1] + CALLER_ID_START_MS
    assert slot.end_ms - slot.start_ms >= need_ms


# --- Alert-Info ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("<http://pbx.example/Bellcore-dr3>", "bellcore-dr3"),
        ("<http://127.0.0.1/Bellcore-dr4>;appearance=2", "bellcore-dr4"),
        ("<http://pbx.example/rings/bellcore-dr2.wav>", "bellcore-dr2"),
        ("Bellcore-dr8", "bellcore-dr8"),
        ('"Bellcore-dr1"', "bellcore-dr1"),
        ("info=urgente", "urgente"),
        ("<http://127.0.0.1>;info=Interna", "interna"),
        ('<http://127.0.0.1>; info="richiamata"; delay=0', "richiamata"),
        ("<http://127.0.0.1>;info=alert-external", "esterna"),
        ("<urn:alert:source:internal>", "interna"),
        ("<urn:alert:source:external>", "esterna"),
        ("<urn:alert:priority:high>", "urgente"),
        ("<urn:alert:service:recall:callback>", "richiamata"),
        ("<urn:alert:service:normal>,<urn:alert:source:internal>", "interna"),
        ("<http://internal/tune>", None),
        ("<http://internal>", None),
        ("Bellcore-dr9", None),
        ("Bellcore-dr33", None),
        ("xBellcore-dr3", None),
        ("", None),
        ("<<,;;info=", None),
        ("," * 5000 + "urgente", None),
    ],
)
def test_alert_info(header: str, name: str | None) -> None:
    assert alert_name(header) == name


@given(st.text(max_size=2000))
def test_any_header_gives_a_known_name_or_none(header: str) -> None:
    assert alert_name(header) in {*DISTINCTIVE, None}


# --- choice -------------------------------------------------------------------------------------
RULES = (
    CallerRule("+39057", DISTINCTIVE["esterna"]),
    CallerRule("+390571757", DISTINCTIVE["interna"]),
)


@pytest.mark.parametrize(
    ("alert_info", "caller", "name"),
    [
        (None, None, "normal"),
        ("", "", "normal"),
        ("Bellcore-dr5", None, "bellcore-dr5"),
        ("nonsense", "+390571757100", "interna"),
        ("Bellcore-dr5", "+390571999999", "esterna"),
        ("Bellcore-dr5", "+390699999999", "bellcore-dr5"),
        (None, "+390699999999", "normal"),
    ],
)
def test_choice(alert_info: str | None, caller: str | None, name: str) -> None:
    assert choose(alert_info, caller, rules=RULES).name == name


def test_the_lines_frequency_stays() -> None:
    line = NORMAL.at(20)
    assert choose("Bellcore-dr2", None, default=line).hz == 20
    assert choose(None, "+39057199", rules=RULES, default=line).hz == 20


def test_a_line_may_take_names_away() -> None:
    assert choose("urgente", None, names={}).name == "normal"
