"""Classes of service: which numbers a telephone may call, and when. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from firmware.calls.patterns import Fit, pattern
from firmware.site.choices import Category
from firmware.site.times import WeekSpan


@dataclass(frozen=True, slots=True)
class ServiceClass:
    """What the telephones of one class may call; emergency numbers never come here.

    ``denied`` and ``allowed`` are patterns of numbers in normal form and go before
    ``categories``. Outside ``hours`` (none: always) only internal numbers are called.
    """

    name: str = ""
    categories: frozenset[Category] = frozenset(Category)
    allowed: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    hours: tuple[WeekSpan, ...] = ()

    def is_open(self, day: int, minute: int) -> bool:
        """Whether ``minute`` of ``day`` (0 is Monday) lies in the hours of this class."""
        return not self.hours or any(span.holds(day, minute) for span in self.hours)

    def denies(self, number: str) -> str | None:
        """The pattern that keeps away every number that begins like ``number``, or None."""
        return next((each for each in self.denied if pattern(each).begins(number)), None)

    def verdict(self, number: str, category: Category, *, after_hours: bool) -> tuple[bool, str]:
        """Whether a whole number may be called, and by which rule."""
        label = f'class "{self.name}"' if self.name else "no class of service"
        if each := self.denies(number):
            return False, f'{label} denies "{each}"'
        if after_hours and category is not Category.INTERNAL:
            return False, f"{label} calls only internal numbers at this time"
        for each in self.allowed:
            if pattern(each).fit(number) is Fit.WHOLE:
                return True, f'{label} allows "{each}"'
        allowed = category in self.categories
        return allowed, f"{label} {'allows' if allowed else 'denies'} {category} numbers"
