"""The kinds of values a site file holds: how each is read, checked and described.

Each kind is an annotated type that the schema uses; `Form` says in words what is accepted, for
messages and for the reference.
"""

from __future__ import annotations

import ipaddress
import re
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, SecretStr

from firmware.site.problems import Wrong

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Secret = SecretStr
"""A password: masked wherever it is printed; ``get_secret_value()`` is for the SIP account."""


@dataclass(frozen=True, slots=True)
class Form:
    """What is accepted as a value, in words that follow "write …"."""

    text: str


@dataclass(frozen=True, slots=True)
class Server:
    """A SIP server: a host name or address, and a port unless DNS (RFC 3263) is to tell it."""

    host: str
    port: int | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def address(self) -> Address | None:
        """The host as an address, or None if it is a name."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None


def meant(written: str, known: Sequence[str]) -> str:
    """Say which of ``known`` was probably meant by ``written``, or list what there is."""
    close = get_close_matches(written.lower(), known, n=1) if len(written) <= 64 else []
    if close:
        return f'did you mean "{close[0]}"?'
    if not known:
        return "there is none"
    return "there are " + ", ".join(known) if len(known) > 1 else f"there is only {known[0]}"


def text_of(value: object) -> str:
    """Give ``value`` back if it is text; raises `Wrong` otherwise."""
    if not isinstance(value, str):
        raise Wrong("is not text", 'write it between quotes, as in key = "value"')
    return value


def _matching(pattern: str, what: str, remedy: str) -> PlainValidator:
    compiled = re.compile(pattern)

    def check(value: object) -> str:
        if not compiled.fullmatch(text := text_of(value)):
            raise Wrong(what, remedy)
        return text

    return PlainValidator(check)


_HOST = re.compile(r"(?=.{1,253}$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.?)+")
_SERVER = re.compile(r"(?:\[(?P<v6>[^\]]*)\]|(?P<host>[^:\[\]]*))(?::(?P<port>[0-9]{1,5}))?")


def check_name(text: str) -> str:
    """Check the name of a line, a trunk, a number or a secret; raises `Wrong`."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,31}", text):
        raise Wrong(
            "is not a usable name",
            "names are small letters, digits and hyphens, start with a letter, at most 32",
        )
    return text


def _server(value: object) -> Server:
    text = text_of(value)
    wrong = Wrong(
        "is not a server" if "@" not in text else "has a user before the server",
        'write "host", "host:port", "192.0.2.1:5060" or "[2001:db8::1]:5060", nothing else',
        private="@" in text,  # a password may stand before it
    )
    if not (match := _SERVER.fullmatch(text)):
        raise wrong
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 1 <= port <= 65535:
        raise Wrong(f"has the port {port}", "ports go from 1 to 65535")
    if match["v6"] is not None:
        return Server(str(_address(match["v6"])), port)
    host = match["host"]
    if re.fullmatch(r"[0-9.]+", host):
        return Server(str(_address(host)), port)
    if not _HOST.fullmatch(host):
        raise wrong
    return Server(host.lower(), port)


def _address(value: object) -> Address:
    try:
        return ipaddress.ip_address(text_of(value))
    except ValueError as error:
        if isinstance(error, Wrong):
            raise
        raise Wrong("is not an IP address", 'write it as "192.0.2.1" or "2001:db8::1"') from None


def _network(value: object) -> Network:
    text = text_of(value)
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        pass
    try:
        loose = ipaddress.ip_network(text, strict=False)
    except ValueError:
        remedy = 'write it as "192.0.2.1", "192.0.2.0/24" or "2001:db8::/32"'
        raise Wrong("is not an address or network", remedy) from None
    raise Wrong("is an address inside a network", f'write the network, "{loose}", or one address')


def _host(value: object) -> str:
    server = _server(value)
    if server.port is not None:
        raise Wrong("has a port", "write only the name or the address")
    return str(server)


def _time_zone(value: object) -> zoneinfo.ZoneInfo:
    text = text_of(value)
    try:
        return zoneinfo.ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        known = sorted(zoneinfo.available_timezones())
        close = get_close_matches(text, known, n=1) if len(text) <= 64 else []
        remedy = f'did you mean "{close[0]}"?' if close else 'write one as "Europe/Rome"'
        raise Wrong("is not a time zone", remedy) from None


def _pattern(value: object) -> str:
    if not re.fullmatch(r"[0-9x]+\.?", text := text_of(value)):
        raise Wrong(
            "is not a pattern",
            "write digits, x for any digit, and a point at the end for any further digits",
        )
    return text


SLUG_FORM = "small letters, digits and hyphens, a letter first, at most 32"

Slug = Annotated[str, Form(SLUG_FORM), PlainValidator(lambda value: check_name(text_of(value)))]
"""A name for machines: of the site, a line, a trunk, a number, a secret."""

Label = Annotated[
    str,
    Form("1 to 50 printable characters"),
    _matching(
        r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\"\\]{1,50}",
        "does not fit",
        "write 1 to 50 printable characters, without quotes or backslashes",
    ),
]
"""A name for people, safe in a SIP display name."""

Product = Annotated[
    str,
    Form("printable ASCII, at most 64 characters"),
    _matching(
        r"[!-~](?:[ -~]{0,62}[!-~])?",
        "does not fit a SIP header",
        "write printable ASCII, at most 64 characters",
    ),
]

SipUser = Annotated[
    str,
    Form("a SIP user name"),
    _matching(
        r"[A-Za-z0-9._~+!*-]{1,64}",
        "is not a SIP user name",
        "write letters, digits and . _ ~ + ! * - only, without the domain",
    ),
]

Extension = Annotated[
    str,
    Form("1 to 8 digits"),
    _matching(r"[0-9]{1,8}", "is not an extension", "write 1 to 8 digits between quotes"),
]

EmergencyNumber = Annotated[
    str,
    Form("3 to 6 digits"),
    _matching(r"[0-9]{3,6}", "is not an emergency number", "write 3 to 6 digits between quotes"),
]

Prefix = Annotated[
    str,
    Form("none (empty), one or two digits"),
    _matching(r"[0-9]{0,2}", "is not a prefix", "write no digit, one or two between quotes"),
]

DialPrefix = Annotated[
    str,
    Form("none (empty), or 1 to 6 digits"),
    _matching(r"[0-9]{0,6}", "is not a prefix", "write 1 to 6 digits between quotes, or none"),
]

Port = Annotated[
    str,
    Form('the name of a port of the board, as "fxs1"'),
    _matching(
        r"fxs[1-9][0-9]{0,2}",
        "is not a port",
        'write "fxs1", "fxs2" … as they are counted on the board',
    ),
]

ExchangePort = Annotated[
    str,
    Form('the name of a port for an exchange line, as "fxo1"'),
    _matching(
        r"fxo[1-9][0-9]{0,2}",
        "is not a port",
        'write "fxo1", "fxo2" … as they are counted on the board',
    ),
]

DigitPattern = Annotated[
    str,
    Form("digits, x for any digit, a point at the end for any further digits"),
    PlainValidator(_pattern),
]

ServerAddress = Annotated[
    Server,
    Form('"host", "host:port" or "[2001:db8::1]:port"'),
    PlainValidator(_server),
    PlainSerializer(str),
]
Host = Annotated[str, Form("a host name or address without port"), PlainValidator(_host)]
IpAddress = Annotated[
    Address, Form("an IPv4 or IPv6 address"), PlainValidator(_address), PlainSerializer(str)
]
IpNetwork = Annotated[
    Network,
    Form('an address or network, as "192.0.2.0/24"'),
    PlainValidator(_network),
    PlainSerializer(str),
]
TimeZone = Annotated[
    zoneinfo.ZoneInfo,
    Form('a time zone, as "Europe/Rome"'),
    PlainValidator(_time_zone),
    PlainSerializer(str),
]
