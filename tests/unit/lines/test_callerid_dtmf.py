"""Caller ID in DTMF digits."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.lines.callerid_dtmf import DtmfCode, decode_digits, encode_digits
from firmware.lines.callerid_message import Absence, CallerIdError, CallSetup

digits = st.text("0123456789", min_size=1, max_size=20).filter(lambda n: not n.startswith("0039"))


@pytest.mark.parametrize(
    ("code", "call", "sent"),
    [
        (DtmfCode.A_TO_C, CallSetup(number="12345"), "A12345C"),
        (DtmfCode.A_TO_C, CallSetup(number="12345", redirecting="678"), "A12345D678C"),
        (DtmfCode.A_TO_C, CallSetup(number=Absence.PRIVATE), "B10C"),
        (DtmfCode.A_TO_C, CallSetup(number=Absence.UNAVAILABLE), "B00C"),
        (DtmfCode.A_TO_C, CallSetup(number=Absence.PRIVATE, redirecting="678"), "D678B10C"),
        (DtmfCode.A_TO_HASH, CallSetup(number="12345", redirecting="678"), "A12345#"),
        (DtmfCode.A_TO_HASH, CallSetup(number=Absence.PRIVATE), "D1#"),
        (DtmfCode.A_TO_HASH, CallSetup(number="anonymous"), "D3#"),
        (DtmfCode.D_TO_C, CallSetup(number="12345"), "D12345C"),
        (DtmfCode.D_TO_C, CallSetup(number=Absence.PRIVATE), ""),
        (DtmfCode.BARE, CallSetup(number="12*345#"), "12345#"),
        (DtmfCode.A_TO_C, CallSetup(), ""),
    ],
)
def test_digits_of_each_variant(code, call, sent):
    assert encode_digits(code, call) == sent


@given(st.sampled_from(DtmfCode), digits | st.sampled_from(Absence), digits | st.none())
def test_what_is_sent_can_be_read(code, number, redirecting):
    sent = encode_digits(code, CallSetup(number=number, redirecting=redirecting))
    if not sent:
        assert isinstance(number, Absence)
        assert not code.reason
        return
    read = decode_digits(code, sent)
    assert read.number == number
    assert read.redirecting == (redirecting if code.redirecting else None)


@given(st.sampled_from(DtmfCode), st.text("0123456789ABCD*#", max_size=25))
def test_any_digits_give_a_call_or_the_one_error(code, received):
    with contextlib.suppress(CallerIdError):
        assert decode_digits(code, received) != CallSetup()


@pytest.mark.parametrize("cut", ["", "A", "A12", "12C", "AC", "C", "A12#", "A12CC"])
def test_incomplete_digits_are_refused(cut):
    with pytest.raises(CallerIdError):
        decode_digits(DtmfCode.A_TO_C, cut)
