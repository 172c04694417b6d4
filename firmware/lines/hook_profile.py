"""Limits that tell bounce, dial pulse, hook flash and release apart on one line."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HookProfile:
    """Limits, in ms, between which a loop interruption means something on one line.

    The defaults are those of deployed Italian exchange profiles (TIM and Fastweb gateways alike).
    Both ends of every window belong to it. What falls between two windows means nothing.

    ``bounce_ms``      a level must last this long to be a contact's rest (Ag1171 data sheet: 10)
    ``off_hook_ms``    closed this long: the handset is lifted
    ``break_min_ms``   shorter breaks did not happen
    ``pulse_max_ms``   a longer break, alone, is no dial pulse; None: the line has no dial
    ``train_max_ms``   a longer break is no dial pulse even among others of the same digit
    ``make_max_ms``    a longer closure separates a break from its neighbours
    ``digit_end_ms``   closed this long after a pulse: the digit is complete
    ``flash_min_ms``, ``flash_max_ms``  hook flash ("tasto R")
    ``release_ms``     open this long: the handset is down
    ``trip_guard_ms``  breaks so soon after a ring trip come from the ring generator

    Raises ``ValueError`` if the windows overlap or are out of order.
    """

    name: str
    bounce_ms: float = 10
    off_hook_ms: float = 130
    break_min_ms: float = 20
    pulse_max_ms: float | None = 75
    train_max_ms: float = 90
    make_max_ms: float = 75
    digit_end_ms: float = 260
    flash_min_ms: float = 78
    flash_max_ms: float = 145
    release_ms: float = 250
    trip_guard_ms: float = 200

    def __post_init__(self) -> None:
        pulse_max = self.break_min_ms if self.pulse_max_ms is None else self.pulse_max_ms
        rising = (
            (0, self.bounce_ms, self.break_min_ms, pulse_max, self.flash_min_ms),
            (self.flash_min_ms, self.flash_max_ms, self.release_ms),
            (pulse_max, self.train_max_ms, self.flash_max_ms),
            (self.bounce_ms, self.make_max_ms, self.digit_end_ms),
            (self.bounce_ms, self.off_hook_ms),
            (0, self.trip_guard_ms),
        )
        if any(list(limits) != sorted(limits) for limits in rising):
            raise ValueError(f"hook profile {self.name}: windows overlap or are out of order")
        if pulse_max == self.flash_min_ms or self.flash_max_ms == self.release_ms:
            raise ValueError(f"hook profile {self.name}: one duration would mean two things")


BOTH = HookProfile(name="both")
"""Italian default: dial and keys on the same line."""

ROTARY = HookProfile(name="rotary", pulse_max_ms=90, flash_min_ms=95)
"""A dial, however slow: a lone break of up to 90 ms is the digit 1, no flash."""

DTMF = HookProfile(name="dtmf", pulse_max_ms=None, flash_min_ms=70, flash_max_ms=200)
"""Keys only: without pulses to confuse it with, the flash window is wider on both sides."""

PROFILES = (ROTARY, DTMF, BOTH)
