"""The forms of a telephone number: the one we keep, and the one a trunk gets. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from firmware.calls.patterns import Fit, pattern
from firmware.site.choices import NumberForm

_ABROAD = "00"
_ITALY = _ABROAD + "39"
_NATIONAL = re.compile(r"[0358][0-9]{4,}")  # decades reached from abroad, short numbers are not


def normal(number: str) -> str:
    """Write a number as it is dialled in Italy: national, or 00 and the country code.

    ``+39`` and ``0039`` are taken off, ``+`` becomes ``00``. What is normal stays as it is.
    """
    if number.startswith("+"):
        number = _ABROAD + number[1:]
    while number.startswith(_ITALY) and number != _ITALY:
        number = number.removeprefix(_ITALY)
    return number


@dataclass(frozen=True, slots=True)
class Rewriting:
    """One rule: a number that is ``match`` becomes ``replace``.

    ``match`` is a pattern with digits and ``x``, perhaps open (``.``) and with ``+`` in front.
    Each ``x`` of ``replace`` stands for what the same ``x`` of ``match`` stood for, a point at
    its end for all further digits.
    """

    match: str
    replace: str

    def apply(self, number: str) -> str:
        """Rewrite ``number`` if the rule is for it."""
        if pattern(self.match).fit(number) is not Fit.WHOLE:
            return number
        body = self.match.removesuffix(".")
        kept = (digit for digit, place in zip(number, body, strict=False) if place == "x")
        rest = number[len(body) :]
        template = self.replace.removesuffix(".")
        begin = "".join(next(kept) if place == "x" else place for place in template)
        return begin + (rest if self.replace.endswith(".") else "")


@dataclass(frozen=True, slots=True)
class Leaving:
    """How one trunk wants numbers: in which form, and rewritten by which rules in order."""

    form: NumberForm = NumberForm.NATIONAL
    rewriting: tuple[Rewriting, ...] = ()

    def formed(self, number: str, dialled: str) -> str:
        """Write the normal ``number`` in the trunk's form; ``dialled`` is what the user dialled."""
        match self.form:
            case NumberForm.AS_DIALLED:
                return dialled
            case NumberForm.NATIONAL:
                return number
            case NumberForm.E164:
                return _e164(number)

    def rewritten(self, number: str) -> str:
        """Apply every rule once, in order: each sees what the one before it made."""
        for rule in self.rewriting:
            number = rule.apply(number)
        return number


def _e164(number: str) -> str:
    """International form (ITU-T E.164) where there is one; short numbers have none."""
    if number.startswith(_ABROAD):
        return "+" + number.removeprefix(_ABROAD)
    return "+39" + number if _NATIONAL.fullmatch(number) else number
