"""Finding somebody who answers a caller: one after the other, all at once, in turn. Pure.

Those who wait for a group are in the order in which they came; only the first of them has its
members called. The place of the others is told to them, at the beginning and as it changes.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from firmware.calls.building import Config, Switch
from firmware.calls.effects import AlertLeg
from firmware.calls.groups import Team, order
from firmware.calls.office import MS
from firmware.calls.station import Idle
from firmware.calls.turn import Turn
from firmware.calls.visit import Seeking, Talking, Try, Visit
from firmware.guide.script import Keys, keyed, queue_words
from firmware.site.guide_values import Goal, Target

RETRY_MS = 2_000
"""Pause before members who were all busy are tried again."""

ALONE_MS = 45_000
"""How long somebody who is no member of a group is rung."""


def reach(turn: Turn, target: Target) -> bool:
    """Lead the caller to ``target``: a line, a number, an extension, or the people of a group.

    False if there is nobody to try and nowhere to wait.
    """
    if target.goal is Goal.GROUP:
        places = turn.house.groups[target.name].places
        turn.becomes(Seeking(target.name, turn.at_ns))
        if places and _ahead(turn) > places:
            return False
        _connecting(turn)
        return seek(turn)
    number = _number(target, turn.config)
    turn.becomes(Seeking("", turn.at_ns))
    _connecting(turn)
    turn.visit = replace(turn.visit, now=Seeking("", turn.at_ns, (Try(turn.call(number)),)))
    turn.wait(ALONE_MS)
    return True


def _number(target: Target, config: Config) -> str:
    match target.goal:
        case Goal.LINE:
            return config.lines[target.name].extension
        case Goal.NUMBER:
            return config.guide.numbers[target.name]
        case _:
            return target.name


def _connecting(turn: Turn) -> None:
    """Tell that somebody is called: in words, or by ringing if the call is not answered yet."""
    if not turn.visit.up:
        turn.orders.append(AlertLeg(turn.visit.leg))
        return
    turn.texts("connecting")
    turn.music(on=True)


def waiting(switch: Switch, group: str) -> list[Visit]:
    """Those who wait for ``group``, in the order in which they came."""
    there = (v for v in switch.visits.values() if isinstance(v.now, Seeking))
    return sorted(
        (v for v in there if isinstance(v.now, Seeking) and v.now.group == group),
        key=lambda visit: (visit.now.since_ns if isinstance(visit.now, Seeking) else 0, visit.id),
    )


def seek(turn: Turn) -> bool:
    """Go on looking for somebody of the group; False if that is given up."""
    now = turn.visit.now
    if not isinstance(now, Seeking):
        return True
    if not now.group or now.calling:
        return bool(now.calling)
    group = turn.house.groups[now.group]
    if turn.at_ns - now.since_ns >= group.wait_s * 1000 * MS:
        return False
    if group.places and _ahead(turn):
        return _stand(turn)
    if not now.rest:
        if now.rounds >= group.rounds:
            return False
        team = turn.switch.teams.get(now.group, Team())
        busy = frozenset(member for member in group.members if _busy(turn, member))
        now = replace(now, rest=order(group.members, group.strategy, team, busy=busy))
        if not now.rest:
            return _stand(turn) if group.places else False
        now = replace(now, rounds=now.rounds + 1)
    together, *rest = now.rest
    tries = tuple(Try(turn.call(_member(member, turn.config)), member) for member in together)
    turn.visit = replace(turn.visit, now=replace(now, calling=tries, rest=tuple(rest)))
    turn.wait(group.ring_s * 1000)
    return True


def _member(member: str, config: Config) -> str:
    return config.lines[member].extension if member in config.lines else member


def _busy(turn: Turn, member: str) -> bool:
    """Whether a member takes no call now: on the telephone, rung for somebody else, or left."""
    desk = turn.switch.desks.get(member)
    if desk is not None:
        station = desk.station
        free = isinstance(station.now, Idle) and station.in_service
        return not free or station.settings.groups_off
    others = (v.now for v in turn.switch.visits.values() if v.id != turn.visit.id)
    return any(isinstance(now, Talking) and now.member == member for now in others)


def _ahead(turn: Turn) -> int:
    """How many wait before the caller."""
    now = turn.visit.now
    group = now.group if isinstance(now, Seeking) else ""
    others = [each for each in waiting(turn.switch, group) if each.id != turn.visit.id]
    mine = (now.since_ns if isinstance(now, Seeking) else 0, turn.visit.id)
    return sum(
        (each.now.since_ns if isinstance(each.now, Seeking) else 0, each.id) < mine
        for each in others
    )


def _stand(turn: Turn) -> bool:
    """Wait, and be told how many are before; False if there is no voice for that."""
    now = turn.visit.now
    assert isinstance(now, Seeking)  # noqa: S101 - only those who seek wait
    if not turn.voice():
        return False
    ahead = _ahead(turn)
    if ahead != now.told and turn.visit.spoken_ns is None and not turn.visit.pending:
        keys = queue_words(ahead, _minutes(turn, ahead), turn.visit.session.tongue)
        busy = () if now.told >= 0 else ("all-busy",)
        turn.visit = replace(turn.visit, now=replace(now, told=ahead))
        turn.say((*_keyed(turn, busy), *keys))
    turn.music(on=True)
    turn.wait(RETRY_MS)
    return True


def _keyed(turn: Turn, names: tuple[str, ...]) -> Keys:
    return tuple(keyed(name, turn.visit.session.tongue) for name in names)


def _minutes(turn: Turn, ahead: int) -> int:
    """How long it will take until the caller's turn, if calls take as long as they usually do."""
    now = turn.visit.now
    assert isinstance(now, Seeking)  # noqa: S101 - only those who seek wait
    group = turn.house.groups[now.group]
    return ceil(ahead * group.call_s / len(group.members) / 60)


def passed_over(turn: Turn) -> bool:
    """Nobody who is rung answered in time: try the next ones; False if that is given up."""
    now = turn.visit.now
    assert isinstance(now, Seeking)  # noqa: S101 - only those who seek are passed over
    turn.end(*(each.leg for each in now.calling))
    turn.visit = replace(turn.visit, now=replace(now, calling=()), due_ns=None)
    return seek(turn)


def ended(turn: Turn, leg: str) -> bool:
    """Somebody who was rung is busy or refuses; False if nobody is left."""
    now = turn.visit.now
    assert isinstance(now, Seeking)  # noqa: S101 - only those who seek call
    calling = tuple(each for each in now.calling if each.leg != leg)
    turn.visit = replace(turn.visit, now=replace(now, calling=calling))
    if calling or now.rest or not now.group or not turn.house.groups[now.group].places:
        return True if calling else seek(turn)
    # All refused at once: that was no round, those who wait go on waiting.
    turn.visit = replace(turn.visit, now=replace(now, calling=(), rounds=now.rounds - 1))
    return _stand(turn)


def taken(turn: Turn, leg: str) -> None:
    """Somebody answered: let them talk."""
    now = turn.visit.now
    assert isinstance(now, Seeking)  # noqa: S101 - only those who seek are answered
    member = next(each.member for each in now.calling if each.leg == leg)
    turn.end(*(each.leg for each in now.calling if each.leg != leg))
    turn.hush()
    if not turn.visit.up:
        turn.answer()
    turn.becomes(Talking(leg, now.group, member))
    if now.group:
        team = turn.switch.teams.get(now.group, Team()).answered(member)
        turn.switch = turn.switch.with_team(now.group, team)
