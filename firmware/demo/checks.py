"""Steps that are judged by what was heard: a tone, a sentence, keys, a bell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import cast

import numpy as np

from firmware.demo.actors import Earful, Handset, Report
from firmware.demo.hearing import RECOGNISED, Cadence, Pulse, follows, match, pulses, recognise
from firmware.demo.ladder import Way
from firmware.demo.sound import Samples
from firmware.demo.stage import Stage
from firmware.dsp.dtmf import DigitEnd, DtmfReceiver
from firmware.dsp.levels import SILENCE_DBM0, level
from firmware.dsp.listen import Kind, analyse
from firmware.lines.tone_plans import ITALY
from firmware.lines.tones import ToneName

FAR = "switchboard"
"""What the story calls the far end."""

CLOCK_MS = 20
"""How well the times of the two ends agree: each is known to a frame."""

_LEVEL_DB = 1.5  # a tone's level may be off by this much, A-law and all
_BELL_MS = 60  # accuracy of the shell's ringing; ETSI EN 300 001 leaves far more


def plan_of(name: ToneName) -> tuple[tuple[float, ...], tuple[float, ...], float]:
    """On and off times of one period in ms, frequencies in Hz and level in dBm0 of a tone."""
    segments = ITALY[name].phrases[-1].segments
    times: list[float] = []
    hertz: list[float] = []
    for segment in segments:
        if segment.hertz:
            if len(times) % 2:
                times.append(0.0)  # no pause between two notes
            times.append(segment.ms or 0.0)
            hertz.append(segment.hertz[0])
        else:
            times.append(segment.ms or 0.0)
    loud = next(segment.level_dbm0 for segment in segments if segment.hertz)
    return tuple(times), tuple(dict.fromkeys(hertz)), loud


def tone_heard(
    stage: Stage, who: Handset, ear: Earful, name: ToneName, *, periods: float = 1.4
) -> None:
    """Check that ``name`` was heard in its rhythm, frequency and level."""
    times, hertz, wanted_dbm0 = plan_of(name)
    found = pulses(ear.samples)
    cadence = follows(found, times, hz=hertz, periods=periods)
    rhythm = "/".join(f"{ms:.0f}" for ms in times)
    expected = (
        f"{rhythm} ms of {'/'.join(f'{hz:.0f}' for hz in hertz)} Hz at {wanted_dbm0:.0f} dBm0"
    )
    ok = cadence is not None and abs(cadence.level_dbm0 - wanted_dbm0) <= _LEVEL_DB
    heard = tone_words(cadence) if cadence else what_else(ear.samples, found)
    if cadence:
        mark_tone(stage, who, ear, name, cadence.at_ms, cadence.for_ms)
    stage.check(
        f"{who.name} hears the {name.value} tone",
        expected=expected,
        heard=heard,
        ok=ok,
        level_dbm0=cadence.level_dbm0 if cadence else None,
        hz=cadence.hz if cadence else None,
    )


def tone_words(cadence: Cadence) -> str:
    """A measured rhythm in words; times that were not seen as a dash."""
    times = "/".join(f"{ms:.0f}" if ms else "–" for ms in cadence.period_ms)
    return f"{times} ms, {cadence.hz:.0f} Hz, {cadence.level_dbm0:.1f} dBm0"


def mark_tone(
    stage: Stage, who: Handset, ear: Earful, name: ToneName, at_ms: float, for_ms: float
) -> None:
    """Put a tone on the picture and the ladder."""
    at_ns = ear.at_ns(at_ms)
    stage.mark(who.name, at_ns, for_ms, kind="tone", label=f"{name.value} tone")
    stage.rung(f"{who.name}: {name.value} tone", Way.GATEWAY_TO_PHONE, at_ns)


def what_else(samples: Samples, found: tuple[Pulse, ...]) -> str:
    """What a recording holds, for those who expected something else in it."""
    if not samples.size or level(samples) <= max(SILENCE_DBM0, -50):
        return f"silence ({len(samples) / 8000:.1f} s)"
    if not found:
        return f"no tone, something of {level(samples):.1f} dBm0"
    first = ", ".join(f"{p.for_ms:.0f} ms of {p.hz:.0f} Hz at {p.at_ms:.0f} ms" for p in found[:6])
    return first + (" …" if len(found) > 6 else "")


def one_ring_heard(stage: Stage, who: Handset, ear: Earful) -> None:
    """Check that at least one whole second of ringback was heard."""
    times, hertz, wanted_dbm0 = plan_of(ToneName.RINGBACK)
    found = pulses(ear.samples)
    rung = next(
        (p for p in found if abs(p.for_ms - times[0]) < 20 and abs(p.hz - hertz[0]) < 5), None
    )
    if rung:
        mark_tone(stage, who, ear, ToneName.RINGBACK, rung.at_ms, rung.for_ms)
    stage.check(
        f"{who.name} hears it ring there",
        expected=f"{times[0]:.0f} ms of {hertz[0]:.0f} Hz at {wanted_dbm0:.0f} dBm0",
        heard=f"{rung.for_ms:.0f} ms, {rung.hz:.0f} Hz, {rung.level_dbm0:.1f} dBm0"
        if rung
        else what_else(ear.samples, found),
        ok=rung is not None and abs(rung.level_dbm0 - wanted_dbm0) <= _LEVEL_DB,
    )


def speech_heard(
    stage: Stage,
    who: Handset,
    ear: Earful,
    phrase: str,
    book: Mapping[str, Samples],
    *,
    said_at_ns: int | None,
) -> None:
    """Check that the far side's ``phrase``, and no other, is in what the handset heard."""
    sentences = {name: said for name, said in book.items() if len(name) > 1}
    best, _ = recognise(ear.samples, sentences)
    found = match(ear.samples, book[phrase])
    at_ns = ear.at_ns(found.delay_ms)
    figures = {"r": found.score}
    delay = ""
    if said_at_ns is not None:
        figures["delay_ms"] = round((at_ns - said_at_ns) / 1e6)
        delay = f", {figures['delay_ms']} ± {CLOCK_MS} ms later"
    ok = found.score >= RECOGNISED and best == phrase
    heard = f"r = {found.score:.2f}{delay}"
    if ok:
        for_ms = len(book[phrase]) / 8
        stage.mark(who.name, at_ns, for_ms, kind="speech", label=f"“{phrase}” r={found.score:.2f}")
    else:
        heard += f"; {what_else(ear.samples, pulses(ear.samples))}; most like “{best}”"
    stage.check(
        f"{who.name} hears the far side say “{phrase}”",
        expected=f"r ≥ {RECOGNISED}",
        heard=heard,
        ok=ok,
        **figures,
    )


def speech_arrived(
    stage: Stage,
    whom: str,
    report: Report | None,
    phrase: str,
    book: Mapping[str, Samples],
    *,
    said_at_ns: int,
) -> None:
    """Check that the far side recognised ``phrase`` in what it heard."""
    text = f"{whom} recognises “{phrase}”"
    if report is None:
        stage.check(text, expected=f"r ≥ {RECOGNISED}", heard="nothing", ok=False)
        return
    score = cast("float", report["score"])
    level_dbm0 = cast("float", report["level_dbm0"])
    at_ns = cast("int", report["heard_at_ns"])
    delay_ms = round((at_ns - said_at_ns) / 1e6)
    ok = report["phrase"] == phrase
    if ok:
        label = f"“{phrase}” r={score:.2f}"
        stage.mark(FAR, at_ns, len(book[phrase]) / 8, kind="speech", label=label)
    stage.check(
        text,
        expected=f"r ≥ {RECOGNISED}",
        heard=f"r = {score:.2f}, {level_dbm0:.1f} dBm0, {delay_ms} ± {CLOCK_MS} ms later"
        if ok
        else f"something most like “{report['most_like']}”, r = {score:.2f}",
        ok=ok,
        r=score,
        delay_ms=delay_ms,
        level_dbm0=level_dbm0,
    )


def keys_in(samples: Samples) -> str:
    """The DTMF digits that are audible in a recording."""
    receiver = DtmfReceiver()
    events = (*receiver.feed(samples), *receiver.feed(np.zeros(800, np.int16)), *receiver.flush())
    return "".join(event.digit for event in events if isinstance(event, DigitEnd))


def bell_rang(stage: Stage, who: Handset, bell: Sequence[Mapping[str, float]]) -> None:
    """Check that the bell rang 1 s in 5 s at 25 Hz."""
    for burst in bell:
        at_ns = round(burst["at_ms"] * 1e6)
        stage.mark(who.name, at_ns, burst["for_ms"], kind="bell", label="bell")
        stage.rung(f"{who.name}: ringing {burst['for_ms']:.0f} ms", Way.GATEWAY_TO_PHONE, at_ns)
    every = [b["at_ms"] - a["at_ms"] for a, b in pairwise(bell)]
    heard = ", ".join(f"{burst['for_ms']:.0f} ms of {burst['hz']:.0f} Hz" for burst in bell)
    heard += f"; every {every[0]:.0f} ms" if every else ""
    first = bell[0] if bell else None
    ok = (
        first is not None
        and abs(first["for_ms"] - 1000) <= _BELL_MS
        and abs(first["hz"] - 25) < 1
        and bool(every)
        and abs(every[0] - 5000) <= _BELL_MS
    )
    stage.check(
        f"{who.name} rings",
        expected="1000 ms of 25 Hz every 5000 ms",
        heard=heard or "no bell",
        ok=ok,
    )


def caller_id_heard(stage: Stage, who: Handset, ear: Earful, number: str, name: str) -> None:
    """Check that the wires carried the caller's number and name between the rings."""
    found = next((heard for heard in analyse(ear.samples) if heard.kind is Kind.CALLER_ID), None)
    if found:
        at_ns = ear.at_ns(found.at_ms)
        stage.mark(who.name, at_ns, found.for_ms, kind="caller-id", label="caller ID")
        stage.rung(f"{who.name}: caller ID {number} {name}", Way.GATEWAY_TO_PHONE, at_ns)
    details = found.details if found else {}
    stage.check(
        f"the caller ID is heard on the wires of {who.name}",
        expected=f"FSK with {number}, {name}",
        heard=f"{details.get('number')}, {details.get('name')}, {found.level_dbm0} dBm0"
        if found
        else "none",
        ok=details.get("number") == number and details.get("name") == name,
        level_dbm0=found.level_dbm0 if found else None,
    )
