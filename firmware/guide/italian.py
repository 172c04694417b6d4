"""Numbers, times and spelling in spoken Italian. Pure."""

from __future__ import annotations

_UNITS = (
    "zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove", "dieci",
    "undici", "dodici", "tredici", "quattordici", "quindici", "sedici", "diciassette",
    "diciotto", "diciannove",
)  # fmt: skip
_TENS = (
    "", "", "venti", "trenta", "quaranta", "cinquanta", "sessanta", "settanta", "ottanta",
    "novanta",
)  # fmt: skip

SIGNS = {
    **{str(digit): word for digit, word in enumerate(_UNITS[:10])},
    "*": "asterisco",
    "#": "cancelletto",
    "+": "più",
    ".": "punto",
    ":": "due punti",
    **dict(zip("abcdef", ("a", "bi", "ci", "di", "e", "effe"), strict=True)),
}
"""What is spelt sign by sign: telephone numbers, and addresses of IPv4 and IPv6."""


def cardinal(number: int) -> str:
    """Say a number from 0 to 99: 21 is "ventuno", 23 is "ventitré".

    Raises:
        ValueError: the number is not from 0 to 99.
    """
    if not 0 <= number <= 99:
        raise ValueError(f"{number} is not from 0 to 99")
    if number < 20:
        return _UNITS[number]
    tens, unit = divmod(number, 10)
    match unit:
        case 0:
            return _TENS[tens]
        case 1 | 8:  # the vowels do not meet: ventuno, ventotto
            return _TENS[tens][:-1] + _UNITS[unit]
        case 3:
            return _TENS[tens] + "tré"
        case _:
            return _TENS[tens] + _UNITS[unit]


def at_hour(hour: int) -> str:
    """Say at which full hour (0 to 23): "alle sei", "all'una", "a mezzanotte"."""
    match hour:
        case 0:
            return "a mezzanotte"
        case 1:
            return "all'una"
        case 12:
            return "a mezzogiorno"
        case _:
            return f"alle {cardinal(hour)}"


def is_hour(hour: int) -> str:
    """Say which full hour it is (0 to 23): "sono le sei", "è l'una", "è mezzanotte"."""
    match hour:
        case 0:
            return "è mezzanotte"
        case 1:
            return "è l'una"
        case 12:
            return "è mezzogiorno"
        case _:
            return f"sono le {cardinal(hour)}"


def from_hour(hour: int) -> str:
    """Say since which full hour (0 to 23): "dalle sei", "dall'una", "da mezzanotte"."""
    match hour:
        case 0:
            return "da mezzanotte"
        case 1:
            return "dall'una"
        case 12:
            return "da mezzogiorno"
        case _:
            return f"dalle {cardinal(hour)}"


def past(minute: int) -> str:
    """Say the minutes (1 to 59) after a full hour: "e trenta", "e un minuto"."""
    return "e un minuto" if minute == 1 else f"e {cardinal(minute)}"


def groups(number: str) -> tuple[str, ...]:
    """Split a telephone number as it is read aloud: by threes, never one digit alone at the end.

    An address is split at its points and colons, which stay with what is before them.
    """
    if "." in number or ":" in number:
        return tuple(number.replace(".", ". ").replace(":", ": ").split())
    cuts = [number[start : start + 3] for start in range(0, len(number), 3)]
    if len(cuts) > 1 and len(cuts[-1]) == 1:
        last = cuts.pop()
        cuts[-1] += last
    return tuple(cuts)


DAYS = ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica")
MONTHS = (
    "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto",
    "settembre", "ottobre", "novembre", "dicembre",
)  # fmt: skip
_SUNDAY = 6
_MARKS = {**SIGNS, "-": "trattino", "_": "trattino basso", "@": "chiocciola"}
_LETTERS = {
    "a": "a di Ancona", "b": "bi di Bologna", "c": "ci di Como", "d": "di di Domodossola",
    "e": "e di Empoli", "f": "effe di Firenze", "g": "gi di Genova", "h": "acca di hotel",
    "i": "i di Imola", "j": "i lunga", "k": "cappa", "l": "elle di Livorno",
    "m": "emme di Milano", "n": "enne di Napoli", "o": "o di Otranto", "p": "pi di Padova",
    "q": "cu di quarto", "r": "erre di Roma", "s": "esse di Savona", "t": "ti di Torino",
    "u": "u di Udine", "v": "vu di Venezia", "w": "doppia vu", "x": "ics", "y": "ipsilon",
    "z": "zeta di Zara",
}  # fmt: skip


def on_day(day: int) -> str:
    """On which day of the week (0 is Monday): "il lunedì", "la domenica"."""
    return f"{'la' if day == _SUNDAY else 'il'} {DAYS[day]}"


def from_day(day: int) -> str:
    """From which day of the week: "dal lunedì", "dalla domenica"."""
    return f"{'dalla' if day == _SUNDAY else 'dal'} {DAYS[day]}"


def to_day(day: int) -> str:
    """To which day of the week: "al venerdì", "alla domenica"."""
    return f"{'alla' if day == _SUNDAY else 'al'} {DAYS[day]}"


def day_of_month(day: int) -> str:
    """A day of a month, before its name: "il tre", "l'otto", "il primo"."""
    number = "primo" if day == 1 else cardinal(day)
    return f"l'{number}" if day in (8, 11) else f"il {number}"


def read_out(address: str) -> str:
    """An e-mail address as it is read: its signs named, its words left whole."""
    return "".join(f" {_MARKS[sign]} " if sign in "@.-_" else sign for sign in address)


def spelt(text: str) -> str:
    """Every letter of ``text`` with the name of a town, as on the telephone."""
    return ", ".join(_LETTERS.get(sign, _MARKS.get(sign, sign)) for sign in text)
