"""Recordings: everything in them, and nothing else."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.signals_tones import CADENCES, answer_tone, cadence
from firmware.dsp.dtmf import render
from firmware.dsp.fsk import modulate
from firmware.dsp.listen import Kind, analyse
from firmware.lines.callerid import Absence, CallSetup, MessageWaiting, Moment, encode
from tests.unit.dsp.test_activity import babble


def silence(ms):
    return np.zeros(ms * 8, np.int16)


def kinds(samples):
    return [heard.kind for heard in analyse(samples)]


def only(samples, kind):
    (heard,) = [heard for heard in analyse(samples) if heard.kind is kind]
    return heard


def test_a_whole_call():
    parts = [
        (silence(600), "silence"),
        (cadence(CADENCES["dial"], cycles=1.5), "dial"),
        (render("05#", on_ms=80, off_ms=80), "0 5 #"),
        (silence(500), "silence"),
        (cadence(CADENCES["ringback 1/4"], cycles=1.3), "ringback silence"),
        (babble(seconds=3), "speech"),
        (silence(500), "silence"),
        (cadence(CADENCES["busy"], cycles=4.5), "busy"),
    ]
    heard = analyse(np.concatenate([samples for samples, _ in parts]))
    said = [str(h.details.get("digit") or h.details.get("tone") or h.kind) for h in heard]
    assert " ".join(said) == " ".join(what for _, what in parts)
    for one, following in pairwise(heard):
        assert one.at_ms + one.for_ms <= following.at_ms + 120
        assert 0 <= one.confidence <= 1


def test_json_of_a_digit():
    samples = np.concatenate([silence(250), render("5", on_ms=52, off_ms=250)])
    heard = only(samples, Kind.DTMF).as_json()
    assert heard["kind"] == "dtmf"
    assert heard["digit"] == "5"
    assert heard["at_ms"] == pytest.approx(251, abs=2)
    assert heard["for_ms"] == pytest.approx(50, abs=2)
    assert heard["level_dbm0"] == pytest.approx(-9.9, abs=0.3)
    assert 0.91 <= heard["confidence"] <= 1


def test_caller_id():
    call = CallSetup(number="0571123456", name="ANNA BIANCHI", at=Moment(3, 14, 9, 5))
    samples = np.concatenate([silence(700), modulate(encode(call)), silence(700)])
    heard = only(samples, Kind.CALLER_ID)
    assert heard.as_json() == {
        "at_ms": pytest.approx(1100, abs=5),
        "for_ms": pytest.approx(280, abs=60),
        "kind": "caller-id",
        "number": "0571123456",
        "name": "ANNA BIANCHI",
        "date": "03-14",
        "time": "09:05",
        "level_dbm0": pytest.approx(-14, abs=0.5),
        "confidence": 1.0,
    }
    assert kinds(samples) == [Kind.SILENCE, Kind.CALLER_ID, Kind.SILENCE]


def test_withheld_number_and_message_waiting():
    hidden = modulate(encode(CallSetup(number=Absence.PRIVATE)))
    lamp = modulate(encode(MessageWaiting(waiting=True, count=3)))
    samples = np.concatenate([silence(500), hidden, silence(500), lamp, silence(300)])
    assert only(samples, Kind.CALLER_ID).details == {
        "number": None,
        "name": None,
        "number_absence": "private",
    }
    assert only(samples, Kind.MESSAGE_WAITING).details == {"waiting": True, "count": 3}


def test_a_wrong_checksum_is_never_shown():
    octets = bytearray(encode(CallSetup(number="0571123456")))
    octets[-1] ^= 0x01
    samples = np.concatenate([silence(500), modulate(bytes(octets)), silence(500)])
    heard = analyse(samples)
    assert Kind.CALLER_ID not in [one.kind for one in heard]
    assert not any("0571" in str(value) for one in heard for value in one.details.values())
    assert Kind.DAMAGED in [one.kind for one in heard]


def test_caller_id_in_digits():
    samples = np.concatenate([silence(400), render("A0571999C", on_ms=70, off_ms=70)])
    heard = only(samples, Kind.CALLER_ID)
    assert heard.details["number"] == "0571999"
    assert heard.details["sent_as"] == "dtmf"
    assert Kind.CALLER_ID not in kinds(render("0571999#", on_ms=70, off_ms=70))


@pytest.mark.parametrize("reversals", [True, False])
def test_fax(reversals):
    samples = np.concatenate(
        [cadence(CADENCES["fax-cng"], cycles=2), answer_tone(reversals=reversals)]
    )
    calling, answer = [heard for heard in analyse(samples) if heard.kind is Kind.FAX]
    assert calling.details["tone"] == "cng"
    assert answer.details["tone"] == "ced"
    assert answer.details["phase_reversals"] is reversals


def test_silence_and_sound():
    rng = np.random.default_rng(1)
    noise = (rng.normal(size=16000) * 3000).astype(np.int16)
    heard = analyse(np.concatenate([silence(2000), noise]))
    assert [one.kind for one in heard] == [Kind.SILENCE, Kind.SOUND]
    assert heard[0].level_dbm0 == -99
    assert heard[1].at_ms == pytest.approx(2000, abs=40)
    assert heard[1].level_dbm0 == pytest.approx(-14.6, abs=0.3)


@pytest.mark.parametrize("count", [0, 1, 79, 160, 161])
def test_next_to_nothing(count):
    assert analyse(np.zeros(count, np.int16)) == []


@given(arrays(np.int16, st.integers(0, 6000)))
@settings(deadline=None, max_examples=30)
def test_any_samples_are_survived(samples):
    with np.errstate(all="raise", under="ignore"):
        for heard in analyse(samples):
            assert np.isfinite(heard.level_dbm0)
            assert heard.at_ms >= 0
            assert heard.at_ms + heard.for_ms <= len(samples) / 8
