"""What the SIP side reports beside the events of calls: for status, logs and diagrams."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RegistrationChanged:
    """The registrar answered (or did not): ``code`` is a SIP status, ``expires_s`` seconds."""

    account: str
    code: int
    reason: str
    expires_s: int


@dataclass(frozen=True, slots=True)
class ServerAnswered:
    """The server at ``place`` of ``trunk`` answered a probe, with any SIP status."""

    trunk: str
    place: int
    code: int


@dataclass(frozen=True, slots=True)
class TransportDown:
    """A connection failed or was refused; ``reason`` is for people."""

    transport: str
    reason: str


@dataclass(frozen=True, slots=True)
class Intruder:
    """A request from an address that no trunk allows was refused."""

    address: str
    method: str


@dataclass(frozen=True, slots=True)
class LegQuality:
    """What the voice path of a leg went through, when it ends (RFC 3550 §6.4).

    Packets are counted, times are in ms; ``codec`` such as ``PCMA``; ``encrypted`` for SRTP.
    """

    leg: str
    codec: str
    encrypted: bool
    rx_packets: int
    rx_lost: int
    rx_jitter_ms: float
    tx_packets: int
    tx_lost: int
    round_trip_ms: float


@dataclass(frozen=True, slots=True)
class LegRedirected:
    """The far end of an outgoing leg names another number (RFC 3261 §8.1.3.4); it ends there."""

    leg: str
    number: str


@dataclass(frozen=True, slots=True)
class MessageSummary:
    """The switchboard keeps ``new`` voice messages for ``user`` (RFC 3842 §3.5).

    ``user`` is the user part of Message-Account, "" if it was not given; ``line`` the line whose
    account was told, None for the account of a trunk.
    """

    account: str
    line: str | None
    user: str
    new: int


@dataclass(frozen=True, slots=True)
class SipMessage:
    """One SIP message on the wire, without credentials."""

    at_ns: int
    sent: bool
    peer: str
    text: str


Report = (
    RegistrationChanged
    | ServerAnswered
    | TransportDown
    | Intruder
    | LegQuality
    | LegRedirected
    | MessageSummary
    | SipMessage
)
