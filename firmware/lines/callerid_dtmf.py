"""Caller ID in DTMF digits, in the variants of EN 300 659-1 annex and national practice."""

from __future__ import annotations

import re
from enum import Enum

from firmware.lines.callerid_message import Absence, CallerIdError, CallSetup, shown_number


class DtmfCode(Enum):
    """Marks of one variant: number, redirecting number, reason, end; codes of the reasons.

    An empty mark means that the variant cannot say that.
    """

    A_TO_C = ("A", "D", "B", "C", "10", "00")
    """Most countries: ``A<number>D<redirecting>B<reason>C``."""
    A_TO_HASH = ("A", "", "D", "#", "1", "3")
    """Denmark: ``A<number>#``, ``D1#`` private, ``D2#`` and ``D3#`` not available."""
    D_TO_C = ("D", "", "", "C", "", "")
    """Taiwan and Kuwait: ``D<number>C``."""
    BARE = ("", "", "", "#", "", "")
    """Denmark and the Netherlands, older: ``<number>#``."""

    def __init__(
        self, number: str, redirecting: str, reason: str, end: str, private: str, unavailable: str
    ) -> None:
        self.number = number
        self.redirecting = redirecting
        self.reason = reason
        self.end = end
        self.private = private
        self.unavailable = unavailable


def encode_digits(code: DtmfCode, call: CallSetup) -> str:
    """Give the digits that say who calls, or nothing when ``code`` has no way to."""
    said = ""
    number = _plain(call.number)
    if isinstance(number, str):
        said = code.number + number
    via = _plain(call.redirecting)
    if code.redirecting and isinstance(via, str):
        said += code.redirecting + via
    if code.reason and isinstance(number, Absence):
        said += code.reason + (code.private if number is Absence.PRIVATE else code.unavailable)
    return said + code.end if said else ""


def _plain(number: str | Absence | None) -> str | Absence | None:
    """Leave only 0 to 9: the digits ``*`` and ``#`` would be read as marks."""
    if not isinstance(number, str):
        return number
    shown = shown_number(number)
    if isinstance(shown, Absence):
        return shown
    return shown.replace("*", "").replace("#", "") or Absence.UNAVAILABLE


def decode_digits(code: DtmfCode, digits: str) -> CallSetup:
    """Read ``digits`` received from an exchange that uses ``code``.

    Raises CallerIdError when they are not a complete message of that variant.
    """
    fields = (
        _field(code.number, "number", bare=not code.number),
        _field(code.redirecting, "redirecting"),
        _field(code.reason, "reason"),
    )
    found = re.fullmatch("".join(fields) + re.escape(code.end), digits)
    if found is None or not any(found.groups()):
        raise CallerIdError(f"the digits {digits!r} are no caller ID of the form {code.name}")
    given = found.groupdict()
    number: str | Absence | None = given["number"]
    if given.get("reason"):
        private = given["reason"] == code.private
        number = number or (Absence.PRIVATE if private else Absence.UNAVAILABLE)
    return CallSetup(number=number, redirecting=given.get("redirecting"))


def _field(mark: str, name: str, *, bare: bool = False) -> str:
    if mark or bare:
        return f"(?:{re.escape(mark)}(?P<{name}>[0-9]{{1,20}}))?"
    return ""
