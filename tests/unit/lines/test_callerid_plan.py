"""When caller ID is sent: the limits of EN 300 659-1 hold for every message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.lines.callerid import Absence, CallSetup, MessageWaiting, Moment, encode
from firmware.lines.callerid_plan import (
    CALL_WAITING,
    COUNTRIES,
    DUAL_TONE,
    PULSE,
    REVERSAL,
    AwaitAck,
    Dtmf,
    DualTone,
    Fsk,
    Modem,
    ReversePolarity,
    RingBurst,
    RingPulse,
    Silence,
    alert,
    duration_ms,
    offsets,
)

LONGEST = CallSetup(
    number="1" * 20, name="x" * 50, at=Moment(12, 31, 23, 59), called="2" * 20, redirecting="3" * 20
)


def test_italy_sends_750_ms_after_the_first_ring():
    call = CallSetup(number="057112345")
    assert alert(COUNTRIES["it"].call, call) == (
        RingBurst(),
        Silence(750),
        Fsk(encode(call), seizure_bits=300, mark_bits=180, modem=Modem.V23, level_dbm0=-14.0),
        Silence(200),
    )
    assert COUNTRIES["it"].call.after_first_ring


def test_the_longest_message_ends_200_ms_before_the_second_italian_ring():
    chain = alert(COUNTRIES["it"].call, LONGEST)
    start, data = offsets(chain)[2]
    assert isinstance(data, Fsk)
    assert start + duration_ms(data) <= 4000 - 200


def test_the_budget_of_a_plain_call():
    # 25 octets: (300 + 180 + 250) / 1200 s and the 10 marks after them.
    data = alert(COUNTRIES["it"].call, CallSetup(number="0571123456", at=Moment(1, 1, 0, 0)))[2]
    assert isinstance(data, Fsk)
    assert len(data.payload) == 25
    assert duration_ms(data) == pytest.approx(608.3 + 8.3, abs=0.1)


def gap_ms(chain, kind):
    """Silence between the end of the wake signal of ``kind`` and the data."""
    placed = offsets(chain)
    wake_at, wake = next((at, s) for at, s in placed if isinstance(s, kind))
    data_at = next(at for at, s in placed if isinstance(s, Fsk))
    return data_at - wake_at - duration_ms(wake)


@pytest.mark.parametrize(
    ("plan", "kind", "least", "most"),
    [(DUAL_TONE, DualTone, 45, 500), (REVERSAL, DualTone, 45, 500), (PULSE, RingPulse, 500, 800)],
)
def test_data_follows_the_wake_signal_in_time(plan, kind, least, most):
    chain = alert(plan, CallSetup(number="1"))
    assert least <= gap_ms(chain, kind) <= most
    assert not plan.after_first_ring
    assert isinstance(chain[-1], Silence)
    assert 200 <= chain[-1].ms <= 500


def test_reversal_comes_100_ms_before_the_tone_and_is_undone():
    chain = alert(REVERSAL, CallSetup(number="1"))
    assert isinstance(chain[0], ReversePolarity)
    assert isinstance(chain[1], Silence)
    assert chain[1].ms >= 100
    assert sum(isinstance(s, ReversePolarity) for s in chain) == 2


def test_in_a_call_the_display_must_answer_and_no_seizure_is_sent():
    chain = alert(CALL_WAITING, CallSetup(number="1"))
    assert chain[:2] == (DualTone(80), AwaitAck("D", 160))
    data = chain[-1]
    assert isinstance(data, Fsk)
    assert (data.seizure_bits, data.mark_bits) == (0, 80)


@given(st.sampled_from(sorted(COUNTRIES)), st.sampled_from(["1", Absence.PRIVATE]))
def test_every_country_rings_only_for_calls_and_undoes_reversals(country, number):
    plans = COUNTRIES[country]
    lamp = alert(plans.lamp, MessageWaiting(waiting=True))
    assert not any(isinstance(s, RingBurst) for s in lamp)
    for chain in (
        alert(plans.call, CallSetup(number=number)),
        alert(plans.waiting, CallSetup(number=number)),
        lamp,
    ):
        assert sum(isinstance(s, ReversePolarity) for s in chain) % 2 == 0
        assert sum(isinstance(s, Fsk | Dtmf) for s in chain) == (1 if chain else 0)
        assert [at for at, _ in offsets(chain)] == sorted(at for at, _ in offsets(chain))


def test_what_dtmf_cannot_say_is_not_sent():
    assert alert(COUNTRIES["tw"].call, CallSetup(number=Absence.PRIVATE)) == ()
    assert alert(COUNTRIES["dk"].call, MessageWaiting(waiting=True)) == ()
    chain = alert(COUNTRIES["dk"].call, CallSetup(number="12345678"))
    assert Dtmf("A12345678#") in chain
