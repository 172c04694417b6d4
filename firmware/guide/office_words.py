"""What callers are told of an office: its hours, its e-mail address, when it opens next. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from firmware.guide import english, italian
from firmware.site.choices import Tongue
from firmware.site.guide_schema import Hours

Spans = tuple[tuple[int, int], ...]
_WEEK = range(7)
_WHOLE_DAY = ((0, 24 * 60),)


def hours(office: Hours, tongue: Tongue) -> str:
    """The ordinary week in a sentence: "L'ufficio verbali riceve dal lunedì al venerdì …"."""
    days = {day: _spans(office, day) for day in _WEEK}
    if tongue is Tongue.ENGLISH:
        name = office.name_en or "the office"
        return f"{_capital(name)} is open {'; '.join(_english(days))}."
    return f"{_capital(office.name)} riceve {'; '.join(_italian(days))}."


def closed_now(office: Hours, tongue: Tongue) -> str:
    """That the office does not receive now."""
    if tongue is Tongue.ENGLISH:
        return f"{_capital(office.name_en or 'the office')} is closed now."
    return f"In questo momento {office.name} non riceve."


def email(office: Hours, tongue: Tongue) -> str:
    """The address read out, then spelt: "… chiocciola comune punto example"; "" without one."""
    if office.email is None:
        return ""
    local, _, domain = office.email.partition("@")
    labels = domain.split(".")
    if tongue is Tongue.ENGLISH:
        read = english.read_out(office.email)
        spelt = (
            f"{english.spelt(local)}, at, {english.spelt('.'.join(labels[:-1]))}, dot {labels[-1]}"
        )
        return f"You can write to: {read}. Letter by letter: {spelt}."
    read = italian.read_out(office.email)
    spelt = f"{italian.spelt(local)}, chiocciola, {italian.spelt('.'.join(labels[:-1]))}"
    return f"Può scrivere a: {read}. Lettera per lettera: {spelt}, punto {labels[-1]}."


def day_of(opening: datetime, now: datetime, tongue: Tongue) -> tuple[str, ...]:
    """Which day ``opening`` is, as keys of `day_names`: today, of the week, or a date."""
    ahead = (opening.date() - now.date()).days
    if ahead < 2:
        return (("today", "tomorrow")[ahead],)
    if ahead < 7:
        return (f"weekday-{opening.weekday()}",)
    date = f"day-{opening.day:02}", f"month-{opening.month:02}"
    return date if tongue is Tongue.ITALIAN else date[::-1]


def day_names(tongue: Tongue) -> dict[str, str]:
    """The words of every key of `day_of`."""
    english_ = tongue is Tongue.ENGLISH
    today, tomorrow = ("today", "tomorrow") if english_ else ("oggi", "domani")
    week, months = (english.DAYS, english.MONTHS) if english_ else (italian.DAYS, italian.MONTHS)
    of_month = english.cardinal if english_ else italian.day_of_month
    return {
        "today": today,
        "tomorrow": tomorrow,
        **{f"weekday-{day}": f"on {name}" if english_ else name for day, name in enumerate(week)},
        **{f"day-{day:02}": of_month(day) for day in range(1, 32)},
        **{
            f"month-{month:02}": f"on {name}" if english_ else name
            for month, name in enumerate(months, start=1)
        },
    }


def opening_time(minute: int, tongue: Tongue) -> str:
    """At which minute of the day an office opens: "alle otto e trenta"."""
    return f"at {english.clock(minute)}" if tongue is Tongue.ENGLISH else _to(minute)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _spans(office: Hours, day: int) -> Spans:
    found = ((s.from_minute, s.to_minute) for s in office.week if day in s.days)
    return tuple(sorted(found))


def _same(days: dict[int, Spans]) -> Iterator[tuple[list[int], Spans]]:
    """The days on which the same hours hold, in the order of the first of them."""
    for spans in dict.fromkeys(days[day] for day in _WEEK if days[day]):
        yield [day for day in _WEEK if days[day] == spans], spans


def _italian(days: dict[int, Spans]) -> Iterator[str]:
    for same, spans in _same(days):
        times = " e ".join(f"{_from(start)} {_to(end)}" for start, end in spans)
        if spans == _WHOLE_DAY:
            times = "ventiquattro ore su ventiquattro"
        yield f"{_italian_days(same)} {times}"


def _italian_days(same: list[int]) -> str:
    if len(same) == 7:
        return "tutti i giorni"
    if len(same) > 2 and same[-1] - same[0] == len(same) - 1:
        return f"{italian.from_day(same[0])} {italian.to_day(same[-1])}"
    return _listed([italian.on_day(day) for day in same], "e")


def _listed(words: list[str], last: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def _from(minute: int) -> str:
    hour, past = divmod(minute, 60)
    return (
        f"{_plain(italian.from_hour, hour, 'dalle')} {italian.past(past)}"
        if past
        else (italian.from_hour(hour))
    )


def _to(minute: int) -> str:
    hour, past = divmod(minute % (24 * 60), 60)
    return (
        f"{_plain(italian.at_hour, hour, 'alle')} {italian.past(past)}"
        if past
        else (italian.at_hour(hour))
    )


def _plain(words: Callable[[int], str], hour: int, article: str) -> str:
    """An hour before minutes: noon is "dodici" then."""
    return f"{article} dodici" if hour == 12 else words(hour)


def _english(days: dict[int, Spans]) -> Iterator[str]:
    for same, spans in _same(days):
        clocks = (f"from {english.clock(a)} to {english.clock(b)}" for a, b in spans)
        times = "around the clock" if spans == _WHOLE_DAY else " and ".join(clocks)
        yield f"{_english_days(same)} {times}"


def _english_days(same: list[int]) -> str:
    if len(same) == 7:
        return "every day"
    if len(same) > 2 and same[-1] - same[0] == len(same) - 1:
        return f"{english.DAYS[same[0]]} to {english.DAYS[same[-1]]}"
    return _listed([english.DAYS[day] for day in same], "and")
