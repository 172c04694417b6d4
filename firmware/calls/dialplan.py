"""When a dialled number is complete, and what is then called. Pure.

Complete numbers leave at once: emergency numbers, the 3-digit and 116xxx services, mobiles of
ten digits and whatever the building's own patterns say. Geographic numbers of Italy vary in
length (AGCOM plan 8/15/CIR), so they wait for the inter-digit timer or for ``#``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from firmware.site.choices import ITALIAN_EMERGENCY


class Verdict(Enum):
    """What the digits so far amount to."""

    MORE = "more"  # may still grow: wait for digits or the timer
    COMPLETE = "complete"  # cannot grow: call now
    REFUSED = "refused"  # blocked on this line


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, the number to call and the rule that decided, for people."""

    verdict: Verdict
    number: str
    rule: str

    @property
    def emergency(self) -> bool:
        """Whether nothing may stop or hide this call."""
        return self.rule == "emergency number"

    @property
    def always(self) -> bool:
        """Whether even a locked telephone may call it: emergency and internal numbers."""
        return self.emergency or self.rule.startswith("internal")


@dataclass(frozen=True, slots=True)
class DialPlan:
    """The dialling rules of one building.

    ``internal`` and ``blocked`` are patterns of digits in which ``x`` stands for any digit and
    a trailing ``.`` for any further digits. ``outside_prefix`` is dialled before outside
    numbers and removed; ``first_digit_ms`` and ``inter_digit_ms`` are the timers in ms.
    """

    internal: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    outside_prefix: str = ""
    emergency: tuple[str, ...] = ITALIAN_EMERGENCY
    first_digit_ms: int = 20_000
    inter_digit_ms: int = 3_000
    rewrite: Mapping[str, str] = field(default_factory=dict)

    def decide(self, dialled: str) -> Decision:
        """Judge the digits dialled so far (``#`` as the last one ends the number)."""
        ended = dialled.endswith("#") and not dialled.startswith(("*", "#"))
        digits = dialled[:-1] if ended else dialled
        if digits in self.emergency:
            return Decision(Verdict.COMPLETE, digits, "emergency number")
        if ended and not digits:
            return Decision(Verdict.REFUSED, "", "no number before #")
        if any(_compiled(pattern).fullmatch(digits) for pattern in self.blocked):
            return Decision(Verdict.REFUSED, digits, "blocked")
        if ended:
            return Decision(Verdict.COMPLETE, self._outside(digits), "ended with #")
        if self._may_be_emergency(digits):
            return Decision(Verdict.MORE, digits, "may become an emergency number")
        return self._by_plan(digits)

    def timed_out(self, dialled: str) -> Decision:
        """Judge the digits when no more came: what is there is called as it is."""
        decision = self.decide(dialled)
        if decision.verdict is Verdict.MORE:
            number = self._outside(decision.number)
            return Decision(Verdict.COMPLETE, number, "no further digit in time")
        return decision

    def _by_plan(self, digits: str) -> Decision:
        for pattern in self.internal:
            if _compiled(pattern).fullmatch(digits):
                return Decision(Verdict.COMPLETE, digits, f"internal {pattern}")
        number = self._outside(digits)
        if self.outside_prefix and number == digits:
            return Decision(Verdict.MORE, digits, "internal number or prefix")
        if rule := _complete_in_italy(number):
            return Decision(Verdict.COMPLETE, number, rule)
        return Decision(Verdict.MORE, digits, "length varies")

    def _outside(self, digits: str) -> str:
        if self.outside_prefix and any(_compiled(p).fullmatch(digits) for p in self.internal):
            return digits
        number = digits.removeprefix(self.outside_prefix)
        return self.rewrite.get(number, number)

    def _may_be_emergency(self, digits: str) -> bool:
        return any(number.startswith(digits) for number in self.emergency)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    body = re.escape(pattern.removesuffix(".")).replace("x", "[0-9]")
    return re.compile(body + (".*" if pattern.endswith(".") else ""))


def _complete_in_italy(number: str) -> str | None:
    """Name the rule of the Italian plan by which ``number`` cannot grow, or None."""
    if re.fullmatch(r"3\d{9}", number):
        return "mobile, ten digits"
    if re.fullmatch(r"(?:\+39|0039)3\d{9}", number):
        return "mobile with +39, ten digits"
    if re.fullmatch(r"116\d{3}", number):
        return "European service 116xxx"
    if re.fullmatch(r"1\d\d", number) and not number.startswith(_LONGER):
        return "three-digit service"
    if re.fullmatch(r"80[03]\d{6}", number):
        return "free number, nine digits"
    return None


_LONGER = ("10", "12", "15", "16", "19")  # prefixes of 4-digit and longer service numbers
