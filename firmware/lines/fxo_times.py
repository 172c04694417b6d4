"""How long things take on an exchange line, by country, and how one line is used. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MS = 1_000_000


@dataclass(frozen=True, slots=True)
class FxoTimes:
    """How long things take on the exchange lines of a country, in ms.

    Ringing: a call is over ``ring_gone_ms`` after the last ring; caller ID is waited for
    ``caller_id_ms`` after the first. Dialling: dial tone must come within ``dial_tone_ms``, is
    left alone for ``before_digits_ms``; then digits by keys (``key_on_ms``, ``key_off_ms``) or
    pulses (``pulse_break_ms``, ``pulse_make_ms``, ``pulse_gap_ms`` between digits). A call is
    taken for answered ``answer_ms`` after the last digit when nothing tells, ``no_ringback_ms``
    after ringback has ended. It is over after
    ``break_ms`` without current, ``silence_ms`` without speech or tone, or ``longest_ms`` at the
    latest. The line rests ``guard_ms`` after each use; ``flash_ms`` is R, ``settle_ms`` what
    follows a change of the loop of ours and means nothing. It is dead after ``dead_ms`` unfed.
    """

    ring_gone_ms: int
    caller_id_ms: int
    dial_tone_ms: int
    before_digits_ms: int
    key_on_ms: int
    key_off_ms: int
    pulse_break_ms: int
    pulse_make_ms: int
    pulse_gap_ms: int
    answer_ms: int
    no_ringback_ms: int
    break_ms: int
    silence_ms: int
    longest_ms: int
    guard_ms: int
    flash_ms: int
    settle_ms: int
    dead_ms: int


ITALY = FxoTimes(
    ring_gone_ms=7_000,  # rings are 1 s of 5 or 6; deployed profiles
    caller_id_ms=3_500,  # EN 300 659-1 §6: data begins within 2 s of the ring; 1 s of it
    dial_tone_ms=5_000,
    before_digits_ms=300,
    key_on_ms=100,  # TBR 21: 65 ms at least, both
    key_off_ms=100,
    pulse_break_ms=60,  # 10 pulses a second, 1.5 : 1
    pulse_make_ms=40,
    pulse_gap_ms=800,  # pulse receivers want 260 ms at least
    answer_ms=30_000,
    no_ringback_ms=3_000,  # busy tone would be recognised by then
    break_ms=250,  # SPA gateways: 200 ms; pulses of meters are shorter
    silence_ms=300_000,
    longest_ms=4 * 3600_000,
    guard_ms=2_000,
    flash_ms=100,  # exchanges take 78 to 145 ms for R
    settle_ms=400,
    dead_ms=1_000,  # DAHDI's alarm after 1 s
)

TIMES: Mapping[str, FxoTimes] = MappingProxyType({"it": ITALY})
"""Times by country."""


@dataclass(frozen=True, slots=True)
class FxoConfig:
    """How one exchange line is used.

    ``pulse``: dial by pulses. ``caller_id``: wait for it before the call is offered;
    ``snoop_always``: it may come before the first ring. ``reversal``: the exchange reverses the
    polarity when the far end answers, and back when it hangs up.
    """

    times: FxoTimes = ITALY
    pulse: bool = False
    caller_id: bool = True
    snoop_always: bool = False
    reversal: bool = False
