"""Callers in the voice guide: led, answered, queued, and never left alone."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from firmware.calls.effects import (
    AlertLeg,
    AnswerLeg,
    CallEnded,
    CallStarted,
    DialLeg,
    EndLeg,
    GuideListen,
    GuideMusic,
    GuideRecord,
    GuideSay,
    KeepMessage,
    PlaceCall,
    RingBurst,
)
from firmware.calls.events import (
    ClockTold,
    DigitPath,
    GuideDigit,
    GuideRecorded,
    LegAnswered,
    LegDigit,
    LegIncoming,
    LegMedia,
    Media,
    MessageKept,
    Party,
    SpeechReady,
)
from firmware.calls.office import Box
from firmware.calls.routes import Routes
from firmware.calls.visit import GuideConfig, Seeking, Talking
from firmware.calls.ways import ViaGuide
from firmware.guide import script
from firmware.guide.menu import Stage
from firmware.guide.phrases import PIECES, Voice
from firmware.guide.script import BEEP, House
from firmware.site.guide_schema import Group, Hours, Menu
from firmware.site.guide_values import Goal, Target
from tests.unit.calls.office import Bench, config

MENU = {
    "welcome": "Polizia municipale.",
    "operator": "line museo",
    "options": {
        "1": {"say": "il pronto intervento", "to": "group pronto"},
        "2": {"say": "i verbali", "to": "group verbali"},
        "3": {"say": "un messaggio", "to": "message verbali"},
        "4": {"say": "essere richiamati", "to": "call-back verbali"},
        "5": {"say": "il comando di Vinci", "to": "extension 9005"},
    },
}
OFFICE = {
    "name": "l'ufficio verbali",
    "week": ["mon-fri 08:30-13:00"],
    "email": "verbali@comune.example",
}


def house(**verbali: object) -> House:
    return House(
        menus={"guida": Menu.model_validate(MENU)},
        offices={"verbali": Hours.model_validate(OFFICE)},
        groups={
            "pronto": Group.model_validate({"members": ["nido", "museo"], "ring_s": 10}),
            "verbali": Group.model_validate(
                {"members": ["nido"], "places": 3, "office": "verbali", "ring_s": 10, **verbali}
            ),
        },
    )


def guided(channels: int = 4, **verbali: object):
    """Two telephones on a switchboard, and a guide at 690; 650 and 651 are its groups."""
    two = config()
    lines = {name: replace(line, trunk="pbx", name=name) for name, line in two.lines.items()}
    guide = GuideConfig(
        house=house(**verbali),
        doors={
            "690": Target(Goal.MENU, "guida"),
            "650": Target(Goal.GROUP, "pronto"),
            "651": Target(Goal.GROUP, "verbali"),
        },
        channels=tuple(f"guide{n}" for n in range(1, channels + 1)),
        plan=two.office.plan,
        trunk="pbx",
    )
    return replace(two, lines=lines, routes=Routes(trunks=("pbx",)), guide=guide)


class Guide(Bench):
    """The office with a guide that can say everything, on a Tuesday morning."""

    def __init__(self, cfg=None, at="2026-04-07T10:00"):
        super().__init__(cfg or guided())
        keys = [*PIECES, *script.texts(self.config.guide.house), BEEP]
        self.feed(SpeechReady(self.now, Voice(dict.fromkeys(keys, 1000))))
        self.feed(ClockTold(self.now, at))
        self.orders.clear()

    def call(self, number="690", leg="in1", caller="3669382534"):
        return self.feed(LegIncoming(leg, self.now, "pbx", number, Party(caller)))

    def connect(self, leg="in1", digits=DigitPath.EVENTS):
        orders = self.feed(LegMedia(leg, self.now, Media.ACTIVE, digits))
        return orders + self.feed(LegAnswered(leg, self.now)) + self.wait(400)

    def enter(self, number="690", leg="in1"):
        self.call(number, leg)
        return self.connect(leg)

    def press(self, digit, leg="in1"):
        return self.feed(LegDigit(leg, self.now, digit))

    def visit(self, leg="in1"):
        return self.switch.visits[leg]


def of(kind, orders):
    return [order for order in orders if isinstance(order, kind)]


def said(orders):
    return [key for order in of(GuideSay, orders) for key in order.keys]


def pairs(made):
    return {frozenset(pair) for pair in made.switch.joined}


def test_a_caller_is_answered_and_hears_the_menu():
    made = Guide()
    orders = made.call()
    assert of(AnswerLeg, orders) == [AnswerLeg("in1")]
    assert of(CallStarted, orders)[0].line == "menu guida"
    assert said(made.connect())[:2] == ["menu-guida", "menu-guida-1"]
    assert pairs(made) == {frozenset({"guide1", "in1"})}


def test_nothing_is_said_before_the_caller_hears():
    made = Guide()
    assert said(made.call() + made.wait(5000)) == []


def test_keys_in_the_audio_are_listened_for_only_where_they_travel_there():
    made = Guide()
    made.call()
    assert of(GuideListen, made.connect(digits=DigitPath.AUDIO))[-1].on
    made.feed(GuideDigit("guide1", made.now, "1"))
    assert isinstance(made.visit().now, Seeking)
    other = Guide()
    other.call()
    assert not of(GuideListen, other.connect())[-1].on


def test_all_of_a_group_ring_and_one_answers():
    made = Guide()
    made.enter()
    rung = made.press("1") + made.wait(1000)
    assert {order.line for order in of(RingBurst, rung)} == {"nido", "museo"}
    assert said(rung)[-1] == "connecting"
    made.lift("museo")
    assert isinstance(made.visit().now, Talking)
    assert pairs(made) == {frozenset({"museo", "in1"})}
    assert made.visit().channel == ""
    assert not of(RingBurst, made.wait(10_000)), "the other one is silent"


def test_when_the_caller_hangs_up_the_member_hears_it_and_all_is_forgotten():
    made = Guide()
    made.enter()
    made.press("1")
    made.wait(500)
    made.lift("museo")
    assert of(CallEnded, made.end("in1"))
    made.hang_up("museo")
    assert not made.switch.visits
    assert not made.switch.ends
    assert pairs(made) == set()


def test_when_the_member_hangs_up_the_caller_is_let_go():
    made = Guide()
    made.enter()
    made.press("1")
    made.wait(500)
    made.lift("nido")
    assert EndLeg("in1", 0) in made.hang_up("nido")


def test_who_has_left_by_star_code_is_not_rung_until_they_come_back():
    made = Guide()
    made.lift("nido")
    made.dial("#65#")
    made.hang_up("nido")
    made.enter()
    assert {order.line for order in of(RingBurst, made.press("1") + made.wait(1000))} == {"museo"}
    made.end("in1")
    made.lift("nido")
    made.dial("*65#")
    made.hang_up("nido")
    made.enter(leg="in2")
    rung = made.press("1", "in2") + made.wait(1000)
    assert {order.line for order in of(RingBurst, rung)} == {"nido", "museo"}


def test_nobody_answers_and_the_menu_comes_back():
    made = Guide()
    made.enter()
    made.press("1")
    orders = made.wait(10_500) + made.wait(10_500)
    assert "no-answer" in said(orders)
    assert made.visit().session.stage in (Stage.SAYING, Stage.LISTENING)


def test_a_group_that_is_called_directly_rings_before_it_answers():
    made = Guide()
    orders = made.call("650")
    assert of(AlertLeg, orders) == [AlertLeg("in1")]
    assert not of(AnswerLeg, orders)
    assert of(AnswerLeg, made.wait(300) + made.lift("nido")) == [AnswerLeg("in1")]


def test_outside_its_hours_a_group_says_when_it_receives():
    made = Guide(at="2026-04-07T14:00")
    made.call("651")
    keys = said(made.connect())
    assert keys[:5] == ["closed-verbali", "hours-verbali", "opens-again", "tomorrow", "opens-0510"]


def test_an_extension_of_the_switchboard_is_called_with_the_callers_number():
    made = Guide()
    made.enter()
    dial = of(DialLeg, made.press("5"))[0]
    assert (dial.line, dial.number, dial.caller.number) == ("", "9005", "3669382534")
    made.answer(dial.leg)
    assert pairs(made) == {frozenset({"in1", dial.leg})}


# --- the queue -----------------------------------------------------------------------------------


def busy_nido(made):
    made.lift("nido")
    return made


def test_who_waits_is_told_how_many_are_before_and_each_time_that_changes():
    made = busy_nido(Guide())
    for n in (1, 2, 3):
        made.enter("651", f"in{n}")
    made.wait(200)
    told = {n: made.visit(f"in{n}").now.told for n in (1, 2, 3)}
    assert told == {1: 0, 2: 1, 3: 2}
    made.wait(12_000)
    orders = made.end("in1") + made.wait(10_000)
    assert {"before-0", "before-1"} <= set(said(orders))
    assert {n: made.visit(f"in{n}").now.told for n in (2, 3)} == {2: 0, 3: 1}


def test_the_first_is_connected_when_somebody_is_free():
    made = busy_nido(Guide())
    made.enter("651", "in1")
    made.enter("651", "in2")
    made.hang_up("nido")
    assert of(RingBurst, made.wait(4000))
    made.lift("nido")
    assert isinstance(made.visit("in1").now, Talking)
    assert isinstance(made.visit("in2").now, Seeking)


def test_music_while_waiting():
    made = busy_nido(Guide())
    made.call("651")
    assert GuideMusic("guide1", on=True) in made.orders


def test_a_full_queue_overflows():
    made = busy_nido(Guide(guided(channels=8, overflow="extension 9009")))
    for n in range(1, 5):
        made.enter("651", f"in{n}")
    assert of(DialLeg, made.call("651", "in5"))[-1].number == "9009"


def test_who_has_waited_too_long_overflows():
    made = busy_nido(Guide(guided(wait_s=30, overflow="extension 9009")))
    made.enter("651")
    orders = [order for _ in range(40) for order in made.wait(1000)]
    assert of(DialLeg, orders)[-1].number == "9009"


def test_when_every_voice_speaks_the_next_caller_hears_busy():
    made = Guide(guided(channels=1))
    made.enter("690", "in1")
    assert EndLeg("in2", 486) in made.call("690", "in2")


# --- messages ------------------------------------------------------------------------------------


def test_a_message_is_recorded_kept_and_only_then_promised():
    made = Guide()
    made.enter()
    assert said(made.press("3")) == ["message-ask", BEEP]
    assert of(GuideRecord, made.wait(3000))[-1].most_ms == 120_000
    assert GuideRecord("guide1", 0) in made.press("#")
    kept = of(KeepMessage, made.feed(GuideRecorded("guide1", made.now, 5000)))[0]
    assert (kept.office, kept.caller.number) == ("verbali", "3669382534")
    assert said(made.wait(2000)) == []
    orders = made.feed(MessageKept("in1", made.now, well=True))
    assert said(orders) == ["message-kept", "goodbye"]
    assert EndLeg("in1", 0) in made.wait(5000)


def test_who_hangs_up_while_speaking_has_left_a_message():
    made = Guide()
    made.enter()
    made.press("3")
    made.wait(3000)
    assert GuideRecord("guide1", 0) in made.end("in1")
    assert of(KeepMessage, made.feed(GuideRecorded("guide1", made.now, 5000)))
    made.feed(MessageKept("in1", made.now, well=True))
    assert not made.switch.visits


def test_a_call_back_is_asked_for_at_the_number_shown():
    made = Guide()
    made.enter()
    assert said(made.press("4"))[:2] == ["number-shown", "sign-3"]
    assert of(KeepMessage, made.press("1"))[0].number == "3669382534"


# --- telephones of the house ---------------------------------------------------------------------


def test_a_telephone_of_the_house_calls_the_guide_without_a_switchboard():
    made = Guide()
    made.lift("museo")
    orders = made.dial("690", "museo") + made.wait(500)
    assert not of(DialLeg, orders)
    assert said(orders)[0] == "menu-guida"
    assert pairs(made) == {frozenset({"guide1", "museo"})}
    made.feed(GuideDigit("guide1", made.now, "1"))
    made.wait(500)
    made.lift("nido")
    assert pairs(made) == {frozenset({"museo", "nido"})}
    made.hang_up("nido")
    made.hang_up("museo")
    assert not made.switch.visits
    assert not made.switch.ends


def test_the_guide_does_not_call_itself():
    cfg = guided()
    inside = PlaceCall("out1", "nido", "690", "690")
    assert cfg.ways_for(inside, Box()) == (ViaGuide(),)
    assert cfg.ways_for(replace(inside, line=""), Box()) == ()


@pytest.mark.parametrize("digits", ["0", "1", "5", "3", "4"])
def test_wherever_a_caller_is_hanging_up_ends_everything(digits):
    made = Guide()
    made.enter()
    made.press(digits)
    made.wait(700)
    made.end("in1")
    for order in of(DialLeg, made.orders):
        made.end(order.leg, 487)
    if made.switch.visits:  # a message is still being kept
        made.feed(GuideRecorded("guide1", made.now, 0))
        made.wait(10_000)
    assert not made.switch.visits
    assert pairs(made) == set()
    assert not of(RingBurst, made.wait(6000))


# --- whatever happens ----------------------------------------------------------------------------

LEGS = st.sampled_from([f"in{n}" for n in range(1, 6)])


class Town(RuleBasedStateMachine):
    """Five callers who do anything at any time, two telephones, and a switchboard that lies."""

    def __init__(self) -> None:
        super().__init__()
        self.made = Guide(guided(channels=3))
        self.alive: set[str] = set()
        self.ours: set[str] = set()
        self.came = 0

    def take(self, orders) -> None:
        for order in orders:
            match order:
                case DialLeg(leg=leg):
                    self.ours.add(leg)
                case EndLeg(leg=leg):
                    assert leg in self.alive | self.ours or leg.startswith("out")
                case GuideSay(channel=channel) | GuideMusic(channel=channel):
                    assert channel in self.made.config.guide.channels

    @rule(number=st.sampled_from(["690", "650", "651"]))
    def call(self, number):
        self.came += 1
        leg = f"in{self.came}"
        self.alive.add(leg)
        self.take(self.made.call(number, leg))

    @rule(data=st.data())
    def connect(self, data):
        if self.alive:
            leg = data.draw(st.sampled_from(sorted(self.alive)))
            self.take(self.made.connect(leg))

    @rule(data=st.data(), digit=st.sampled_from("0123456789*#"))
    def press(self, data, digit):
        if self.alive:
            self.take(self.made.press(digit, data.draw(st.sampled_from(sorted(self.alive)))))

    @rule(data=st.data())
    def hang_up(self, data):
        if self.alive:
            leg = data.draw(st.sampled_from(sorted(self.alive)))
            self.alive.discard(leg)
            self.take(self.made.end(leg))

    @rule(data=st.data(), answers=st.booleans(), code=st.sampled_from([200, 404, 486, 503]))
    def far_end(self, data, answers, code):
        if self.ours:
            leg = data.draw(st.sampled_from(sorted(self.ours)))
            if answers:
                self.take(self.made.answer(leg))
            else:
                self.ours.discard(leg)
                self.take(self.made.end(leg, code))

    @rule(line=st.sampled_from(["nido", "museo"]), lift=st.booleans())
    def handset(self, line, lift):
        self.take(self.made.lift(line) if lift else self.made.hang_up(line))

    @rule(ms=st.sampled_from([20, 400, 3100, 11_000, 60_000]))
    def pause(self, ms):
        self.take(self.made.wait(ms))

    @rule(channel=st.sampled_from(["guide1", "guide2", "guide3"]), ms=st.integers(0, 5000))
    def recorded(self, channel, ms):
        self.take(self.made.feed(GuideRecorded(channel, self.made.now, ms)))

    @rule(data=st.data(), well=st.booleans())
    def kept(self, data, well):
        if self.alive:
            leg = data.draw(st.sampled_from(sorted(self.alive)))
            self.take(self.made.feed(MessageKept(leg, self.made.now, well)))

    @invariant()
    def every_voice_speaks_to_one(self):
        used = [visit.channel for visit in self.made.switch.visits.values() if visit.channel]
        assert len(used) == len(set(used))

    @invariant()
    def every_place_in_the_queue_is_there_once(self):
        waiting = [v for v in self.made.switch.visits.values() if isinstance(v.now, Seeking)]
        for visit in waiting:
            assert visit.due() is not None or visit.pending, visit

    @invariant()
    def nobody_is_left_alone(self):
        for visit in self.made.switch.visits.values():
            assert visit.due() is not None or visit.others or visit.pending or visit.channel, visit

    @invariant()
    def whoever_hears_is_in_a_conversation(self):
        for pair in self.made.switch.joined:
            assert len(set(pair)) == 2


TestTown = Town.TestCase
TestTown.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 50), st.integers(100, 4000)), min_size=5, max_size=40))
def test_fifty_callers_at_once_have_the_right_places_whoever_gives_up(gone):
    made = busy_nido(Guide(guided(channels=50, places=60, wait_s=7200)))
    waiting = [f"in{n}" for n in range(1, 51)]
    for leg in waiting:
        made.enter("651", leg)
    for number, pause_ms in gone:
        leg = f"in{number}"
        if leg in waiting:
            waiting.remove(leg)
            made.end(leg)
        made.wait(pause_ms)
    made.wait(12_000)  # what was being said is over, and who moved up has been told
    made.wait(3_000)
    assert [made.visit(leg).now.told for leg in waiting] == list(range(len(waiting)))
    channels = [made.visit(leg).channel for leg in waiting]
    assert len(set(channels)) == len(channels)
