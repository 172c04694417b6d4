"""Read any WAV file as 8 kHz mono, and write such files.

Everything in the gateway is 8 kHz, mono, 16 bit; recordings from elsewhere are converted here:
8, 16, 24 and 32-bit PCM, 32 and 64-bit float, A-law and µ-law, any number of channels, any rate
from 4 to 192 kHz.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.resample import resample

RATE = 8000
_UNKNOWN = 0xFFFFFFFF  # data size written by programs that wrote to a pipe
_LIMITS = (4000, 192_000)  # Hz

Wave = NDArray[np.float64]


class WavError(ValueError):
    """A file is not a WAV file that can be used.

    Examples: a text file, a file cut short, a file without a single sample, MP3 inside WAV.
    The text begins with the file and ends with what to do.
    """


class _Coding(IntEnum):
    PCM = 1
    FLOAT = 3
    A_LAW = 6
    MU_LAW = 7
    EXTENSIBLE = 0xFFFE


@dataclass(frozen=True, slots=True)
class _Format:
    coding: _Coding
    channels: int
    rate: int
    bits: int


def read_wav(path: Path | str) -> NDArray[np.int16]:
    """Return the samples of a WAV file, 8 kHz, channels averaged.

    Raises WavError for what cannot be used, OSError for what cannot be read.
    """
    path = Path(path)
    try:
        kind, data = _chunks(path.read_bytes())
        frames = _decoded(kind, data).reshape(-1, kind.channels)
    except ValueError as error:
        raise WavError(f"{path}: {error}") from error
    wave = frames.mean(axis=1) if kind.channels > 1 else frames[:, 0]
    if kind.rate != RATE:
        wave = resample(wave, kind.rate, RATE)
    return np.clip(np.rint(wave), -32768, 32767).astype(np.int16)


def write_wav(path: Path | str, samples: NDArray[np.int16]) -> None:
    """Write samples as an 8 kHz, mono, 16-bit PCM file.  Raises OSError."""
    data = samples.astype("<i2").tobytes()
    layout = struct.pack("<HHIIHH", _Coding.PCM, 1, RATE, 2 * RATE, 2, 16)
    body = b"WAVEfmt " + struct.pack("<I", len(layout)) + layout
    body += b"data" + struct.pack("<I", len(data)) + data
    Path(path).write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


def _chunks(raw: bytes) -> tuple[_Format, bytes]:
    """Find the format and the samples.  Raises ValueError saying what is wrong."""
    if raw[:4] != b"RIFF" or raw[8:12] != b"WAVE":
        raise ValueError("not a WAV file; convert it to WAV, 8 kHz, 16 bit, mono")
    kind: _Format | None = None
    at = 12
    while at + 8 <= len(raw):
        name, size = raw[at : at + 4], int.from_bytes(raw[at + 4 : at + 8], "little")
        body = raw[at + 8 : at + 8 + size]
        if name == b"fmt ":
            kind = _format(body)
        elif name == b"data":
            if kind is None:
                raise ValueError("the samples come before their format; record the file again")
            return kind, _whole(kind, body, size)
        at += 8 + size + size % 2
    raise ValueError("the file is cut short, there are no samples in it; copy it again")


def _whole(kind: _Format, body: bytes, size: int) -> bytes:
    frame = kind.channels * kind.bits // 8
    if size == _UNKNOWN:
        body = body[: len(body) - len(body) % frame]
    elif len(body) < size:
        missing = size - len(body)
        raise ValueError(
            f"the file is cut short, {missing} of {size} bytes are missing; copy again"
        )
    if size == 0 or not body:
        raise ValueError("the file is empty, there is not one sample in it; record it again")
    if len(body) % frame:
        raise ValueError(f"the last sample is incomplete, {len(body)} bytes are not whole frames")
    return body


def _format(body: bytes) -> _Format:
    if len(body) < 16:
        raise ValueError("the format is cut short; copy the file again")
    code, channels, rate, _, _, bits = struct.unpack("<HHIIHH", body[:16])
    if code == _Coding.EXTENSIBLE and len(body) >= 26:
        code = int.from_bytes(body[24:26], "little")
    allowed = {
        _Coding.PCM: (8, 16, 24, 32),
        _Coding.FLOAT: (32, 64),
        _Coding.A_LAW: (8,),
        _Coding.MU_LAW: (8,),
    }
    if code not in allowed or bits not in allowed[_Coding(code)]:
        raise ValueError(
            f"coding {code:#x} with {bits} bits is not known; convert it to 16-bit PCM"
        )
    if not channels:
        raise ValueError("no channels; record the file again")
    if not _LIMITS[0] <= rate <= _LIMITS[1]:
        raise ValueError(f"a rate of {rate} Hz is out of range; convert it to 8000 Hz")
    return _Format(_Coding(code), channels, rate, bits)


def _decoded(kind: _Format, data: bytes) -> Wave:
    """Return the samples of all channels, interleaved, full scale 32768."""
    if kind.coding is _Coding.A_LAW:
        return _a_law()[np.frombuffer(data, np.uint8)]
    if kind.coding is _Coding.MU_LAW:
        return _mu_law()[np.frombuffer(data, np.uint8)]
    if kind.coding is _Coding.FLOAT:
        wave = np.frombuffer(data, f"<f{kind.bits // 8}").astype(np.float64)
        if not np.isfinite(wave).all():
            raise ValueError("samples that are no numbers; record the file again")
        return wave * 32768.0
    if kind.bits == 8:
        return (np.frombuffer(data, np.uint8).astype(np.float64) - 128) * 256
    if kind.bits == 24:
        wide = np.zeros((len(data) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        return wide.view("<i4")[:, 0] / 65536.0
    return np.frombuffer(data, f"<i{kind.bits // 8}") / 2.0 ** (kind.bits - 16)


def _a_law() -> Wave:
    """Return the 256 values of A-law, full scale 32256 (ITU-T G.711 table 1a)."""
    code = np.arange(256) ^ 0x55
    step, segment = code & 0x0F, (code >> 4) & 0x07
    size = np.where(
        segment == 0, (step << 4) + 8, ((step << 4) + 0x108) << np.maximum(segment - 1, 0)
    )
    return np.where(code & 0x80, size, -size).astype(np.float64)


def _mu_law() -> Wave:
    """Return the 256 values of µ-law, full scale 32124 (ITU-T G.711 table 2a)."""
    code = ~np.arange(256) & 0xFF
    size = ((((code & 0x0F) << 3) + 0x84) << ((code >> 4) & 0x07)) - 0x84
    return np.where(code & 0x80, -size, size).astype(np.float64)
