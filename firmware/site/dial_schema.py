"""The sections of a site file that say what may be dialled, and what then leaves."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from firmware.site.choices import ITALIAN_EMERGENCY, Category, WayOut
from firmware.site.dial_values import ClockTime, District, Matching, Replacing, WeekTime
from firmware.site.table import Lax, Table
from firmware.site.values import DigitPattern, EmergencyNumber, Label, Prefix

Ways = Annotated[tuple[Annotated[WayOut, Lax], ...], Lax]
Categories = Annotated[tuple[Annotated[Category, Lax], ...], Lax]


class Rewrite(Table):
    """A rule by which a trunk's numbers are rewritten. Emergency numbers never are."""

    match: Matching = Field(description='Numbers that are rewritten, in the trunk\'s form: "00.".')
    replace: Replacing = Field(description='What they become, as "+.".')


class DialPlan(Table):
    """What may be dialled and when a number is complete."""

    internal: Annotated[tuple[DigitPattern, ...], Lax] = Field(
        default=(),
        description='Patterns of internal numbers, as "6xx"; the extensions of the building\'s own '
        "lines need none.",
    )
    outside_prefix: Prefix = Field(
        default="", description="Digits dialled before outside numbers; removed from them."
    )
    local: Annotated[tuple[District, ...], Lax] = Field(
        default=(), description='Districts whose numbers are local, as "0571", for classes.'
    )
    # 20 s and 3 s: what deployed Italian gateways use.
    first_digit_s: Annotated[float, Field(ge=3, le=120)] = Field(
        default=20.0, description="Time for the first digit after lifting."
    )
    inter_digit_s: Annotated[float, Field(ge=1, le=30)] = Field(
        default=3.0, description="Pause after which a number that could go on is complete."
    )
    blocked: Annotated[tuple[DigitPattern, ...], Lax] = Field(
        default=(),
        description='Patterns of beginnings that nobody may dial, as "899."; without the outside '
        "prefix.",
    )
    next_way_s: Annotated[float, Field(ge=1, le=30)] = Field(
        default=4.0,
        description="A call on which nobody works after this time is tried the next way, if there "
        "is one.",
    )


class ServiceClass(Table):
    """A class of service: what telephones that name it may call. Emergency numbers always."""

    allow: Categories = Field(
        default=tuple(Category), description="Kinds of numbers that may be called."
    )
    deny: Categories = Field(
        default=(), description="Kinds of numbers that may not, where `allow` is not written."
    )
    allow_numbers: Annotated[tuple[DigitPattern, ...], Lax] = Field(
        default=(),
        description='Patterns that may be called all the same, as "0571757."; in national form.',
    )
    deny_numbers: Annotated[tuple[DigitPattern, ...], Lax] = Field(
        default=(), description="Patterns of beginnings that may never be called."
    )
    ways: Ways = Field(
        default=tuple(WayOut),
        description="Ways that may be used: the switchboard, and when it cannot be reached the "
        "exchange line, the mobile modem (outside numbers) and the boxes of other sites (internal "
        "numbers). The telephones of the building always reach each other.",
    )
    hours: Annotated[tuple[WeekTime, ...], Lax] = Field(
        default=(),
        description="When this holds; at other times only internal numbers are called. Not "
        "written means always.",
    )


class Emergency(Table):
    """Numbers that always go through."""

    numbers: Annotated[tuple[EmergencyNumber, ...], Lax] = Field(
        default=ITALIAN_EMERGENCY,
        description="Emergency numbers, recognised at their last digit, with and without the "
        "outside prefix; 112, 113, 115 and 118 are always among them.",
    )
    ways: Annotated[Ways, Field(min_length=1)] = Field(
        default=tuple(WayOut),
        description="Order in which the ways are tried; whatever a class of service says.",
    )
    keep_s: Annotated[int, Field(ge=0, le=600)] = Field(
        default=0,
        description="An emergency call whose handset is put down goes on for this time, and the "
        "telephone rings; 0 ends it.",
    )
    callback_s: Annotated[int, Field(ge=0, le=86400)] = Field(
        default=600,
        description="For this time after an emergency call, calls ring through do not disturb, "
        "forwarding and the rest, and its exchange line is kept free.",
    )

    test_at: ClockTime = Field(
        default="04:15",
        description="Local time at which the ways are proven every day, without calling; empty "
        "never does.",
    )


class Location(Table):
    """Where the building is, told with emergency calls (PIDF-LO, RFC 5139 and RFC 5491)."""

    street: Label | None = Field(default=None, description="Street, with its kind: Via Roma.")
    house_number: Label | None = Field(default=None, description="House number.")
    postal_code: Label | None = Field(default=None, description="Postal code.")
    city: Label | None = Field(default=None, description="Town.")
    province: Label | None = Field(default=None, description="Province, as FI.")
    region: Label | None = Field(default=None, description="Region.")
    place: Label | None = Field(default=None, description="Where inside: floor, entrance, room.")
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = Field(
        default=None, description="Latitude (WGS 84), in degrees."
    )
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = Field(
        default=None, description="Longitude (WGS 84), in degrees."
    )
