"""Numbers, times and spelling in spoken English. Pure."""

from __future__ import annotations

_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
SIGNS = {
    **{str(digit): word for digit, word in enumerate(_UNITS[:10])},
    "*": "star",
    "#": "hash",
    "+": "plus",
    ".": "dot",
    "-": "hyphen",
    "_": "underscore",
    "@": "at",
}


def cardinal(number: int) -> str:
    """Say a number from 0 to 99: 21 is "twenty-one".

    Raises:
        ValueError: the number is not from 0 to 99.
    """
    if not 0 <= number <= 99:
        raise ValueError(f"{number} is not from 0 to 99")
    if number < 20:
        return _UNITS[number]
    tens, unit = divmod(number, 10)
    return f"{_TENS[tens]}-{_UNITS[unit]}" if unit else _TENS[tens]


def clock(minute: int) -> str:
    """Say a time by its minute of the day: 510 is "eight thirty a m", 720 is "noon"."""
    hour, past = divmod(minute % (24 * 60), 60)
    if not past and hour in (0, 12):
        return "noon" if hour else "midnight"
    half = "a m" if hour < 12 else "p m"
    minutes = f" {'oh ' if past < 10 else ''}{cardinal(past)}" if past else ""
    return f"{cardinal((hour - 1) % 12 + 1)}{minutes} {half}"


def read_out(address: str) -> str:
    """An e-mail address as it is read: its signs named, its words left whole."""
    return "".join(f" {SIGNS[sign]} " if sign in "@.-_" else sign for sign in address)


def spelt(text: str) -> str:
    """Every letter of ``text`` by itself."""
    return ", ".join(SIGNS.get(sign, sign.upper()) for sign in text)
