"""How a caller leaves a message, or asks to be called back. Pure.

Nothing is promised before it is kept: the caller is told so only after whoever keeps it has said
that it is on the disk.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum

from firmware.guide import script
from firmware.guide.menu import Key, Listen, Part, Speak, Spoken, TimeUp
from firmware.guide.script import BEEP, Keys, keyed
from firmware.site.choices import Tongue

_TRIES = 3
_KEY_MS = 8_000
_CALLABLE = re.compile(r"\+?[0-9]{3,16}")


@dataclass(frozen=True, slots=True)
class Recorded:
    """The caller said something for this time, in ms, and is done or was cut off."""

    for_ms: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What was to be kept is on the disk, or could not be."""

    well: bool


Input = Key | Spoken | TimeUp | Recorded | Kept


@dataclass(frozen=True, slots=True)
class Record:
    """Record what the caller says."""


@dataclass(frozen=True, slots=True)
class StopRecord:
    """The caller is done: tell how long it was."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Put it on the disk: what was recorded, or ("" is none) the number to call back."""

    number: str = ""


Output = Speak | Listen | Record | StopRecord | Keep | Part


class Stage(Enum):
    """What the machine waits for."""

    ASKING = "asking"  # for a message
    RECORDING = "recording"
    MEASURING = "measuring"  # how long it was
    SHOWING = "showing"  # a number, to be confirmed
    DIALLING = "dialling"  # another one
    KEEPING = "keeping"
    PARTING = "parting"
    OVER = "over"


SHORTEST_MS = 1_500
"""Less than this is no message."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """Where a caller is; ``number`` is that to call back, ``dialled`` what was dialled so far."""

    stage: Stage
    tongue: Tongue
    number: str = ""
    dialled: str = ""
    tries: int = 0


Step = tuple[Leaving, tuple[Output, ...]]


def message(tongue: Tongue) -> Step:
    """Let a caller leave a message."""
    return Leaving(Stage.ASKING, tongue), (Speak((keyed("message-ask", tongue), BEEP)),)


def call_back(tongue: Tongue, number: str | None) -> Step:
    """Let a caller ask to be called back, at ``number`` if that is known and wanted."""
    now = Leaving(Stage.DIALLING, tongue)
    if number and _CALLABLE.fullmatch(number):
        return _show(now, number, "number-shown")
    return _ask(now)


def step(now: Leaving, event: Input) -> Step:
    """What follows from ``event``."""
    match now.stage, event:
        case Stage.KEEPING, Kept(well):
            kept = "call-back-kept" if now.number else "message-kept"
            return _part(now, kept if well else "not-kept")
        case Stage.PARTING, Spoken():
            return replace(now, stage=Stage.OVER), (Part(),)
        case ((Stage.SHOWING | Stage.DIALLING), _):
            return _number(now, event)
        case _:
            return _message(now, event)


def _message(now: Leaving, event: Input) -> Step:
    match now.stage, event:
        case Stage.ASKING, Spoken():
            return replace(now, stage=Stage.RECORDING), (Record(),)
        case Stage.ASKING, Key():  # whoever knows what is said begins at once
            return now, (Speak((BEEP,)),)
        case Stage.RECORDING, Key("#"):
            return replace(now, stage=Stage.MEASURING), (StopRecord(),)
        case ((Stage.RECORDING | Stage.MEASURING), Recorded(for_ms)):
            if for_ms < SHORTEST_MS:
                return _part(now, "message-empty")
            return replace(now, stage=Stage.KEEPING), (Keep(),)
        case _:
            return now, ()


def _number(now: Leaving, event: Input) -> Step:
    match now.stage, event:
        case Stage.SHOWING, Key("1"):
            return replace(now, stage=Stage.KEEPING), (Keep(now.number),)
        case Stage.SHOWING, Key("2"):
            return _ask(now)
        case Stage.DIALLING, Key(digit):
            return _dialled(now, digit)
        case _, Spoken():
            return now, (Listen(_KEY_MS),)
        case _, TimeUp():
            return _silent(now)
        case _:
            return now, ()


def _dialled(now: Leaving, digit: str) -> Step:
    if digit == "*":
        return replace(now, dialled=""), (Listen(_KEY_MS),)
    if digit != "#":
        return replace(now, dialled=(now.dialled + digit)[:16]), (Listen(_KEY_MS),)
    return _complete(now)


def _complete(now: Leaving) -> Step:
    if _CALLABLE.fullmatch(now.dialled):
        return _show(now, now.dialled, "number-dialled")
    return _again(now, "wrong-key")


def _silent(now: Leaving) -> Step:
    if now.stage is Stage.DIALLING and now.dialled:
        return _complete(now)
    if now.stage is Stage.SHOWING and now.tries < _TRIES - 1:
        return _show(replace(now, tries=now.tries + 1), now.number, "number-shown")
    return _again(now, "no-key")


def _again(now: Leaving, why: str) -> Step:
    if now.tries + 1 >= _TRIES:
        return _part(replace(now, number=""), why)
    asked, speak = _ask(replace(now, tries=now.tries + 1))
    return asked, (Speak((keyed(why, now.tongue), *_keys(speak))),)


def _keys(outputs: tuple[Output, ...]) -> Keys:
    return tuple(key for output in outputs if isinstance(output, Speak) for key in output.keys)


def _ask(now: Leaving) -> Step:
    asked = replace(now, stage=Stage.DIALLING, number="", dialled="")
    return asked, (Speak((keyed("number-ask", now.tongue),)),)


def _show(now: Leaving, number: str, lead: str) -> Step:
    tongue = now.tongue
    number_keys = script.spelt(number, tongue)
    keys = keyed(lead, tongue), *number_keys, keyed("number-right", tongue)
    shown = replace(now, stage=Stage.SHOWING, number=number, dialled="")
    return shown, (Speak(keys),)


def _part(now: Leaving, why: str) -> Step:
    keys = keyed(why, now.tongue), keyed("goodbye", now.tongue)
    return replace(now, stage=Stage.PARTING), (Speak(keys),)
