"""FSK of caller ID and message waiting: ITU-T V.23 forward channel and Bell 202, 1200 bit/s.

Octets travel least significant bit first with one start and one stop bit, after a seizure of
alternating bits and a run of marks (EN 300 659-1 §5); ``firmware.lines.callerid`` gives them
meaning. The receiver is in ``firmware.dsp.fsk_receiver``.
"""

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.levels import amplitude
from firmware.lines.callerid_plan import BAUD, TAIL_BITS, Modem

RATE = 8000


def modulate(
    payload: bytes,
    *,
    seizure_bits: int = 300,
    mark_bits: int = 180,
    level_dbm0: float = -14.0,
    mark_hz: float = Modem.V23.mark_hz,
    space_hz: float = Modem.V23.space_hz,
    baud: float = BAUD,
) -> NDArray[np.int16]:
    """Give the samples (8 kHz) that carry ``payload``, at ``level_dbm0`` dBm0.

    The phase is continuous and bit edges fall where they belong between samples. The seizure
    begins with a space, so that it ends with a mark (EN 300 659-1 §5.3.1), and 10 marks follow
    the last stop bit. Type 2 (in a call) wants ``seizure_bits=0, mark_bits=80``.
    """
    bits = _bits(payload, seizure_bits, mark_bits)
    edges_s = np.arange(bits.size + 1) / baud
    turns = np.concatenate(([0.0], np.cumsum(np.where(bits, mark_hz, space_hz)))) / baud
    times_s = np.arange(round(bits.size * RATE / baud)) / RATE
    wave = np.sin(2 * np.pi * np.interp(times_s, edges_s, turns))
    return np.rint(amplitude(level_dbm0) * wave).astype(np.int16)


def _bits(payload: bytes, seizure_bits: int, mark_bits: int) -> NDArray[np.bool_]:
    octets = np.frombuffer(payload, np.uint8)
    framed = np.ones((octets.size, 10), np.bool_)
    framed[:, 0] = False
    framed[:, 1:9] = np.unpackbits(octets[:, None], axis=1, bitorder="little")
    seizure = np.arange(seizure_bits) % 2 == 1
    marks = np.ones(mark_bits, np.bool_)
    return np.concatenate((seizure, marks, framed.ravel(), np.ones(TAIL_BITS, np.bool_)))
