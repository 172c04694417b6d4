"""A-law for the far side, by ITU-T G.711 table 1a; without the gateway's own code."""

import numpy as np
from numpy.typing import NDArray

FRAME = 160
RATE = 8000
FULL_SCALE_DBM0 = 3.14  # of a sine with peak 32767, ITU-T G.711 note to table 1a


def _decoded() -> NDArray[np.int16]:
    codes = np.arange(256) ^ 0x55
    step, segment = codes & 0x0F, (codes >> 4) & 0x07
    size = np.where(
        segment == 0, (step << 4) + 8, ((step << 4) + 0x108) << np.maximum(segment, 1) - 1
    )
    return np.where(codes & 0x80, size, -size).astype(np.int16)


DECODED = _decoded()
_ORDER = np.argsort(DECODED, kind="stable")
_EDGES = (DECODED[_ORDER][1:].astype(np.int32) + DECODED[_ORDER][:-1]) / 2


def decode(payload: bytes) -> NDArray[np.int16]:
    """Return the samples of an A-law payload."""
    return DECODED[np.frombuffer(payload, np.uint8)]


def encode(samples: NDArray[np.int16]) -> bytes:
    """Return the nearest A-law codes of samples."""
    return _ORDER[np.searchsorted(_EDGES, samples)].astype(np.uint8).tobytes()


SILENCE = encode(np.zeros(FRAME, np.int16))


def sine(hertz: float, *, seconds: float = FRAME / RATE, dbm0: float = -13.0) -> NDArray[np.int16]:
    """Return a sine; one frame of a multiple of 50 Hz may be repeated without a seam."""
    peak = 32767 * 10 ** ((dbm0 - FULL_SCALE_DBM0) / 20)
    times = np.arange(round(seconds * RATE)) / RATE
    return np.rint(peak * np.sin(2 * np.pi * hertz * times)).astype(np.int16)
