"""Is this speech in that recording? The tests' ear: normalised cross-correlation.

Frames are 8 kHz mono int16, as everywhere in the project.
"""

from __future__ import annotations

import itertools
import os
import struct
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import signal  # type: ignore[import-untyped]

RATE = 8000  # samples per second
Samples = npt.NDArray[np.int16]
_Real = npt.NDArray[np.float64]

# Speech is mostly low-pitched and therefore alike at many delays; levelling its spectrum
# before the comparison is what keeps two different sentences apart.
_PRE_EMPHASIS = 0.9
# Windows this far below the loudest one do not count: the correlation of silence is noise.
_SILENCE = 1e-4  # -40 dB, as energy
_FAINT = 0.002  # pieces with less of the energy are pauses


# A busy test machine makes a jitter buffer slip; the sentence is still the same one. Half
# a second is long enough to tell sounds apart and short enough to contain one slip at most.
_PIECE = 500 * RATE // 1000
_REACH = 40 * RATE // 1000


@dataclass(frozen=True, slots=True)
class Piece:
    """Half a second of the reference: how well it is heard, and how late."""

    figure: float
    delay_ms: float


@dataclass(frozen=True, slots=True)
class Heard:
    """`figure`: 1 is the same sound at any level, 0 unrelated. `delay_ms`: where it begins.

    The figure is the mean over the pieces, weighted by their energy; each is looked for
    within 40 ms of its place. A negative delay means that the beginning is missing; missing
    parts lower the figure.
    """

    figure: float
    delay_ms: float
    pieces: tuple[Piece, ...] = ()

    @property
    def slips(self) -> int:
        """How often the sound jumped in time by 5 ms or more, among pieces heard well."""
        delays = [piece.delay_ms for piece in self.pieces if piece.figure > 0.7]
        return sum(abs(one - other) >= 5 for one, other in itertools.pairwise(delays))


def read_wav(path: Path) -> Samples:
    """Return the samples of an 8 kHz, 16 bit, mono WAV file.

    A file that is still being written, with lengths of 0 in its header, is read to its end.
    """
    data = path.read_bytes()
    at, shape = 12, None
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8
        if name == b"fmt ":
            _, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", data, at)
            shape = (rate, bits, channels)
        if name == b"data":
            end = at + size if size else len(data)
            sound = data[at:end]
            break
        at += size
    else:
        raise ValueError(f"{path}: no sound in it")
    if shape != (RATE, 16, 1):
        raise ValueError(f"{path}: rate, bits, channels are {shape}, not {(RATE, 16, 1)}")
    return np.frombuffer(sound[: len(sound) // 2 * 2], dtype="<i2").astype(np.int16)


def write_wav(path: Path, samples: Samples) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def hear(recording: Samples | Path, reference: Samples | Path) -> Heard:
    """Look for the whole `reference` anywhere in `recording`.

    Up to a quarter of the reference may lie before the beginning or after the end.
    """
    there, wanted = _prepared(recording), _prepared(reference)
    if not there.any() or not wanted.any():  # also when empty
        return Heard(0.0, 0.0)
    margin = len(wanted) // 4
    room = max(0, len(wanted) - len(there) - margin)  # at least one full window
    padded = np.pad(there, (margin, margin + room))
    _, at = _best(padded, wanted)
    around = np.pad(padded, _REACH)[at : at + len(wanted) + 2 * _REACH]
    pieces, weights = [], []
    for begin in range(0, max(len(wanted) - _PIECE, 0) + 1, _PIECE):
        piece = wanted[begin : begin + _PIECE]
        weight = float(np.sum(piece**2))
        figure, offset = _best(around[begin : begin + len(piece) + 2 * _REACH], piece)
        if weight > _FAINT * float(np.sum(wanted**2)):
            pieces.append(Piece(figure, _ms(at + offset - _REACH - margin)))
            weights.append(weight)
    figure = float(np.average([piece.figure for piece in pieces], weights=weights))
    return Heard(figure, _ms(at - margin), tuple(pieces))


def assert_heard(recording: Samples | Path, reference: Samples | Path) -> Heard:
    """Assert that the reference is heard in a recording: figure above 0.9.

    On a machine with more to do than its processors can, packets come late and sound is lost
    here and there. Then most of the pieces must be perfect instead, and little missing.
    """
    heard = hear(recording, reference)
    middle = float(np.median([piece.figure for piece in heard.pieces] or [0.0]))
    overloaded = os.getloadavg()[0] > (os.cpu_count() or 1)
    limit = 0.75 if overloaded and middle > 0.95 else 0.9
    assert heard.figure > limit, f"{heard}, load {os.getloadavg()[0]}"
    return heard


def level_dbm0(samples: Samples) -> float:
    """Return the mean level; 0 dBm0 is a sine of peak 32767·10^(-3.14/20) (G.711)."""
    rms = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2))) if len(samples) else 0.0
    return 20 * float(np.log10(max(rms, 1e-3) * np.sqrt(2) / 32767)) + 3.14


def _best(there: _Real, wanted: _Real) -> tuple[float, int]:
    """Slide `wanted` along `there`: the best correlation, 0 to 1, and its place."""
    products = signal.fftconvolve(there, wanted[::-1], mode="valid")
    sums = np.concatenate(([0.0], np.cumsum(there**2)))
    energy = sums[len(wanted) :] - sums[: -len(wanted)]
    energy = np.maximum(energy, _SILENCE * float(energy.max()) + 1e-9)
    figures = products / np.sqrt(energy * float(np.sum(wanted**2)) + 1e-9)
    at = int(np.argmax(figures))
    return float(np.clip(figures[at], 0.0, 1.0)), at


def _ms(samples: int) -> float:
    return samples * 1000 / RATE


def _prepared(sound: Samples | Path) -> _Real:
    samples = read_wav(sound) if isinstance(sound, Path) else sound
    real = samples.astype(np.float64)
    if not len(real):
        return real
    real -= real.mean()
    return np.asarray(signal.lfilter([1.0, -_PRE_EMPHASIS], [1.0], real), dtype=np.float64)
