"""What can stand in a step of a scenario: every action and every expectation, typed.

A phone is a simulated telephone, heard and seen as its user would. ``phrase`` is a sentence of
the embedded switchboard's phrase book, ``file`` a WAV file beside the scenario.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from firmware.calls.effects import Direction
from firmware.guide.phrases import Sentence as Spoken
from firmware.guide.phrases import completed
from firmware.lines.tones import ToneName

Seconds = Annotated[float, Field(gt=0, le=3600)]
Digits = Annotated[str, Field(pattern=r"^[0-9*#A-D]{1,64}$")]


class Step(BaseModel):
    """What every step has: who, and when. Times are in seconds.

    ``at`` counts from the start of the scenario, ``after`` from the end of the step before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    actor: str
    at: Annotated[float, Field(ge=0)] | None = None
    after: Annotated[float, Field(ge=0)] = 0.0

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if self.at is not None and self.after:
            raise ValueError("has both at and after; write one of them")
        return self


class Action(Step):
    """Somebody does something."""


class Expectation(Step):
    """Something must be so within ``within`` seconds from now."""

    within: Seconds = 5.0


class Sentence(BaseModel):
    """Speech, by name or from a file."""

    phrase: str | None = None
    file: Annotated[Path, Field(strict=False)] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.phrase is None) == (self.file is None):
            raise ValueError("needs either phrase or file")
        return self


# --- a telephone -------------------------------------------------------------------------------


class OffHook(Action):
    """Lift the handset."""

    do: Literal["off-hook"]


class OnHook(Action):
    """Hang up."""

    do: Literal["on-hook"]


class Flash(Action):
    """Press R."""

    do: Literal["flash"]
    ms: Annotated[int, Field(ge=1, le=5000)] = 100


class Dial(Action):
    """Dial; done when the last digit is out."""

    do: Literal["dial"]
    digits: Digits
    pulse: bool = False


class Play(Action, Sentence):
    """Speak; done when all is said."""

    do: Literal["play"]


class HearTone(Expectation):
    """The ear hears a tone of the tone plan, recognised by frequency and cadence."""

    expect: Literal["tone"]
    tone: Annotated[ToneName, Field(strict=False)]


class HearDigits(Expectation):
    """The ear hears DTMF digits, these and no others."""

    expect: Literal["digits"]
    digits: Digits


class HearSpeech(Expectation, Sentence):
    """The ear hears this speech, recognised by correlation with its file."""

    expect: Literal["speech"]


class HearSentence(Expectation):
    """The ear hears a sentence of the box (`firmware.guide.phrases`), completed with ``value``."""

    expect: Literal["sentence"]
    sentence: Annotated[Spoken, Field(strict=False)]
    value: str = ""

    @model_validator(mode="after")
    def _sayable(self) -> Self:
        if completed(self.sentence, self.value) is None:
            raise ValueError(f"{self.value!r} is no value for {self.sentence}")
        return self


class HearGuide(Expectation):
    """The ear hears texts of the voice guide one after the other, by their keys.

    The keys are those that `derivato guide prompts` lists for the site.
    """

    expect: Literal["guide"]
    texts: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]


class HearSilence(Expectation):
    """The ear hears nothing above -45 dBm0 for ``for_s`` seconds on end."""

    expect: Literal["silence"]
    for_s: Seconds = 1.0


class Rings(Expectation):
    """The bell rings ``bursts`` times, in the rhythm ``cadence_ms`` (on, off …) if given."""

    expect: Literal["ring"]
    bursts: Annotated[int, Field(ge=1, le=100)] = 1
    cadence_ms: Annotated[tuple[int, ...], Field(strict=False)] | None = None


class NoRing(Expectation):
    """The bell does not ring for ``for_s`` seconds from now."""

    expect: Literal["no-ring"]
    for_s: Seconds


class Displays(Expectation):
    """The display shows a number, a name, or that the caller is private."""

    expect: Literal["display"]
    number: str | None = None
    name: str | None = None
    private: bool | None = None


class Lamp(Expectation):
    """The message lamp is ``on``, or not."""

    expect: Literal["lamp"]
    on: bool


class Polarity(Expectation):
    """The line is fed ``reversed``, or normally."""

    expect: Literal["polarity"]
    reversed: bool


class Disconnects(Expectation):
    """The line was fed no current for a moment, ``times`` times since the start."""

    expect: Literal["disconnect"]
    times: Annotated[int, Field(ge=1)] = 1


class Recorded(Expectation):
    """The last call record of this line has these values."""

    expect: Literal["record"]
    direction: Annotated[Direction, Field(strict=False)] | None = None
    number: str | None = None
    code: int | None = None
    answered: bool | None = None


# --- the power -----------------------------------------------------------------------------------


class Restart(Action):
    """End the program and start it again; ``cut`` without warning, as when the power fails.

    The simulated telephones begin anew too: handset down, lamp off.
    """

    do: Literal["restart"]
    cut: bool = False


PHONE: Mapping[str, Mapping[str, type[Step]]] = MappingProxyType(
    {
        "do": {
            "off-hook": OffHook,
            "on-hook": OnHook,
            "flash": Flash,
            "dial": Dial,
            "play": Play,
        },
        "expect": {
            "tone": HearTone,
            "digits": HearDigits,
            "speech": HearSpeech,
            "sentence": HearSentence,
            "guide": HearGuide,
            "silence": HearSilence,
            "ring": Rings,
            "no-ring": NoRing,
            "display": Displays,
            "lamp": Lamp,
            "polarity": Polarity,
            "disconnect": Disconnects,
            "record": Recorded,
        },
    }
)

POWER: Mapping[str, Mapping[str, type[Step]]] = MappingProxyType(
    {"do": {"restart": Restart}, "expect": {}}
)

LATER = ("network", "clock")
"""Actors that scenario files will have."""
