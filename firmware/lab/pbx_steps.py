"""What the switchboard can do and be expected to see in a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from firmware.lab.steps import Action, Digits, Expectation, Sentence, Step


class Call(Action):
    """Call a line of the gateway by its extension or number; ``anonymous`` without telling ours."""

    do: Literal["call"]
    line: str
    number: str
    name: str = ""
    anonymous: bool = False


class OnCall(BaseModel):
    """Which call, counted from 1 as they come and go; not written is the newest that is up."""

    call: Annotated[int, Field(ge=1)] | None = None


class HangUp(Action, OnCall):
    """End or refuse a call."""

    do: Literal["hang-up"]
    code: Annotated[int, Field(ge=300, le=699)] | None = None


class Say(Action, OnCall, Sentence):
    """Say something in a call."""

    do: Literal["say"]


class Send(Action, OnCall):
    """Send key presses beside the audio."""

    do: Literal["send"]
    digits: Digits


class Notify(Action):
    """Tell the gateway that ``count`` messages wait for the line with this extension."""

    do: Literal["notify"]
    line: str
    count: Annotated[int, Field(ge=0, le=1000)]


class Transfers(Action):
    """Obey transfers (REFER) from now on, or refuse them."""

    do: Literal["transfers"]
    obey: bool


class Receives(Expectation):
    """A call for ``number`` arrives, with the caller's number and name if written."""

    expect: Literal["call"]
    number: str
    caller: str | None = None
    name: str | None = None
    private: bool | None = None


class Answered(Expectation, OnCall):
    """A call that the switchboard made is answered."""

    expect: Literal["answered"]


class ReceivesDigits(Expectation, OnCall):
    """These key presses arrive beside the audio."""

    expect: Literal["digits"]
    digits: Digits


class HearsPhrase(Expectation, OnCall):
    """The switchboard hears a sentence of its phrase book."""

    expect: Literal["speech"]
    phrase: str


class Redirected(Expectation, OnCall):
    """A call that the switchboard made is sent to ``number`` instead (302)."""

    expect: Literal["redirected"]
    number: str


class Ends(Expectation, OnCall):
    """A call is over, with this SIP status, and its last codec, if written."""

    expect: Literal["end"]
    code: int | None = None
    codec: str | None = None


PBX: Mapping[str, Mapping[str, type[Step]]] = MappingProxyType(
    {
        "do": {
            "call": Call,
            "hang-up": HangUp,
            "say": Say,
            "send": Send,
            "notify": Notify,
            "transfers": Transfers,
        },
        "expect": {
            "call": Receives,
            "answered": Answered,
            "digits": ReceivesDigits,
            "speech": HearsPhrase,
            "redirected": Redirected,
            "end": Ends,
        },
    }
)
