"""When a dialled number is complete, whether it may be called, and what then leaves. Pure.

Emergency numbers come before everything else: whatever the site file says, they are complete at
their last digit and never refused. Other complete numbers leave at once too (`italy` has the
national plan); those of varying length wait for the inter-digit timer or for ``#``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import Enum

from firmware.calls import italy
from firmware.calls.numbering import Leaving, normal
from firmware.calls.patterns import Fit, pattern
from firmware.calls.service_class import ServiceClass
from firmware.site.choices import ITALIAN_EMERGENCY, Category

LONGEST = 32
"""Digits after which nothing sensible can come: E.164 has 15, prefixes and codes are short."""

_NUMBER = re.compile(r"\+?[0-9]*")


class Verdict(Enum):
    """What the digits so far amount to."""

    MORE = "more"  # may still grow: wait for digits or the timer
    COMPLETE = "complete"  # cannot grow: call now
    REFUSED = "refused"  # blocked on this line


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, the number to call and the rule that decided, for people.

    ``number`` is in normal form (`numbering.normal`) without the outside prefix. ``category`` is
    known once the number is whole; emergency numbers have none. ``leaves`` is what the trunk
    gets, "" unless complete. ``permission`` is what the class of service says, for people.
    """

    verdict: Verdict
    number: str
    rule: str
    category: Category | None = None
    emergency: bool = False
    leaves: str = ""
    permission: str = ""

    @property
    def always(self) -> bool:
        """Whether even a locked telephone may call it: emergency and internal numbers."""
        return self.emergency or self.category is Category.INTERNAL


@dataclass(frozen=True, slots=True)
class Reading:
    """Digits as the plan reads them: inside or outside number, without prefix, in normal form.

    ``rule`` says by what the number cannot grow any more; None while it may.
    """

    dialled: str
    number: str
    category: Category
    what: str
    rule: str | None


@dataclass(frozen=True, slots=True)
class DialPlan:
    """The dialling rules of one line.

    ``internal`` and ``blocked`` are patterns (`firmware.calls.patterns`) of internal numbers as
    dialled and of beginnings of numbers that nobody may call; ``extensions`` are those of our
    own lines. ``outside_prefix`` is dialled before outside numbers and removed. Outside numbers
    that begin like one of ``local`` are local. ``first_digit_ms`` and ``inter_digit_ms`` are the
    timers in ms.
    """

    internal: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    outside_prefix: str = ""
    emergency: tuple[str, ...] = ITALIAN_EMERGENCY
    first_digit_ms: int = 20_000
    inter_digit_ms: int = 3_000
    local: tuple[str, ...] = ()
    service_class: ServiceClass = field(default_factory=ServiceClass)
    leaving: Leaving = field(default_factory=Leaving)

    def decide(self, dialled: str, *, after_hours: bool = False) -> Decision:
        """Judge the digits dialled so far (``#`` as the last one ends the number)."""
        ended = dialled.endswith("#") and not dialled.startswith(("*", "#"))
        digits = dialled[:-1] if ended else dialled
        if number := self._emergency(digits):
            return self._help(number)
        if ended and not digits:
            return Decision(Verdict.REFUSED, "", "no number before #")
        if ended:
            return self._whole(self.read(digits), "ended with #", after_hours=after_hours)
        if self._may_be_emergency(digits):
            return Decision(Verdict.MORE, digits, "may become an emergency number")
        reading = self.read(digits)
        if refusal := self._forbidden(reading):
            return refusal
        if reading.rule is None:
            return Decision(Verdict.MORE, reading.number, reading.what)
        return self._whole(reading, reading.rule, after_hours=after_hours)

    def timed_out(self, dialled: str, *, after_hours: bool = False) -> Decision:
        """Judge the digits when no more came: what is there is called as it is."""
        decision = self.decide(dialled, after_hours=after_hours)
        if decision.verdict is not Verdict.MORE:
            return decision
        rule = "no further digit in time"
        return self._whole(self.read(dialled), rule, after_hours=after_hours)

    def whole(self, number: str, *, after_hours: bool = False) -> Decision:
        """Judge a whole number without outside prefix: of a redial, a call back, a memory."""
        plain = normal(number)
        if plain in self.emergency:
            return self._help(plain)
        reading = self._inside(number) or self._outside(number)
        return self._whole(reading, "whole number", after_hours=after_hours)

    def read(self, digits: str) -> Reading:
        """Read digits as they are dialled, with the outside prefix where the plan has one."""
        if inside := self._inside(digits):
            return inside
        prefix = self.outside_prefix
        if not prefix or digits.startswith(prefix):
            return self._outside(digits.removeprefix(prefix))
        outside = self._outside(digits)
        what = "internal number or prefix"
        return Reading(digits, outside.number, outside.category, what, None)

    def formed(self, reading: Reading) -> str:
        """A number in the form of the trunk, before its rewriting; internal ones have one form."""
        if reading.category is Category.INTERNAL:
            return reading.number
        return self.leaving.formed(reading.number, reading.dialled)

    def _inside(self, digits: str) -> Reading | None:
        """Read an internal number, whole or begun; None if it is not one."""
        fits = {each: pattern(each).fit(digits) for each in (*self.internal, *self.extensions)}
        whole = next((each for each, fit in fits.items() if fit is Fit.WHOLE), None)
        grows = any(fit is Fit.PART for fit in fits.values())
        if whole is None and not (grows and digits):
            return None
        if whole is None:
            return replace(self._outside(digits), what="may become an internal number", rule=None)
        what = f"internal {whole}"
        if whole not in self.internal and not self.outside_prefix and italy.find(digits):
            grows, what = True, f"internal {whole}, or the beginning of an outside number"
        rule = None if grows or pattern(whole).grows else what
        return Reading(digits, digits, Category.INTERNAL, what, rule)

    def _outside(self, digits: str) -> Reading:
        number = normal(digits)
        found = italy.find(number)
        whole = italy.complete(number)
        category = found.category if found else Category.INTERNAL
        if category is Category.NATIONAL and number.startswith(self.local):
            category = Category.LOCAL
        what = f"length varies, {found.what}" if found else "length varies"
        return Reading(digits, number, category, what, whole.what if whole else None)

    def _whole(self, reading: Reading, rule: str, *, after_hours: bool) -> Decision:
        """Judge a number to which nothing will be added."""
        number, category = reading.number, reading.category
        if not number:
            return Decision(Verdict.REFUSED, "", "nothing after the outside prefix")
        if refusal := self._forbidden(reading):
            return refusal
        allowed, permission = self.service_class.verdict(number, category, after_hours=after_hours)
        if not allowed:
            return Decision(Verdict.REFUSED, number, permission, category, permission=permission)
        leaves = self.leaving.rewritten(self.formed(reading))
        return Decision(
            Verdict.COMPLETE, number, rule, category, leaves=leaves, permission=permission
        )

    def _forbidden(self, reading: Reading) -> Decision | None:
        """Refuse what no further digit can make right."""
        number = reading.number
        if len(reading.dialled) > LONGEST:
            return Decision(Verdict.REFUSED, number, f"longer than {LONGEST} digits")
        if not _NUMBER.fullmatch(reading.dialled):
            return Decision(Verdict.REFUSED, number, "not a number")
        for each in self.blocked:
            if pattern(each).begins(number):
                return Decision(Verdict.REFUSED, number, f'blocked by "{each}"', reading.category)
        if denied := self.service_class.denies(number):
            name = self.service_class.name
            rule = f'class "{name}" denies "{denied}"'
            return Decision(Verdict.REFUSED, number, rule, reading.category, permission=rule)
        return None

    def _help(self, number: str) -> Decision:
        return Decision(Verdict.COMPLETE, number, "emergency number", emergency=True, leaves=number)

    def _emergency(self, digits: str) -> str | None:
        """The emergency number that ``digits`` are, with or without the outside prefix."""
        for candidate in (digits, digits.removeprefix(self.outside_prefix)):
            if (number := normal(candidate)) in self.emergency:
                return number
        return None

    def _may_be_emergency(self, digits: str) -> bool:
        candidates = (normal(digits), normal(digits.removeprefix(self.outside_prefix)))
        return any(
            number.startswith(candidate) for number in self.emergency for candidate in candidates
        )
