"""SIP messages as text, as far as a far side that measures needs them (RFC 3261 §7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

Headers = Sequence[tuple[str, str]]
_COMPACT = {
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "v": "via",
    "l": "content-length",
}


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a response; header names are in lower case."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: str

    @property
    def method(self) -> str:
        """Method of a request, "" of a response."""
        return "" if self.start.startswith("SIP/2.0") else self.start.split(" ", 1)[0]

    @property
    def status(self) -> int:
        """Status of a response, 0 of a request."""
        return 0 if self.method else int(self.start.split(" ", 2)[1])

    @property
    def uri(self) -> str:
        """Request-URI."""
        return self.start.split(" ")[1]

    def get(self, name: str) -> str:
        """First header of a name, "" if there is none."""
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every header of a name."""
        return [value for key, value in self.headers if key == name]


def parse(data: bytes) -> Message | None:
    """Read a message; None is a keep-alive."""
    text = data.decode("utf-8", "replace")
    if not text.strip("\r\n\0"):
        return None
    head, _, body = text.partition("\r\n\r\n")
    start, *lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    headers = []
    for line in lines:
        name, _, value = line.partition(":")
        key = name.strip().lower()
        headers.append((_COMPACT.get(key, key), value.strip()))
    return Message(start, tuple(headers), body)


def render(start: str, headers: Headers, body: str = "") -> bytes:
    """Write a message."""
    lines = [start, *(f"{name}: {value}" for name, value in headers)]
    lines += [f"Content-Length: {len(body.encode())}", "", body]
    return "\r\n".join(lines).encode()


def user(value: str) -> str:
    """User part of the first SIP address in a header or URI, "" if there is none."""
    found = re.search(r"sips?:([^@;>]+)@", value)
    return found[1] if found else ""


def uri_of(value: str) -> str:
    """The URI of a name-addr or addr-spec."""
    found = re.search(r"<([^>]+)>", value)
    return found[1] if found else value.split(";", maxsplit=1)[0].strip()


def tag(value: str) -> str:
    """The tag of a From or To header, "" if there is none."""
    found = re.search(r";\s*tag=([^;\s]+)", value)
    return found[1] if found else ""


def sdp(address: str, port: int, way: str = "sendrecv") -> str:
    """Session description: A-law at 20 ms, telephone events beside it."""
    lines = ["v=0", f"o=far 1 1 IN IP4 {address}", "s=-", f"c=IN IP4 {address}", "t=0 0"]
    lines += [f"m=audio {port} RTP/AVP 8 101", "a=rtpmap:8 PCMA/8000"]
    lines += ["a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=ptime:20", f"a={way}"]
    return "\r\n".join(lines) + "\r\n"


def media_of(body: str) -> tuple[tuple[str, int] | None, str]:
    """Address and port of the audio in a session description, and its direction."""
    port = re.search(r"(?m)^m=audio (\d+)", body)
    where = re.search(r"(?m)^c=IN IP[46] ([^\s/]+)", body)
    way = re.search(r"(?m)^a=(sendrecv|sendonly|recvonly|inactive)", body)
    found = (where[1], int(port[1])) if port and where and int(port[1]) else None
    return found, way[1] if way else "sendrecv"
