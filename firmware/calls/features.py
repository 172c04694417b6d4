"""What the user of a telephone has set on it, and the star codes that set it. Pure.

Codes follow the grammar of ETSI ETS 300 738 as Italian exchanges use it: ``*SC*VALUE#`` sets,
``#SC#`` clears, ``*#SC#`` asks. Service codes 21, 26, 31, 33, 43, 51, 55, 61 and 67 are those of
European exchanges; the others are ours, since no norm has them. ``*67#`` before a number
withholds ours for that call, as on Italian lines; ``**N#`` dials the short number N.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from firmware.site.choices import Service

Feature = Service
"""What a telephone can do beside calling; each can be switched off in the site file."""

SERVICE_CODES: Mapping[str, Feature] = MappingProxyType(
    {
        "21": Feature.FORWARD_ALWAYS,
        "61": Feature.FORWARD_NO_ANSWER,
        "62": Feature.FORWARD_OFFLINE,
        "67": Feature.FORWARD_BUSY,
        "26": Feature.DO_NOT_DISTURB,
        "31": Feature.WITHHOLD,
        "33": Feature.LOCK,
        "43": Feature.CALL_WAITING,
        "51": Feature.SHORT_DIAL,
        "55": Feature.WAKE_UP,
        "65": Feature.GROUP_CALLS,
        "66": Feature.REDIAL,
        "69": Feature.CALL_RETURN,
        "77": Feature.REJECT_ANONYMOUS,
        "8": Feature.PICKUP,
    }
)

_FORWARDS = (
    Feature.FORWARD_ALWAYS,
    Feature.FORWARD_BUSY,
    Feature.FORWARD_NO_ANSWER,
    Feature.FORWARD_OFFLINE,
)
_SWITCHES = (Feature.DO_NOT_DISTURB, Feature.WITHHOLD, Feature.REJECT_ANONYMOUS)


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the site file lets the user of one telephone do.

    ``pin`` opens the lock ("": none is needed). ``hotline`` is called when the handset is
    lifted, after ``hotline_ms`` ms without a digit; "" is no hotline. ``no_answer_ms`` is how
    long it rings before a call is forwarded for want of an answer.
    """

    allowed: frozenset[Feature] = frozenset(Feature)
    pin: str = ""
    hotline: str = ""
    hotline_ms: int = 0
    no_answer_ms: int = 20_000


@dataclass(frozen=True, slots=True)
class Settings:
    """What one user has set; survives a restart.

    ``forwards`` maps a kind of forwarding to its target, ``on`` holds the plain switches,
    ``short`` maps short numbers to full ones. ``wake_at`` is a local time HHMM or "".
    ``groups_off``: the user takes no calls of groups. ``last_dialled`` and ``last_caller`` are
    numbers or "".
    """

    forwards: Mapping[Feature, str] = field(default_factory=lambda: MappingProxyType({}))
    on: frozenset[Feature] = frozenset()
    waiting_off: bool = False
    groups_off: bool = False
    locked: bool = False
    short: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    wake_at: str = ""
    last_dialled: str = ""
    last_caller: str = ""

    def forward(self, when: Feature) -> str | None:
        """Where calls go in the case ``when``, or None."""
        return self.forwards.get(when)


class Op(StrEnum):
    """What a code wants of a feature."""

    SET = "set"
    CLEAR = "clear"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Code:
    """A complete star code."""

    op: Op
    service: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The settings are these now (perhaps unchanged); ``agreed`` False says no to the user."""

    settings: Settings
    agreed: bool = True


@dataclass(frozen=True, slots=True)
class Dial:
    """The code stands for a number to call, perhaps without showing our own."""

    number: str
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class PickUp:
    """The code asks for the call that rings elsewhere, at ``extension`` or ("") anywhere."""

    extension: str


Outcome = Done | Dial | PickUp

IDENTITY = Code(Op.ASK, "1", ())
"""``*#1#``, ours: the telephone says its numbers and the network address of the box."""

STATE = Code(Op.SET, "1", ())
"""``*1``, ours: the telephone says whether its switchboard is there, and who can be called."""

_CODE = re.compile(r"(?P<op>\*#|\*|#)(?P<service>\d{1,3})(?P<values>(?:\*\d*)*)#")
_OPS = {"*": Op.SET, "#": Op.CLEAR, "*#": Op.ASK}
_SHORT = re.compile(r"\*\*(\d{1,2})#?")


def is_code(digits: str) -> bool:
    """Whether what is being dialled is a star code rather than a number."""
    return digits.startswith(("*", "#"))


def read(digits: str) -> Code | None:
    """Read a complete code; None while it may still grow or is none."""
    match = _CODE.fullmatch(digits)
    if not match or once_anonymous(digits) is not None:
        return None
    return Code(_OPS[match["op"]], match["service"], tuple(match["values"].split("*")[1:]))


def once_anonymous(digits: str) -> str | None:
    """What follows ``*67#``, which withholds our number for one call; None if it is not that."""
    number = digits.removeprefix("*67#")
    return number if number != digits else None


def short_number(digits: str) -> str | None:
    """The short number of ``**N``, or None."""
    match = _SHORT.fullmatch(digits)
    return match[1] if match else None


def carry_out(code: Code, settings: Settings, permissions: Permissions) -> Outcome:
    """What ``code`` does to ``settings``.

    An unknown code, one that the site file switches off, and one with wrong values change
    nothing and are refused.
    """
    feature = SERVICE_CODES.get(code.service)
    refused = Done(settings, agreed=False)
    if feature is None or feature not in permissions.allowed:
        return refused
    if code.op is Op.ASK:
        return Done(settings, agreed=is_set(feature, settings))
    match feature:
        case Feature.REDIAL if code.op is Op.SET:
            return Dial(settings.last_dialled) if settings.last_dialled else refused
        case Feature.CALL_RETURN if code.op is Op.SET:
            return Dial(settings.last_caller) if settings.last_caller else refused
        case Feature.PICKUP if code.op is Op.SET:
            return PickUp(code.values[0] if code.values else "")
        case Feature.LOCK:
            return _lock(code, settings, permissions.pin)
        case _:
            changed = _changed(feature, code, settings)
            return Done(changed) if changed is not None else refused


def _lock(code: Code, settings: Settings, pin: str) -> Done:
    if pin and code.values != (pin,):
        return Done(settings, agreed=False)
    return Done(replace(settings, locked=code.op is Op.SET))


def _changed(feature: Feature, code: Code, settings: Settings) -> Settings | None:
    setting = code.op is Op.SET
    if feature in _SWITCHES:
        on = settings.on | {feature} if setting else settings.on - {feature}
        return replace(settings, on=on)
    if feature is Feature.CALL_WAITING:
        return replace(settings, waiting_off=not setting)
    if feature is Feature.GROUP_CALLS:
        return replace(settings, groups_off=not setting)
    if feature in _FORWARDS:
        return _forwarded(feature, code, settings)
    if feature is Feature.SHORT_DIAL:
        return _shortened(code, settings)
    if feature is Feature.WAKE_UP:
        return _woken(code, settings)
    return None


def _forwarded(feature: Feature, code: Code, settings: Settings) -> Settings | None:
    forwards = dict(settings.forwards)
    if code.op is Op.CLEAR:
        forwards.pop(feature, None)
    elif len(code.values) == 1 and code.values[0]:
        forwards[feature] = code.values[0]
    else:
        return None
    return replace(settings, forwards=MappingProxyType(forwards))


def _shortened(code: Code, settings: Settings) -> Settings | None:
    short = dict(settings.short)
    match code.op, code.values:
        case Op.SET, (name, number) if 1 <= len(name) <= 2 and number:
            short[name] = number
        case Op.CLEAR, (name,) if name in short:
            del short[name]
        case _:
            return None
    return replace(settings, short=MappingProxyType(short))


def _woken(code: Code, settings: Settings) -> Settings | None:
    if code.op is Op.CLEAR:
        return replace(settings, wake_at="")
    value = code.values[0] if len(code.values) == 1 else ""
    if not re.fullmatch(r"(?:[01]\d|2[0-3])[0-5]\d", value):
        return None
    return replace(settings, wake_at=value)


def is_set(feature: Feature, settings: Settings) -> bool:
    """Whether ``feature`` is switched on, or has something to work with."""
    match feature:
        case Feature.CALL_WAITING:
            return not settings.waiting_off
        case Feature.GROUP_CALLS:
            return not settings.groups_off
        case Feature.LOCK:
            return settings.locked
        case Feature.SHORT_DIAL:
            return bool(settings.short)
        case Feature.WAKE_UP:
            return bool(settings.wake_at)
        case Feature.REDIAL:
            return bool(settings.last_dialled)
        case Feature.CALL_RETURN:
            return bool(settings.last_caller)
        case _:
            return feature in settings.on or feature in settings.forwards
