"""What the SIP side needs to know, as plain data; built from the site file by the app."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import NamedTuple

Network = IPv4Network | IPv6Network


class Transport(Enum):
    """How SIP messages travel."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class Srtp(Enum):
    """Whether audio is encrypted (RFC 3711, keys by RFC 4568)."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Digits(Enum):
    """How key presses are sent: RFC 4733 events, SIP INFO, audible, or what the far end takes."""

    EVENTS = "rfc4733"
    INFO = "info"
    INBAND = "inband"
    AUTO = "auto"


class Use(Enum):
    """Whether an extension of SIP is used."""

    OFF = "off"
    SUPPORTED = "supported"
    REQUIRED = "required"


class Identity(Enum):
    """Which header carries the caller's number beside From (RFC 3325)."""

    FROM = "from"
    ASSERTED = "pai"
    PREFERRED = "ppi"


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Certificates of one TLS listener. ``verify`` off accepts any server: for laboratories.

    ``authorities`` (PEM) are trusted instead of those in ``ca_file``. With ``clients`` on, whoever
    connects must show a certificate that they vouch for.
    """

    verify: bool = True
    authorities: str = ""
    clients: bool = False
    ca_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    port: int = 0


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """One account at a switchboard: of a trunk, or of one line on it.

    ``server`` is ``host[:port]``; ``user`` the user part of our address there; ``line`` the line
    that the account belongs to, None for the account of a whole trunk. ``servers`` are all servers
    of the trunk in order, each with the domain that it serves; ``place`` is that of the server
    which the account is for alone, None if it goes with the one in use. Times are in seconds.
    ``neighbour`` is the site whose box this account is for, if it is not for a switchboard: calls
    are then accepted over connections with the certificate ``fingerprint`` (SHA-256), only.
    """

    name: str
    trunk: str
    server: str
    user: str
    domain: str
    transport: Transport = Transport.UDP
    line: str | None = None
    outbound_proxy: str | None = None
    register: bool = False
    register_s: int = 600
    retry_s: int = 30
    auth_user: str = ""
    password: str = field(default="", repr=False)
    codecs: tuple[str, ...] = ("pcma", "pcmu")
    srtp: Srtp = Srtp.OFF
    keys_in_clear: bool = False
    digits: Digits = Digits.AUTO
    reliable: Use = Use.SUPPORTED
    session_timer: Use = Use.SUPPORTED
    session_expires_s: int = 1800
    keep_alive_s: int = 15
    identity: Identity = Identity.ASSERTED
    message_waiting: bool = False
    servers: tuple[tuple[str, str], ...] = ()
    place: int | None = None
    tls: TlsSettings | None = None
    accept_from: tuple[Network, ...] = ()
    neighbour: str = ""
    fingerprint: str = ""


class LineIdentity(NamedTuple):
    """Who a line is to those it calls; ``trunk`` is the one it uses (None: any)."""

    number: str
    name: str
    trunk: str | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """Where the building is: a civic address (RFC 5139), a point in degrees (WGS 84), or both."""

    country: str
    name: str
    street: str | None = None
    house_number: str | None = None
    postal_code: str | None = None
    city: str | None = None
    province: str | None = None
    region: str | None = None
    place: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """The endpoint: addresses, ports, the codecs of all accounts together, limits.

    ``bind`` is the local address ("0.0.0.0" and "::" mean every one of that family), ``port``
    serves UDP and TCP (0: any free one), ``rtp_ports`` are the first and last RTP port.
    ``location`` is told with emergency calls.
    """

    bind: str = "0.0.0.0"  # noqa: S104 - a gateway serves its network; the site file narrows it
    port: int = 5060
    rtp_ports: tuple[int, int] = (10_000, 10_199)
    codecs: tuple[str, ...] = ("pcma", "pcmu", "g722")
    nameservers: tuple[str, ...] = ()
    user_agent: str = "Derivato"
    max_calls: int = 32
    log_messages: bool = False
    location: Location | None = None
