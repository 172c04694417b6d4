"""The kinds of values that dialling needs: patterns to rewrite by, districts, hours."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator

from firmware.site import times
from firmware.site.problems import Wrong
from firmware.site.values import Form, text_of


def _matching(value: object) -> str:
    if not re.fullmatch(r"(?=[+0-9x])\+?[0-9x]*\.?", text := text_of(value)):
        raise Wrong(
            "is not a pattern of numbers to rewrite",
            "write digits, x for any digit, + only in front, and a point at the end for the rest",
        )
    return text


def _replacing(value: object) -> str:
    if not re.fullmatch(r"(?=.)\+?[0-9x*#]*\.?", text := text_of(value)):
        raise Wrong(
            "is not what a number can become",
            "write digits, x for each x of match, and a point at the end if match has one",
        )
    return text


def _district(value: object) -> str:
    if not re.fullmatch(r"0[1-9][0-9]{0,2}", text := text_of(value)):
        raise Wrong("is not a district", 'write its digits with the leading 0, as "0571"')
    return text


def _clock_time(value: object) -> str:
    if not re.fullmatch(r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9])?", text := text_of(value)):
        raise Wrong("is not a time of day", 'write it as "04:15", or "" for none')
    return text


def _week_span(value: object) -> times.WeekSpan:
    return times.parse(text_of(value))


Matching = Annotated[
    str,
    Form("digits, x for any digit, perhaps + in front, a point at the end for the rest"),
    PlainValidator(_matching),
]
Replacing = Annotated[
    str,
    Form("digits, x for each x of `match`, a point at the end if `match` has one"),
    PlainValidator(_replacing),
]
District = Annotated[str, Form('a district with its 0, as "0571"'), PlainValidator(_district)]
WeekTime = Annotated[
    times.WeekSpan,
    Form('a time of the week, as "mon-fri 07:30-18:00"'),
    PlainValidator(_week_span),
    PlainSerializer(str),
]
ClockTime = Annotated[
    str, Form('a time of day, as "04:15", or nothing (empty)'), PlainValidator(_clock_time)
]
