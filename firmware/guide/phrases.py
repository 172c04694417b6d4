"""Every sentence that the box can say, as data. Pure.

A sentence is one piece of speech or, with a slot at its end, a piece followed by those of the
slot's value. Each piece has a key, which is also the name of the file that a site may record
itself (``prompts/KEY.wav``). Pieces are made into speech in advance and strung together when
they are wanted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from types import MappingProxyType

from firmware.guide.italian import SIGNS, at_hour, from_hour, groups, is_hour, past


class Sentence(StrEnum):
    """What can be said; the value is the key of its (first) piece."""

    FORWARD_ALWAYS_ON = "forward-always-on"
    FORWARD_ALWAYS_OFF = "forward-always-off"
    FORWARD_BUSY_ON = "forward-busy-on"
    FORWARD_BUSY_OFF = "forward-busy-off"
    FORWARD_NO_ANSWER_ON = "forward-no-answer-on"
    FORWARD_NO_ANSWER_OFF = "forward-no-answer-off"
    FORWARD_OFFLINE_ON = "forward-offline-on"
    FORWARD_OFFLINE_OFF = "forward-offline-off"
    DO_NOT_DISTURB_ON = "do-not-disturb-on"
    DO_NOT_DISTURB_OFF = "do-not-disturb-off"
    CALL_WAITING_ON = "call-waiting-on"
    CALL_WAITING_OFF = "call-waiting-off"
    GROUP_CALLS_ON = "group-calls-on"
    GROUP_CALLS_OFF = "group-calls-off"
    WITHHOLD_ON = "withhold-number-on"
    WITHHOLD_OFF = "withhold-number-off"
    REJECT_ANONYMOUS_ON = "reject-anonymous-on"
    REJECT_ANONYMOUS_OFF = "reject-anonymous-off"
    LOCK_ON = "lock-on"
    LOCK_OFF = "lock-off"
    SHORT_DIAL_SET = "short-dial-set"
    SHORT_DIAL_CLEARED = "short-dial-cleared"
    SHORT_DIAL_ON = "short-dial-on"
    SHORT_DIAL_OFF = "short-dial-off"
    WAKE_UP_ON = "wake-up-on"
    WAKE_UP_OFF = "wake-up-off"
    WAKE_UP_NOW = "wake-up-now"
    REDIAL_ON = "redial-on"
    REDIAL_OFF = "redial-off"
    CALL_RETURN_ON = "call-return-on"
    CALL_RETURN_OFF = "call-return-off"
    NOTHING_RINGS = "nothing-rings"
    CODE_REFUSED = "code-refused"
    NOT_IN_SERVICE = "number-not-in-service"
    NOT_ALLOWED = "number-not-allowed"
    HANG_UP = "hang-up"
    EXTENSION_IS = "extension-is"
    NUMBER_IS = "number-is"
    ADDRESS_IS = "address-is"
    NO_ADDRESS = "no-address"
    CLEARED_FOR_HELP = "cleared-for-help"
    SWITCHBOARD_HERE = "switchboard-here"
    SWITCHBOARD_GONE = "switchboard-gone"
    SWITCHBOARD_GONE_SINCE = "switchboard-gone-since"
    CALLS_INSIDE = "calls-inside"
    CALLS_OUTSIDE = "calls-outside"
    CALLS_OTHER_SITES = "calls-other-sites"


class Slot(Enum):
    """What a sentence is completed with."""

    SPELT = "number"  # digit by digit: telephone numbers, addresses
    AT_TIME = "at"  # HHMM: "alle sei e trenta"
    TIME_IS = "now"  # HHMM: "sono le sei e trenta"
    SINCE = "since"  # HHMM: "dalle sei e trenta"


TEXTS: Mapping[Sentence, str] = MappingProxyType(
    {
        Sentence.FORWARD_ALWAYS_ON: "Deviazione attivata verso {number}",
        Sentence.FORWARD_ALWAYS_OFF: "Deviazione disattivata",
        Sentence.FORWARD_BUSY_ON: "Deviazione su occupato attivata verso {number}",
        Sentence.FORWARD_BUSY_OFF: "Deviazione su occupato disattivata",
        Sentence.FORWARD_NO_ANSWER_ON: "Deviazione su mancata risposta attivata verso {number}",
        Sentence.FORWARD_NO_ANSWER_OFF: "Deviazione su mancata risposta disattivata",
        Sentence.FORWARD_OFFLINE_ON: "Deviazione per fuori servizio attivata verso {number}",
        Sentence.FORWARD_OFFLINE_OFF: "Deviazione per fuori servizio disattivata",
        Sentence.DO_NOT_DISTURB_ON: "Non disturbare attivato",
        Sentence.DO_NOT_DISTURB_OFF: "Non disturbare disattivato",
        Sentence.CALL_WAITING_ON: "Avviso di chiamata attivato",
        Sentence.CALL_WAITING_OFF: "Avviso di chiamata disattivato",
        Sentence.GROUP_CALLS_ON: "Chiamate di gruppo attivate",
        Sentence.GROUP_CALLS_OFF: "Chiamate di gruppo disattivate",
        Sentence.WITHHOLD_ON: "Il suo numero non viene mostrato",
        Sentence.WITHHOLD_OFF: "Il suo numero viene mostrato",
        Sentence.REJECT_ANONYMOUS_ON: "Rifiuto delle chiamate anonime attivato",
        Sentence.REJECT_ANONYMOUS_OFF: "Rifiuto delle chiamate anonime disattivato",
        Sentence.LOCK_ON: "Telefono bloccato",
        Sentence.LOCK_OFF: "Telefono sbloccato",
        Sentence.SHORT_DIAL_SET: "Numero breve memorizzato",
        Sentence.SHORT_DIAL_CLEARED: "Numero breve cancellato",
        Sentence.SHORT_DIAL_ON: "Ci sono numeri brevi memorizzati",
        Sentence.SHORT_DIAL_OFF: "Nessun numero breve memorizzato",
        Sentence.WAKE_UP_ON: "Sveglia {at}",
        Sentence.WAKE_UP_OFF: "Sveglia disattivata",
        Sentence.WAKE_UP_NOW: "Servizio sveglia, {now}",
        Sentence.REDIAL_ON: "L'ultimo numero chiamato è {number}",
        Sentence.REDIAL_OFF: "Nessun numero chiamato",
        Sentence.CALL_RETURN_ON: "L'ultima chiamata è arrivata da {number}",
        Sentence.CALL_RETURN_OFF: "Nessuna chiamata arrivata",
        Sentence.NOTHING_RINGS: "Nessuna chiamata da prendere",
        Sentence.CODE_REFUSED: "Codice non valido",
        Sentence.NOT_IN_SERVICE: "Il numero selezionato non è attivo",
        Sentence.NOT_ALLOWED: "Il numero selezionato non è consentito da questo telefono",
        Sentence.HANG_UP: "Riagganciare il ricevitore",
        Sentence.EXTENSION_IS: "Interno {number}",
        Sentence.NUMBER_IS: "Numero {number}",
        Sentence.ADDRESS_IS: "Indirizzo di rete {number}",
        Sentence.NO_ADDRESS: "Nessun indirizzo di rete",
        Sentence.CLEARED_FOR_HELP: "La linea serve per una chiamata di emergenza",
        Sentence.SWITCHBOARD_HERE: "Il centralino è raggiungibile",
        Sentence.SWITCHBOARD_GONE: "Il centralino non è raggiungibile",
        Sentence.SWITCHBOARD_GONE_SINCE: "Il centralino non è raggiungibile {since}",
        Sentence.CALLS_INSIDE: "Si possono chiamare gli altri telefoni di questa sede",
        Sentence.CALLS_OUTSIDE: "Si possono chiamare i numeri esterni",
        Sentence.CALLS_OTHER_SITES: "Si possono chiamare gli interni delle altre sedi",
    }
)
"""The words of every sentence; a slot stands at the end."""

PAUSE = "pause"
"""Key of the pause between groups of digits: a piece that is not spoken."""

PAUSE_MS = 200
JOINT_MS = 60
"""Silence between two pieces, in ms."""

TAIL_MS = 250
"""Silence after a phrase, in ms; also what the audio may lag behind the clock."""

_SLOT = re.compile(r",? \{(\w+)\}$")
_NAMES = {"*": "star", "#": "pound", "+": "plus", ".": "point", ":": "colon"}
_TIME = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence with the value of its slot ("" without a slot).

    Raises:
        ValueError: the value is not one that the slot takes.
    """

    sentence: Sentence
    value: str = ""

    def __post_init__(self) -> None:
        match slot(self.sentence):
            case None:
                right = not self.value
            case Slot.SPELT:
                right = bool(self.value) and all(sign in SIGNS for sign in self.value)
            case Slot.AT_TIME | Slot.TIME_IS | Slot.SINCE:
                right = bool(_TIME.fullmatch(self.value))
        if not right:
            raise ValueError(f"{self.sentence}: {self.value!r} is no value for it")


@dataclass(frozen=True, slots=True)
class Voice:
    """How long each piece is, in ms; what is not in it cannot be said."""

    pieces_ms: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def strung_ms(self, keys: tuple[str, ...]) -> int:
        """How long ``keys`` take to say, tail included; those that are missing are left out."""
        known = [key for key in keys if key == PAUSE or key in self.pieces_ms]
        spoken = sum(PAUSE_MS if key == PAUSE else self.pieces_ms[key] for key in known)
        return spoken + JOINT_MS * max(len(known) - 1, 0) + TAIL_MS

    def length_ms(self, phrase: Phrase) -> int | None:
        """How long ``phrase`` takes to say, its tail included; None if a piece is missing."""
        keys = pieces(phrase)
        if any(key not in self.pieces_ms for key in keys if key != PAUSE):
            return None
        return self.strung_ms(keys)


def slot(sentence: Sentence) -> Slot | None:
    """The slot at the end of ``sentence``, or None."""
    found = _SLOT.search(TEXTS[sentence])
    return Slot(found[1]) if found else None


def completed(sentence: Sentence, value: str) -> Phrase | None:
    """``sentence`` with ``value``; None if it cannot be said: a number with letters, or none.

    A sentence without a slot takes no value and is complete as it is.
    """
    if slot(sentence) is None:
        return Phrase(sentence)
    try:
        return Phrase(sentence, value)
    except ValueError:
        return None


def pieces(phrase: Phrase) -> tuple[str, ...]:
    """The pieces of ``phrase`` in order, by key."""
    match slot(phrase.sentence):
        case None:
            return (phrase.sentence.value,)
        case Slot.SPELT:
            return (phrase.sentence.value, *_spelt(phrase.value))
        case Slot.AT_TIME:
            return (phrase.sentence.value, *_time("at", phrase.value))
        case Slot.TIME_IS:
            return (phrase.sentence.value, *_time("is", phrase.value))
        case Slot.SINCE:
            return (phrase.sentence.value, *_time("from", phrase.value))


def text(phrase: Phrase) -> str:
    """The words of ``phrase``: "Deviazione attivata verso tre sei sei"."""
    return " ".join(PIECES[key].strip(",") for key in pieces(phrase) if key != PAUSE)


def spelling(sign: str) -> str:
    """Key of the piece that names one sign of :data:`firmware.guide.italian.SIGNS`."""
    return f"sign-{_NAMES.get(sign, sign)}"


def _spelt(value: str) -> tuple[str, ...]:
    keys: list[str] = []
    for group in groups(value):
        keys += [PAUSE] if keys else []
        keys += [spelling(sign) for sign in group]
    return tuple(keys)


def _time(kind: str, value: str) -> tuple[str, ...]:
    hour, minute = value[:2], value[2:]
    return (f"{kind}-{hour}",) if minute == "00" else (f"{kind}-{hour}", f"past-{minute}")


def _all_pieces() -> Mapping[str, str]:
    found = {}
    for sentence, words in TEXTS.items():
        # A comma keeps the voice up before what follows.
        found[sentence.value] = _SLOT.sub(",", words)
    found |= {spelling(sign): name for sign, name in SIGNS.items()}
    found |= {f"at-{hour:02}": at_hour(hour) for hour in range(24)}
    found |= {f"is-{hour:02}": is_hour(hour) for hour in range(24)}
    found |= {f"from-{hour:02}": from_hour(hour) for hour in range(24)}
    found |= {f"past-{minute:02}": past(minute) for minute in range(1, 60)}
    return MappingProxyType(found)


PIECES: Mapping[str, str] = _all_pieces()
"""The words of every piece, by key."""
