"""Caller ID and message-waiting messages as octets, and back.

Messages follow EN 300 659-3 (multiple data message format, octets of T.50): type, length,
parameters, checksum. The single data message format of North American exchanges is read too.
Nothing here knows how the octets travel: ``callerid_plan`` tells when, ``firmware.dsp.fsk`` how.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import TypeVar

from firmware.lines.callerid_message import (
    Absence,
    CallerIdError,
    CallerIdMessage,
    CallSetup,
    CallType,
    Forwarding,
    MessageWaiting,
    Moment,
    is_number,
    shown_name,
    shown_number,
)

__all__ = [
    "Absence",
    "CallSetup",
    "CallType",
    "CallerIdError",
    "CallerIdMessage",
    "Forwarding",
    "MessageWaiting",
    "Moment",
    "checksum",
    "decode",
    "encode",
    "shown_name",
    "shown_number",
]

_ON, _OFF = 0xFF, 0x00
_SDMF_ON, _SDMF_OFF = b"\x42" * 3, b"\x6f" * 3


_Kind = TypeVar("_Kind", CallType, Forwarding)


class _Message(IntEnum):
    SDMF_CALL = 0x04
    SDMF_WAITING = 0x06
    CALL_SETUP = 0x80
    WAITING = 0x82


class _Parameter(IntEnum):
    MOMENT = 0x01
    NUMBER = 0x02
    CALLED = 0x03
    NUMBER_ABSENCE = 0x04
    NAME = 0x07
    NAME_ABSENCE = 0x08
    VISUAL_INDICATOR = 0x0B
    CALL_TYPE = 0x11
    COUNT = 0x13
    FORWARDING = 0x15
    REDIRECTING = 0x1A


def encode(message: CallerIdMessage) -> bytes:
    """Give the octets of ``message``, from the message type to the checksum.

    Numbers and names are sent as ``shown_number`` and ``shown_name`` give them; every
    message can be encoded.
    """
    match message:
        case CallSetup():
            kind, body = _Message.CALL_SETUP, _call_parameters(message)
        case MessageWaiting():
            kind, body = _Message.WAITING, _waiting_parameters(message)
    packed = b"".join(bytes((tag, len(content))) + content for tag, content in body)
    octets = bytes((kind, len(packed))) + packed
    return octets + bytes((checksum(octets),))


def checksum(octets: bytes) -> int:
    """Two's complement of the sum of ``octets`` modulo 256 (EN 300 659-3 §5.1)."""
    return -sum(octets) & 0xFF


def _call_parameters(message: CallSetup) -> Iterator[tuple[_Parameter, bytes]]:
    if message.call_type is not None:
        # When present it is the first one (EN 300 659-3 §5.2.1).
        yield _Parameter.CALL_TYPE, bytes((message.call_type,))
    if message.at is not None:
        yield _Parameter.MOMENT, str(message.at).encode("ascii")
    yield from _number_or_reason(message.number)
    if isinstance(message.called, str):
        yield from _digits(_Parameter.CALLED, message.called)
    name = shown_name(message.name) if isinstance(message.name, str) else message.name
    if isinstance(name, str):
        yield _Parameter.NAME, name.encode("ascii")
    elif name is not None:
        yield _Parameter.NAME_ABSENCE, name.value.encode("ascii")
    if message.redirecting is not None:
        yield from _digits(_Parameter.REDIRECTING, message.redirecting)
    if message.forwarding is not None:
        yield _Parameter.FORWARDING, bytes((message.forwarding,))


def _waiting_parameters(message: MessageWaiting) -> Iterator[tuple[_Parameter, bytes]]:
    if message.at is not None:
        yield _Parameter.MOMENT, str(message.at).encode("ascii")
    yield from _number_or_reason(message.number)
    yield _Parameter.VISUAL_INDICATOR, bytes((_ON if message.waiting else _OFF,))
    if message.count is not None:
        yield _Parameter.COUNT, bytes((min(max(message.count, 0), 255),))


def _number_or_reason(number: str | Absence | None) -> Iterator[tuple[_Parameter, bytes]]:
    shown = _sent_number(number) if isinstance(number, str) else number
    if isinstance(shown, str):
        yield _Parameter.NUMBER, shown.encode("ascii")
    elif shown is not None:
        yield _Parameter.NUMBER_ABSENCE, shown.value.encode("ascii")


def _digits(tag: _Parameter, number: str) -> Iterator[tuple[_Parameter, bytes]]:
    shown = _sent_number(number)
    if isinstance(shown, str):
        yield tag, shown.encode("ascii")


def _sent_number(number: str) -> str | Absence:
    return number if is_number(number) else shown_number(number)


def decode(octets: bytes) -> CallerIdMessage:
    """Read one message; octets after its checksum are ignored.

    Parameters that are not known are skipped, as EN 300 659-3 §5.1 wants of a telephone.
    Raises CallerIdError for everything that must not be shown.
    """
    if len(octets) < 3 or len(octets) < octets[1] + 3:
        raise CallerIdError(f"the message is cut short: {len(octets)} octets")
    end = octets[1] + 2
    if sum(octets[: end + 1]) & 0xFF:
        raise CallerIdError(
            f"wrong checksum: {octets[end]:#04x}, {checksum(octets[:end]):#04x} expected"
        )
    body = octets[2:end]
    match octets[0]:
        case _Message.CALL_SETUP:
            return _call(_parameters(body))
        case _Message.WAITING:
            return _waiting(_parameters(body))
        case _Message.SDMF_CALL:
            return _single_call(body)
        case _Message.SDMF_WAITING:
            return _single_waiting(body)
        case other:
            raise CallerIdError(f"message type {other:#04x} is not known")


def _parameters(body: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at < len(body):
        if at + 2 > len(body) or at + 2 + body[at + 1] > len(body):
            raise CallerIdError(f"parameter {body[at]:#04x} is longer than its message")
        found.setdefault(body[at], body[at + 2 : at + 2 + body[at + 1]])
        at += 2 + body[at + 1]
    return found


def _call(found: dict[int, bytes]) -> CallSetup:
    return CallSetup(
        number=_text_or_reason(found, _Parameter.NUMBER, _Parameter.NUMBER_ABSENCE),
        name=_text_or_reason(found, _Parameter.NAME, _Parameter.NAME_ABSENCE),
        at=_moment(found[_Parameter.MOMENT]) if _Parameter.MOMENT in found else None,
        called=_text(found.get(_Parameter.CALLED)),
        redirecting=_text(found.get(_Parameter.REDIRECTING)),
        forwarding=_known(Forwarding, found.get(_Parameter.FORWARDING)),
        call_type=_known(CallType, found.get(_Parameter.CALL_TYPE)),
    )


def _waiting(found: dict[int, bytes]) -> MessageWaiting:
    indicator = found.get(_Parameter.VISUAL_INDICATOR)
    if indicator not in (bytes((_ON,)), bytes((_OFF,))):
        raise CallerIdError(f"the visual indicator is {indicator!r}, neither on nor off")
    count = found.get(_Parameter.COUNT)
    return MessageWaiting(
        waiting=indicator == bytes((_ON,)),
        count=count[0] if count else None,
        number=_text_or_reason(found, _Parameter.NUMBER, _Parameter.NUMBER_ABSENCE),
        at=_moment(found[_Parameter.MOMENT]) if _Parameter.MOMENT in found else None,
    )


def _single_call(body: bytes) -> CallSetup:
    number = _text(body[8:])
    if number is None:
        raise CallerIdError("a single data message without number or reason")
    reasons = {reason.value: reason for reason in Absence}
    return CallSetup(number=reasons.get(number, number), at=_moment(body[:8]))


def _single_waiting(body: bytes) -> MessageWaiting:
    if body not in (_SDMF_ON, _SDMF_OFF):
        raise CallerIdError(f"the indicator is {body!r}, neither on nor off")
    return MessageWaiting(waiting=body == _SDMF_ON)


def _text_or_reason(
    found: dict[int, bytes], text: _Parameter, reason: _Parameter
) -> str | Absence | None:
    given = _text(found.get(text))
    if given is not None or reason not in found:
        return given
    try:
        return Absence(_text(found[reason]))
    except ValueError:
        return Absence.UNAVAILABLE


def _text(content: bytes | None) -> str | None:
    """Read a text; what a display cannot show becomes a question mark."""
    shown = "".join(chr(c) if 0x20 <= c <= 0x7E else "?" for c in content or b"")
    return shown.strip() or None


def _moment(content: bytes) -> Moment:
    if len(content) != 8 or not content.isdigit():
        raise CallerIdError(f"no date and time: {content!r}")
    month, day, hour, minute = (int(content[i : i + 2]) for i in range(0, 8, 2))
    return Moment(month, day, hour, minute)


def _known(kind: type[_Kind], content: bytes | None) -> _Kind | None:
    """Read a one-octet kind; values of later editions of the norm count as not given."""
    if content and len(content) == 1 and content[0] in {item.value for item in kind}:
        return kind(content[0])
    return None
