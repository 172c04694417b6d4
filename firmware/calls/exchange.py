"""Exchange lines as legs of calls: what is ordered of a leg, the machine of its line does. Pure.

A line has one call at most. Whoever has its leg knows nothing of loops and tones: what happens on
the wires comes back as what happens to a leg.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from firmware.calls.attempts import PREEMPTED
from firmware.calls.effects import (
    AnswerLeg,
    DialLeg,
    EndLeg,
    LegEffect,
    LineAlarm,
    SendDigit,
    SendOnLeg,
    ToExchange,
    TransferLeg,
)
from firmware.calls.events import (
    DigitPath,
    LegAnswered,
    LegEnded,
    LegEvent,
    LegIncoming,
    LegMedia,
    LegProgress,
    LegTrying,
    Media,
    Party,
    TransferRefused,
)
from firmware.lines import fxo
from firmware.lines.fxo_state import Fxo, Ringing
from firmware.lines.fxo_times import MS, FxoConfig
from firmware.lines.fxo_types import (
    Alarm,
    Answer,
    Answered,
    Dial,
    Ended,
    FxoInput,
    LegOutput,
    Offered,
    Press,
    Refused,
    Release,
    RingsThere,
    Through,
    Wake,
)
from firmware.lines.fxs import Caller

_RINGING, _PROGRESS, _NORMAL, _CANCELLED, _NO_WAY = 180, 183, 200, 487, 503


@dataclass(frozen=True, slots=True)
class ExchangeConfig:
    """What the switch must know of an exchange line.

    ``to`` and ``alone`` name lines, or "menu …" and "group …" of the guide.
    ``number`` is the one it is called by, as the switchboard knows it. Its calls go to the
    switchboard if ``to_pbx``, else to the lines ``to``; to the lines ``alone`` when the
    switchboard cannot be used. ``at_once``: they are answered at once. ``tell_number``: the
    switchboard is told by which number they came. A call from the switchboard to a number that
    begins with ``prefix`` ("" is none) goes out here without it. After an emergency call the line
    is kept free for ``callback_ms`` ms.
    """

    fxo: FxoConfig
    number: str
    to_pbx: bool = True
    to: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    at_once: bool = False
    tell_number: bool = True
    prefix: str = ""
    callback_ms: int = 600_000


@dataclass(frozen=True, slots=True)
class ExchangeLine:
    """One exchange line: its machine, and the leg of its call (None: there is none).

    ``up``: that call was answered. ``help``: it is one for help. Until ``kept_ns`` the line
    ``kept_for`` expects to be called back here.
    """

    fxo: Fxo = field(default_factory=fxo.initial)
    leg: str | None = None
    up: bool = False
    help: bool = False
    kept_for: str = ""
    kept_ns: int = 0

    def without_call(self, at_ns: int, config: ExchangeConfig) -> ExchangeLine:
        """The line after its call."""
        kept_ns = at_ns + config.callback_ms * MS if self.help else self.kept_ns
        return replace(self, leg=None, up=False, help=False, kept_ns=kept_ns)

    @property
    def may_be_cleared(self) -> bool:
        """Whether there is a call that makes room for one for help; one that rings cannot."""
        return self.leg is not None and not self.help and not isinstance(self.fxo.now, Ringing)


Lines = Mapping[str, ExchangeLine]
Effects = tuple[ToExchange | LineAlarm, ...]
Moved = tuple[ExchangeLine, Effects, tuple[LegEvent | LegIncoming, ...]]


def line_of(lines: Lines, leg: str) -> str | None:
    """The exchange line whose call ``leg`` is."""
    return next((name for name, line in lines.items() if line.leg == leg), None)


def names(lines: Lines) -> dict[str, str]:
    """The names by which the bridge knows the legs of exchange lines."""
    return {line.leg: name for name, line in lines.items() if line.leg is not None}


def put(lines: Lines, name: str, line: ExchangeLine) -> Lines:
    """The same with ``line`` as it is now."""
    return MappingProxyType({**lines, name: line})


def deadline(line: ExchangeLine, config: ExchangeConfig) -> int | None:
    """When the line does something by itself, in ns, or None."""
    return fxo.deadline(line.fxo, config.fxo)


def happen(
    name: str, line: ExchangeLine, what: FxoInput, config: ExchangeConfig, fresh: str
) -> Moved:
    """Let ``what`` happen; a call that comes in becomes the leg ``fresh``."""
    machine, outputs = fxo.step(line.fxo, what, config.fxo)
    line = replace(line, fxo=machine)
    effects: list[ToExchange | LineAlarm] = []
    events: list[LegEvent | LegIncoming] = []
    for output in outputs:
        match output:
            case Alarm(what=why):
                effects.append(LineAlarm(name, why))
            case Offered() | Refused() | Through() | RingsThere() | Answered() | Ended():
                line, more = _told(name, line, output, what.at_ns, config, fresh)
                events += more
            case _:
                effects.append(ToExchange(name, output))
    return line, tuple(effects), tuple(events)


def wake(name: str, line: ExchangeLine, at_ns: int, config: ExchangeConfig, fresh: str) -> Moved:
    """Let what is due at ``at_ns`` happen."""
    return happen(name, line, Wake(at_ns), config, fresh)


def dial(
    name: str, line: ExchangeLine, order: DialLeg, at_ns: int, config: ExchangeConfig
) -> Moved:
    """Call out on the line, as the leg of ``order``."""
    if at_ns < line.kept_ns and not order.emergency:
        return line, (), (LegEnded(order.leg, at_ns, _NO_WAY, "kept free for a call back"),)
    machine, outputs = fxo.step(line.fxo, Dial(at_ns, order.number, order.emergency), config.fxo)
    refused = next((each for each in outputs if isinstance(each, Refused)), None)
    if refused is not None:
        ended = LegEnded(order.leg, at_ns, refused.code, refused.reason)
        return replace(line, fxo=machine), (), (ended,)
    effects = tuple(
        ToExchange(name, each) for each in outputs if not isinstance(each, LegOutput | Alarm)
    )
    line = replace(line, fxo=machine, leg=order.leg, up=False, help=order.emergency)
    if order.emergency:
        own = order.caller is None  # else a switchboard calls through us: it is called back
        line = replace(line, kept_for=order.line if own else "")
    return line, effects, (LegTrying(order.leg, at_ns),)


def clear(name: str, line: ExchangeLine, at_ns: int, config: ExchangeConfig) -> Moved:
    """End the call on the line to make room for one for help."""
    assert line.leg is not None  # noqa: S101 - who calls looked
    line, effects, events = obey(name, line, EndLeg(line.leg, PREEMPTED), at_ns, config)
    return line, effects, events


def obey(
    name: str, line: ExchangeLine, order: LegEffect, at_ns: int, config: ExchangeConfig
) -> Moved:
    """Carry out ``order`` at the leg of the line's call."""
    leg = order.leg
    match order:
        case AnswerLeg():
            line, effects, events = happen(name, line, Answer(at_ns), config, "")
            up = (
                LegMedia(leg, at_ns, Media.ACTIVE, DigitPath.EVENTS),
                LegAnswered(leg, at_ns),
            )
            return replace(line, up=True), effects, (*events, *up)
        case EndLeg(code=code):
            line, effects, _ = happen(name, line, Release(at_ns), config, "")
            code = code or (_NORMAL if line.up else _CANCELLED)
            why = "cleared for an emergency call" if code == PREEMPTED else "hung up here"
            ended = LegEnded(leg, at_ns, code, why)
            return line.without_call(at_ns, config), effects, (ended,)
        case SendDigit(digit=digit):
            return happen(name, line, Press(at_ns, digit), config, "")
        case TransferLeg() | SendOnLeg():
            return line, (), (TransferRefused(leg, at_ns),)
        case _:
            return line, (), ()


def _told(
    name: str,
    line: ExchangeLine,
    said: LegOutput,
    at_ns: int,
    config: ExchangeConfig,
    fresh: str,
) -> tuple[ExchangeLine, tuple[LegEvent | LegIncoming, ...]]:
    """What the machine says of its call, as what happens to a leg."""
    if isinstance(said, Offered):
        offered = _incoming(name, said.caller, at_ns, config, fresh)
        return replace(line, leg=fresh, up=said.answered), (offered,)
    leg = line.leg
    if leg is None:
        return line, ()
    match said:
        case Through():
            heard = LegMedia(leg, at_ns, Media.ACTIVE, DigitPath.EVENTS)
            return line, (LegProgress(leg, at_ns, _PROGRESS), heard)
        case RingsThere():
            return line, (LegProgress(leg, at_ns, _RINGING),)
        case Answered():
            return replace(line, up=True), (LegAnswered(leg, at_ns),)
        case Ended(code=code, reason=reason) | Refused(code=code, reason=reason):
            return line.without_call(at_ns, config), (LegEnded(leg, at_ns, code, reason),)


def _incoming(
    name: str, caller: Caller | None, at_ns: int, config: ExchangeConfig, fresh: str
) -> LegIncoming:
    who = Party()
    if caller is not None:
        who = Party(caller.number, caller.name, caller.private)
    return LegIncoming(
        fresh,
        at_ns,
        trunk="",
        called=config.number,
        caller=who,
        exchange=name,
        stamp=caller.stamp if caller else "",
    )
