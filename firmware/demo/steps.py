"""Steps that the chapters of the story are made of, each judged by what was heard."""

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

FAR = checks.FAR

DIAL_TONE_S = 3.4  # nearly two periods of 200/200/600/1000 ms
BUSY_S = 2.1
SIT_S = 1.5
SIGNAL_S = 5.0  # longest time for anything that takes signalling only
SENTENCE_S = 8.0
HAND_S = 0.5  # from the hook to the dial: nobody is faster


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


def lift(c: Cast, who: Handset) -> None:
    """Lift the handset and listen."""
    who.begin_to_listen()
    c.stage.act(f"{who.name} is lifted", who=who.name, arrow="off-hook")
    who.lift()
    c.pause(HAND_S)


def put_down(c: Cast, who: Handset) -> None:
    """Hang up when there is no call any more."""
    c.stage.act(f"{who.name} is hung up", who=who.name, arrow="on-hook")
    who.hang_up()
    c.pause(HAND_S)


def dial(c: Cast, who: Handset, number: str, *, rotary: bool = False) -> str:
    """Dial; the call as the far end names it once it has the INVITE."""
    how = "the rotary dial" if rotary else "the keypad"
    c.stage.act(
        f"{number} is dialled on {how} of {who.name}", who=who.name, arrow=f"dials {number}"
    )
    who.begin_to_listen()
    (who.turn if rotary else who.press)(number)
    offered = c.far.wait("offered", SIGNAL_S, extension=number)
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
    report = c.far.wait("answered", SENTENCE_S, call=call)
    c.stage.check(
        f"the {FAR} answers",
        expected="200 OK and ACK",
        heard="answered" if report else last_of(c.far, call),
        ok=report is not None,
    )


def far_speaks(c: Cast, who: Handset, call: str, phrase: str) -> Earful:
    """The far end says something; was it heard at the telephone?"""
    saying = c.far.wait("saying", SIGNAL_S, call=call, phrase=phrase)
    c.far.wait("said", SENTENCE_S, call=call, phrase=phrase)
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
        report = c.far.wait("heard", SIGNAL_S, call=call)
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
    recorded = c.far.wait("recorded", SIGNAL_S, call=call)
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
    report = c.far.wait("ended", SIGNAL_S, call=call)
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
    report = c.far.wait("ended", SIGNAL_S, call=call)
    c.stage.check(
        f"{number} is {what}",
        expected=f"SIP {code}",
        heard=f"SIP {report['code']} {report['reason']}" if report else last_of(c.far, call),
        ok=report is not None and report["code"] == code,
    )
    c.pause(listen_s)
    checks.tone_heard(c.stage, c.second, c.second.heard(), tone, periods=periods)
    put_down(c, c.second)


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
