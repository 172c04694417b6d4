"""The far side of measured calls: a small SIP telephone exchange on raw sockets.

It has no jitter buffer, no mixer and no thread, so that what it notes is what was on the wire:
when each request and each audio packet came (CLOCK_MONOTONIC), with its samples. It says what
it is told to say, a frame every 20 ms, and follows transfers (REFER, Replaces).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from . import g711
from .sip_text import Message, media_of, parse, render, sdp, tag, uri_of, user

Address = tuple[str, int]
_FRAME_S = 0.02
_CALLS = itertools.count(1)
_BUFFER = 1 << 21
_ANSWER_WAY = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}


@dataclass(frozen=True, slots=True)
class Manners:
    """What the far side does with a call: seconds until 180 and until 200, None for never.

    `tone` is one frame of A-law that is said for as long as the call lasts.
    """

    ring_s: float | None = None
    answer_s: float | None = 0.0
    tone: bytes = g711.SILENCE


@dataclass(frozen=True, slots=True)
class Packet:
    """One audio packet: when it came, its number, its time stamp, its A-law codes."""

    at_ns: int
    number: int
    stamp: int
    payload: bytes


@dataclass(slots=True, eq=False)
class Dialog:
    """One call at the far side. `times` holds when things happened, in ns."""

    label: str
    caller: str
    call_id: str
    local: str
    remote: str
    target: str
    peer: Address
    rtp: socket.socket
    tone: bytes
    outgoing: bool
    cseq: int = 1
    media: Address | None = None
    sends: bool = True
    invite: Message | None = None
    last_answer: bytes = b""
    times: dict[str, int] = field(default_factory=dict)
    heard: list[Packet] = field(default_factory=list)
    sent: list[tuple[int, bytes]] = field(default_factory=list)
    script: deque[bytes] = field(default_factory=deque)
    confirmed: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 0
    keeps: bool = False
    _number: int = 0

    def mark(self, what: str) -> None:
        """Note the first time that something happens."""
        self.times.setdefault(what, time.monotonic_ns())

    def say(self, samples: NDArray[np.int16]) -> None:
        """Say samples once, in place of the tone."""
        padded = np.pad(samples, (0, -len(samples) % g711.FRAME))
        for begin in range(0, len(padded), g711.FRAME):
            self.script.append(g711.encode(padded[begin : begin + g711.FRAME]))

    def send_frame(self) -> None:
        """Send 20 ms of audio, if the other side takes any."""
        self._number += 1
        if not self.sends or self.media is None:
            return
        payload = self.script.popleft() if self.script else self.tone
        number = self._number
        head = struct.pack(
            ">BBHII", 0x80, 8, number & 0xFFFF, number * 160 & 0xFFFFFFFF, id(self) & 0xFFFFFFFF
        )
        if self.keeps:
            self.sent.append((time.monotonic_ns(), payload))
        with contextlib.suppress(OSError):
            self.rtp.sendto(head + payload, self.media)

    def take(self, data: bytes) -> None:
        """Take a packet that came."""
        if len(data) < 12 or data[1] & 0x7F != 8:
            return
        number, stamp = struct.unpack_from(">HI", data, 2)
        self.mark("audio")
        self.heard.append(Packet(time.monotonic_ns(), number, stamp, data[12:]))


class Far:
    """The far side. `manners` tells what becomes of a call by the number called.

    `sockets` are UDP sockets bound to `address`: the first for SIP, the others for audio, one
    for each call at once.
    """

    def __init__(
        self, sockets: Sequence[socket.socket], *, manners: Callable[[str], Manners]
    ) -> None:
        self.manners = manners
        self.dialogs: list[Dialog] = []
        self.news = asyncio.Condition()
        self.late_ticks = 0
        self.keeps = False
        self._sip, *self._free = sockets
        self.address: Address = self._sip.getsockname()
        self._by_id: dict[tuple[str, str], Dialog] = {}
        self._waiting: dict[tuple[str, int], asyncio.Future[Message]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._on_air: list[Dialog] = []
        for each in sockets:
            each.settimeout(0)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)

    async def __aenter__(self) -> Far:
        gc.disable()  # thousands of packets are kept: a collection would hold up the clock
        asyncio.get_running_loop().add_reader(self._sip, self._readable)
        self._start(self._clock())
        return self

    async def __aexit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for task in self._tasks:
            task.cancel()
        for dialog in list(self._by_id.values()):
            self._release(dialog)
        loop.remove_reader(self._sip)
        for each in (self._sip, *self._free):
            each.close()
        gc.enable()

    def _start(self, work: object) -> None:
        task = asyncio.get_running_loop().create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- audio ------------------------------------------------------------------------------------

    async def _clock(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += _FRAME_S
            wait = due - loop.time()
            if wait < -_FRAME_S / 2:
                self.late_ticks += 1
                due = loop.time()  # a burst to catch up would fill the other side's jitter buffer
            await asyncio.sleep(max(wait, 0))
            for dialog in self._on_air:
                dialog.send_frame()

    def _lease(self) -> socket.socket:
        if not self._free:
            raise RuntimeError("the far side has no audio socket left")
        return self._free.pop(0)

    def _listen(self, dialog: Dialog) -> None:
        def readable() -> None:
            with contextlib.suppress(BlockingIOError):
                while True:
                    dialog.take(dialog.rtp.recv(2048))

        asyncio.get_running_loop().add_reader(dialog.rtp, readable)

    def _release(self, dialog: Dialog) -> None:
        if dialog.ended.is_set():
            return
        dialog.mark("ended")
        dialog.ended.set()
        if dialog in self._on_air:
            self._on_air.remove(dialog)
        asyncio.get_running_loop().remove_reader(dialog.rtp)
        with contextlib.suppress(BlockingIOError):
            while True:
                dialog.rtp.recv(2048)
        self._free.append(dialog.rtp)
        self._by_id.pop((dialog.call_id, tag(dialog.local)), None)

    def _on(self, dialog: Dialog) -> None:
        if dialog not in self._on_air and not dialog.ended.is_set():
            self._on_air.append(dialog)

    # --- calls ------------------------------------------------------------------------------------

    def party(self, label: str) -> Dialog:
        """The call that lives under a label now."""
        return next(d for d in reversed(self.dialogs) if d.label == label and not d.ended.is_set())

    async def expect(self, label: str, *, within_s: float = 5.0) -> Dialog:
        """Wait for a call under a label that nobody has waited for before."""

        def found() -> Dialog | None:
            return next(
                (d for d in self.dialogs if d.label == label and "seen" not in d.times), None
            )

        async with self.news:
            await asyncio.wait_for(self.news.wait_for(found), within_s)
        dialog = found()
        assert dialog is not None
        dialog.mark("seen")
        return dialog

    async def call(
        self,
        uri: str,
        to: Address,
        *,
        caller: str,
        label: str,
        tone: bytes = g711.SILENCE,
        replaces: str = "",
        within_s: float = 10.0,
    ) -> Dialog:
        """Call, wait for the answer, and confirm it. The status tells what became of it."""
        number = next(_CALLS)
        dialog = Dialog(
            label=label,
            caller=caller,
            call_id=f"far-{number}-{time.monotonic_ns()}",
            local=f'"Far {label}" <sip:{caller}@{self.address[0]}>;tag=far{number}',
            remote=f"<{uri}>",
            target=uri,
            peer=to,
            rtp=self._lease(),
            tone=tone,
            outgoing=True,
            keeps=self.keeps,
        )
        self._keep(dialog)
        more = [("Replaces", replaces)] if replaces else []
        body = sdp(self.address[0], dialog.rtp.getsockname()[1])
        more += [("Content-Type", "application/sdp")]
        try:
            answer = await asyncio.wait_for(self._ask(dialog, "INVITE", more, body), within_s)
        except TimeoutError:
            dialog.status = 408
            self._release(dialog)
            return dialog
        dialog.status = answer.status
        dialog.remote = answer.get("to")
        if answer.status >= 300:
            self._send(dialog, "ACK", cseq=dialog.cseq)
            self._release(dialog)
            return dialog
        dialog.target = uri_of(answer.get("contact"))
        dialog.media, _ = media_of(answer.body)
        self._send(dialog, "ACK", cseq=dialog.cseq)
        dialog.mark("answered")
        dialog.confirmed.set()
        self._on(dialog)
        return dialog

    async def hang_up(self, dialog: Dialog) -> None:
        """End a call."""
        if dialog.ended.is_set():
            return
        dialog.cseq += 1
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ask(dialog, "BYE"), 2.0)
        self._release(dialog)

    def _keep(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog)
        self._by_id[dialog.call_id, tag(dialog.local)] = dialog
        self._listen(dialog)

    # --- requests of ours -------------------------------------------------------------------------

    async def _ask(
        self, dialog: Dialog, method: str, more: list[tuple[str, str]] | None = None, body: str = ""
    ) -> Message:
        """Send a request; return its final answer."""
        key = (dialog.call_id, dialog.cseq)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[key] = answer
        try:
            self._send(dialog, method, more=more or [], body=body)
            dialog.mark(method.lower())
            return await answer
        finally:
            self._waiting.pop(key, None)

    def _send(
        self,
        dialog: Dialog,
        method: str,
        *,
        more: Sequence[tuple[str, str]] = (),
        body: str = "",
        cseq: int | None = None,
    ) -> None:
        host, port = self.address
        number = dialog.cseq if cseq is None else cseq
        headers = [
            ("Via", f"SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK-{dialog.call_id}-{number}"),
            ("Max-Forwards", "70"),
            ("From", dialog.local),
            ("To", dialog.remote),
            ("Call-ID", dialog.call_id),
            ("CSeq", f"{number} {method}"),
            ("Contact", f"<sip:{dialog.label}@{host}:{port}>"),
            ("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, REFER, NOTIFY, UPDATE"),
            ("Supported", "replaces"),
            *more,
        ]
        self._sip.sendto(render(f"{method} {dialog.target} SIP/2.0", headers, body), dialog.peer)

    # --- what comes -------------------------------------------------------------------------------

    def _readable(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                data, peer = self._sip.recvfrom(65535)
                now = time.monotonic_ns()
                message = parse(data)
                if message is None:
                    continue
                if message.method:
                    self._request(message, peer, now)
                else:
                    self._answered(message)

    def _answered(self, message: Message) -> None:
        number, _, _ = message.get("cseq").partition(" ")
        dialog = self._by_id.get((message.get("call-id"), tag(message.get("from"))))
        if dialog and message.status in (180, 183):
            dialog.mark("ringing")
        waiting = self._waiting.get((message.get("call-id"), int(number)))
        if waiting and not waiting.done() and message.status >= 200:
            waiting.set_result(message)

    def _request(self, message: Message, peer: Address, now: int) -> None:
        dialog = self._by_id.get((message.get("call-id"), tag(message.get("to"))))
        match message.method:
            case "INVITE" if dialog is None:
                self._invited(message, peer, now)
            case "INVITE" if dialog is not None:
                self._changed(dialog, message)
            case "ACK":
                if dialog:
                    dialog.mark("confirmed")
                    dialog.confirmed.set()
            case "CANCEL":
                self._cancelled(message, peer)
            case "BYE":
                self._reply(message, peer, 200 if dialog else 481)
                if dialog:
                    dialog.mark("bye")
                    self._release(dialog)
            case "REFER" if dialog is not None:
                self._reply(message, peer, 202, dialog)
                self._start(self._refer(dialog, message.get("refer-to")))
            case _:
                self._reply(message, peer, 200, dialog)

    def _invited(self, message: Message, peer: Address, now: int) -> None:
        again = next(
            (
                d
                for d in self.dialogs[-64:]
                if d.call_id == message.get("call-id") and not d.outgoing
            ),
            None,
        )
        if again:
            if again.last_answer:
                self._sip.sendto(again.last_answer, peer)
            return
        number = next(_CALLS)
        label = user(message.uri)
        old = self._replaced(message)
        manners = Manners(tone=old.tone) if old else self.manners(label)
        dialog = Dialog(
            label=old.label if old else label,
            caller=user(message.get("from")),
            call_id=message.get("call-id"),
            local=f"{message.get('to')};tag=far{number}",
            remote=message.get("from"),
            target=uri_of(message.get("contact")),
            peer=peer,
            rtp=self._lease(),
            tone=manners.tone,
            outgoing=False,
            invite=message,
            keeps=self.keeps,
        )
        dialog.times["invite"] = now
        dialog.media, _ = media_of(message.body)
        self._keep(dialog)
        self._start(self._welcome(dialog, manners, old))

    def _replaced(self, message: Message) -> Dialog | None:
        call_id, *parts = message.get("replaces").split(";")
        if not call_id:
            return None
        tags = dict(part.strip().partition("=")[::2] for part in parts)
        return self._by_id.get((call_id.strip(), tags.get("to-tag", "")))

    async def _welcome(self, dialog: Dialog, manners: Manners, old: Dialog | None) -> None:
        async with self.news:
            self.news.notify_all()
        if manners.ring_s is not None:
            await asyncio.sleep(manners.ring_s)
            self.ring(dialog)
        if manners.answer_s is not None:
            await asyncio.sleep(manners.answer_s)
            self.answer(dialog)
        if old:
            await self.hang_up(old)

    def ring(self, dialog: Dialog) -> None:
        """Let the caller know that it rings (180)."""
        if dialog.invite and not dialog.ended.is_set():
            dialog.mark("180")
            self._reply(dialog.invite, dialog.peer, 180, dialog)

    def answer(self, dialog: Dialog) -> None:
        """Answer a call that was not answered at once."""
        if dialog.invite and not dialog.ended.is_set():
            dialog.mark("answered")
            self._reply(
                dialog.invite,
                dialog.peer,
                200,
                dialog,
                sdp(self.address[0], dialog.rtp.getsockname()[1]),
            )
            self._on(dialog)

    def _changed(self, dialog: Dialog, message: Message) -> None:
        if message.get("cseq") == (dialog.invite.get("cseq") if dialog.invite else ""):
            return
        dialog.invite = message
        if message.body:
            dialog.media, way = media_of(message.body)
        else:
            way = "sendrecv"
        answer = _ANSWER_WAY.get(way, "sendrecv")
        dialog.sends = answer in ("sendrecv", "sendonly")
        dialog.mark("held" if answer != "sendrecv" else "resumed")
        self._reply(
            message,
            dialog.peer,
            200,
            dialog,
            sdp(self.address[0], dialog.rtp.getsockname()[1], answer),
        )

    def _cancelled(self, message: Message, peer: Address) -> None:
        self._reply(message, peer, 200)
        found = [d for d in self._by_id.values() if d.call_id == message.get("call-id")]
        for dialog in found:
            dialog.mark("cancelled")
            if dialog.invite and not dialog.confirmed.is_set():
                self._reply(dialog.invite, peer, 487, dialog)
            self._release(dialog)

    async def _refer(self, dialog: Dialog, refer_to: str) -> None:
        """Follow a transfer: call where we are referred to, report, and wait to be released."""
        uri, _, query = uri_of(refer_to).partition("?")
        wanted = dict(part.partition("=")[::2] for part in query.split("&"))
        replaces = unquote(wanted.get("Replaces", ""))
        await self._notify(dialog, "SIP/2.0 100 Trying", "active;expires=60")
        successor = await self.call(
            uri,
            self.address,
            caller=dialog.caller,
            label=dialog.label,
            tone=dialog.tone,
            replaces=replaces,
        )
        word = f"SIP/2.0 {successor.status} {'OK' if successor.status < 300 else 'Failed'}"
        await self._notify(dialog, word, "terminated;reason=noresource")

    async def _notify(self, dialog: Dialog, text: str, state: str) -> None:
        if dialog.ended.is_set():
            return
        dialog.cseq += 1
        more = [("Event", "refer"), ("Subscription-State", state)]
        more += [("Content-Type", "message/sipfrag;version=2.0")]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ask(dialog, "NOTIFY", more, text + "\r\n"), 2.0)

    def _reply(
        self,
        request: Message,
        peer: Address,
        status: int,
        dialog: Dialog | None = None,
        body: str = "",
    ) -> None:
        host, port = self.address
        to = dialog.local if dialog and not dialog.outgoing else request.get("to")
        if dialog and dialog.outgoing:
            to = request.get("to")
        headers = [("Via", via) for via in request.all("via")]
        headers += [("Record-Route", route) for route in request.all("record-route")]
        headers += [("From", request.get("from")), ("To", to), ("Call-ID", request.get("call-id"))]
        headers += [("CSeq", request.get("cseq")), ("Contact", f"<sip:{host}:{port}>")]
        headers += [("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, REFER, NOTIFY, UPDATE")]
        headers += [("Supported", "replaces")]
        if body:
            headers += [("Content-Type", "application/sdp")]
        data = render(f"SIP/2.0 {status} {_REASONS.get(status, 'Done')}", headers, body)
        if request.method == "INVITE" and dialog:
            dialog.last_answer = data
        self._sip.sendto(data, peer)


_REASONS = {180: "Ringing", 200: "OK", 202: "Accepted", 481: "No Such Call", 487: "Terminated"}


def loopback(count: int, address: str = "127.0.0.1") -> list[socket.socket]:
    """UDP sockets at free ports: one for SIP, and for `count` calls at once."""
    made = []
    for _ in range(count + 1):
        each = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        each.bind((address, 0))
        made.append(each)
    return made
