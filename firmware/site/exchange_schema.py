"""The lines of a site file that lead to an old exchange: `[lines.NAME]` with a port ``fxo…``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from firmware.site.choices import Answering, Dialing, OldNumber
from firmware.site.guide_values import Answerer
from firmware.site.named import NumberName
from firmware.site.table import Lax, Table
from firmware.site.values import DialPrefix, ExchangePort


class ExchangeLine(Table):
    """An exchange line: to callers a number, to the telephones a way out."""

    port: ExchangePort = Field(description="Port of the board that the line is wired to.")
    number: NumberName = Field(description="Number that people call to reach this line.")
    inbound: Answerer = Field(
        default="pbx",
        description='Where its calls go: "pbx" (a trunk, with the caller\'s number), the name of '
        'a line, "menu NAME" or "group NAME".',
    )
    alone: Answerer | None = Field(
        default=None,
        description="Line, menu or group that answers its calls when the switchboard is gone; not "
        "written: all telephones ring.",
    )
    answer: Annotated[Answering, Lax] = Field(
        default=Answering.WHEN_ANSWERED,
        description="When its calls are answered: as the inside answers, or at once.",
    )
    old_number: Annotated[OldNumber, Lax] = Field(
        default=OldNumber.DIVERSION,
        description="How the switchboard is told by which number a call came: Diversion "
        "(RFC 5806), or not at all.",
    )
    dialing: Annotated[Dialing, Lax] = Field(
        default=Dialing.DTMF, description='How numbers are dialled there; "both" is dtmf.'
    )
    outbound: bool = Field(default=True, description="Telephones may call out through this line.")
    dial_prefix: DialPrefix = Field(
        default="",
        description="Calls from the switchboard to numbers that begin with these digits go out "
        "through this line, without them; empty: none.",
    )
    caller_id: bool = Field(
        default=True, description="Wait for the caller's number before a call is offered."
    )
    caller_id_first: bool = Field(
        default=False, description="The caller's number may come before the first ring."
    )
    reversal: bool = Field(
        default=False,
        description="The exchange reverses the polarity at answer and end; then nothing else "
        "counts as an answer.",
    )
    break_ms: Annotated[int, Field(ge=100, le=2000)] = Field(
        default=250, description="A break in the current of this length ends a call."
    )
    dial_tone_s: Annotated[float, Field(ge=1, le=30)] = Field(
        default=5.0, description="Time for the exchange's dial tone."
    )
    silence_s: Annotated[int, Field(ge=30, le=3600)] = Field(
        default=300, description="A call in which nothing is heard from there ends after this."
    )
    longest_min: Annotated[int, Field(ge=10, le=1440)] = Field(
        default=240, description="A call ends after this time in any case, in minutes."
    )
    flash_ms: Annotated[int, Field(ge=50, le=1000)] = Field(
        default=100, description="Length of R towards the exchange."
    )
    gain_in_db: Annotated[float, Field(ge=-20, le=12)] = Field(
        default=0.0, description="Gain of what comes from the exchange."
    )
    gain_out_db: Annotated[float, Field(ge=-20, le=12)] = Field(
        default=0.0, description="Gain of what goes to the exchange."
    )
