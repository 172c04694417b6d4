"""How one caller is led through menus. Pure.

The machine is told when what it said has been said, and when the caller has thought for long
enough; it knows no clock. Keys are taken at any time, also while something is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from firmware.guide import script
from firmware.guide.hours import is_open, next_opening
from firmware.guide.script import House, Keys, keyed
from firmware.site.choices import Tongue
from firmware.site.guide_values import HANG_UP, Goal, Target

MOST_STEPS = 40
"""Announcements that one caller hears at most: whoever lets a guide talk to itself is let go."""

AGAIN, BACK = Target(Goal.AGAIN), Target(Goal.BACK)


# --- what happens --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Key:
    """The caller pressed a key."""

    digit: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """All was said."""


@dataclass(frozen=True, slots=True)
class TimeUp:
    """The caller pressed nothing for the time that was given."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Where the caller was led nobody answered."""


Input = Key | Spoken | TimeUp | Refused


# --- what is wanted ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Speak:
    """Say this now, instead of what is being said."""

    keys: Keys


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for a key for this time, in ms."""

    for_ms: int


@dataclass(frozen=True, slots=True)
class Lead:
    """Lead the caller there: to people, or to leave something."""

    target: Target


@dataclass(frozen=True, slots=True)
class Part:
    """Hang up."""


Output = Speak | Listen | Lead | Part


class Stage(Enum):
    """What the machine waits for."""

    SAYING = "saying"
    LISTENING = "listening"
    AWAY = "away"  # led somewhere: only a refusal brings the caller back
    PARTING = "parting"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Session:
    """Where one caller is.

    ``path`` are the menus that were entered, the innermost last. ``then`` is where the caller is
    led when all is said; None lets them choose. ``tries`` counts what was not understood,
    ``steps`` everything.
    """

    path: Keys = ()
    tongue: Tongue = Tongue.ITALIAN
    stage: Stage = Stage.AWAY
    then: Target | None = None
    tries: int = 0
    steps: int = 0


Step = tuple[Session, tuple[Output, ...]]


def begin(target: Target, house: House, local: datetime, tongue: Tongue = Tongue.ITALIAN) -> Step:
    """Let a caller in at ``target`` at the local time ``local``."""
    if target.goal is Goal.MENU:
        tongue = house.menus[target.name].languages[0]
    return _follow(Session(tongue=tongue), target, house, local)


def follow(session: Session, target: Target, house: House, local: datetime) -> Step:
    """Lead a caller on to ``target``."""
    return _follow(session, target, house, local)


def step(session: Session, event: Input, house: House, local: datetime) -> Step:
    """What follows from ``event`` at the local time ``local``."""
    match event, session.stage:
        case Spoken(), Stage.SAYING if session.then is not None:
            return _follow(replace(session, then=None), session.then, house, local)
        case Spoken(), Stage.SAYING:
            wait_ms = house.menus[session.path[-1]].key_s * 1000
            return replace(session, stage=Stage.LISTENING), (Listen(wait_ms),)
        case Spoken(), Stage.PARTING:
            return replace(session, stage=Stage.OVER), (Part(),)
        case TimeUp(), Stage.LISTENING:
            return _misunderstood(session, "no-key", house, local)
        case Key(digit), Stage.SAYING | Stage.LISTENING if session.path:
            return _pressed(session, digit, house, local)
        case Refused(), Stage.AWAY:
            return _refused(session, house)
        case _:
            return session, ()


def _pressed(session: Session, digit: str, house: House, local: datetime) -> Step:
    menu = house.menus[session.path[-1]]
    target = {"0": _operator(session, house), "*": BACK, "#": AGAIN}.get(digit)
    if digit in menu.options:
        target = menu.options[digit].to
    if target is None:
        return _misunderstood(session, "wrong-key", house, local)
    return _follow(replace(session, then=None, tries=0), target, house, local)


def _operator(session: Session, house: House) -> Target | None:
    """Where 0 leads: as the innermost menu that says so."""
    named = (house.menus[name].operator for name in reversed(session.path))
    return next((target for target in named if target), None)


def _misunderstood(session: Session, why: str, house: House, local: datetime) -> Step:
    tries = session.tries + 1
    if tries >= house.menus[session.path[-1]].tries:
        return _give_up(session, house, local)
    return _choose(replace(session, tries=tries), house, (keyed(why, session.tongue),))


def _give_up(session: Session, house: House, local: datetime) -> Step:
    menu = house.menus[session.path[-1]]
    target = menu.otherwise or _operator(session, house) or HANG_UP
    return _follow(replace(session, tries=0, then=None), target, house, local)


def _refused(session: Session, house: House) -> Step:
    why = (keyed("no-answer", session.tongue),)
    if not session.path:
        return _part(session, why)
    tries = session.tries + 1
    if tries >= house.menus[session.path[-1]].tries:
        return _part(session, why)
    return _choose(replace(session, tries=tries), house, why)


def _follow(session: Session, target: Target, house: House, local: datetime) -> Step:
    """Lead the caller to ``target``."""
    session = replace(session, steps=session.steps + 1)
    if session.steps > MOST_STEPS:
        return _part(session)
    match target.goal:
        case Goal.MENU:
            return _enter(session, target.name, house, local)
        case Goal.GROUP:
            group = house.groups[target.name]
            if group.office is not None and not is_open(house.offices[group.office], local):
                return _closed(session, group.office, group.closed, house, local)
            return replace(session, stage=Stage.AWAY), (Lead(target),)
        case Goal.HOURS:
            keys = script.told(target.name, house.offices[target.name], session.tongue)
            return _tell(session, keys)
        case Goal.LANGUAGE:
            return _choose(replace(session, tongue=Tongue(target.name)), house, (), welcome=True)
        case Goal.AGAIN:
            return _choose(session, house, ())
        case Goal.BACK:
            path = session.path[:-1] or session.path
            return _choose(replace(session, path=path), house, ())
        case Goal.HANG_UP:
            return _part(session)
        case _:  # somebody or something to leave a message with
            return replace(session, stage=Stage.AWAY), (Lead(target),)


def _enter(session: Session, name: str, house: House, local: datetime) -> Step:
    menu = house.menus[name]
    if menu.office is not None and not is_open(house.offices[menu.office], local):
        return _closed(session, menu.office, menu.closed, house, local)
    # Whoever comes back to a menu is in it once, and goes back to where it was entered from.
    path = session.path[: session.path.index(name)] if name in session.path else session.path
    tongue = session.tongue if session.tongue in menu.languages else menu.languages[0]
    entered = replace(session, path=(*path, name), tongue=tongue, tries=0)
    return _choose(entered, house, (), welcome=True)


def _closed(
    session: Session, name: str, target: Target | None, house: House, local: datetime
) -> Step:
    """Nobody receives now: lead elsewhere if so configured, else tell when and where to write."""
    if target is not None:
        return _follow(session, target, house, local)
    office = house.offices[name]
    opening = next_opening(office, local)
    return _tell(session, script.closed(name, office, opening, local, session.tongue))


def _tell(session: Session, keys: Keys) -> Step:
    """Say ``keys``, then let the caller choose again, or say goodbye."""
    then = AGAIN if session.path else HANG_UP
    return replace(session, stage=Stage.SAYING, then=then), (Speak(keys),)


def _choose(session: Session, house: House, before: Keys, *, welcome: bool = False) -> Step:
    """Say what can be chosen, after ``before``."""
    steps = session.steps + 1
    if steps > MOST_STEPS or not session.path:
        return _part(session)
    keys = script.choices(house, session.path, session.tongue, welcome=welcome)
    now = replace(session, stage=Stage.SAYING, then=None, steps=steps)
    return now, (Speak((*before, *keys)),)


def _part(session: Session, before: Keys = ()) -> Step:
    keys = (*before, keyed("goodbye", session.tongue))
    return replace(session, stage=Stage.PARTING, then=None), (Speak(keys),)
