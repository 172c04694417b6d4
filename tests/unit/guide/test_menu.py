"""Nobody is lost in a menu: every order of keys ends with a person, a message or goodbye."""

from __future__ import annotations

from datetime import datetime
from itertools import product

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from firmware.guide import leaving, menu, script
from firmware.guide.menu import Key, Lead, Listen, Part, Refused, Speak, Spoken, Stage, TimeUp
from firmware.guide.phrases import PAUSE, PIECES
from firmware.guide.script import BEEP, House
from firmware.guide.system_texts import TEXTS
from firmware.site.choices import Tongue
from firmware.site.guide_schema import Group, Hours, Menu

OPEN, SHUT = datetime.fromisoformat("2026-04-07T10:00"), datetime.fromisoformat("2026-04-07T14:00")


def house() -> House:
    """The municipal police: a menu in two languages with another inside."""
    return House(
        menus={
            "guida": Menu.model_validate(
                {
                    "welcome": "Polizia municipale.",
                    "welcome_en": "Municipal police.",
                    "languages": ["it", "en"],
                    "operator": "group centrale",
                    "options": {
                        "1": {
                            "say": "il pronto intervento",
                            "say_en": "help",
                            "to": "group centrale",
                        },
                        "2": {"say": "i comandi", "say_en": "the commands", "to": "menu comandi"},
                        "3": {"say": "i verbali", "say_en": "fines", "to": "group verbali"},
                        "4": {"say": "gli orari", "say_en": "opening times", "to": "hours verbali"},
                        "8": {
                            "say": "un messaggio",
                            "say_en": "a message",
                            "to": "message verbali",
                        },
                        "9": {"say": "l'inglese", "say_en": "English", "to": "language en"},
                    },
                }
            ),
            "comandi": Menu.model_validate(
                {
                    "tries": 2,
                    "options": {
                        "1": {"say": "Empoli", "to": "extension 701"},
                        "2": {"say": "la guida", "to": "menu guida"},
                    },
                }
            ),
        },
        offices={
            "verbali": Hours.model_validate(
                {
                    "name": "l'ufficio verbali",
                    "week": ["mon-fri 08:30-13:00"],
                    "email": "verbali@comune.example",
                }
            )
        },
        groups={
            "centrale": Group.model_validate({"members": ["701"]}),
            "verbali": Group.model_validate({"members": ["702"], "office": "verbali"}),
        },
    )


HOUSE = house()
TEXT = script.texts(HOUSE)
SAID = {*TEXT, *PIECES, PAUSE, BEEP}
START = menu.Target(menu.Goal.MENU, "guida")


def keys_of(outputs):
    return [key for each in outputs if isinstance(each, Speak) for key in each.keys]


class Caller:
    """A caller who hears everything out, unless told otherwise."""

    def __init__(self, at=OPEN):
        self.at = at
        self.session, self.last = menu.begin(START, HOUSE, at)
        self.check()

    def check(self):
        assert all(key in SAID for key in keys_of(self.last)), keys_of(self.last)
        assert len(self.last) <= 1
        waits = self.session.stage in (Stage.AWAY, Stage.OVER)
        assert bool(self.last) or waits or self.session.stage

    def happens(self, event):
        self.session, self.last = menu.step(self.session, event, HOUSE, self.at)
        self.check()
        return self

    def press(self, digit):
        return self.happens(Key(digit))

    def heard(self):
        return keys_of(self.last)


def test_the_welcome_is_said_once_and_every_option_after_it():
    caller = Caller()
    assert caller.heard() == [
        "menu-guida", "menu-guida-1", "menu-guida-2", "menu-guida-3", "menu-guida-4",
        "menu-guida-8", "menu-guida-9-en", "press-operator",
    ]  # fmt: skip
    assert TEXT["menu-guida-1"].words == "Premere uno per il pronto intervento."
    assert TEXT["menu-guida-9-en"].words == "Press nine for English."
    assert "menu-guida" not in caller.press("#").heard()


def test_barge_in_leads_at_once():
    assert Caller().press("1").last == (Lead(menu.Target(menu.Goal.GROUP, "centrale")),)


def test_the_operator_is_there_at_any_depth():
    assert Caller().press("2").press("0").last == (Lead(menu.Target(menu.Goal.GROUP, "centrale")),)


def test_star_goes_back_to_the_menu_before():
    caller = Caller().press("2")
    assert caller.heard()[-1] == "press-back"
    assert caller.press("*").session.path == ("guida",)


def test_an_office_that_is_closed_says_so_and_the_menu_goes_on():
    caller = Caller(SHUT).press("3")
    assert caller.heard() == [
        "closed-verbali", "hours-verbali", "opens-again", "tomorrow", "opens-0510", "mail-verbali",
    ]  # fmt: skip
    assert caller.happens(Spoken()).session.path == ("guida",)
    assert Caller(OPEN).press("3").last == (Lead(menu.Target(menu.Goal.GROUP, "verbali")),)


def test_english_from_the_key_on():
    caller = Caller().press("9")
    assert caller.heard()[0] == "menu-guida-en"
    assert "menu-guida-9-en" not in caller.heard()
    assert all(key.endswith("-en") for key in caller.press("7").heard())


def test_who_presses_nothing_is_led_to_the_operator_after_three_tries():
    caller = Caller()
    for _ in range(3):
        assert caller.happens(Spoken()).last == (Listen(6000),)
        caller.happens(TimeUp())
    assert caller.last == (Lead(menu.Target(menu.Goal.GROUP, "centrale")),)


def test_where_nobody_answers_the_caller_may_choose_again():
    caller = Caller().press("1").happens(Refused())
    assert caller.heard()[0] == "no-answer"
    assert caller.session.path == ("guida",)


@pytest.mark.parametrize("at", [OPEN, SHUT])
def test_every_order_of_four_keys(at):
    """All 12^4 orders: each says something that exists, leads somewhere, or ends."""
    for digits in product("0123456789*#", repeat=4):
        session, last = menu.begin(START, HOUSE, at)
        for digit in digits:
            session, last = menu.step(session, Key(digit), HOUSE, at)
            if session.stage is Stage.AWAY:
                break
        assert all(key in SAID for key in keys_of(last)), digits
        assert session.stage in (Stage.SAYING, Stage.AWAY, Stage.PARTING), digits


EVENT = st.one_of(
    st.builds(Key, st.sampled_from("0123456789*#")),
    st.sampled_from([Spoken(), TimeUp(), Refused()]),
)


@settings(max_examples=300)
@given(st.lists(EVENT, max_size=60), st.sampled_from([OPEN, SHUT]))
def test_whatever_happens_a_caller_who_then_does_nothing_gets_out(events, at):
    caller = Caller(at)
    for event in events:
        caller.happens(event)
    for _ in range(3 * menu.MOST_STEPS):
        if caller.session.stage is Stage.OVER:
            break
        answer = {Stage.SAYING: Spoken(), Stage.PARTING: Spoken(), Stage.LISTENING: TimeUp()}
        caller.happens(answer.get(caller.session.stage, Refused()))
    assert caller.session.stage is Stage.OVER
    assert caller.last == (Part(),)
    assert caller.session.steps <= menu.MOST_STEPS + 1


def test_both_languages_say_the_same():
    assert TEXTS[Tongue.ITALIAN].keys() == TEXTS[Tongue.ENGLISH].keys()


# --- leaving something ---------------------------------------------------------------------------


def left(start, *events):
    now, last = start
    for event in events:
        now, last = leaving.step(now, event)
    return now, last


def test_a_message_is_promised_only_once_it_is_kept():
    now, last = left(leaving.message(Tongue.ITALIAN), Spoken(), Key("#"), leaving.Recorded(4000))
    assert last == (leaving.Keep(),)
    assert "message-kept" in keys_of(leaving.step(now, leaving.Kept(well=True))[1])
    assert "not-kept" in keys_of(leaving.step(now, leaving.Kept(well=False))[1])


def test_silence_is_no_message():
    _, last = left(leaving.message(Tongue.ITALIAN), Spoken(), leaving.Recorded(400))
    assert keys_of(last) == ["message-empty", "goodbye"]


def test_the_number_shown_is_read_out_and_can_be_corrected():
    start = leaving.call_back(Tongue.ITALIAN, "3669382534")
    assert keys_of(start[1])[:4] == ["number-shown", "sign-3", "sign-6", "sign-6"]
    assert left(start, Key("1"))[1] == (leaving.Keep("3669382534"),)
    dialled = [Key(digit) for digit in "0571757#"]
    now, last = left(start, Key("2"), *dialled)
    assert keys_of(last)[0] == "number-dialled"
    assert leaving.step(now, Key("1"))[1] == (leaving.Keep("0571757"),)


LEAVING = st.one_of(
    EVENT, st.builds(leaving.Recorded, st.integers(0, 9000)), st.builds(leaving.Kept, st.booleans())
)


@settings(max_examples=300)
@given(
    st.sampled_from([None, "3669382534", "anonymous"]),
    st.booleans(),
    st.lists(LEAVING, max_size=40),
    st.sampled_from(Tongue),
)
def test_whoever_leaves_something_is_told_the_truth_and_gets_out(number, message, events, tongue):
    now, last = leaving.message(tongue) if message else leaving.call_back(tongue, number)
    waiting, kept = False, False
    for event in [
        *events,
        *[Spoken(), TimeUp()] * 20,
        leaving.Recorded(9000),
        leaving.Kept(well=True),
        Spoken(),
    ]:
        if isinstance(event, Refused):
            continue
        if isinstance(event, leaving.Kept):
            kept = kept or (waiting and event.well)
        now, last = leaving.step(now, event)
        waiting = waiting or any(isinstance(each, leaving.Keep) for each in last)
        spoken = {key.removesuffix("-en") for key in keys_of(last)}
        assert all(key in {*SAID} for key in keys_of(last)), keys_of(last)
        if spoken & {"message-kept", "call-back-kept"}:
            assert kept
    assert now.stage is leaving.Stage.OVER
