"""WAV files of every kind, and files that are none."""

import contextlib
import struct
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from firmware.dsp.wav import WavError, read_wav, write_wav

TIMES = np.arange(8000) / 8000
SINE = np.rint(12000 * np.sin(2 * np.pi * 700 * TIMES)).astype(np.int16)


def riff(code, channels, rate, bits, data, *, extra=b"", before=b"", size=None):
    layout = struct.pack("<HHIIHH", code, channels, rate, 0, channels * bits // 8, bits) + extra
    body = b"WAVE" + before + b"fmt " + struct.pack("<I", len(layout)) + layout
    body += b"data" + struct.pack("<I", len(data) if size is None else size) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.fixture
def file(tmp_path):
    return tmp_path / "a.wav"


def read(file, raw):
    file.write_bytes(raw)
    return read_wav(file)


@given(arrays(np.int16, st.integers(1, 2000)))
@settings(deadline=None, max_examples=30)
def test_what_is_written_is_read(tmp_path_factory, samples):
    file = tmp_path_factory.mktemp("wav") / "a.wav"
    write_wav(file, samples)
    assert np.array_equal(read_wav(file), samples)
    with wave.open(str(file)) as other:
        assert (other.getframerate(), other.getnchannels(), other.getsampwidth()) == (8000, 1, 2)
        assert other.readframes(len(samples)) == samples.tobytes()


def test_linear_codings(file):
    wide = SINE.astype("<i4")
    pairs = [
        (8, ((SINE >> 8) + 128).astype(np.uint8).tobytes(), 256),
        (24, b"".join((int(s) * 256).to_bytes(3, "little", signed=True) for s in SINE), 1),
        (32, (wide << 16).tobytes(), 1),
    ]
    for bits, data, most in pairs:
        samples = read(file, riff(1, 1, 8000, bits, data))
        assert np.abs(samples.astype(int) - SINE).max() < most, bits
    for bits in (32, 64):
        data = (SINE / 32768).astype(f"<f{bits // 8}").tobytes()
        assert np.abs(read(file, riff(3, 1, 8000, bits, data)).astype(int) - SINE).max() <= 1


@pytest.mark.parametrize(
    ("code", "values"),
    [
        (6, {0x55: -8, 0xD5: 8, 0x2A: -32256, 0xAA: 32256, 0x80: 5504}),
        (7, {0xFF: 0, 0x7F: 0, 0x00: -32124, 0x80: 32124, 0xF0: 120}),
    ],
)
def test_companded_codings(file, code, values):
    """Values of G.711 tables 1a and 2a."""
    samples = read(file, riff(code, 1, 8000, 8, bytes(values)))
    assert samples.tolist() == list(values.values())


def test_stereo_is_averaged(file):
    both = np.stack([SINE, np.zeros_like(SINE)], axis=1)
    samples = read(file, riff(1, 2, 8000, 16, both.tobytes()))
    assert np.abs(samples - SINE / 2).max() <= 0.5


@pytest.mark.parametrize("rate", [6000, 11025, 16000, 22050, 44100, 48000, 96000])
def test_other_rates_keep_time_and_level(file, rate):
    times = np.arange(rate) / rate
    data = np.rint(12000 * np.sin(2 * np.pi * 700 * times)).astype("<i2").tobytes()
    samples = read(file, riff(1, 1, rate, 16, data))
    assert len(samples) == 8000
    assert np.abs(samples.astype(int) - SINE)[200:-200].max() <= 3


@pytest.mark.parametrize("hertz", [4100, 5000, 7300, 15000])
def test_no_alias(file, hertz):
    times = np.arange(44100) / 44100
    data = np.rint(20000 * np.sin(2 * np.pi * hertz * times)).astype("<i2").tobytes()
    samples = read(file, riff(1, 1, 44100, 16, data))
    assert np.abs(samples[200:-200]).max() <= 3


def test_extensible_and_other_chunks(file):
    extra = struct.pack("<HHI", 22, 16, 4) + struct.pack("<H", 1) + b"\0" * 14
    before = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    samples = read(file, riff(0xFFFE, 1, 8000, 16, SINE.tobytes(), extra=extra, before=before))
    assert np.array_equal(samples, SINE)


def test_unknown_length_of_a_pipe(file):
    raw = riff(1, 1, 8000, 16, SINE.tobytes() + b"x", size=0xFFFFFFFF)
    assert np.array_equal(read(file, raw), SINE)


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", "not a WAV file"),
        (b"hello, I am a text", "not a WAV file"),
        (b"RIFF\0\0\0\0AVI LIST", "not a WAV file"),
        (b"RIFF\0\0\0\0WAVE", "cut short"),
        (riff(1, 1, 8000, 16, b"")[:40], "cut short"),
        (riff(1, 1, 8000, 16, SINE.tobytes())[:-100], "cut short, 100 of 16000 bytes"),
        (riff(1, 1, 8000, 16, b""), "empty"),
        (riff(1, 2, 8000, 16, b"abc"), "incomplete"),
        (riff(1, 0, 8000, 16, b"ab"), "no channels"),
        (riff(0x55, 1, 8000, 16, b"ab"), "coding 0x55"),
        (riff(1, 1, 8000, 12, b"ab"), "12 bits"),
        (riff(1, 1, 100, 16, b"ab"), "rate of 100 Hz"),
        (riff(3, 1, 8000, 32, struct.pack("<f", float("nan"))), "no numbers"),
    ],
)
def test_what_cannot_be_used_is_refused_clearly(file, raw, what):
    with pytest.raises(WavError, match=what) as caught:
        read(file, raw)
    assert str(caught.value).startswith(f"{file}: ")


@given(st.binary(max_size=200), st.integers(0, 60))
@settings(deadline=None, max_examples=80)
def test_damage_is_refused_or_read(tmp_path_factory, noise, at):
    raw = bytearray(riff(1, 1, 8000, 16, SINE.tobytes()[:100]))
    raw[at : at + len(noise)] = noise
    file = tmp_path_factory.mktemp("wav") / "a.wav"
    file.write_bytes(bytes(raw))
    with contextlib.suppress(WavError):
        assert read_wav(file).dtype == np.int16


def test_missing_file(file):
    with pytest.raises(FileNotFoundError):
        read_wav(file)
