"""The kinds of values that a voice guide needs: spoken texts, days, e-mail, where callers go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator

from firmware.site.problems import Wrong
from firmware.site.values import Form, check_name, meant, text_of

LONGEST_SPOKEN = 400

_MOST_SPELT = 40  # letters: nobody writes down more
_EMAIL = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,10}")
_DAY = re.compile(r"(?:(?P<year>[0-9]{4})-)?(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_LEAP = 2000  # a year in which every day exists


class Goal(StrEnum):
    """What a caller can be led to."""

    MENU = "menu"
    GROUP = "group"
    LINE = "line"
    NUMBER = "number"
    EXTENSION = "extension"
    MESSAGE = "message"
    CALL_BACK = "call-back"
    HOURS = "hours"
    LANGUAGE = "language"
    AGAIN = "again"
    BACK = "back"
    HANG_UP = "hang-up"


BARE = frozenset({Goal.AGAIN, Goal.BACK, Goal.HANG_UP})
"""Goals that need no name after them."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a caller is led: a goal, and the name of which one ("" where there is only one)."""

    goal: Goal
    name: str = ""

    def __str__(self) -> str:
        return f"{self.goal} {self.name}".strip()


HANG_UP = Target(Goal.HANG_UP)


@dataclass(frozen=True, slots=True)
class Days:
    """Days from ``first`` to ``last``, each (year, month, day); year 0 is every year."""

    first: tuple[int, int, int]
    last: tuple[int, int, int]

    def __str__(self) -> str:
        first, last = _written(self.first), _written(self.last)
        return first if first == last else f"{first}/{last}"

    def hold(self, day: date) -> bool:
        """Whether ``day`` is one of them."""
        if self.first[0]:
            return self.first <= (day.year, day.month, day.day) <= self.last
        first, now, last = self.first[1:], (day.month, day.day), self.last[1:]
        return first <= now <= last if first <= last else now >= first or now <= last


def _written(day: tuple[int, int, int]) -> str:
    year, month, of_month = day
    return f"{year:04}-{month:02}-{of_month:02}" if year else f"{month:02}-{of_month:02}"


def _spoken(value: object) -> str:
    text = text_of(value)
    if not 1 <= len(text) <= LONGEST_SPOKEN or not text.isprintable() or text != text.strip():
        raise Wrong(
            "cannot be spoken",
            f"write 1 to {LONGEST_SPOKEN} printable characters, without spaces at the ends",
        )
    return text


def _email(value: object) -> str:
    text = text_of(value)
    if not _EMAIL.fullmatch(text) or len(text.partition("@")[0]) > _MOST_SPELT:
        raise Wrong(
            "is not an e-mail address that can be spelt to callers",
            "use one of small letters, digits, points, hyphens and underscores, "
            f"with at most {_MOST_SPELT} before the @",
        )
    return text


def _day(text: str) -> tuple[int, int, int]:
    match = _DAY.fullmatch(text)
    if not match:
        raise Wrong("is not a day", 'write "08-15" for every year or "2026-08-15"')
    day = int(match["year"] or 0), int(match["month"]), int(match["day"])
    try:
        date(day[0] or _LEAP, *day[1:])
    except ValueError:
        raise Wrong("is a day that does not exist", "correct it") from None
    return day


def _days(value: object) -> Days:
    first, stroke, last = text_of(value).partition("/")
    days = Days(_day(first), _day(last if stroke else first))
    if bool(days.first[0]) is not bool(days.last[0]):
        raise Wrong("has a year on one side only", "write both days with it, or none")
    if days.first[0] and days.last < days.first:
        raise Wrong("ends before it begins", "write the earlier day first")
    return days


def _target(value: object) -> Target:
    goal, _, name = text_of(value).partition(" ")
    if goal not in set(Goal):
        raise Wrong("is nowhere that a caller can be led", meant(goal, list(Goal)))
    if (Goal(goal) in BARE) is not (name == ""):
        bare = Goal(goal) in BARE
        remedy = f'write "{goal}" alone' if bare else f'write "{goal} NAME"'
        raise Wrong("has no name after it" if not bare else "needs no name", remedy)
    if Goal(goal) is Goal.EXTENSION:
        if not re.fullmatch(r"[0-9*#]{1,16}", name):
            raise Wrong("has no extension", 'write its digits, as "extension 612"')
    elif name:
        check_name(name)
    return Target(Goal(goal), name)


def _member(value: object) -> str:
    text = text_of(value)
    return text if re.fullmatch(r"[0-9]{1,16}", text) else check_name(text)


def _answerer(value: object) -> str:
    kind, space, name = text_of(value).rpartition(" ")
    if space and kind not in (Goal.MENU, Goal.GROUP):
        raise Wrong("answers no calls", 'write a name, "menu NAME" or "group NAME"')
    check_name(name)
    return text_of(value)


def _key(value: object) -> str:
    if not re.fullmatch(r"[1-9]", text := text_of(value)):
        raise Wrong("is not a key for an option", "use 1 to 9; 0 is the operator, * goes back")
    return text


Spoken = Annotated[
    str, Form(f"a text to be spoken, at most {LONGEST_SPOKEN} characters"), PlainValidator(_spoken)
]
Email = Annotated[
    str, Form("an e-mail address that can be spelt, in small letters"), PlainValidator(_email)
]
DaySpan = Annotated[
    Days,
    Form('a day or days, as "08-15", "2026-08-10/2026-08-21"'),
    PlainValidator(_days),
    PlainSerializer(str),
]
Leads = Annotated[
    Target,
    Form('where the caller is led: "menu NAME", "group NAME", "line NAME", "number NAME", '
         '"extension 612", "message OFFICE", "call-back OFFICE", "hours OFFICE", "language en", '
         '"again", "back" or "hang-up"'),
    PlainValidator(_target),
    PlainSerializer(str),
]  # fmt: skip
Member = Annotated[
    str, Form("the name of a line, or digits as they are dialled inside"), PlainValidator(_member)
]
Answerer = Annotated[str, Form('a name, "menu NAME" or "group NAME"'), PlainValidator(_answerer)]
OptionKey = Annotated[str, Form("a key from 1 to 9"), PlainValidator(_key)]
