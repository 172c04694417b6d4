"""One telephone seen from the switch: what follows from what its station is doing. Pure.

Nothing here is ordered by hand. Ringing, tones, audio paths, polarity and lamp are derived from
the station; the switch turns the difference between before and after into orders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from firmware.calls.dialplan import DialPlan
from firmware.calls.effects import (
    Effect,
    MuteDigits,
    Order,
    PlayTone,
    RedirectLeg,
    RingBurst,
    Say,
    SendSignal,
    SetPolarity,
)
from firmware.calls.events import DigitPath, Media
from firmware.calls.features import Permissions
from firmware.calls.station import (
    Audible,
    Conference,
    Idle,
    Leg,
    Refused,
    Ringing,
    Stage,
    Station,
    Talking,
    Waking,
)
from firmware.lines import fxs, hook
from firmware.lines.callerid_message import MessageWaiting
from firmware.lines.callerid_plan import CountryPlans, Silence, alert
from firmware.lines.fxs import Caller, Fxs
from firmware.lines.ringing import SPLASH, Cadence
from firmware.site.choices import WayOut

WAITING_TONE_MS = 1000
"""Length of the beats of the Italian call-waiting tone, rounded up (400/100/250/100/150 ms)."""

RingChoice = Callable[[str, str | None], Cadence]
"""The cadence for a call with this Alert-Info from this number."""


@dataclass(frozen=True, slots=True)
class LineConfig:
    """What the switch must know of a line: who it is and how it behaves.

    ``aliases`` are other numbers it is called by, ``number`` is the outside one that it tells
    its user, ``name`` is shown to those it calls. ``trunk`` is that of its switchboard (None: any),
    ``ways`` are those that its class of service may use. ``ring_ms`` is how long a call rings
    there, ``refused_ms`` and ``howler_ms`` how long a handset left off is told (`Timers`),
    ``plan`` is its dial plan (None: the office's),
    ``splash`` gives one short ring when a call was forwarded at once;
    ``reversal`` reverses the polarity while a call that it made is answered; ``break_ms`` is how
    long the loop is broken when the far end hangs up (0: not at all).
    """

    extension: str
    hook: hook.HookProfile
    ringing: RingChoice
    caller_id: CountryPlans | None
    aliases: tuple[str, ...] = ()
    number: str = ""
    call_waiting: bool = True
    ring_ms: int = 60_000
    refused_ms: int = 20_000
    howler_ms: int = 60_000
    permissions: Permissions = field(default_factory=Permissions)
    plan: DialPlan | None = None
    splash: bool = False
    reversal: bool = False
    break_ms: int = 0
    name: str = ""
    trunk: str | None = None
    ways: frozenset[WayOut] = frozenset(WayOut)


@dataclass(frozen=True, slots=True)
class Desk:
    """One telephone: its line, its station and what follows from them now.

    ``muted``: digits are taken out of what it says; ``lamp``: its message lamp was switched on.
    """

    line: Fxs
    station: Station
    heard: Audible = field(default_factory=lambda: Audible(None, frozenset()))
    muted: bool = False
    reversed: bool = False
    lamp: bool = False


def ring_as_wanted(
    line: Fxs, station: Station, at_ns: int, config: LineConfig
) -> tuple[Fxs, tuple[fxs.Output, ...]]:
    """Start or silence the bell as the station wants it."""
    match station.now:
        case Ringing(leg=leg):
            cadence = config.ringing(leg.alert_info, leg.peer.number)
            plan = config.caller_id.call if config.caller_id else None
            who = _shown(leg)
            return fxs.ring(line, leg.id, who, cadence=cadence, plan=plan, at_ns=at_ns), ()
        case Waking():
            who = Caller(None, None, private=False, stamp="")
            cadence = config.ringing("", None)
            return fxs.ring(line, "wake-up", who, cadence=cadence, plan=None, at_ns=at_ns), ()
        case _:
            return fxs.stop_ring(line)


def splash(station: Station, effects: tuple[Order, ...], config: LineConfig) -> tuple[Effect, ...]:
    """One short ring at a telephone at rest whose call was sent elsewhere."""
    sent_on = any(isinstance(effect, RedirectLeg) for effect in effects)
    if not (config.splash and sent_on and isinstance(station.now, Idle)):
        return ()
    on_ms, _ = SPLASH.bursts[0]
    return (RingBurst(station.line, on_ms, config.ringing("", None).hz),)


def disconnected(before: Station, after: Station) -> bool:
    """Whether the far end of a conversation has just hung up."""
    talked = isinstance(before.now, Talking) and before.now.leg.stage is Stage.UP
    return talked and isinstance(after.now, Refused)


def answered_call(station: Station) -> bool:
    """Whether a call of ours is answered: the line tells so by reversed polarity."""
    match station.now:
        case Talking(leg=leg):
            return leg.outgoing and leg.stage is Stage.UP
        case Conference():
            return True
        case _:
            return False


def lamp_as_wanted(desk: Desk, config: LineConfig) -> tuple[Desk, tuple[Effect, ...]]:
    """Tell a telephone at rest whether messages wait, once after each change."""
    wanted = desk.station.messages > 0
    resting = isinstance(desk.station.now, Idle) and desk.station.in_service
    if wanted is desk.lamp or not resting or config.caller_id is None:
        return desk, ()
    message = MessageWaiting(waiting=wanted, count=min(desk.station.messages, 255))
    signal = SendSignal(desk.station.line, alert(config.caller_id.lamp, message))
    return replace(desk, lamp=wanted), (signal,)


def _shown(leg: Leg) -> Caller:
    return Caller(leg.peer.number, leg.peer.name, leg.peer.private, leg.stamp, leg.redirecting)


def knock(desk: Desk, station: Station, config: LineConfig) -> tuple[Effect, ...]:
    """Caller ID of a call that begins to wait, after the first beats of the waiting tone."""
    if station.waiting is None or desk.station.waiting or config.caller_id is None:
        return ()
    message = fxs.display_message(_shown(station.waiting))
    segments = (Silence(WAITING_TONE_MS), *alert(config.caller_id.waiting, message))
    return (SendSignal(station.line, segments),)


def digits_travel_apart(station: Station) -> bool:
    """Whether DTMF must be taken out of the audio, lest the far end gets digits twice."""
    return any(
        leg.media is not Media.NONE and leg.digits is DigitPath.EVENTS for leg in station.legs()
    )


def audio_orders(name: str, before: Desk, after: Desk) -> tuple[Effect, ...]:
    """Orders that make of what was played before what is played after."""
    effects: list[Effect] = []
    if after.heard.tone is not before.heard.tone:
        effects.append(PlayTone(name, after.heard.tone))
    if after.heard.phrase != before.heard.phrase:
        effects.append(Say(name, after.heard.phrase))
    if after.muted is not before.muted:
        effects.append(MuteDigits(name, on=after.muted))
    if after.reversed is not before.reversed:
        effects.append(SetPolarity(name, after.reversed))
    return tuple(effects)
