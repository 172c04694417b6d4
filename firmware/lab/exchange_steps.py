"""What the exchange at the end of an exchange line does in a scenario, and what it should see."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from firmware.lab import steps
from firmware.lab.steps import Action, Expectation, Step
from firmware.lines.tones import ToneName
from hw.sim.exchange import Telling


class Ring(Action):
    """Call the line as ``from`` and ``name``, or ``private``."""

    do: Literal["ring"]
    number: str | None = Field(default=None, alias="from")
    name: str | None = None
    private: bool = False
    telling: Annotated[Telling, Field(strict=False)] = Telling.AFTER_RING


class StopRing(Action):
    """The caller gives up."""

    do: Literal["stop-ring"]


class Answer(Action):
    """The party that was dialled answers; ``reversal``: the exchange reverses the polarity."""

    do: Literal["answer"]
    reversal: bool = False


class HangUp(Action):
    """The far party hangs up: busy tone, perhaps a break of ``break_ms`` or a ``reversal``."""

    do: Literal["hang-up"]
    break_ms: Annotated[int, Field(ge=0, le=5000)] = 0
    reversal: bool = False


class PlayTone(Action):
    """The exchange plays a tone on the seized line."""

    do: Literal["tone"]
    tone: Annotated[ToneName, Field(strict=False)]


class Cut(Action):
    """The wire is cut, or (``on = false``) mended."""

    do: Literal["cut"]
    on: bool = True


class Parallel(Action):
    """A parallel telephone is lifted, or (``on = false``) put down."""

    do: Literal["parallel"]
    on: bool = True


class Meter(Action):
    """A metering pulse."""

    do: Literal["meter"]


class Dialled(Expectation):
    """These digits were dialled since the line was seized, by keys or pulses."""

    expect: Literal["dialled"]
    digits: str


class Seized(Expectation):
    """The loop is closed."""

    expect: Literal["seized"]


class Released(Expectation):
    """The loop is open."""

    expect: Literal["released"]


EXCHANGE: Mapping[str, Mapping[str, type[Step]]] = MappingProxyType(
    {
        "do": {
            "ring": Ring,
            "stop-ring": StopRing,
            "answer": Answer,
            "hang-up": HangUp,
            "tone": PlayTone,
            "cut": Cut,
            "parallel": Parallel,
            "meter": Meter,
            "play": steps.Play,
        },
        "expect": {
            "dialled": Dialled,
            "seized": Seized,
            "released": Released,
            "tone": steps.HearTone,
            "speech": steps.HearSpeech,
            "guide": steps.HearGuide,
            "silence": steps.HearSilence,
            "record": steps.Recorded,
        },
    }
)
