"""The sections of a site file about the change of switchboards and the end of old lines."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, PlainSerializer, PlainValidator

from firmware.site.choices import Switching
from firmware.site.named import NumberName, TrunkName
from firmware.site.problems import Wrong
from firmware.site.table import Lax, Table
from firmware.site.values import Form, Label, Slug, text_of


def _local_time(value: object) -> datetime:
    try:
        return datetime.strptime(text_of(value), "%Y-%m-%d %H:%M")  # noqa: DTZ007 - local time
    except ValueError:
        raise Wrong("is not a local time", 'write it as "2023-03-29 09:30"') from None


def _day(value: object) -> date:
    try:
        return date.fromisoformat(text_of(value))
    except ValueError:
        raise Wrong("is not a day", 'write it as "2023-03-29"') from None


LocalTime = Annotated[
    datetime,
    Form('a local time, as "2023-03-29 09:30"'),
    PlainValidator(_local_time),
    PlainSerializer(str),
]
Day = Annotated[date, Form('a day, as "2023-03-29"'), PlainValidator(_day), PlainSerializer(str)]


class NumberChange(Table):
    """What becomes of an old number. Both numbers are reached side by side for a while."""

    old: NumberName = Field(description="The number that people know.")
    new: NumberName | None = Field(
        default=None, description="The number that takes its place; not written keeps the old one."
    )
    beside_from: Day | None = Field(
        default=None, description="First day on which both are reached; not written: that of `at`."
    )
    beside_until: Day | None = Field(
        default=None, description="Last day on which the old one is reached; not written: no end."
    )


class Cutover(Table):
    """The planned change from one switchboard to another."""

    at: LocalTime = Field(description="When the old switchboard is switched off.")
    expected_by: LocalTime = Field(description="When the new one answers, at the latest.")
    old_trunk: TrunkName = Field(description="Trunk of the old switchboard.")
    new_trunk: TrunkName = Field(description="Trunk of the new switchboard.")
    switching: Annotated[Switching, Lax] = Field(
        default=Switching.PLAN,
        description="Who switches: the plan at its time, or somebody by `derivato cutover switch`.",
    )
    settle_s: Annotated[int, Field(ge=10, le=86400)] = Field(
        default=300, description="The change is done when all checks were good for this long."
    )
    back_after_s: Annotated[int, Field(ge=0, le=86400)] = Field(
        default=0,
        description="After `expected_by`, checks that fail for this long on end bring the old "
        "switchboard back; 0 never does.",
    )
    must_reach: Annotated[tuple[Slug, ...], Lax] = Field(
        default=(), description="Lines that must be reached from outside at every moment."
    )
    numbers: Annotated[tuple[NumberChange, ...], Lax] = Field(
        default=(), description="What becomes of each old number."
    )


class Contract(Table):
    """A contract for an old number, which can perhaps be ended."""

    number: NumberName = Field(description="The number.")
    provider: Label | None = Field(default=None, description="With whom the contract is.")
    month_eur: Annotated[float, Field(ge=0, le=100_000)] = Field(
        default=0.0, description="What it costs each month, in euro."
    )
    ends: Day | None = Field(default=None, description="First day on which it can be ended.")
    keep: Label | None = Field(
        default=None, description="Why it must be kept whatever its use: a lift, an alarm."
    )
