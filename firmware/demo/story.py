"""The story of the demonstration with the embedded switchboard, chapter by chapter.

Every step does what a person would do at a telephone, and is judged by what was heard at one of
the two ends. Nothing here looks into the gateway.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from firmware.demo import checks
from firmware.demo.actors import Handset
from firmware.demo.steps import (
    BUSY_S,
    DIAL_TONE_S,
    FAR,
    HAND_S,
    SENTENCE_S,
    SIGNAL_S,
    SIT_S,
    Cast,
    answered,
    dial,
    ended,
    far_speaks,
    hang_up,
    keys_not_doubled,
    last_of,
    lift,
    press_keys,
    put_down,
    refused,
    speak,
)
from firmware.lines.tones import ToneName

INTERNAL = ("9", "100", "110", "2xx", "3xx", "4xx", "5xx", "7xx")
"""Numbers of the demonstration's dial plan that are complete at their last digit."""

NUMBER_SHOWN, NAME_SHOWN = "0571000100", "Centralino"


def tell(cast_: Cast) -> None:
    """Tell the whole story.

    Raises:
        StepFailedError: a step was not heard to work; the story ends there.
    """
    keypad_call(cast_)
    rotary_call(cast_)
    call_back(cast_)
    conference(cast_)


# --- chapters -----------------------------------------------------------------------------------


def keypad_call(c: Cast) -> None:
    """Lift, dial tone, keypad, ringing, the operator, both directions, digits, hang up."""
    c.stage.chapter("A call by keypad")
    lift(c, c.first)
    c.pause(DIAL_TONE_S - HAND_S)
    checks.tone_heard(c.stage, c.first, c.first.heard(), ToneName.DIAL)
    call = dial(c, c.first, "100")
    answered(c, call)
    ear = far_speaks(c, c.first, call, "operator")
    checks.one_ring_heard(c.stage, c.first, ear)
    speak(c, c.first, "caller", [call])
    press_keys(c, c.first, call, "123#")
    hang_up(c, c.first, call)
    keys_not_doubled(c, call, "123#")


def rotary_call(c: Cast) -> None:
    """A rotary dial reaches the announcement; its end is heard as the busy tone."""
    c.stage.chapter("A call by rotary dial")
    lift(c, c.second)
    call = dial(c, c.second, "200", rotary=True)
    answered(c, call)
    far_speaks(c, c.second, call, "announcement")
    ended(c, call, "the announcement hangs up", 200)
    c.second.begin_to_listen()
    c.pause(BUSY_S)
    checks.tone_heard(c.stage, c.second, c.second.heard(), ToneName.BUSY)
    put_down(c, c.second)


def call_back(c: Cast) -> None:
    """The switchboard calls back; meanwhile the second telephone dials in vain, twice."""
    c.stage.chapter("A call back; meanwhile the other telephone dials in vain")
    lift(c, c.first)
    call = dial(c, c.first, "400")
    answered(c, call)
    far_speaks(c, c.first, call, "callback")
    ended(c, call, "the switchboard hangs up and promises to call", 200)
    put_down(c, c.first)
    c.first.begin_to_listen()
    refused(c, "300", "a busy extension", ToneName.BUSY, 486, listen_s=BUSY_S, periods=1.4)
    refused(
        c, "777", "a number that does not exist", ToneName.SIT, 404, listen_s=SIT_S, periods=0.45
    )
    rung(c)


def conference(c: Cast) -> None:
    """R, a second call, R 3: three in one conversation."""
    c.stage.chapter("R, a second call, and all three together")
    (first_call,) = (str(e["call"]) for e in c.far.seen(event="calling"))
    c.first.begin_to_listen()
    c.stage.act("R is pressed", who=c.first.name, arrow="R")
    c.first.flash()
    held = c.far.wait("media", SIGNAL_S, call=first_call, media="held")
    c.stage.check(
        f"the {FAR} is put on hold",
        expected="re-INVITE with hold",
        heard="held" if held else last_of(c.far, first_call),
        ok=held is not None,
    )
    c.pause(1.3)
    checks.tone_heard(c.stage, c.first, c.first.heard(), ToneName.DIAL, periods=0.45)
    second = dial(c, c.first, "110")
    answered(c, second)
    far_speaks(c, c.first, second, "second-desk")
    c.stage.act("R and 3 are pressed", who=c.first.name, arrow="R, 3")
    c.first.flash()
    c.pause(0.4)
    c.first.press("3")
    back = c.far.wait("media", SIGNAL_S, call=first_call, media="active")
    c.stage.check(
        f"the {FAR} is taken off hold",
        expected="re-INVITE without hold",
        heard="active again" if back else last_of(c.far, first_call),
        ok=back is not None,
    )
    c.pause(0.3)
    speak(c, c.first, "to-both", [first_call, second])
    third_hears_second(c, second, first_call)
    c.far.order("hang-up", call=second)
    ended(c, second, "the second party hangs up", 200)
    hang_up(c, c.first, first_call)


def rung(c: Cast) -> None:
    """The first telephone is called back: bell, display, answer, both directions."""
    calling = c.far.wait("calling", SIGNAL_S)
    call = str(calling["call"]) if calling else ""
    for _ in range(100):
        if len(bursts(c.first)) >= 1 and c.first.look()["ringing"]:
            break
        c.pause(0.1)
    shown = c.first.look()["display"]
    c.pause(0.2)
    ear = c.first.heard()
    c.first.begin_to_listen()
    c.stage.act(f"{c.first.name} is answered", who=c.first.name, arrow="off-hook")
    c.first.lift()
    checks.bell_rang(c.stage, c.first, bursts(c.first))
    number, name = NUMBER_SHOWN, NAME_SHOWN
    display = cast("Mapping[str, object]", shown or {})
    c.stage.check(
        "the display shows who calls",
        expected=f"{number}, {name}",
        heard=f"{display.get('number')}, {display.get('name')}" if shown else "nothing",
        ok=display.get("number") == number and display.get("name") == name,
    )
    answered(c, call)
    far_speaks(c, c.first, call, "calling-back")
    checks.caller_id_heard(c.stage, c.first, ear, number, name)
    speak(c, c.first, "caller-again", [call])


def third_hears_second(c: Cast, second: str, first: str) -> None:
    """In a conference, one far end speaks: the telephone and the other far end hear it."""
    c.first.begin_to_listen()
    c.far.order("say", call=second, phrase="announcement")
    saying = c.far.wait("saying", SIGNAL_S, call=second, phrase="announcement")
    said_at_ns = cast("int", saying["said_at_ns"]) if saying else 0
    c.far.wait("said", SENTENCE_S, call=second, phrase="announcement")
    report = c.far.wait("heard", SIGNAL_S, call=first)
    checks.speech_heard(
        c.stage, c.first, c.first.heard(), "announcement", c.book, said_at_ns=said_at_ns
    )
    checks.speech_arrived(
        c.stage, "party 1 of 2", report, "announcement", c.book, said_at_ns=said_at_ns
    )


def bursts(who: Handset) -> list[Mapping[str, float]]:
    """The bursts of the bell so far."""
    return cast("list[Mapping[str, float]]", who.look()["bell"])
