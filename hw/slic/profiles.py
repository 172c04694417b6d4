"""What the data sheets of GPIO-controlled SLICs say, as data.

Ag1171: Silvertel data sheet V1.6 (October 2011). Ag1170: the same scheme. KS0835F: R-Tone data
sheet of 2012, whose text and drawing disagree about F/R: which level is forward is therefore a
setting of each line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hw.ports import FxsLimits


@dataclass(frozen=True, slots=True)
class SlicProfile:
    """One kind of SLIC.

    ``forward_high``: level of F/R that feeds the line forward, the idle level. ``hook_high``:
    level of SHK while the loop is closed. Times are in ms: ``wake_ms`` after power-down before
    anything counts; ``persistence_ms`` for which SHK must stay to be a ring trip;
    ``settle_ms`` between the last edge of F/R and the fall of RM; ``hook_settle_ms`` after
    RM fell before SHK tells the loop again; ``reversal_ms`` for which a reversal disturbs it.
    ``duty_window_s`` is what the share of ringing is reckoned over: the data sheet names none.
    """

    name: str
    title: str
    limits: FxsLimits
    forward_high: bool = True
    hook_high: bool = True
    wake_ms: int = 50
    persistence_ms: int = 10
    settle_ms: int = 12
    hook_settle_ms: int = 15
    reversal_ms: int = 50
    duty_window_s: int = 30


AG1171 = SlicProfile(
    name="ag1171",
    title="Silvertel Ag1171",
    limits=FxsLimits(ring_duty=0.33, ring_hz=(15.0, 68.0), ring_amps=0.50, off_hook_amps=0.45),
)
AG1170 = SlicProfile(
    name="ag1170",
    title="Silvertel Ag1170",
    limits=FxsLimits(ring_duty=0.33, ring_hz=(15.0, 68.0), ring_amps=0.50, off_hook_amps=0.45),
)
KS0835F = SlicProfile(
    name="ks0835f",
    title="R-Tone KS0835F",
    # Its ring figure is 1 s in 4 s and no maximum is given: the Ag1171's is kept.
    limits=FxsLimits(ring_duty=0.33, ring_hz=(15.0, 68.0), ring_amps=0.22, off_hook_amps=0.32),
    forward_high=False,  # as its users idle it; see forward_high of the line
)
HC5504B = SlicProfile(
    name="hc5504b",
    title="HC-5504B, HC55185 or L9215 with a ring generator",
    limits=FxsLimits(ring_duty=0.33, ring_hz=(15.0, 68.0), ring_amps=0.50, off_hook_amps=0.45),
    hook_high=False,
)

PROFILES: Mapping[str, SlicProfile] = MappingProxyType(
    {profile.name: profile for profile in (AG1171, AG1170, KS0835F, HC5504B)}
)
