"""Digits sent: frequencies, levels, edges, queue."""

import numpy as np
import pytest

from firmware.dsp.dtmf import DigitStart, DtmfReceiver, DtmfSender, render
from firmware.dsp.dtmf_bank import DIGITS, HIGH, LOW
from firmware.dsp.levels import level_of_sine


@pytest.mark.parametrize("digit", DIGITS)
def test_frequencies_and_levels(digit):
    tone = render(digit, on_ms=1000, off_ms=0)[800:-800].astype(np.float64)
    times = np.arange(tone.size) / 8000
    key = DIGITS.index(digit)
    for hertz, want in ((LOW[key // 4], -11), (HIGH[key % 4], -9)):
        window = np.hanning(tone.size)
        part = np.exp(-2j * np.pi * hertz * times) @ (tone * window)
        assert level_of_sine(abs(part) * 2 / window.sum()) == pytest.approx(want, abs=0.02)


def test_edges_are_soft():
    tone = render("1", on_ms=70, off_ms=70)
    assert tone.size == 1120
    assert not tone[560:].any()
    assert np.abs(tone[:4]).max() < 1200
    assert np.abs(tone[556:560]).max() < 600


@pytest.mark.parametrize("bad", ["x", "12E", " ", "²"])
def test_other_characters_are_refused(bad):
    with pytest.raises(ValueError, match="is not a DTMF digit"):
        render(bad)


def test_impossible_times_are_refused():
    with pytest.raises(ValueError, match="cannot be sent"):
        render("1", on_ms=0)


def test_letters_in_either_case_and_nothing():
    assert np.array_equal(render("ab"), render("AB"))
    assert render("").size == 0


def test_sender_queues_and_falls_silent():
    sender = DtmfSender()
    sender.send("12")
    sender.send("3")
    audio = []
    while sender.sending:
        audio.append(sender.take(160))
    assert all(len(piece) == 160 for piece in audio)
    received = DtmfReceiver().feed(np.concatenate([*audio, np.zeros(800, np.int16)]))
    assert [e.digit for e in received if isinstance(e, DigitStart)] == ["1", "2", "3"]
    assert not sender.take(160).any()
    with pytest.raises(ValueError, match="is not a DTMF digit"):
        sender.send("4?")
    assert not sender.sending
