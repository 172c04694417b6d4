"""Octets of caller ID messages: what is sent can be read, what is broken is never shown."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.lines.callerid import (
    Absence,
    CallerIdError,
    CallSetup,
    CallType,
    Forwarding,
    MessageWaiting,
    Moment,
    decode,
    encode,
    shown_name,
    shown_number,
)

numbers = st.text("0123456789*#", min_size=1, max_size=20)
names = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=50)
moments = st.builds(
    Moment, st.integers(1, 12), st.integers(1, 31), st.integers(0, 23), st.integers(0, 59)
)
calls = st.builds(
    CallSetup,
    number=numbers | st.sampled_from(Absence) | st.none(),
    name=names | st.sampled_from(Absence) | st.none(),
    at=moments | st.none(),
    called=numbers | st.none(),
    redirecting=numbers | st.none(),
    forwarding=st.sampled_from(Forwarding) | st.none(),
    call_type=st.sampled_from(CallType) | st.none(),
)
lamps = st.builds(
    MessageWaiting,
    waiting=st.booleans(),
    count=st.integers(0, 255) | st.none(),
    number=numbers | st.sampled_from(Absence) | st.none(),
    at=moments | st.none(),
)


def framed(kind: int, body: bytes) -> bytes:
    octets = bytes((kind, len(body))) + body
    return octets + bytes((-sum(octets) & 0xFF,))


def test_known_octets_of_a_call():
    message = CallSetup(number="0571123456", name="Rossi", at=Moment(11, 24, 9, 5))
    assert encode(message) == (b"\x80\x1d\x01\x0811240905\x02\x0a0571123456\x07\x05Rossi\x9a")


def test_known_octets_of_the_lamp():
    assert encode(MessageWaiting(waiting=True)) == bytes.fromhex("82030b01ff70")
    off = MessageWaiting(waiting=False, count=2)
    assert encode(off) == bytes.fromhex("82060b010013010256")


@given(calls | lamps)
def test_what_is_sent_can_be_read(message):
    assert decode(encode(message)) == message


@given(calls | lamps, st.binary(max_size=20))
def test_octets_after_the_checksum_do_not_matter(message, rest):
    assert decode(encode(message) + rest) == message


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_can_be_encoded_and_is_readable_after(number, name):
    message = decode(encode(CallSetup(number=number, name=name)))
    assert isinstance(message, CallSetup)
    assert message.number in (shown_number(number), number, Absence.UNAVAILABLE)
    assert message.name == shown_name(name)


@given(calls | lamps, st.data())
def test_one_wrong_bit_is_never_shown(message, data):
    octets = bytearray(encode(message))
    # Not in the length: a shorter message can have a right checksum by chance, 1 in 256.
    at = data.draw(st.integers(0, len(octets) - 1).filter(lambda i: i != 1))
    octets[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(CallerIdError):
        decode(bytes(octets))


@given(calls | lamps, st.data())
def test_a_cut_message_is_never_shown(message, data):
    octets = encode(message)
    with pytest.raises(CallerIdError, match="cut short"):
        decode(octets[: data.draw(st.integers(0, len(octets) - 1))])


@given(st.binary(max_size=260))
def test_noise_gives_a_message_or_the_one_error(octets):
    with contextlib.suppress(CallerIdError):
        assert isinstance(decode(octets), CallSetup | MessageWaiting)


@given(st.sampled_from([0x80, 0x82, 0x04, 0x06]), st.binary(max_size=60))
def test_well_summed_noise_gives_a_message_or_the_one_error(kind, body):
    try:
        message = decode(framed(kind, body))
    except CallerIdError:
        return
    for text in (message.number, getattr(message, "name", None)):
        assert not isinstance(text, str) or text.isprintable()


def test_errors_say_what_is_wrong():
    with pytest.raises(CallerIdError, match="0x71, 0x70 expected"):
        decode(bytes.fromhex("82030b01ff71"))
    with pytest.raises(CallerIdError, match="message type 0x86 is not known"):
        decode(framed(0x86, b"\x20\x01\x00"))
    with pytest.raises(CallerIdError, match="parameter 0x02 is longer"):
        decode(framed(0x80, b"\x02\x09123"))
    with pytest.raises(CallerIdError, match="neither on nor off"):
        decode(framed(0x82, b"\x0b\x01\x01"))
    with pytest.raises(CallerIdError, match="no such date"):
        decode(framed(0x80, b"\x01\x0813011200"))
    with pytest.raises(CallerIdError, match="no date and time"):
        decode(framed(0x80, b"\x01\x08noon!!!!"))


def test_parameters_of_later_editions_are_skipped():
    assert decode(framed(0x80, b"\x7f\x02ab\x02\x03123")) == CallSetup(number="123")
    assert decode(framed(0x80, b"\x15\x01\x77\x02\x03123")) == CallSetup(number="123")


def test_single_data_messages():
    assert decode(framed(0x04, b"112409305551234")) == CallSetup(
        number="5551234", at=Moment(11, 24, 9, 30)
    )
    assert decode(framed(0x04, b"11240930P")) == CallSetup(
        number=Absence.PRIVATE, at=Moment(11, 24, 9, 30)
    )
    assert decode(framed(0x06, b"BBB")) == MessageWaiting(waiting=True)
    assert decode(framed(0x06, b"ooo")) == MessageWaiting(waiting=False)
    with pytest.raises(CallerIdError, match="neither on nor off"):
        decode(framed(0x06, b"B"))
    with pytest.raises(CallerIdError, match="without number"):
        decode(framed(0x04, b"11240930"))


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("Nicolò D’Addà", "Nicolo' D'Adda'"),
        ("COMUNITÀ", "COMUNITA'"),
        ("Véronique Müller", "Veronique Muller"),
        ("  a \t b  ", "a b"),
        ("Straße “Łódź”", 'Strasse "Lodz"'),
        ("x" * 60, "x" * 50),
        ("日本", Absence.UNAVAILABLE),
        ("", Absence.UNAVAILABLE),
        ("a\x00b\x1b[2J", "ab[2J"),
    ],
)
def test_names_in_the_characters_of_telephones(given_name, shown):
    assert shown_name(given_name) == shown


@pytest.mark.parametrize(
    ("given_number", "shown"),
    [
        ("+39 0571 12345", "057112345"),
        ("0039057112345", "057112345"),
        ("+33 1 23 45 67 89", "0033123456789"),
        ("+393661234567", "3661234567"),
        ("112", "112"),
        ("anonymous", Absence.UNAVAILABLE),
        ("", Absence.UNAVAILABLE),
        ("1" * 21, Absence.UNAVAILABLE),
        ("+", Absence.UNAVAILABLE),
        ("٣٤", Absence.UNAVAILABLE),
    ],
)
def test_numbers_as_they_are_dialled_back(given_number, shown):
    assert shown_number(given_number) == shown


def test_numbers_of_another_home_country():
    assert shown_number("+33 1 23 45 67 89", home="33") == "123456789"
    assert shown_number("+39 0571 1", home="33") == "003905711"


def test_counts_beyond_one_octet_are_capped():
    assert decode(encode(MessageWaiting(waiting=True, count=1000))).count == 255
    assert decode(encode(MessageWaiting(waiting=True, count=-1))).count == 0
