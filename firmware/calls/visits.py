"""Callers in the voice guide: what happens to them, and what they are led to. Pure."""

from __future__ import annotations

from dataclasses import replace

from firmware.calls import seeking
from firmware.calls.building import Config, Step, Switch
from firmware.calls.effects import CallStarted, Direction, GuideRecord, KeepMessage, SendDigit
from firmware.calls.events import (
    GuideDigit,
    GuideEvent,
    GuideRecorded,
    LegAnswered,
    LegDigit,
    LegEnded,
    LegEvent,
    LegIncoming,
    LegMedia,
    LegReplaced,
    Media,
    MessageKept,
)
from firmware.calls.groups import Team
from firmware.calls.turn import Turn
from firmware.calls.visit import Depositing, Guided, Seeking, Talking, Visit
from firmware.guide import leaving, menu
from firmware.guide.menu import Key, Refused, Spoken, TimeUp
from firmware.site.guide_values import HANG_UP, Goal, Target

BUSY, UNAVAILABLE = 486, 480


def offered(switch: Switch, event: LegIncoming, target: Target, config: Config) -> Step:
    """A call comes in at a door of the guide, which leads to ``target``."""
    visit = Visit(event.leg, event.leg, event.caller, event.called)
    turn = Turn(switch, visit, event.at_ns, config)
    turn.orders.append(CallStarted(event.leg, str(target), Direction.IN, event.caller))
    turn.switch = turn.switch.with_call(event.leg)
    session, outputs = menu.begin(target, turn.house, turn.local)
    _led(turn, session, outputs)
    return turn.done()


def heard(switch: Switch, visit: Visit, event: LegEvent, config: Config) -> Step:
    """Something happened to a leg of a caller, or of somebody who is called for them."""
    turn = Turn(switch, visit, event.at_ns, config)
    if event.leg == visit.leg:
        _caller(turn, event)
    else:
        _other(turn, event)
    return turn.done()


def guided(switch: Switch, event: GuideEvent, config: Config) -> Step:
    """Something happened to a voice, or to what a caller left."""
    match event:
        case GuideDigit(channel=channel) | GuideRecorded(channel=channel):
            found = (v for v in switch.visits.values() if v.channel == channel)
            visit = next(found, None)
        case MessageKept(visit=name):
            visit = switch.visits.get(name)
    if visit is None:
        return switch, ()
    turn = Turn(switch, visit, event.at_ns, config)
    match event:
        case GuideDigit(digit=digit):
            _pressed(turn, digit)
        case GuideRecorded(for_ms=for_ms):
            _deposited(turn, leaving.Recorded(for_ms))
        case MessageKept(well=well):
            _deposited(turn, leaving.Kept(well))
    return turn.done()


def tick(switch: Switch, name: str, at_ns: int, config: Config) -> Step:
    """Let what is due for one caller happen."""
    turn = Turn(switch, switch.visits[name], at_ns, config)
    visit = turn.visit
    if visit.spoken_ns is not None and visit.spoken_ns <= at_ns:
        turn.visit = replace(visit, spoken_ns=None)
        if visit.pending:
            turn.say(visit.pending)
        else:
            _happens(turn, Spoken())
    else:
        turn.visit = replace(visit, due_ns=None)
        _happens(turn, TimeUp())
    return turn.done()


# --- the caller ----------------------------------------------------------------------------------


def _caller(turn: Turn, event: LegEvent) -> None:
    visit = turn.visit
    match event:
        case LegMedia(media=media, digits=digits):
            if media is Media.ACTIVE:
                turn.hears(digits)
        case LegDigit(digit=digit):
            _pressed(turn, digit)
        case LegReplaced(new=new):
            turn.visit = visit.exchange(event.leg, new)
        case LegEnded():
            _gone(turn)
        case _:
            pass


def _gone(turn: Turn) -> None:
    """The caller has hung up: what they said is kept all the same."""
    now = turn.visit.now
    turn.visit = replace(turn.visit, gone=True)
    if isinstance(now, Depositing):
        match now.leaving.stage:
            case leaving.Stage.RECORDING:
                turn.orders.append(GuideRecord(turn.visit.channel, 0))
                return
            case leaving.Stage.MEASURING | leaving.Stage.KEEPING:
                return
            case _:
                pass
    _rested(turn)
    turn.part()


def _pressed(turn: Turn, digit: str) -> None:
    match turn.visit.now:
        case Talking(leg=leg):
            turn.orders.append(SendDigit(leg, digit))
        case Guided() | Depositing():
            _happens(turn, Key(digit))
        case Seeking():
            pass


def _happens(turn: Turn, event: Key | Spoken | TimeUp) -> None:
    """A key, the end of what was said, or nothing for long enough."""
    match turn.visit.now, event:
        case Guided(), _:
            turn.visit = replace(turn.visit, due_ns=None)
            step = menu.step(turn.visit.session, event, turn.house, turn.local)
            _led(turn, *step)
        case Depositing(), _:
            _deposited(turn, event)
        case Seeking(), TimeUp():
            _hope(turn, seeking.passed_over(turn))
        case _:
            pass


# --- through menus -------------------------------------------------------------------------------


def _led(turn: Turn, session: menu.Session, outputs: tuple[menu.Output, ...]) -> None:
    """Do what the menus want."""
    turn.visit = replace(turn.visit, session=session)
    for output in outputs:
        match output:
            case menu.Speak(keys):
                if not turn.voice():
                    turn.part(BUSY)
                    return
                turn.say(keys)
            case menu.Listen(for_ms):
                turn.wait(for_ms)
            case menu.Lead(target):
                _lead(turn, target)
            case menu.Part():
                turn.part()


def _lead(turn: Turn, target: Target) -> None:
    if target.goal not in (Goal.MESSAGE, Goal.CALL_BACK):
        _hope(turn, seeking.reach(turn, target))
        return
    if not turn.voice():
        turn.part(BUSY)
        return
    tongue = turn.visit.session.tongue
    if target.goal is Goal.MESSAGE:
        now, outputs = leaving.message(tongue)
    else:
        now, outputs = leaving.call_back(tongue, turn.visit.caller.number)
    turn.becomes(Depositing(target.name, now))
    _left(turn, outputs)


# --- looking for somebody ------------------------------------------------------------------------


def _hope(turn: Turn, there_is: bool) -> None:  # noqa: FBT001 - the whole message
    """Go on, or lead the caller on whom nobody answers."""
    now = turn.visit.now
    if there_is:
        return
    if not isinstance(now, Seeking):  # nobody could even be tried
        _refused(turn)
        return
    group = turn.house.groups.get(now.group)
    turn.end(*turn.visit.others)
    turn.music(on=False)
    turn.becomes(Guided())
    if group is None or (group.overflow == HANG_UP and turn.visit.session.path):
        _refused(turn)
        return
    if group.overflow == HANG_UP and not turn.visit.up:
        turn.part(UNAVAILABLE)
        return
    session = turn.visit.session
    _led(turn, *menu.follow(session, group.overflow, turn.house, turn.local))


def _refused(turn: Turn) -> None:
    if not turn.visit.up and not turn.visit.session.path:
        turn.part(UNAVAILABLE)
        return
    turn.music(on=False)
    turn.becomes(Guided())
    _led(turn, *menu.step(turn.visit.session, Refused(), turn.house, turn.local))


def _other(turn: Turn, event: LegEvent) -> None:
    """Something happened to somebody who is called for the caller, or talks with them."""
    now = turn.visit.now
    match event, now:
        case LegReplaced(new=new), _:
            turn.visit = turn.visit.exchange(event.leg, new)
        case LegAnswered(), Seeking():
            seeking.taken(turn, event.leg)
        case LegDigit(digit=digit), Talking():
            turn.orders.append(SendDigit(turn.visit.leg, digit))
        case LegEnded(), Seeking():
            _hope(turn, seeking.ended(turn, event.leg))
        case LegEnded(), Talking():
            _rested(turn)
            turn.becomes(Guided())
            turn.part()
        case _:
            pass


def _rested(turn: Turn) -> None:
    """The conversation with a member of a group is over: they rest from now on."""
    now = turn.visit.now
    if isinstance(now, Talking) and now.group:
        team = turn.switch.teams.get(now.group, Team()).rested(now.member, turn.at_ns)
        turn.switch = turn.switch.with_team(now.group, team)


# --- leaving something ---------------------------------------------------------------------------


def _deposited(turn: Turn, event: leaving.Input) -> None:
    now = turn.visit.now
    if not isinstance(now, Depositing):
        return
    turn.visit = replace(turn.visit, due_ns=None)
    after, outputs = leaving.step(now.leaving, event)
    turn.visit = replace(turn.visit, now=replace(now, leaving=after))
    _left(turn, outputs)


def _left(turn: Turn, outputs: tuple[leaving.Output, ...]) -> None:
    visit = turn.visit
    for output in outputs:
        match output:
            case menu.Speak(keys):
                if visit.gone:
                    turn.part()
                    return
                turn.say(keys)
            case menu.Listen(for_ms):
                turn.wait(for_ms)
            case leaving.Record():
                turn.orders.append(GuideRecord(visit.channel, turn.config.guide.message_ms))
            case leaving.StopRecord():
                turn.orders.append(GuideRecord(visit.channel, 0))
            case leaving.Keep(number):
                assert isinstance(visit.now, Depositing)  # noqa: S101 - who leaves something
                office, caller = visit.now.office, visit.caller
                turn.orders.append(KeepMessage(visit.id, visit.channel, office, caller, number))
            case menu.Part():
                turn.part()
