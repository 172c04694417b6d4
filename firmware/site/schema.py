"""The sections of a site file, as frozen typed tables.

Every key has a description here; `firmware.site.reference` makes docs/site-file.md of them.
What holds between keys and sections is checked in `firmware.site.checks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from firmware.site.choices import (
    BoardName,
    CallerHeader,
    Codec,
    Country,
    Dialing,
    DisplaySignal,
    Dtmf,
    Language,
    Need,
    NumberForm,
    Register,
    Reliable,
    RingCadence,
    Service,
    Transport,
)
from firmware.site.cutover_schema import Contract, Cutover, NumberChange
from firmware.site.dial_schema import DialPlan, Emergency, Location, Rewrite, ServiceClass
from firmware.site.directory import Directory
from firmware.site.exchange_schema import ExchangeLine
from firmware.site.guide_schema import Group, Guide, Hours, Mail, Menu, Option
from firmware.site.named import ClassName, ExistingFile, NumberName, SecretName, TrunkName
from firmware.site.neighbour_schema import Neighbours
from firmware.site.numbers import Number
from firmware.site.table import Lax, Table
from firmware.site.values import (
    Extension,
    Host,
    IpAddress,
    IpNetwork,
    Label,
    Port,
    Product,
    ServerAddress,
    SipUser,
    Slug,
    TimeZone,
)


class About(Table):
    """The building."""

    id: Slug = Field(description="Short name of the building, also of its files and metrics.")
    name: Label = Field(description="Name of the building for people.")
    language: Annotated[Language, Lax] = Field(
        default=Language.ITALIAN, description="Language of what callers and staff hear."
    )
    country: Annotated[Country, Lax] = Field(
        default=Country.ITALY, description="Country of tones, numbering and line timing."
    )
    time_zone: TimeZone = Field(description="Time zone of office hours and call records.")
    switchboard: NumberName | None = Field(
        default=None, description="The number that callers are told to call."
    )
    speech: bool = Field(
        default=True,
        description="Answer star codes and wrong numbers in words; without speech, by tones. "
        "The site's own recordings are `prompts/KEY.wav` beside this file.",
    )


class Sip(Table):
    """The box's own side of SIP and RTP."""

    bind: IpAddress = Field(
        default="0.0.0.0",  # noqa: S104 -- a box has one network; the firewall names the peers
        validate_default=True,
        description='Address to listen on; "0.0.0.0" is every IPv4, "::" every IPv6 address.',
    )
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=5060, description="Port of SIP over UDP and TCP; 0 takes a free one."
    )
    tls_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=5061, description="Port of SIP over TLS, if a trunk uses it; 0 takes a free one."
    )
    tls_cert: ExistingFile | None = Field(
        default=None, description="The box's certificate (PEM), for switchboards that ask for it."
    )
    tls_key: ExistingFile | None = Field(
        default=None, description="The key of `tls_cert` (PEM, without passphrase)."
    )
    rtp_ports: Annotated[tuple[int, int], Lax] = Field(
        default=(10000, 10199),
        description="First (even) and last (odd) UDP port of audio; 8 are needed for each line.",
    )
    nameservers: Annotated[tuple[IpAddress, ...], Lax] = Field(
        default=(), description="DNS servers; none means those of the system."
    )
    user_agent: Product = Field(default="Derivato", description="Product name in SIP messages.")
    log_messages: bool = Field(
        default=False, description="Write every SIP message to the log (it holds numbers)."
    )


class Trunk(Table):
    """A way to a switchboard or a provider."""

    servers: Annotated[tuple[ServerAddress, ...], Lax, Field(min_length=1, max_length=8)] = Field(
        description="Servers in the order in which they are tried; for TLS by the names that "
        "their certificates hold."
    )
    transport: Annotated[Transport, Lax] = Field(
        default=Transport.UDP, description="Transport of SIP."
    )
    domain: Host | None = Field(
        default=None, description="SIP domain, if it is not the name of the server."
    )
    outbound_proxy: ServerAddress | None = Field(
        default=None, description="Proxy to which every request is sent first."
    )
    registration: Annotated[Register, Lax] = Field(
        default=Register.NONE,
        alias="register",
        description="Who registers: nobody, the trunk with its `user`, or each line with its own.",
    )
    user: SipUser | None = Field(default=None, description="SIP user of the trunk.")
    secret: SecretName | None = Field(
        default=None, description="Password of `user`, by its name in the secrets file."
    )
    register_s: Annotated[int, Field(ge=30, le=86400)] = Field(
        default=300, description="Registration is renewed at least this often."
    )
    retry_s: Annotated[int, Field(ge=1, le=3600)] = Field(
        default=30, description="Pause before a refused registration is tried again."
    )
    srtp: Annotated[Need, Lax] = Field(
        default=Need.OFF, description="Encrypted audio (SRTP, keys by SDES, RFC 4568)."
    )
    allow_keys_in_clear: bool = Field(
        default=False,
        description="Accept `srtp` without TLS, where whoever reads SIP also reads the keys.",
    )
    verify_server: bool = Field(
        default=True, description="Refuse TLS servers whose certificate cannot be verified."
    )
    ca_file: ExistingFile | None = Field(
        default=None, description="Certificate authorities (PEM) instead of the system's."
    )
    codecs: Annotated[tuple[Annotated[Codec, Lax], ...], Lax, Field(min_length=1, max_length=3)] = (
        Field(
            default=(Codec.PCMA, Codec.PCMU),
            description="Codecs in the order in which they are offered.",
        )
    )
    dtmf: Annotated[Dtmf, Lax] = Field(
        default=Dtmf.AUTO,
        description="How digits are sent; auto is RFC 4733 if the far side has it, else in-band.",
    )
    reliable_provisional: Annotated[Reliable, Lax] = Field(
        default=Reliable.SUPPORTED, description="Reliable provisional answers (RFC 3262)."
    )
    session_timer: Annotated[Need, Lax] = Field(
        default=Need.OPTIONAL, description="Session timers (RFC 4028)."
    )
    # RFC 4028 §4: 1800 s recommended; §5: never below 90 s.
    session_expires_s: Annotated[int, Field(ge=90, le=86400)] = Field(
        default=1800, description="A call is refreshed or ended within this time."
    )
    keep_alive_s: Annotated[int, Field(ge=0, le=600)] = Field(
        default=15, description="Pause between keep-alives to the server; 0 sends none."
    )
    probe_s: Annotated[float, Field(ge=0, le=600)] = Field(
        default=10.0,
        description="Pause between the questions (OPTIONS) whether a server is there, every 2 s "
        "once one was not answered; 0 asks never, and the trunk is always taken for usable.",
    )
    return_s: Annotated[float, Field(ge=1, le=3600)] = Field(
        default=30.0, description="A server that is back is trusted after this time."
    )
    identity: Annotated[CallerHeader, Lax] = Field(
        default=CallerHeader.PAI,
        description="Header of the caller's number: P-Asserted-Identity (RFC 3325), From, "
        "or P-Preferred-Identity.",
    )
    message_waiting: bool = Field(
        default=False,
        description="Subscribe to the state of the mailbox (RFC 3842); what is told unasked "
        "is always taken.",
    )
    number_form: Annotated[NumberForm, Lax] = Field(
        default=NumberForm.NATIONAL,
        description="How numbers leave: as in Italy (00 for abroad), with + and country code, or "
        "as they were dialled, without the outside prefix.",
    )
    rewrite: Annotated[tuple[Rewrite, ...], Lax] = Field(
        default=(), description="Rules by which numbers that leave are rewritten, all in order."
    )
    accept_from: Annotated[tuple[IpNetwork, ...], Lax, Field(min_length=1)] = Field(
        default=(), description="Where calls may come from; not written means from `servers` only."
    )


class Line(Table):
    """A telephone."""

    port: Port = Field(description="Port of the board that the telephone is wired to.")
    extension: Extension = Field(description="Internal number of the telephone.")
    number: NumberName | None = Field(default=None, description="Outside number of the telephone.")
    caller_name: Label | None = Field(
        default=None, description="Name shown to those who are called."
    )
    trunk: TrunkName = Field(
        default=None, validate_default=True, description="Trunk that the telephone uses."
    )
    service_class: ClassName = Field(
        default=None, alias="class", description="Class of service; not written allows all."
    )
    user: SipUser | None = Field(
        default=None, description='SIP user, where the trunk has `register = "lines"`.'
    )
    secret: SecretName | None = Field(
        default=None, description="Password of `user`, by its name in the secrets file."
    )
    dialing: Annotated[Dialing, Lax] = Field(
        default=Dialing.BOTH, description="What the telephone may dial with."
    )
    caller_id: bool = Field(default=True, description="Show the caller's number on the telephone.")
    caller_id_signal: Annotated[DisplaySignal, Lax] = Field(
        default=DisplaySignal.AFTER_RING,
        description="How the display is told: FSK after the first ring (Italy), FSK before "
        "ringing after a dual tone, a reversal or a ring pulse, or DTMF.",
    )
    ring_splash: bool = Field(
        default=False, description="One short ring when a call is forwarded at once."
    )
    call_waiting: bool = Field(default=True, description="Announce a second call with a tone.")
    services_off: Annotated[tuple[Annotated[Service, Lax], ...], Lax] = Field(
        default=(), description="Services that this telephone has not."
    )
    hotline: SipUser | None = Field(
        default=None, description="Number called when the handset is lifted."
    )
    hotline_s: Annotated[float, Field(ge=0, le=20)] = Field(
        default=0.0, description="Time for a first digit before `hotline` is called; 0 is none."
    )
    lock_pin: SecretName | None = Field(
        default=None, description="PIN of the lock (*33*PIN#), by its name in the secrets file."
    )
    no_answer_s: Annotated[int, Field(ge=5, le=180)] = Field(
        default=20, description="Ringing time before a call is forwarded for want of an answer."
    )
    disconnect_ms: Annotated[int, Field(ge=0, le=2000)] = Field(
        default=0,
        description="Break in the loop current when the far end hangs up, for answering machines "
        "and entry phones; 0 is none.",
    )
    reverse_on_answer: bool = Field(
        default=False, description="Reverse the polarity while a call made here is answered."
    )
    ring_hz: Literal[25, 20] = Field(default=25, description="Frequency of ringing.")
    ring_s: Annotated[int, Field(ge=5, le=600)] = Field(
        default=60, description="A call that nobody answers ends after this time."
    )
    left_off_s: Annotated[int, Field(ge=3, le=600)] = Field(
        default=20,
        description="A handset that is not hung up after a call or a refusal is asked to be after "
        "this time.",
    )
    howler_s: Annotated[int, Field(ge=1, le=600)] = Field(
        default=60, description="Then it howls for this time, before the line falls silent."
    )
    gain_in_db: Annotated[float, Field(ge=-20, le=12)] = Field(
        default=0.0, description="Gain of what the telephone says."
    )
    gain_out_db: Annotated[float, Field(ge=-20, le=12)] = Field(
        default=0.0, description="Gain of what the telephone hears."
    )
    distinctive: Mapping[Label, Annotated[RingCadence, Lax]] = Field(
        default={}, description="Rhythm of ringing by the name in the call's Alert-Info."
    )
    distinctive_callers: Mapping[Label, Annotated[RingCadence, Lax]] = Field(
        default={},
        description="Rhythm of ringing by the first digits of the caller's number; the longest "
        "that fits counts, before the call's Alert-Info.",
    )


class Board(Table):
    """The line hardware."""

    name: Annotated[BoardName, Lax] = Field(
        description='The board (`derivato board show` lists them); "sim" simulates telephones, '
        '"sim-pins" the chips under the real driver, "custom" is described in `file`.'
    )
    file: ExistingFile | None = Field(
        default=None, description="Description of a board of your own, as those in hw/boards."
    )
    fxs: Annotated[int, Field(ge=1, le=64)] = Field(
        default=2, description="Number of telephone ports of the simulated board."
    )
    fxo: Annotated[int, Field(ge=0, le=16)] = Field(
        default=0, description="Number of exchange lines of the simulated board."
    )
    rings_at_once: Annotated[int, Field(ge=1, le=64)] = Field(
        default=4, description="Telephones that the power supply can ring at the same instant."
    )


@dataclass(frozen=True, slots=True)
class Site:
    """A site file, read and checked, with the names in it resolved.

    Mappings keep the order of the file; their keys are the names of numbers, trunks and lines.
    ``lines`` are the telephones; the lines to an exchange are ``exchange_lines``. ``directory``
    are the other sites that are reached directly.
    """

    about: About
    numbers: Mapping[str, Number]
    sip: Sip
    trunks: Mapping[str, Trunk]
    lines: Mapping[str, Line]
    exchange_lines: Mapping[str, ExchangeLine]
    board: Board
    dialplan: DialPlan
    classes: Mapping[str, ServiceClass]
    emergency: Emergency
    location: Location | None
    cutover: Cutover | None
    contracts: Mapping[str, Contract]
    hours: Mapping[str, Hours]
    groups: Mapping[str, Group]
    menus: Mapping[str, Menu]
    mail: Mail | None
    guide: Guide
    neighbours: Neighbours | None
    directory: Directory = field(default_factory=lambda: MappingProxyType({}))


SINGLE: Mapping[str, type[Table]] = MappingProxyType(
    {
        "site": About,
        "sip": Sip,
        "board": Board,
        "dialplan": DialPlan,
        "emergency": Emergency,
        "location": Location,
        "cutover": Cutover,
        "mail": Mail,
        "guide": Guide,
        "neighbours": Neighbours,
    }
)
"""Sections that are one table."""

NAMED: Mapping[str, type[Table]] = MappingProxyType(
    {
        "trunks": Trunk,
        "lines": Line,
        "classes": ServiceClass,
        "contracts": Contract,
        "hours": Hours,
        "groups": Group,
        "menus": Menu,
    }
)
"""Sections that hold one table for each name."""


def line_kind(table: object) -> type[Table]:
    """What a table under ``[lines]`` is: by its port, a telephone or a line to an exchange."""
    port = table.get("port") if isinstance(table, dict) else None
    return ExchangeLine if isinstance(port, str) and port.startswith("fxo") else Line


NESTED: Mapping[str, type[Table]] = MappingProxyType(
    {
        "trunks.NAME.rewrite": Rewrite,
        "cutover.numbers": NumberChange,
        "menus.NAME.options.KEY": Option,
    }
)
"""Arrays of tables, and tables by KEY, inside the tables of a section."""

SECTIONS = (
    "site",
    "numbers",
    "sip",
    "trunks",
    "lines",
    "board",
    "dialplan",
    "classes",
    "emergency",
    "location",
    "cutover",
    "contracts",
    "hours",
    "groups",
    "menus",
    "mail",
    "guide",
    "neighbours",
)
"""Every section, in the order in which people write them."""
