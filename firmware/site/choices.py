"""Words that a site file chooses from."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

ITALIAN_EMERGENCY = (
    "112",  # single European emergency number, with 113, 115 and 118 in its call centre
    "113",
    "114",  # children in danger
    "115",
    "117",
    "118",
    "1515",  # forest fires
    "1522",  # violence against women
    "1525",
    "1530",  # coast guard
    "116000",  # missing children
    "116111",  # children's helpline
    "116117",  # doctor on call
)
"""Emergency and helpline numbers of Italy that are recognised at their last digit."""


class Language(StrEnum):
    """Language of what callers and staff hear."""

    ITALIAN = "it"


class Country(StrEnum):
    """Country whose tones, numbering and line timing apply."""

    ITALY = "it"


class Transport(StrEnum):
    """SIP transport."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class Register(StrEnum):
    """Who registers with the switchboard."""

    NONE = "none"
    TRUNK = "trunk"
    LINES = "lines"


class Need(StrEnum):
    """How much an option is wanted: not, if the far side can, or only with it."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Reliable(StrEnum):
    """Use of reliable provisional answers (100rel)."""

    OFF = "off"
    SUPPORTED = "supported"
    REQUIRED = "required"


class Codec(StrEnum):
    """Audio codec."""

    PCMA = "pcma"
    PCMU = "pcmu"
    G722 = "g722"


class Dtmf(StrEnum):
    """How digits are sent in a call."""

    RFC4733 = "rfc4733"
    INFO = "info"
    INBAND = "inband"
    AUTO = "auto"


class CallerHeader(StrEnum):
    """Where the caller's number is written in outgoing calls."""

    PAI = "pai"
    FROM = "from"
    PPI = "ppi"


class Dialing(StrEnum):
    """What a telephone dials with."""

    DTMF = "dtmf"
    PULSE = "pulse"
    BOTH = "both"


class BoardName(StrEnum):
    """Line hardware: the boards of hw/boards, or a description of one's own."""

    SIM = "sim"
    SIM_PINS = "sim-pins"
    ONE = "pi-1fxs-1fxo"
    ONE_DAA = "pi-1fxs-daa"
    TWO = "pi-2fxs-1fxo"
    TWO_MOBILE = "pi-2fxs-1fxo-mobile"
    FOUR = "pi-4fxs-1fxo"
    CUSTOM = "custom"


BOARD_PORTS: Mapping[BoardName, tuple[str, ...]] = MappingProxyType(
    {
        BoardName.SIM_PINS: ("fxs1", "fxs2"),
        BoardName.ONE: ("fxs1",),
        BoardName.ONE_DAA: ("fxs1", "fxo1"),
        BoardName.TWO: ("fxs1", "fxs2"),
        BoardName.TWO_MOBILE: ("fxs1", "fxs2"),
        BoardName.FOUR: ("fxs1", "fxs2", "fxs3", "fxs4"),
    }
)
"""The ports of each board that can be used; the simulated one has as many as the site file wants,
a description of one's own tells itself."""


class DisplaySignal(StrEnum):
    """How a telephone's display is told who calls (EN 300 659-1 §6)."""

    AFTER_RING = "after-ring"
    DUAL_TONE = "dual-tone"
    REVERSAL = "reversal"
    RING_PULSE = "ring-pulse"
    DTMF = "dtmf"


class RingCadence(StrEnum):
    """Rhythm of ringing; the rhythms themselves are in `firmware.lines.ringing`."""

    ESTERNA = "esterna"
    INTERNA = "interna"
    URGENTE = "urgente"
    RICHIAMATA = "richiamata"
    DR1 = "bellcore-dr1"
    DR2 = "bellcore-dr2"
    DR3 = "bellcore-dr3"
    DR4 = "bellcore-dr4"
    DR5 = "bellcore-dr5"
    DR6 = "bellcore-dr6"
    DR7 = "bellcore-dr7"
    DR8 = "bellcore-dr8"


class Service(StrEnum):
    """What a telephone can do beside calling: by star codes, with the R key, or by itself."""

    FORWARD_ALWAYS = "forward-always"
    FORWARD_BUSY = "forward-busy"
    FORWARD_NO_ANSWER = "forward-no-answer"
    FORWARD_OFFLINE = "forward-offline"
    DO_NOT_DISTURB = "do-not-disturb"
    CALL_WAITING = "call-waiting"
    GROUP_CALLS = "group-calls"
    WITHHOLD = "withhold-number"
    REJECT_ANONYMOUS = "reject-anonymous"
    LOCK = "lock"
    SHORT_DIAL = "short-dial"
    WAKE_UP = "wake-up"
    REDIAL = "redial"
    CALL_RETURN = "call-return"
    PICKUP = "pickup"
    ENQUIRY = "enquiry"
    TRANSFER = "transfer"
    CONFERENCE = "conference"
    MESSAGES = "message-waiting"


class Category(StrEnum):
    """Kind of number, as classes of service tell them apart."""

    INTERNAL = "internal"
    LOCAL = "local"
    NATIONAL = "national"
    MOBILE = "mobile"
    INTERNATIONAL = "international"
    PREMIUM = "premium"
    SERVICE = "service"


class WayOut(StrEnum):
    """How a call leaves the building."""

    PBX = "pbx"
    EXCHANGE = "exchange"
    MOBILE = "mobile"
    NEIGHBOURS = "neighbours"


class NumberForm(StrEnum):
    """How a trunk gets numbers: as in Italy, with + and country code, or as they were dialled."""

    NATIONAL = "national"
    E164 = "e164"
    AS_DIALLED = "as-dialled"


class Switching(StrEnum):
    """Who changes from the old switchboard to the new one."""

    PLAN = "plan"
    HAND = "hand"


class Tongue(StrEnum):
    """Language that a voice guide speaks."""

    ITALIAN = "it"
    ENGLISH = "en"


class Strategy(StrEnum):
    """Which members of a group are called first."""

    RING_ALL = "ring-all"
    LINEAR = "linear"
    ROUND_ROBIN = "round-robin"
    LONGEST_IDLE = "longest-idle"


class MailSecurity(StrEnum):
    """How the connection to a mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class Answering(StrEnum):
    """When a call from an exchange line is answered."""

    WHEN_ANSWERED = "when-answered"
    AT_ONCE = "at-once"


class OldNumber(StrEnum):
    """How a switchboard is told by which number a call came in."""

    DIVERSION = "diversion"
    NOT = "not"
