"""Telephone numbers: ITU-T E.164 and the Italian plan. Pure.

A number is kept in one form only, ``+`` with country code, and is written for people in one
place only (`display`), so that it can never be printed in two ways.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from firmware.site.problems import Wrong

_SEPARATORS = str.maketrans("", "", " .-/\u00a0\u202f")
_E164 = re.compile(r"[1-9][0-9]{6,14}")  # at most 15 digits: ITU-T E.164 (11/2010) §6.2.1
_ITALY = "39"

# Italian national plan, AGCOM 8/15/CIR: (what it is, leading digits, all digits).
_ITALIAN_KINDS = (
    ("geographic numbers", re.compile(r"0"), re.compile(r"0[0-9]{5,10}")),
    ("mobile numbers", re.compile(r"3"), re.compile(r"3[0-9]{8,9}")),
    ("numbers of the 55 range", re.compile(r"55"), re.compile(r"55[0-9]{8}")),
    ("free numbers", re.compile(r"80[03]"), re.compile(r"800[0-9]{3}(?:[0-9]{3})?|803[0-9]{3}")),
    (
        "shared-cost numbers",
        re.compile(r"84"),
        re.compile(r"84[08][0-9]{3}(?:[0-9]{3})?|84[17][0-9]{3}"),
    ),
)
_LENGTHS = {
    "geographic numbers": "6 to 11 digits with the leading 0",
    "mobile numbers": "9 or 10 digits",
    "numbers of the 55 range": "10 digits",
    "free numbers": "9 digits (800 and 6 more) or 6",
    "shared-cost numbers": "6 or 9 digits",
}
_SHORT_OR_PREMIUM = ("1", "89")
# District codes: 02 and 06, three digits where the second and third say so, four elsewhere.
_DISTRICT = re.compile(r"0[26]|0[1345789][0159]|0[0-9]{3}")
_HEADS = re.compile(r"3[0-9]{2}|8[0-9]{2}|55")


@dataclass(frozen=True, slots=True, order=True)
class Number:
    """A telephone number in international form, e.g. ``Number("+390571757707")``.

    `parse` makes one from what people write; ``str()`` gives the international form.
    """

    e164: str

    def __str__(self) -> str:
        return self.e164

    @property
    def sip_user(self) -> str:
        """The user part of a SIP or tel URI: the international form with its ``+``."""
        return self.e164

    @property
    def digits(self) -> str:
        """The number without ``+``."""
        return self.e164[1:]


def parse(text: str, country: str = "it") -> Number:
    """Read a number as people write it: ``+39 0571 757707``, ``0039…`` or ``0571 757707``.

    Spaces, points, hyphens and strokes between the digits are allowed. Numbers without ``+`` or
    ``00`` are national numbers of ``country``. The leading 0 of an Italian number belongs to it,
    also after +39. Raises `Wrong` with a remedy.
    """
    compact = text.translate(_SEPARATORS)
    if not re.fullmatch(r"\+?[0-9]+", compact):
        raise Wrong(
            "is not a telephone number",
            "write digits, with + in front of the country code and spaces between if wanted",
        )
    if compact.startswith("+"):
        return _international(compact[1:])
    if compact.startswith("00"):
        return _international(compact[2:])
    return Number(f"+{_ITALY}{_italian(compact)}") if country == "it" else _international(compact)


def display(number: Number, country: str = "it") -> str:
    """Write ``number`` as people in ``country`` read it.

    Italian numbers seen from Italy: ``0571 757707``, ``366 9382534``; from elsewhere
    ``+39 0571 757707``. Numbers of other countries are given in international form.
    """
    if not number.digits.startswith(_ITALY):
        return number.e164
    national = number.digits.removeprefix(_ITALY)
    head = _DISTRICT.match(national) or _HEADS.match(national)
    split = f"{head[0]} {national[head.end() :]}" if head else national
    return split if country == "it" else f"+{_ITALY} {split}"


def _international(digits: str) -> Number:
    if digits.startswith(_ITALY):
        return Number(f"+{_ITALY}{_italian(digits.removeprefix(_ITALY))}")
    if not _E164.fullmatch(digits):
        raise Wrong(
            "is not an international number (ITU-T E.164)",
            "write + , the country code and 7 to 15 digits in all, none of them 0 at the start",
        )
    return Number(f"+{digits}")


def _italian(national: str) -> str:
    """Check a national number against the Italian plan and return it."""
    for kind, head, whole in _ITALIAN_KINDS:
        if not head.match(national):
            continue
        if whole.fullmatch(national):
            return national
        if national.startswith(_ITALY) and _is_italian(national.removeprefix(_ITALY)):
            raise Wrong("has the country code without +", f"write +{national}")
        raise Wrong(
            f"has {len(national)} digits, which no Italian number of its kind has",
            f"{kind} have {_LENGTHS[kind]}",
        )
    if not national.startswith(_SHORT_OR_PREMIUM) and _is_italian("0" + national):
        raise Wrong(
            "lacks its leading 0",
            f"in Italy the 0 belongs to the number, also after +39: write 0{national}",
        )
    raise Wrong(
        "is a short, emergency or premium-rate number, or lacks its leading 0",
        "write a number that callers reach from anywhere (geographic, mobile, 55, 80x or 84x)",
    )


def _is_italian(national: str) -> bool:
    return any(whole.fullmatch(national) for _, _, whole in _ITALIAN_KINDS)
