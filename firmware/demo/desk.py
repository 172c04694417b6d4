"""The calls at the switchboard: voices handed out, scripts run, everything reported.

Lives on the asyncio loop; the SIP actor's events are brought there by who owns this.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

from firmware.calls.effects import DialLeg, EndLeg, Join
from firmware.calls.events import (
    LegAnswered,
    LegDigit,
    LegEnded,
    LegEvent,
    LegIncoming,
    LegMedia,
    LegProgress,
    LegReplaced,
)
from firmware.demo import sound
from firmware.demo.conversation import Compare, Conversation, Perform, Tell
from firmware.demo.extensions import EXTENSIONS, Dialogue, Script, calling_back, unknown
from firmware.demo.sound import Samples
from firmware.demo.voice import Voice
from firmware.sip.events import LegQuality, LegRedirected, Report
from firmware.sip.settings import LineIdentity

OWN_NUMBER, OWN_NAME = "0571000100", "Centralino"
"""Who calls back, on the display; 0571 000 is not assigned."""

BUSY_EVERYWHERE = 600  # RFC 3261 §21.6.1: no voice left


@dataclass(slots=True)
class Wiring:
    """What a desk works with: the voices by name, who each of them calls as, and the way out.

    ``can_call`` when the address of the gateway is known.
    """

    voices: Mapping[str, Voice]
    callers: MutableMapping[str, LineIdentity]
    compare: Compare
    perform: Perform
    tell: Tell
    can_call: bool


class OrderError(ValueError):
    """An order that cannot be carried out: no such call, no voice left, no gateway known."""


class Desk:
    """Every call of the switchboard."""

    def __init__(self, wiring: Wiring, book: Mapping[str, Samples], record: Path | None) -> None:
        self._wiring = wiring
        self._book = book
        self._record = record
        self._free = list(wiring.voices)
        self._calls: dict[str, Conversation] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._waiting: set[asyncio.Task[None]] = set()
        self._count = 0

    # --- what the SIP side reports ------------------------------------------------------------

    def take(self, event: LegEvent | LegIncoming | Report) -> None:
        """Take an event of the SIP actor."""
        match event:
            case LegIncoming():
                self._offered(event)
            case LegAnswered(leg, at_ns) if leg in self._calls:
                self._calls[leg].answered.set()
                self._wiring.tell("answered", call=leg, sip_at_ns=at_ns)
            case LegProgress(leg, _, code) if leg in self._calls:
                self._wiring.tell("rings", call=leg, code=code)
            case LegMedia(leg, _, media) if leg in self._calls:
                self._wiring.tell("media", call=leg, media=media.value)
            case LegDigit(leg, _, digit) if leg in self._calls:
                self._calls[leg].take_key(digit)
            case LegReplaced(leg, _, new) if leg in self._calls:
                self._replaced(leg, new)
            case LegRedirected(leg, number) if leg in self._calls:
                self._wiring.tell("redirected", call=leg, number=number)
            case LegQuality(leg) if leg in self._calls:
                self._calls[leg].quality = event
            case LegEnded(leg, _, code, reason) if leg in self._calls:
                self._ended(leg, code, reason)
            case _:
                pass

    def _offered(self, event: LegIncoming) -> None:
        call = self._open(event.leg, event.called, event.caller.number or "")
        self._wiring.tell(
            "offered",
            call=event.leg,
            number=self._count,
            extension=event.called,
            caller=event.caller.number,
            name=event.caller.name,
            private=event.caller.private,
        )
        if call is None:
            self._wiring.perform(EndLeg(event.leg, BUSY_EVERYWHERE))
            return
        self._run(call, EXTENSIONS.get(event.called, unknown))

    def _open(self, leg: str, extension: str, caller: str) -> Conversation | None:
        self._count += 1
        if not self._free:
            return None
        name = self._free.pop(0)
        voice = self._wiring.voices[name]
        voice.open()
        self._wiring.perform(Join(name, leg))
        call = Conversation(
            leg=leg,
            number=self._count,
            extension=extension,
            caller=caller,
            voice_name=name,
            voice=voice,
            book=self._book,
            compare=self._wiring.compare,
            perform=self._wiring.perform,
            tell=self._wiring.tell,
            record_to=self._record / f"call-{self._count}" if self._record else None,
        )
        self._calls[leg] = call
        return call

    def _run(self, call: Conversation, script: Script) -> None:
        self._running[call.leg] = asyncio.create_task(self._watched(call, script(call)))

    async def _watched(self, call: Conversation, script: Awaitable[None]) -> None:
        try:
            await script
        except Exception as error:  # noqa: BLE001 - one call's failure must not take the desk along
            self._wiring.tell("error", call=call.leg, text=f"{type(error).__name__}: {error}")
            self._wiring.perform(EndLeg(call.leg, 500))

    def _ended(self, leg: str, code: int, reason: str) -> None:
        call = self._calls.pop(leg)
        if task := self._running.pop(leg, None):
            task.cancel()
        self._free.append(call.voice_name)
        files = self._save(call)
        figures = _figures(call.quality) if call.quality else {}
        self._wiring.tell(
            "ended", call=leg, code=code, reason=reason, digits=call.pressed, **figures
        )
        if files:
            self._wiring.tell("recorded", call=leg, **files)
        if call.call_back_after_s is not None and call.caller:
            self._later(call.caller, call.call_back_after_s)

    def _replaced(self, leg: str, new: str) -> None:
        """The far end transferred: the same conversation goes on in a new dialog."""
        call = self._calls[new] = self._calls.pop(leg)
        if task := self._running.pop(leg, None):
            self._running[new] = task
        call.leg = new
        self._wiring.perform(Join(call.voice_name, new))
        self._wiring.tell("replaced", call=leg, new=new)

    def _save(self, call: Conversation) -> dict[str, object]:
        taken = call.voice.close()
        if not call.record_to:
            return {}
        stem = call.record_to
        heard = sound.write(stem.with_name(f"{stem.name}-to-pbx.wav"), taken.heard)
        said = sound.write(stem.with_name(f"{stem.name}-from-pbx.wav"), taken.said)
        return {"to_pbx": str(heard), "from_pbx": str(said), "began_ns": taken.began_ns}

    # --- what scripts and people ask for --------------------------------------------------------

    def call(
        self,
        line: str,
        *,
        number: str,
        name: str,
        anonymous: bool = False,
        script: Script = calling_back,
    ) -> str:
        """Call ``line`` of the gateway as ``number``, ``name``; give the name of the call.

        Raises:
            OrderError: the switchboard does not know the gateway, or has no voice left.
        """
        if not self._wiring.can_call:
            raise OrderError("start the switchboard with --peer HOST:PORT to make calls")
        leg = f"out{self._count + 1}"
        call = self._open(leg, line, number)
        if call is None:
            raise OrderError("every voice is in use")
        self._wiring.callers[call.voice_name] = LineIdentity(number, name)
        self._wiring.tell("calling", call=leg, number=call.number, line=line)
        self._wiring.perform(DialLeg(leg, call.voice_name, line, anonymous))
        self._run(call, _once_answered(script))
        return leg

    def _later(self, line: str, after_s: float) -> None:
        async def wait() -> None:
            await asyncio.sleep(after_s)
            try:
                self.call(line, number=OWN_NUMBER, name=OWN_NAME)
            except OrderError as error:
                self._wiring.tell("error", text=str(error))

        task = asyncio.create_task(wait())
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    def say(self, leg: str, *, phrase: str | None = None, file: str | None = None) -> None:
        """Let a call say a phrase of the book or a WAV file.

        Raises:
            OrderError: there is no such call or phrase, or neither was given.
            SoundError: the file cannot be used.
        """
        call = self.find(leg)
        if file:
            said = sound.read(Path(file))
        elif phrase and phrase in self._book:
            said = self._book[phrase]
        else:
            raise OrderError(f"no phrase {phrase!r}; there are {', '.join(self._book)}")
        task = asyncio.create_task(call.utter(phrase or str(file), said))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    def find(self, leg: str) -> Conversation:
        """The call named ``leg``.

        Raises:
            OrderError: there is none.
        """
        if leg not in self._calls:
            raise OrderError(f"no call {leg!r}")
        return self._calls[leg]

    def close(self) -> None:
        """End every call."""
        for call in self._calls.values():
            call.end()
        for task in (*self._running.values(), *self._waiting):
            task.cancel()


def _once_answered(script: Script) -> Script:
    async def wait(call: Dialogue) -> None:
        await call.connected()
        await script(call)

    return wait


def _figures(quality: LegQuality) -> dict[str, object]:
    """What the end of a call reports of its stream."""
    return {
        "codec": quality.codec,
        "encrypted": quality.encrypted,
        "rx_packets": quality.rx_packets,
        "rx_lost": quality.rx_lost,
        "rx_jitter_ms": round(quality.rx_jitter_ms, 1),
        "tx_packets": quality.tx_packets,
    }
