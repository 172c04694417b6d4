"""What the switchboard's extensions do with a call, each as one coroutine.

A script is cancelled when its call ends; what it leaves unfinished is nobody's concern.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

RINGING_S = 2.0
CALL_BACK_S = 3.0
LAST_DIGIT_S = 5.0

BUSY_HERE = 486  # RFC 3261 §21.4.24
NOT_FOUND = 404  # §21.4.5
GONE = 410  # §21.4.9
UNAVAILABLE = 503  # §21.5.4


class Dialogue(Protocol):
    """A call as a script sees it."""

    @property
    def caller(self) -> str:
        """Number of who calls, "" if withheld."""
        ...

    def ring(self) -> None:
        """Let the caller hear ringing (180)."""
        ...

    def open_early(self) -> None:
        """Let the caller hear us before the answer (183 with SDP)."""
        ...

    async def answer(self) -> None:
        """Answer, and wait until both sides agree."""
        ...

    async def connected(self) -> None:
        """Wait until both sides agreed."""
        ...

    async def say(self, *phrases: str) -> None:
        """Say phrases (or keys), until the last one is out."""
        ...

    async def digit(self, within_s: float) -> str | None:
        """Next key that the far end pressed, None if there is none in time."""
        ...

    async def listen(self) -> None:
        """Wait until somebody has said something, and report what it was."""
        ...

    def report_digits(self, digits: str) -> None:
        """Tell the outside which digits were collected."""
        ...

    def call_back(self, after_s: float) -> None:
        """Call the caller ``after_s`` after this call has ended."""
        ...

    def end(self, code: int = 0) -> None:
        """Hang up, or refuse with a SIP status."""
        ...


Script = Callable[[Dialogue], Awaitable[None]]


async def operator(call: Dialogue) -> None:
    """Answer after two seconds of ringing, say good morning, listen for as long as they talk."""
    call.ring()
    await asyncio.sleep(RINGING_S)
    await call.answer()
    await call.say("operator")
    while True:
        await call.listen()


async def announcement(call: Dialogue) -> None:
    """Answer, say the office hours, hang up."""
    await call.answer()
    await call.say("announcement")
    await asyncio.sleep(0.5)
    call.end()


async def early_announcement(call: Dialogue) -> None:
    """Say that the number has changed without answering, then refuse."""
    call.open_early()
    await asyncio.sleep(0.3)  # let the stream come up: nothing may be cut off
    await call.say("moved")
    await asyncio.sleep(0.3)
    call.end(GONE)


async def busy(call: Dialogue) -> None:
    """Be busy."""
    call.end(BUSY_HERE)


async def congestion(call: Dialogue) -> None:
    """Be out of service."""
    call.end(UNAVAILABLE)


async def nobody(call: Dialogue) -> None:
    """Ring for ever."""
    call.ring()
    await asyncio.Event().wait()


async def unknown(call: Dialogue) -> None:
    """Refuse: no such extension."""
    call.end(NOT_FOUND)


async def second_desk(call: Dialogue) -> None:
    """Answer at once with another voice; the third party of a conference."""
    call.ring()
    await asyncio.sleep(0.5)
    await call.answer()
    await call.say("second-desk")
    while True:
        await call.listen()


async def call_back(call: Dialogue) -> None:
    """Promise to call back, hang up, do it."""
    await call.answer()
    await call.say("callback")
    call.call_back(CALL_BACK_S)
    call.end()


async def collect(call: Dialogue) -> None:
    """Ask for digits up to ``#``, report them and say them."""
    await call.answer()
    await call.say("enter-digits")
    while True:
        digits = ""
        while not digits.endswith("#"):
            key = await call.digit(LAST_DIGIT_S if digits else 3600.0)
            if key is None:
                break
            digits += key
        call.report_digits(digits)
        await call.say(*digits)


async def calling_back(call: Dialogue) -> None:
    """Speak to somebody we have called, once they have answered."""
    await call.say("calling-back")
    while True:
        await call.listen()


EXTENSIONS: Mapping[str, Script] = {
    "9": operator,
    "100": operator,
    "110": second_desk,
    "200": announcement,
    "201": early_announcement,
    "300": busy,
    "301": congestion,
    "302": nobody,
    "400": call_back,
    "500": collect,
    "0571000200": operator,  # a number of its own, where calls from outside come in
}
"""Who answers at which number."""
