"""Asterisk as the actor `pbx` of scenarios: it has the embedded switchboard's extensions.

What happens is read from the manager interface; what a caller said, from recordings of the
channels, compared with the phrase book.
"""

from __future__ import annotations

import itertools
import shutil
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from firmware.dsp.wav import read_wav
from firmware.lab import pbx_steps as steps
from firmware.lab.ears import SpeechEar
from firmware.lab.failure import Failure
from firmware.lab.switchboard import Action, Expectation

from .asterisk import Asterisk
from .netns import Namespace

Event = Mapping[str, str]

_CAUSES = {404: "1", 486: "17"}
"""SIP status of our own call's end → Q.850 cause, where Asterisk keeps them apart."""

_EXTENSIONS = """
[test](+)
exten => 9,1,Goto(100,1)
exten => 100,1,Gosub(offered,s,1(${EXTEN}))
 same => n,Ringing()
 same => n,Wait(2)
 same => n,Goto(say-operator,1)
exten => 110,1,Gosub(offered,s,1(${EXTEN}))
 same => n,Ringing()
 same => n,Wait(0.5)
 same => n,Goto(say-second-desk,1)
exten => 200,1,Gosub(offered,s,1(${EXTEN}))
 same => n,Answer()
 same => n,Playback(HOME/phrases/announcement)
 same => n,Wait(0.5)
 same => n,Hangup()
exten => 201,1,Gosub(offered,s,1(${EXTEN}))
 same => n,Progress()
 same => n,Wait(0.3)
 same => n,Playback(HOME/phrases/moved,noanswer)
 same => n,Wait(0.3)
 same => n,Hangup(22)
exten => 300,1,Gosub(offered,s,1(${EXTEN}))
 same => n,Hangup(17)
exten => 301,1,Gosub(offered,s,1(${EXTEN}))
 same => n,Hangup(34)
exten => 302,1,Gosub(offered,s,1(${EXTEN}))
 same => n,Ringing()
 same => n,Wait(300)
exten => 500,1,Gosub(offered,s,1(${EXTEN}))
 same => n,Goto(say-enter-digits,1)
exten => _X!,1,Gosub(offered,s,1(${EXTEN}))
 same => n,Hangup(1)
; in a bridge with somebody, as with a telephone: what has nobody beside it is not transferred
exten => _say-.,1,Answer()
 same => n,Dial(Local/start-${EXTEN:4}@test/n)
exten => _start-.,1,Answer()
 same => n,MixMonitor(HOME/mixed/${UNIQUEID}.wav,r(HOME/heard/${UNIQUEID}.wav))
 same => n,Goto(speak-${EXTEN:6},1)
exten => _speak-.,1,NoOp()
 same => n,Playback(HOME/phrases/${EXTEN:6})
 same => n,Wait(300)
exten => caller,1,Goto(say-calling-back,1)

[offered]
exten => s,1,UserEvent(Offered,To: ${ARG1},By: ${CALLERID(num)},As: ${CALLERID(name)},\
Pres: ${CALLERID(num-pres)})
 same => n,Return()
"""

_LOOK_S = 0.05


def dialplan() -> str:
    """The embedded switchboard's extensions, for `Asterisk(dialplan=…)`."""
    return _EXTENSIONS


class AsteriskBoard:
    """A running Asterisk with `dialplan` whose endpoint ``box`` is the gateway at ``gateway``."""

    def __init__(self, pbx: Asterisk, namespace: Namespace, gateway: str, phrases: Path) -> None:
        self._pbx = pbx
        self._gateway = gateway
        self._phrases = phrases
        self._events: list[Event] = []
        self._calls: list[str] = []
        self._ids: dict[str, str] = {}
        self._mark = 0
        self._heard_mark: dict[str, int] = {}
        for folder in ("phrases", "heard"):
            (pbx.home / folder).mkdir(exist_ok=True)
        for file in phrases.glob("*-????????.wav"):
            shutil.copy(file, pbx.home / "phrases" / f"{file.stem[:-9]}.wav")
        self._socket = namespace.connect("127.0.0.1", 5038)
        self._socket.settimeout(None)
        self._lines = self._socket.makefile("rb")
        self._tell("Login", Username="test", Secret="test")
        threading.Thread(target=self._read, name="manager", daemon=True).start()

    def close(self) -> None:
        """Hang up everything and leave the manager."""
        self._pbx.hang_up()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def mark(self) -> None:
        """Forget what happened so far: somebody does something now."""
        self._mark = len(self._events)
        self._heard_mark = {name: self._heard(name).size for name in self._calls}

    def act(self, step: Action) -> None:
        """Do what ``step`` says."""
        match step:
            case steps.Call():
                self._call_line(step)
            case steps.HangUp():
                cause = {"Cause": "17"} if step.code else {}
                self._tell("Hangup", Channel=self._channel(step), **cause)
            case steps.Say(phrase=phrase, file=file):
                if file:
                    shutil.copy(file, self._pbx.home / "phrases" / file.name)
                self._say(self._channel(step), phrase or Path(str(file)).stem)
            case steps.Send():
                for digit in step.digits:
                    self._tell("PlayDTMF", Channel=self._channel(step), Digit=digit)
            case steps.Notify():
                self._notify(step.line, step.count)
            case steps.Transfers():
                pass  # the endpoint is configured for it

    def expect(self, step: Expectation) -> str:
        """Wait until ``step`` has come true; say what was found."""
        match step:
            case steps.Receives() | steps.Redirected():
                return self._offered(step)
            case steps.Answered():
                return self._await("an answer", lambda: self._answered(step), step.within)
            case steps.Ends():
                return self._await("the end of a call", lambda: self._ended(step), step.within)
            case steps.ReceivesDigits():
                return self._await(f"digits {step.digits}", lambda: self._digits(step), step.within)
            case steps.HearsPhrase():
                return self._hears(step)

    # --- actions -------------------------------------------------------------------------------

    def _call_line(self, step: steps.Call) -> None:
        hidden = {"Variable": "CALLERID(pres)=prohib"} if step.anonymous else {}
        before = len(self._calls)
        self._tell(
            "Originate",
            Channel=f"PJSIP/box/sip:{step.line}@{self._gateway}",
            Context="test",
            Exten="caller",
            Priority="1",
            CallerID=f'"{step.name}" <{step.number}>',
            Timeout="60000",
            Async="true",
            **hidden,
        )
        self._await("a call", lambda: "call" if len(self._calls) > before else None, 5.0)

    def _say(self, channel: str, phrase: str) -> None:
        """Let the person whom the channel was connected with say it."""
        person = self._person(channel)
        if not person:
            raise Failure("says something", f"nobody was connected with {channel}")
        self._tell(
            "Redirect", Channel=person, Context="test", Exten=f"speak-{phrase}", Priority="1"
        )

    def _person(self, channel: str) -> str:
        """The far half of the Local channel that was in a bridge with ``channel`` first."""
        entered = [event for event in self._events if event.get("Event") == "BridgeEnter"]
        bridge = next((e["BridgeUniqueid"] for e in entered if e["Channel"] == channel), "")
        for event in entered:
            if event["BridgeUniqueid"] == bridge and event["Channel"].startswith("Local/"):
                return f"{event['Channel'].removesuffix(';1')};2"
        return ""

    def _notify(self, line: str, count: int) -> None:
        waiting = "yes" if count else "no"
        self._tell(
            "PJSIPNotify",
            URI=f"sip:{line}@{self._gateway}",
            Variable=(
                "Event=message-summary",
                "Content-type=application/simple-message-summary",
                f"Content=Messages-Waiting: {waiting}",
                f"Content=Message-Account: sip:{line}@{self._gateway}",
                f"Content=Voice-Message: {count}/0 (0/0)",
            ),
        )

    def _tell(self, action: str, **fields: str | tuple[str, ...]) -> None:
        lines = [f"Action: {action}"]
        for key, value in fields.items():
            values = (value,) if isinstance(value, str) else value
            lines += [f"{key}: {each}" for each in values]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())

    # --- what happened --------------------------------------------------------------------------

    def _offered(self, step: steps.Receives | steps.Redirected) -> str:
        def found() -> str | None:
            for event in self._since():
                if event.get("UserEvent") == "Offered" and _fits(event, step):
                    return f"call for {event['To']} from {event.get('By')}"
            return None

        return self._await(f"a call for {step.number}", found, step.within)

    def _answered(self, step: steps.Answered) -> str | None:
        names = self._named(step)
        for event in self._since():
            up = event.get("Event") == "Newstate" and event.get("ChannelStateDesc") == "Up"
            if up and event["Channel"] in names:
                return f"{event['Channel']} answered"
        return None

    def _ended(self, step: steps.Ends) -> str | None:
        names = self._named(step)
        for event in self._since():
            if event.get("Event") == "Hangup" and event["Channel"] in names:
                wanted = _CAUSES.get(step.code or 0)
                return None if wanted and event["Cause"] != wanted else f"cause {event['Cause']}"
        return None

    def _digits(self, step: steps.ReceivesDigits) -> str | None:
        names = self._named(step)
        pressed = "".join(
            event["Digit"]
            for event in self._since()
            if event.get("Event") == "DTMFEnd"
            and event["Channel"] in names
            and event["Direction"] == "Received"
        )
        return pressed if pressed == step.digits else None

    def _hears(self, step: steps.HearsPhrase) -> str:
        (file,) = self._phrases.glob(f"{step.phrase}-????????.wav")
        reference = read_wav(file)

        def found() -> str | None:
            for name in self._named(step):
                heard = self._heard(name)[self._heard_mark.get(name, 0) :]
                if said := SpeechEar(reference).feed(heard):
                    return said
            return None

        return self._await(f"speech {step.phrase}", found, step.within + 4.0)  # written in blocks

    def _heard(self, channel: str) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
        person = self._person(channel)
        file = self._pbx.home / "heard" / f"{self._ids.get(person, '')}.wav"
        data = file.read_bytes()[44:] if file.exists() else b""
        return np.frombuffer(data[: len(data) // 2 * 2], np.int16)

    def _await(self, what: str, look: Callable[[], str | None], within_s: float) -> str:
        end = time.monotonic() + within_s
        while True:
            over = time.monotonic() >= end
            if found := look():
                return f"has {found}"
            if over:
                raise Failure(f"has {what}", self._instead())
            time.sleep(_LOOK_S)

    def _instead(self) -> str:
        told = ("UserEvent", "Hangup", "Newstate", "DTMFEnd", "OriginateResponse")
        happened = [
            ", ".join(
                f"{key} {event[key]}"
                for key in ("Event", "Channel", "To", "ChannelStateDesc", "Cause-txt", "Digit")
                if key in event
            )
            for event in self._since()
            if event.get("Event") in told
        ]
        return "; ".join(happened) or "nothing happened there"

    def _since(self) -> list[Event]:
        return self._events[self._mark :]

    # --- calls -----------------------------------------------------------------------------------

    def _named(self, step: steps.OnCall) -> list[str]:
        """The channel of the call that is named, or all of them."""
        return self._calls if step.call is None else [self._calls[step.call - 1]]

    def _channel(self, step: steps.OnCall) -> str:
        if step.call is not None:
            return self._calls[step.call - 1]
        over = {event["Channel"] for event in self._events if event.get("Event") == "Hangup"}
        up = [call for call in self._calls if call not in over]
        if not up:
            raise Failure("acts in a call", "no call is up")
        return up[-1]

    def _read(self) -> None:
        while event := _event(self._lines):
            channel = event.get("Channel", "")
            if event.get("Event") == "Newchannel":
                self._ids[channel] = event["Uniqueid"]
            ours = channel.startswith("PJSIP/box-")
            outgoing = event.get("Event") == "Newchannel" and not event.get("Exten", "").isdigit()
            offered = event.get("UserEvent") == "Offered"
            if ours and (outgoing or offered) and channel not in self._calls:
                self._calls.append(channel)
            self._events.append(event)


def _fits(event: Event, step: steps.Receives | steps.Redirected) -> bool:
    if event["To"] != step.number:
        return False
    if isinstance(step, steps.Redirected):
        return True
    hidden = "prohib" in event.get("Pres", "")
    given = {"By": step.caller, "As": step.name}
    same = all(event.get(key) == value for key, value in given.items() if value is not None)
    return same and step.private in (None, hidden)


def _event(lines: BinaryIO) -> Event:
    """The next event or response; empty at the end."""
    for line in itertools.takewhile(bool, iter(lines.readline, b"")):
        if line.strip() and b":" in line:
            fields = {}
            while line.strip():
                key, _, value = line.decode(errors="replace").rstrip("\r\n").partition(":")
                fields[key] = value.removeprefix(" ")
                line = lines.readline()  # noqa: PLW2901 - until the empty one
            return fields
    return {}
