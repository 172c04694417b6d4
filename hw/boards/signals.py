"""The signals between a chip and the header: pin, direction, and the level shifting between them.

From the data sheets: the Ag1171 at 5 V wants 3.5 V for high on F/R and RM, more than a Pi gives,
and drives SHK to 5 V with no more than 100 µA; PD is never driven high.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Way(Enum):
    """Which way a signal goes."""

    OUT = "out"
    IN = "in"
    OPEN_DRAIN = "open drain"


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal of a chip: the name and number of its pin (None: see the module's drawing).

    ``idle_high`` is the level at which nothing happens, None if it does not matter at power-on.
    """

    pin: str
    number: int | None
    way: Way
    idle_high: bool | None = None
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Plug:
    """A connection that is not to the header: audio, line, power."""

    pin: str
    number: int | None
    to: str


@dataclass(frozen=True, slots=True)
class Pinout:
    """All of a chip."""

    signals: Mapping[str, Signal]
    plugs: tuple[Plug, ...]


def _slic(numbers: Mapping[str, int], names: Mapping[str, str]) -> Pinout:
    def at(signal: str) -> tuple[str, int | None]:
        return names[signal], numbers.get(signal)

    return Pinout(
        signals=MappingProxyType(
            {
                "hook": Signal(*at("hook"), Way.IN),
                "reverse": Signal(*at("reverse"), Way.OUT),
                "ring_mode": Signal(*at("ring_mode"), Way.OUT, idle_high=False),
                "power_down": Signal(*at("power_down"), Way.OPEN_DRAIN, needed=False),
            }
        ),
        plugs=(
            Plug(*at("tip"), "telephone, a wire, behind P6KE82 and bridge"),
            Plug(*at("ring"), "telephone, b wire, behind P6KE82 and bridge"),
            Plug(*at("audio_in"), "codec output"),
            Plug(*at("audio_out"), "codec input"),
            Plug(*at("power"), "supply"),
            Plug(*at("ground"), "ground"),
        ),
    )


_AG1171_NAMES = {
    "hook": "SHK", "reverse": "F/R", "ring_mode": "RM", "power_down": "PD", "tip": "TIP(A)",
    "ring": "RING(B)", "audio_in": "VIN via 10 nF", "audio_out": "VOUT via 100 nF, 10 kΩ load",
    "power": "+VPWR", "ground": "GND",
}  # fmt: skip
_AG1171 = {
    "ring": 1, "tip": 2, "reverse": 3, "ring_mode": 4, "hook": 5, "audio_in": 9, "audio_out": 10,
    "ground": 12, "power": 13, "power_down": 14,
}  # fmt: skip
_KS0835F_NAMES = _AG1171_NAMES | {
    "tip": "TIP", "ring": "RING", "audio_in": "VR via 100 nF", "audio_out": "VX via 100 nF",
    "power": "VDC",
}  # fmt: skip
_KS0835F = {
    "ring": 1, "tip": 2, "reverse": 3, "ring_mode": 4, "hook": 5, "audio_in": 6, "audio_out": 7,
    "ground": 9, "power": 10, "power_down": 11,
}  # fmt: skip


def _daa(names: Mapping[str, str], *, idle_high: bool) -> Pinout:
    senses = {
        role: Signal(names[role], None, Way.IN, needed=False)
        for role in ("loop", "polarity", "battery")
        if role in names
    }
    snoop = (
        {"snoop": Signal(names["snoop"], None, Way.OUT, idle_high=True, needed=False)}
        if "snoop" in names
        else {}
    )
    return Pinout(
        signals=MappingProxyType(
            {
                "off_hook": Signal(names["off_hook"], None, Way.OUT, idle_high=idle_high),
                "ring": Signal(names["ring"], None, Way.IN),
                **snoop,
                **senses,
            }
        ),
        plugs=(
            Plug("TIP", None, "exchange line, behind the protection of its data sheet"),
            Plug("RING", None, "exchange line, behind the protection of its data sheet"),
            Plug(names.get("audio_in", "TX"), None, "codec output"),
            Plug(names.get("audio_out", "RX"), None, "codec input"),
            Plug("VDD", None, "supply"),
            Plug("GND", None, "ground"),
        ),
    )


_CPC = {
    "off_hook": "OH", "ring": "RING", "snoop": "CID", "audio_in": "TX+/TX−",
    "audio_out": "RX+/RX−", "loop": "current detector", "polarity": "polarity detector",
    "battery": "battery detector",
}  # fmt: skip
_AN5 = {
    "off_hook": "/OFFHOOK", "ring": "/RINGDET", "loop": "current optocoupler",
    "audio_in": "transformer", "audio_out": "transformer",
}  # fmt: skip
_AG21XX = {"off_hook": "LSC", "ring": "RS", "loop": "LC", "audio_in": "VIN", "audio_out": "VOUT"}

PINOUTS: Mapping[str, Pinout] = MappingProxyType(
    {
        "ag1171": _slic(_AG1171, _AG1171_NAMES),
        "ag1170": _slic({}, _AG1171_NAMES),  # the same scheme; numbers are in its data sheet
        "ks0835f": _slic(_KS0835F, _KS0835F_NAMES),
        "hc5504b": _slic({}, _AG1171_NAMES | {"hook": "SHD"}),
        "cpc5621": _daa(_CPC, idle_high=True),
        "an5": _daa(_AN5, idle_high=True),
        "an5-pulses": _daa(_AN5, idle_high=True),
        "ag21xx": _daa(_AG21XX, idle_high=False),
    }
)
"""Pinout by chip; ``idle_high`` of off_hook is the level that leaves the line alone."""

_FIVE_VOLTS = 4.5


def shifting(way: Way, volts: float) -> str:
    """What stands between a pin of a chip that is fed ``volts`` and the Pi."""
    match way, volts >= _FIVE_VOLTS:
        case Way.OUT, True:
            return "74HCT buffer at 5 V (3.5 V are needed for high), input pulled down by 10 kΩ"
        case Way.IN, True:
            return "divider 18 kΩ over 33 kΩ (51 kΩ in all: the pin gives at most 100 µA)"
        case Way.OPEN_DRAIN, _:
            return "Schottky diode, cathode to the Pi: pulled low only, never driven high"
        case _:
            return "direct"
