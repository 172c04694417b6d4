"""What the data sheets of GPIO-controlled DAAs say, as data.

CPC5620/5621/5622: LITELINK III data sheet; AN-5: Randolph Telecom application note 5, as built by
the open-hardware shield piphons; Ag2120/Ag2130/Ag2410: Silvertel. Where sources disagree (whether
the CPC5621 gives one or two pulses in a cycle) the driver accepts both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class RingInput(Enum):
    """What the ring pin does: pulses at the ringing frequency, or one level for each burst."""

    PULSES = "pulses"
    ENVELOPE = "envelope"


@dataclass(frozen=True, slots=True)
class DaaProfile:
    """One kind of DAA.

    ``off_hook_high``, ``ring_high``, ``snoop_high``, ``loop_high``, ``battery_high`` and
    ``reversed_high`` are the levels of the pins that mean yes. ``pulses_per_cycle`` are the
    fewest and most ring pulses in one cycle. Times are in ms: ``ring_confirm_ms`` of valid
    ringing before it is believed, ``ring_end_ms`` without it before it is over,
    ``settle_ms`` after a change of the hook before anything else is believed, ``stable_ms``
    for which loop, polarity and battery must stay to count. ``snoop_most_ms`` is how long the
    snoop circuit may be on, None for always; ``snoop_always``: on-hook audio passes anyway.
    """

    name: str
    title: str
    off_hook_high: bool
    ring: RingInput
    ring_high: bool = False
    ring_hz: tuple[float, float] = (15.0, 68.0)
    pulses_per_cycle: tuple[int, int] = (1, 2)
    ring_confirm_ms: int = 160
    ring_end_ms: int = 110
    snoop_high: bool = False
    snoop_always: bool = False
    snoop_most_ms: int | None = None
    loop_high: bool = False
    battery_high: bool = True
    reversed_high: bool = False
    settle_ms: int = 100
    stable_ms: int = 20


CPC5621 = DaaProfile(
    name="cpc5621",
    title="IXYS CPC5620, CPC5621 or CPC5622 (LITELINK III)",
    off_hook_high=False,  # OH is active low
    ring=RingInput.PULSES,
    snoop_high=False,  # so is CID
    snoop_most_ms=1800,  # as long as its Linux driver holds CID
)
AN5 = DaaProfile(
    name="an5",
    title="transformer DAA after Randolph AN-5 (piphons)",
    off_hook_high=False,
    ring=RingInput.ENVELOPE,  # 1 µF after the optocoupler of piphons
    ring_hz=(15.0, 55.0),
)
AN5_PULSES = DaaProfile(
    name="an5-pulses",
    title="transformer DAA after Randolph AN-5, without a capacitor at /RINGDET",
    off_hook_high=False,
    ring=RingInput.PULSES,
    ring_hz=(15.0, 55.0),
)
AG21XX = DaaProfile(
    name="ag21xx",
    title="Silvertel Ag2120, Ag2130 or Ag2410",
    off_hook_high=True,  # logic 1 on LSC closes the loop
    ring=RingInput.PULSES,
    snoop_always=True,  # on-hook reception for caller ID
    loop_high=True,
)

PROFILES: Mapping[str, DaaProfile] = MappingProxyType(
    {profile.name: profile for profile in (CPC5621, AN5, AN5_PULSES, AG21XX)}
)
