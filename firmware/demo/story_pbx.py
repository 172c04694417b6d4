"""The story of the demonstration with a real PBX: what can be heard without its help.

The PBX must take calls from this address without registration. Only what was named is dialled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from firmware.demo import checks, sound
from firmware.demo.actors import Handset
from firmware.demo.hearing import RECOGNISED, match, pulses
from firmware.demo.sound import Samples
from firmware.demo.stage import Stage
from firmware.dsp.levels import level
from firmware.lines.tones import ToneName

_DIAL_TONE_S = 3.2
_HAND_S = 0.5
_SPEECH_DBM0 = -35.0


@dataclass(frozen=True, slots=True)
class Numbers:
    """What to dial at the PBX; None leaves a step out.

    ``echo`` says back what it hears; ``answer`` speaks, with ``prompt`` if that is known;
    ``busy`` is busy, ``unknown`` does not exist.
    """

    echo: str | None = None
    answer: str | None = None
    prompt: Path | None = None
    busy: str | None = None
    unknown: str | None = None

    def all(self) -> tuple[str, ...]:
        """Every number named."""
        named = (self.echo, self.answer, self.busy, self.unknown)
        return tuple(dict.fromkeys(number for number in named if number))


@dataclass(frozen=True, slots=True)
class Visit:
    """A telephone in front of a real PBX; ``pause`` waits for some seconds."""

    stage: Stage
    phone: Handset
    numbers: Numbers
    book: Mapping[str, Samples]
    files: Mapping[str, Path]
    pause: Callable[[float], None]


def tell(v: Visit) -> None:
    """Go through the numbers that were named.

    Raises:
        StepFailedError: a step was not heard to work.
    """
    v.stage.chapter("The dial tone")
    _lift(v)
    v.pause(_DIAL_TONE_S)
    checks.tone_heard(v.stage, v.phone, v.phone.heard(), ToneName.DIAL)
    _put_down(v)
    if v.numbers.answer:
        _answer(v, v.numbers.answer)
    if v.numbers.echo:
        _echo(v, v.numbers.echo)
    if v.numbers.busy:
        _tone(v, v.numbers.busy, "a busy extension", ToneName.BUSY)
    if v.numbers.unknown:
        _tone(v, v.numbers.unknown, "a number that does not exist", ToneName.SIT)


def _answer(v: Visit, number: str) -> None:
    _dial(v, number, "A call that is answered")
    v.pause(8.0)
    ear = v.phone.heard()
    if v.numbers.prompt:
        prompt = sound.read(v.numbers.prompt)[: 5 * sound.RATE]
        found = match(ear.samples, prompt)
        v.stage.check(
            f"{number} says {v.numbers.prompt.name}",
            expected=f"r ≥ {RECOGNISED}",
            heard=f"r = {found.score:.2f}",
            ok=found.score >= RECOGNISED,
            r=found.score,
        )
    else:
        loud, tones = level(ear.samples), pulses(ear.samples)
        v.stage.check(
            f"{number} says something",
            expected=f"speech above {_SPEECH_DBM0:.0f} dBm0",
            heard=checks.what_else(ear.samples, tones),
            ok=loud > _SPEECH_DBM0 and sum(p.for_ms for p in tones) < 500 * ear.for_s,
            level_dbm0=round(loud, 1),
        )
    _put_down(v)


def _echo(v: Visit, number: str) -> None:
    _dial(v, number, "What is said comes back")
    v.pause(3.0)
    v.phone.begin_to_listen()
    v.stage.act("“caller” is said")
    said_at_ns = v.phone.say(v.files["caller"])
    v.pause(1.5)
    ear = v.phone.heard()
    checks.speech_heard(v.stage, v.phone, ear, "caller", v.book, said_at_ns=said_at_ns)
    _put_down(v)


def _tone(v: Visit, number: str, what: str, tone: ToneName) -> None:
    _dial(v, number, what.capitalize())
    v.pause(5.0)
    checks.tone_heard(v.stage, v.phone, v.phone.heard(), tone, periods=1.2)
    _put_down(v)


def _dial(v: Visit, number: str, chapter: str) -> None:
    v.stage.chapter(chapter)
    _lift(v)
    v.stage.act(f"{number} is dialled on {v.phone.name}", who=v.phone.name, arrow=f"dials {number}")
    v.phone.begin_to_listen()
    v.phone.press(number)


def _lift(v: Visit) -> None:
    v.phone.begin_to_listen()
    v.stage.act(f"{v.phone.name} is lifted", who=v.phone.name, arrow="off-hook")
    v.phone.lift()
    v.pause(_HAND_S)


def _put_down(v: Visit) -> None:
    v.stage.act(f"{v.phone.name} is hung up", who=v.phone.name, arrow="on-hook")
    v.phone.hang_up()
    v.pause(_HAND_S)
