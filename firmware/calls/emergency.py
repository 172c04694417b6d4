"""Emergency numbers where nobody expects digits, and who is called back. Pure.

The dial plan knows them where numbers are dialled. Here are the other moments: a star code that
was begun, the tone after R, a hotline that calls somewhere, a refusal, a line that fell silent.
In the middle of a conversation digits belong to the far end, unless they go on from before.
"""

from __future__ import annotations

import re
from dataclasses import replace

from firmware.calls.effects import EndLeg, HoldLeg, Order
from firmware.calls.features import SERVICE_CODES, Feature
from firmware.calls.office import MS, Office
from firmware.calls.station import (
    Calling,
    Collecting,
    Conference,
    Leg,
    Notice,
    Recall,
    Stage,
    Station,
    Talking,
)

_LONGEST = 6  # digits of an emergency number
_WAKE_AT = next(code for code, feature in SERVICE_CODES.items() if feature is Feature.WAKE_UP)


def in_code(digits: str, office: Office, *, no_more: bool = False) -> str | None:
    """The emergency number that was dialled after the beginning of a star code, or None.

    What follows a sign or a service code counts. The time of a wake-up call may begin like such
    a number: there it counts only when there was ``no_more``.
    """
    run = re.split(r"[*#]", digits)[-1]
    begun = digits.removesuffix(run)
    if begun == f"*{_WAKE_AT}*" and not no_more:
        return None
    first = not begun.strip("*#")
    runs = [run, *(run.removeprefix(code) for code in SERVICE_CODES if first)]
    return next((each for each in runs if each in office.plan.emergency), None)


def listen(station: Station, key: str, at_ns: int, office: Office) -> tuple[Station, str | None]:
    """Take a digit that is dialled where no number is expected; give the number if it is one now.

    Digits count together as long as the pauses between them are not longer than in dialling.
    """
    if isinstance(station.now, Collecting | Notice):
        return replace(station, pressed="", pressed_ns=at_ns), None
    before = station.pressed
    if at_ns > station.pressed_ns + office.plan.inter_digit_ms * MS:
        before = ""
    if not before and isinstance(station.now, Talking | Conference):
        return station, None
    pressed = (before + key)[-_LONGEST:]
    ends = [number for number in office.plan.emergency if pressed.endswith(number)]
    found = max(ends, key=len, default=None)  # 116117 ends with 117
    if isinstance(station.now, Calling) and station.now.leg.emergency:
        found = found if found != station.now.leg.peer.number else None  # dialled in impatience
    return replace(station, pressed=pressed, pressed_ns=at_ns), found


def make_room(station: Station) -> tuple[Station, tuple[Order, ...]]:
    """Leave what goes on for an emergency call: one conversation is kept on hold, no more."""
    match station.now:
        case Talking(leg=leg) | Recall(leg=leg) if station.held is None and leg.stage is Stage.UP:
            return replace(station, held=leg), (HoldLeg(leg.id),)
        case Conference(first=first, second=second):
            return replace(station, held=first), (HoldLeg(first.id), EndLeg(second.id))
        case Talking(leg=leg) | Recall(leg=leg) | Calling(leg=leg):
            return station, (EndLeg(leg.id),)
        case _:
            return station, ()


def expecting(station: Station, at_ns: int, office: Office) -> Station:
    """A telephone that had an emergency call until now may be called back for a while."""
    return replace(station, expects_ns=at_ns + office.timers.callback_ms * MS)


def kept(leg: Leg, office: Office) -> bool:
    """Whether ``leg`` outlives its handset being put down."""
    return leg.emergency and leg.stage is Stage.UP and office.timers.keep_ms > 0
