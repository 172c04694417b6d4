"""Who calls and what waits, in the form a telephone's display can show."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final

NUMBER_MAX: Final = 20
"""Longest number in octets (EN 300 659-3 §5.4.2)."""
NAME_MAX: Final = 50
"""Longest name in octets (EN 300 659-3 §5.4.5)."""
_DIGITS: Final = frozenset("0123456789*#")


class CallerIdError(ValueError):
    """A message that must not be shown: damaged, cut short, malformed or not known.

    Raised for a wrong checksum, a length that does not agree with the octets present, a
    parameter whose content is impossible, and message types other than call set-up and
    message waiting.
    """


class Absence(Enum):
    """Why a number or a name is not given (EN 300 659-3 §5.4.4, §5.4.6)."""

    UNAVAILABLE = "O"
    PRIVATE = "P"


class CallType(IntEnum):
    """What the call is (EN 300 659-3 §5.4.9)."""

    VOICE = 0x01
    RING_BACK = 0x02
    CALLING_NAME = 0x03
    MESSAGE_WAITING = 0x81


class Forwarding(IntEnum):
    """Why the call was forwarded to this line (EN 300 659-3, parameter 15H)."""

    UNKNOWN = 0x00
    BUSY = 0x01
    NO_REPLY = 0x02
    UNCONDITIONAL = 0x03
    DEFLECTED_ALERTING = 0x04
    DEFLECTED_AT_ONCE = 0x05
    MOBILE_UNREACHABLE = 0x06


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """Local time of the exchange; the wire carries no year.

    Raises CallerIdError for a month, day, hour or minute that does not exist.
    """

    month: int
    day: int
    hour: int
    minute: int

    def __post_init__(self) -> None:
        fits = (
            1 <= self.month <= 12
            and 1 <= self.day <= 31
            and 0 <= self.hour <= 23
            and 0 <= self.minute <= 59
        )
        if not fits:
            raise CallerIdError(f"no such date and time: {self}")

    def __str__(self) -> str:
        return f"{self.month:02}{self.day:02}{self.hour:02}{self.minute:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSetup:
    """Who calls: the content of a call set-up message (type 80H).

    ``number`` and ``name`` are texts, the reason of their absence, or None (not sent).
    ``redirecting`` is the number that forwarded the call here, ``forwarding`` why.
    """

    number: str | Absence | None = None
    name: str | Absence | None = None
    at: Moment | None = None
    called: str | None = None
    redirecting: str | None = None
    forwarding: Forwarding | None = None
    call_type: CallType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageWaiting:
    """State of the lamp: the content of a message-waiting message (type 82H).

    ``count`` is the number of messages, 0 to 255 (more are sent as 255), or None.
    """

    waiting: bool
    count: int | None = None
    number: str | Absence | None = None
    at: Moment | None = None


CallerIdMessage = CallSetup | MessageWaiting


def is_number(text: str) -> bool:
    """Tell whether ``text`` can be sent as it is: 1 to 20 digits, ``*`` and ``#`` included."""
    return 0 < len(text) <= NUMBER_MAX and _DIGITS.issuperset(text)


def shown_number(text: str, *, home: str = "39", prefix: str = "00") -> str | Absence:
    """Give ``text`` as a telephone of country code ``home`` would dial it back.

    ``+39 0571 12345`` becomes ``057112345``; other countries get the international ``prefix``.
    What is not a telephone number of at most 20 digits is UNAVAILABLE.
    """
    digits = "".join(c for c in text if c not in " -./()")
    international = prefix + home
    if digits.startswith("+" + home):
        digits = digits[1 + len(home) :]
    elif home and digits.startswith(international):
        digits = digits[len(international) :]
    elif digits.startswith("+") and len(digits) > 1:
        digits = prefix + digits[1:]
    return digits if is_number(digits) else Absence.UNAVAILABLE


def shown_name(text: str) -> str | Absence:
    """Give ``text`` in the characters every telephone has (T.50), at most 50 of them.

    The octets above 7FH are reserved (EN 300 659-3 §4), so accents cannot be sent: at the end
    of a word an apostrophe stands for them, as Italian offices write them (``Nicolò`` becomes
    ``Nicolo'``); elsewhere the bare letter is left. A name with nothing left is UNAVAILABLE.
    """
    words = unicodedata.normalize("NFKC", text).translate(_PUNCTUATION).split()
    name = " ".join(filter(None, map(_plain_word, words)))[:NAME_MAX].rstrip()
    return name or Absence.UNAVAILABLE


_PUNCTUATION: Final = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-",
        "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss", "æ": "ae", "Æ": "Ae",
        "œ": "oe", "Œ": "Oe", "€": "EUR",
    }
)  # fmt: skip
"""What has no decomposition in Unicode but an accepted plain spelling."""


def _plain_word(word: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", word) if " " <= c <= "~")
    accented = unicodedata.normalize("NFD", word[-1])
    final_accent = len(accented) > 1 and accented[0] in "aeiouAEIOU"
    return bare + "'" if final_accent else bare
