"""Send DTMF digits: levels, soft edges, continuous phase."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.dtmf_bank import DIGITS, HIGH, LOW, RATE
from firmware.dsp.levels import amplitude

HIGH_DBM0 = -9.0  # levels of the Italian tone plan; ETSI ES 201 235-2 wants high above low
LOW_DBM0 = -11.0
_EDGE_MS = 2.0  # raised-cosine flanks: no click, and well inside the 5 ms of ES 201 235-2


def render(
    digits: str,
    *,
    on_ms: float = 70,
    off_ms: float = 70,
    high_dbm0: float = HIGH_DBM0,
    low_dbm0: float = LOW_DBM0,
) -> NDArray[np.int16]:
    """Return the samples of ``digits``, each a tone of ``on_ms`` and a pause of ``off_ms``.

    Raises ValueError for a character that is not one of the 16 digits (letters in either case)
    and for a tone or pause below zero.
    """
    if on_ms <= 0 or off_ms < 0:
        raise ValueError(f"a tone of {on_ms} ms and a pause of {off_ms} ms cannot be sent")
    pause = np.zeros(round(off_ms * RATE / 1000), np.int16)
    tone_length = round(on_ms * RATE / 1000)
    pieces = []
    for digit in digits:
        pieces += [_tone(digit, tone_length, amplitude(low_dbm0), amplitude(high_dbm0)), pause]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)


def _tone(digit: str, length: int, low: float, high: float) -> NDArray[np.int16]:
    key = DIGITS.find(digit.upper())
    if key < 0 or len(digit) != 1:
        raise ValueError(f"{digit!r} is not a DTMF digit; the digits are 0-9, A-D, * and #")
    times = np.arange(length) / RATE
    wave = low * np.sin(2 * np.pi * LOW[key // 4] * times)
    wave += high * np.sin(2 * np.pi * HIGH[key % 4] * times)
    edge = min(round(_EDGE_MS * RATE / 1000), length // 2)
    flank = 0.5 - 0.5 * np.cos(np.pi * (np.arange(edge) + 0.5) / max(edge, 1))
    wave[:edge] *= flank
    wave[length - edge :] *= flank[::-1]
    return np.clip(np.rint(wave), -32768, 32767).astype(np.int16)


class DtmfSender:
    """Send digits frame by frame into a stream; more may be queued while some are sounding."""

    def __init__(self, *, on_ms: float = 70, off_ms: float = 70) -> None:
        self._on_ms = on_ms
        self._off_ms = off_ms
        self._queued: list[NDArray[np.int16]] = []

    @property
    def sending(self) -> bool:
        """Whether samples of a digit or of the pause after it are left."""
        return bool(self._queued)

    def send(self, digits: str) -> None:
        """Queue ``digits``; raises ValueError like :func:`render`, and then queues nothing."""
        if digits:
            self._queued.append(render(digits, on_ms=self._on_ms, off_ms=self._off_ms))

    def take(self, count: int) -> NDArray[np.int16]:
        """Return the next ``count`` samples, silence when nothing is left."""
        out = np.zeros(count, np.int16)
        done = 0
        for piece in self._pieces(count):
            out[done : done + piece.size] = piece
            done += piece.size
        return out

    def _pieces(self, count: int) -> Iterator[NDArray[np.int16]]:
        while self._queued and count:
            head = self._queued[0][:count]
            rest = self._queued[0][count:]
            self._queued[:1] = [rest] if rest.size else []
            count -= head.size
            yield head
