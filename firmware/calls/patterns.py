"""Digit patterns, and how far what is dialled agrees with one. Pure.

A pattern is written as people write it: digits, ``x`` for any digit, ``[2-57]`` for one of
several, and a point at the end for any further digits. ``+`` may stand in front.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

_PLACE = re.compile(r"\[([0-9-]+)\]|(.)")


class Fit(Enum):
    """How digits agree with a pattern."""

    NO = "no"  # they never will
    PART = "part"  # they begin like it
    WHOLE = "whole"  # they are what it describes


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern taken apart: which digits may stand at each place.

    ``grows``: it takes any further digits, so what fits them may always grow.
    """

    places: tuple[str, ...]
    grows: bool

    @property
    def literals(self) -> int:
        """How many places are open to one digit only: the more, the more exactly it says."""
        return sum(len(place) == 1 for place in self.places)

    def fit(self, digits: str) -> Fit:
        """Compare the digits dialled so far."""
        if any(digit not in place for digit, place in zip(digits, self.places, strict=False)):
            return Fit.NO
        if len(digits) < len(self.places):
            return Fit.PART
        return Fit.WHOLE if self.grows or len(digits) == len(self.places) else Fit.NO

    def begins(self, digits: str) -> bool:
        """Whether ``digits`` begin with something that fits."""
        return self.fit(digits[: len(self.places)]) is Fit.WHOLE


@lru_cache(maxsize=1024)
def pattern(text: str) -> Pattern:
    """Take a pattern apart; the text comes from a checked site file or from a table here."""
    body = text.removesuffix(".")
    places = tuple(
        _several(match[1]) if match[1] else "0123456789" if match[2] == "x" else match[2]
        for match in _PLACE.finditer(body)
    )
    return Pattern(places, grows=body != text)


def _several(text: str) -> str:
    """Spell out a class: ``2-57`` is 2, 3, 4, 5 and 7."""

    def spelt(match: re.Match[str]) -> str:
        return "".join(str(digit) for digit in range(int(match[1]), int(match[2]) + 1))

    return re.sub(r"([0-9])-([0-9])", spelt, text)
