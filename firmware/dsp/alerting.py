"""Sound of what wakes a display and tells it who calls."""

from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from firmware.dsp import dtmf_send, fsk
from firmware.dsp.levels import amplitude
from firmware.lines.callerid_plan import Dtmf, DualTone, Fsk, Silence

RATE = 8000
DUAL_TONE_HZ = (2130.0, 2750.0)
"""Frequencies of DT-AS and CAS in Hz, each within 0.5 % (EN 300 659-1 §6.1.2.1)."""
_EDGE_MS = 2.0

Audible = Silence | DualTone | Fsk | Dtmf


def render(segment: Audible) -> NDArray[np.int16]:
    """Give the samples (8 kHz) of ``segment``; those of a plan follow each other without gap."""
    match segment:
        case Silence(ms):
            return np.zeros(round(ms * RATE / 1000), np.int16)
        case DualTone(ms, level_dbm0):
            return dual_tone(ms, level_dbm0=level_dbm0)
        case Fsk():
            return fsk.modulate(
                segment.payload,
                seizure_bits=segment.seizure_bits,
                mark_bits=segment.mark_bits,
                level_dbm0=segment.level_dbm0,
                mark_hz=segment.modem.mark_hz,
                space_hz=segment.modem.space_hz,
            )
        case Dtmf(digits, on_ms, off_ms):
            return dtmf_send.render(digits, on_ms=on_ms, off_ms=off_ms)
        case _:
            assert_never(segment)


def dual_tone(ms: float = 100, *, level_dbm0: float = -15.0) -> NDArray[np.int16]:
    """Give ``ms`` ms of 2130 + 2750 Hz, each at ``level_dbm0`` dBm0, with soft edges."""
    times = np.arange(round(ms * RATE / 1000)) / RATE
    tones = np.sin(2 * np.pi * np.outer(DUAL_TONE_HZ, times))
    wave = amplitude(level_dbm0) * tones.sum(axis=0)
    edge = min(round(_EDGE_MS * RATE / 1000), times.size // 2)
    flank = 0.5 - 0.5 * np.cos(np.pi * (np.arange(edge) + 0.5) / max(edge, 1))
    wave[:edge] *= flank
    wave[times.size - edge :] *= flank[::-1]
    rounded: NDArray[np.int16] = np.clip(np.rint(wave), -32768, 32767).astype(np.int16)
    return rounded
