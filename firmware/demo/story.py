"""The story of the demonstration with the embedded switchboard, chapter by chapter.

Every step does what a person would do at a telephone, and is judged by what was heard at one of
the two ends. Nothing here looks into the gateway.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from firmware.demo import checks, sound
from firmware.demo.actors import Earful, FarSide, Handset, Report
from firmware.demo.sound import Samples
from firmware.demo.stage import Stage
from firmware.lines.tones import ToneName

INTERNAL = ("9", "100", "110", "2xx", "3xx", "4xx", "5xx", "7xx")
"""Numbers of the demonstration's dial plan that are complete at their last digit."""

FAR = checks.FAR

_DIAL_TONE_S = 3.4  # nearly two periods of 200/200/600/1000 ms
_BUSY_S = 2.1
_SIT_S = 1.5
_SIGNAL_S = 5.0  # longest time for anything that takes signalling only
_SENTENCE_S = 8.0
_HAND_S = 0.5  # from the hook to the dial: nobody is faster


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what a story needs; ``book``, ``files`` and ``texts`` hold the phrases by name.

    ``pause`` waits for some seconds.
    """

    stage: Stage
    first: Handset
    second: Handset
    far: FarSide
    book: Mapping[str, Samples]
    files: Mapping[str, Path]
    texts: Mapping[str, str]
    pause: Callable[[float], None] = time.sleep


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
    c.pause(_DIAL_TONE_S - _HAND_S)
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
    c.pause(_BUSY_S)
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
    refused(c, "300", "a busy extension", ToneName.BUSY, 486, listen_s=_BUSY_S, periods=1.4)
    refused(
        c, "777", "a number that does not exist", ToneName.SIT, 404, listen_s=_SIT_S, periods=0.45
    )
    rung(c)


def conference(c: Cast) -> None:
    """R, a second call, R 3: three in one conversation."""
    c.stage.chapter("R, a second call, and all three together")
    (first_call,) = (str(e["call"]) for e in c.far.seen(event="calling"))
    c.first.begin_to_listen()
    c.stage.act("R is pressed", who=c.first.name, arrow="R")
    c.first.flash()
    held = c.far.wait("media", _SIGNAL_S, call=first_call, media="held")
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
    back = c.far.wait("media", _SIGNAL_S, call=first_call, media="active")
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


# --- steps ----------------------------------------------------------------------------------------


def lift(c: Cast, who: Handset) -> None:
    """Lift the handset and listen."""
    who.begin_to_listen()
    c.stage.act(f"{who.name} is lifted", who=who.name, arrow="off-hook")
    who.lift()
    c.pause(_HAND_S)


def put_down(c: Cast, who: Handset) -> None:
    """Hang up when there is no call any more."""
    c.stage.act(f"{who.name} is hung up", who=who.name, arrow="on-hook")
    who.hang_up()
    c.pause(_HAND_S)


def dial(c: Cast, who: Handset, number: str, *, rotary: bool = False) -> str:
    """Dial; the call as the far end names it once it has the INVITE."""
    how = "the rotary dial" if rotary else "the keypad"
    c.stage.act(
        f"{number} is dialled on {how} of {who.name}", who=who.name, arrow=f"dials {number}"
    )
    who.begin_to_listen()
    (who.turn if rotary else who.press)(number)
    offered = c.far.wait("offered", _SIGNAL_S, extension=number)
    told = (
        f"call for {offered['extension']} from {offered['caller']}, {offered['name']}"
        if offered
        else ""
    )
    c.stage.check(
        f"the {FAR} is called",
        expected=f"INVITE for {number}",
        heard=told or others(c.far, "offered", "extension"),
        ok=offered is not None,
    )
    return str(cast("Report", offered)["call"])


def answered(c: Cast, call: str) -> None:
    """Wait for the answer of the far end."""
    report = c.far.wait("answered", _SENTENCE_S, call=call)
    c.stage.check(
        f"the {FAR} answers",
        expected="200 OK and ACK",
        heard="answered" if report else last_of(c.far, call),
        ok=report is not None,
    )


def far_speaks(c: Cast, who: Handset, call: str, phrase: str) -> Earful:
    """The far end says something; was it heard at the telephone?"""
    saying = c.far.wait("saying", _SIGNAL_S, call=call, phrase=phrase)
    c.far.wait("said", _SENTENCE_S, call=call, phrase=phrase)
    c.pause(0.25)
    ear = who.heard()
    said_at_ns = cast("int", saying["said_at_ns"]) if saying else None
    checks.speech_heard(c.stage, who, ear, phrase, c.book, said_at_ns=said_at_ns)
    return ear


def speak(c: Cast, who: Handset, phrase: str, calls: Sequence[str]) -> None:
    """Say something at the telephone; was it heard at every far end?"""
    c.stage.act(f"“{c.texts[phrase]}” is said at {who.name}")
    said_at_ns = who.say(c.files[phrase])
    for number, call in enumerate(calls, 1):
        report = c.far.wait("heard", _SIGNAL_S, call=call)
        whom = f"the {FAR}" if len(calls) == 1 else f"party {number} of {len(calls)}"
        checks.speech_arrived(c.stage, whom, report, phrase, c.book, said_at_ns=said_at_ns)


def press_keys(c: Cast, who: Handset, call: str, keys: str) -> None:
    """Press keys in a conversation; did each arrive beside the audio, once?"""
    c.stage.act(f"{keys} are pressed on {who.name}", who=who.name, arrow=f"keys {keys}")
    began_ns = time.monotonic_ns()
    who.press(keys)
    c.pause(0.5)
    got = "".join(str(event["digit"]) for event in c.far.seen(event="digit", call=call))
    if got == keys:
        c.stage.mark(FAR, began_ns, 200.0 * len(keys), kind="digits", label=f"digits {got}")
    c.stage.check(
        f"the {FAR} receives the digits",
        expected=f"{keys}, each once (RFC 4733)",
        heard=got or "none",
        ok=got == keys,
    )


def keys_not_doubled(c: Cast, call: str, keys: str) -> None:
    """Nothing of the keys may be audible at the far end: it would count them twice."""
    recorded = c.far.wait("recorded", _SIGNAL_S, call=call)
    audible = checks.keys_in(sound.read(Path(str(recorded["to_pbx"])))) if recorded else "?"
    c.stage.check(
        "the digits are not in the audio as well",
        expected="no DTMF in the recording of the far end",
        heard=f"DTMF {audible}" if audible else "none",
        ok=not audible,
        digits_in_band=audible,
        digits_rfc4733=keys,
    )


def hang_up(c: Cast, who: Handset, call: str) -> None:
    """Hang up in a conversation; the far end must see the call end."""
    put_down(c, who)
    ended(c, call, f"the {FAR} sees the call end", 200)


def ended(c: Cast, call: str, text: str, code: int) -> None:
    """Wait for the end of a call."""
    report = c.far.wait("ended", _SIGNAL_S, call=call)
    figures = {} if report is None else {"rx_lost": cast("int", report.get("rx_lost"))}
    c.stage.check(
        text,
        expected=f"BYE, {code}",
        heard=f"{report['code']} {report['reason']}" if report else last_of(c.far, call),
        ok=report is not None and report["code"] == code,
        **figures,
    )


def refused(
    c: Cast, number: str, what: str, tone: ToneName, code: int, *, listen_s: float, periods: float
) -> None:
    """Dial on the second telephone what cannot be reached; which tone is heard?"""
    lift(c, c.second)
    call = dial(c, c.second, number)
    report = c.far.wait("ended", _SIGNAL_S, call=call)
    c.stage.check(
        f"{number} is {what}",
        expected=f"SIP {code}",
        heard=f"SIP {report['code']} {report['reason']}" if report else last_of(c.far, call),
        ok=report is not None and report["code"] == code,
    )
    c.pause(listen_s)
    checks.tone_heard(c.stage, c.second, c.second.heard(), tone, periods=periods)
    put_down(c, c.second)


def rung(c: Cast) -> None:
    """The first telephone is called back: bell, display, answer, both directions."""
    calling = c.far.wait("calling", _SIGNAL_S)
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
    saying = c.far.wait("saying", _SIGNAL_S, call=second, phrase="announcement")
    said_at_ns = cast("int", saying["said_at_ns"]) if saying else 0
    c.far.wait("said", _SENTENCE_S, call=second, phrase="announcement")
    report = c.far.wait("heard", _SIGNAL_S, call=first)
    checks.speech_heard(
        c.stage, c.first, c.first.heard(), "announcement", c.book, said_at_ns=said_at_ns
    )
    checks.speech_arrived(
        c.stage, "party 1 of 2", report, "announcement", c.book, said_at_ns=said_at_ns
    )


NUMBER_SHOWN, NAME_SHOWN = "0571000100", "Centralino"


def bursts(who: Handset) -> list[Mapping[str, float]]:
    """The bursts of the bell so far."""
    return cast("list[Mapping[str, float]]", who.look()["bell"])


def last_of(far: FarSide, call: str) -> str:
    """The last that was seen of a call, for a step that missed something."""
    events = far.seen(call=call)
    if not events:
        return "nothing"
    rest = {k: v for k, v in events[-1].items() if k not in ("event", "at_ns", "call")}
    return f"{events[-1]['event']} {rest}" if rest else str(events[-1]["event"])


def others(far: FarSide, kind: str, key: str) -> str:
    """What came of this kind instead."""
    found = [str(event.get(key)) for event in far.seen(event=kind)]
    return f"{kind} {found[-1]}" if found else "no call"
