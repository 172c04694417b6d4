"""Public holidays of Italy. Pure."""

from __future__ import annotations

from datetime import date, timedelta

_FIXED = ((1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26))
_SAINT_FRANCIS, _SINCE = (10, 4), 2026  # law 151/2025


def easter(year: int) -> date:
    """Easter Sunday of ``year`` by the Gregorian rule (anonymous algorithm of 1876)."""
    golden = year % 19
    century, of_century = divmod(year, 100)
    leaps, rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leaps - correction + 15) % 30
    quarters, years = divmod(of_century, 4)
    to_sunday = (32 + 2 * rest + 2 * quarters - epact - years) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def is_holiday(day: date) -> bool:
    """Whether ``day`` is a public holiday in the whole of Italy (law 260/1949 and later ones)."""
    if (day.month, day.day) in _FIXED:
        return True
    if day.year >= _SINCE and (day.month, day.day) == _SAINT_FRANCIS:
        return True
    sunday = easter(day.year)
    return day in (sunday, sunday + timedelta(days=1))
