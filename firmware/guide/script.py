"""Every text that the voice guide of a site says, by key, and which keys make an announcement.

Pure. A text is said as it stands: whole sentences sound better than sentences of pieces. Only
numbers, days and times are put together. The key of a text is also the name of the recording
that a site may put in its place (``prompts/KEY.wav``); English keys end in ``-en``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from firmware.guide import english, italian, office_words
from firmware.guide.phrases import PAUSE, spelling
from firmware.guide.system_texts import TEXTS
from firmware.site.choices import Tongue
from firmware.site.guide_schema import Group, Hours, Menu
from firmware.site.guide_values import Goal

Keys = tuple[str, ...]

BEEP = "beep"
"""Key of the tone after which callers speak."""

MOST_COUNTED = 20
"""Callers and minutes that are told exactly; beyond that there are "more"."""


@dataclass(frozen=True, slots=True)
class House:
    """What the guide of a site knows: its menus, offices and groups, by name."""

    menus: Mapping[str, Menu] = field(default_factory=lambda: MappingProxyType({}))
    offices: Mapping[str, Hours] = field(default_factory=lambda: MappingProxyType({}))
    groups: Mapping[str, Group] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def tongues(self) -> tuple[Tongue, ...]:
        """The languages that are spoken."""
        spoken = {tongue for menu in self.menus.values() for tongue in menu.languages}
        return tuple(tongue for tongue in Tongue if tongue is Tongue.ITALIAN or tongue in spoken)


@dataclass(frozen=True, slots=True)
class Text:
    """Words and their language."""

    words: str
    tongue: Tongue = Tongue.ITALIAN


def keyed(key: str, tongue: Tongue) -> str:
    """The key of a text in ``tongue``."""
    return key if tongue is Tongue.ITALIAN else f"{key}-{tongue}"


def texts(house: House) -> dict[str, Text]:
    """Every text of the guide by key; none if there is neither menu nor group."""
    if not house.menus and not house.groups:
        return {}
    return {
        keyed(key, tongue): Text(words, tongue)
        for tongue in house.tongues
        for key, words in _all_in(tongue, house)
    }


def _all_in(tongue: Tongue, house: House) -> Iterator[tuple[str, str]]:
    yield from TEXTS[tongue].items()
    yield from office_words.day_names(tongue).items()
    yield from _counted(tongue)
    for name, office in house.offices.items():
        yield f"hours-{name}", office_words.hours(office, tongue)
        yield f"closed-{name}", office_words.closed_now(office, tongue)
        if office.email:
            yield f"mail-{name}", office_words.email(office, tongue)
        for minute in {span.from_minute for span in office.week} | {0}:
            yield f"opens-{minute:04}", office_words.opening_time(minute, tongue)
    for name, menu in house.menus.items():
        yield from _menu(name, menu, tongue)
    if tongue is Tongue.ENGLISH:  # the Italian ones are pieces of phrases already
        for sign in italian.SIGNS.keys() & english.SIGNS.keys():
            yield spelling(sign), english.SIGNS[sign]


def _menu(name: str, menu: Menu, tongue: Tongue) -> Iterator[tuple[str, str]]:
    if tongue not in menu.languages:
        return
    words = menu.welcome_en if tongue is Tongue.ENGLISH else menu.welcome
    if words:
        yield f"menu-{name}", words
    for digit, option in menu.options.items():
        say = option.say_en if tongue is Tongue.ENGLISH else option.say
        if option.to.goal is not Goal.LANGUAGE or option.to.name == tongue:
            yield f"menu-{name}-{digit}", _press(int(digit), say or option.say, tongue)


def _press(digit: int, what: str, tongue: Tongue) -> str:
    if tongue is Tongue.ENGLISH:
        return f"Press {english.cardinal(digit)} for {what}."
    return f"Premere {italian.cardinal(digit)} per {what}."


def _counted(tongue: Tongue) -> Iterator[tuple[str, str]]:
    for number in range(1, MOST_COUNTED + 1):
        if tongue is Tongue.ENGLISH:
            said = english.cardinal(number)
            yield (
                f"before-{number}",
                (
                    "There is one person before you."
                    if number == 1
                    else f"There are {said} people before you."
                ),
            )
            minutes = "one minute" if number == 1 else f"{said} minutes"
            yield f"minutes-{number}", f"You will wait for about {minutes}."
            continue
        said = italian.cardinal(number)
        yield (
            f"before-{number}",
            (
                "C'è una persona prima di lei."
                if number == 1
                else f"Ci sono {said} persone prima di lei."
            ),
        )
        minutes = "un minuto" if number == 1 else f"{said} minuti"
        yield f"minutes-{number}", f"L'attesa prevista è di circa {minutes}."


# --- announcements -------------------------------------------------------------------------------


def choices(house: House, path: tuple[str, ...], tongue: Tongue, *, welcome: bool) -> Keys:
    """What a menu says, the last of ``path``; ``welcome``: its caller has just come."""
    name = path[-1]
    menu = house.menus[name]
    keys: list[str] = []
    if welcome and (menu.welcome_en if tongue is Tongue.ENGLISH else menu.welcome):
        keys.append(keyed(f"menu-{name}", tongue))
    for digit, option in menu.options.items():
        spoken = tongue
        if option.to.goal is Goal.LANGUAGE:
            spoken = Tongue(option.to.name)
            if spoken is tongue:
                continue
        keys.append(keyed(f"menu-{name}-{digit}", spoken))
    if any(house.menus[each].operator for each in path):
        keys.append(keyed("press-operator", tongue))
    if len(path) > 1:
        keys.append(keyed("press-back", tongue))
    return tuple(keys)


def closed(
    name: str, office: Hours, opening: datetime | None, now: datetime, tongue: Tongue
) -> Keys:
    """That an office does not receive ``now``, when it does, and where to write."""
    keys = [f"closed-{name}", f"hours-{name}"]
    if opening is not None:
        minute = opening.hour * 60 + opening.minute
        days = office_words.day_of(opening, now, tongue)
        keys += ["opens-again", *days, f"opens-{minute:04}"]
    return tuple(keyed(key, tongue) for key in (*keys, *_mail(name, office)))


def told(name: str, office: Hours, tongue: Tongue) -> Keys:
    """The hours of an office and where to write."""
    return tuple(keyed(key, tongue) for key in (f"hours-{name}", *_mail(name, office)))


def _mail(name: str, office: Hours) -> Keys:
    return (f"mail-{name}",) if office.email else ()


def queue_words(before: int, minutes: int, tongue: Tongue) -> Keys:
    """How many wait before a caller, and for how many minutes; 0 minutes are not told."""
    keys = ["before-0" if not before else f"before-{_or_more(before)}"]
    if before and minutes:
        keys.append(f"minutes-{_or_more(minutes)}")
    return tuple(keyed(key, tongue) for key in keys)


def _or_more(number: int) -> str:
    return str(number) if number <= MOST_COUNTED else "more"


def spelt(number: str, tongue: Tongue) -> Keys:
    """A telephone number, digit by digit in groups; it has digits and + only."""
    keys: list[str] = []
    for group in italian.groups(number):
        keys += [PAUSE] if keys else []
        keys += [keyed(spelling(sign), tongue) for sign in group]
    return tuple(keys)
