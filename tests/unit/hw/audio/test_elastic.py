"""Two clocks that drift apart, and nothing is heard of it."""

import numpy as np
import pytest

from hw.audio.alsa import Card
from hw.audio.elastic import FRAME, Elastic


def drifted(ppm: float, seconds: int) -> tuple[Elastic, np.ndarray]:
    """A tone put by one clock and taken by another that is ``ppm`` slower."""
    buffer, heard = Elastic(), []
    tone = (8000 * np.sin(2 * np.pi * 400 * np.arange(8000 * (seconds + 2)) / 8000)).astype(
        np.int16
    )
    put = 0.0
    sent = 0
    for _ in range(seconds * 50):
        put += FRAME * (1 + ppm / 1e6)
        while sent + FRAME <= put:
            buffer.put(tone[sent : sent + FRAME])
            sent += FRAME
        heard.append(buffer.take())
    return buffer, np.concatenate(heard)


@pytest.mark.parametrize("ppm", [-300, -100, 0, 100, 300])
def test_a_drift_of_quartzes_is_taken_up_without_a_gap(ppm):
    buffer, heard = drifted(ppm, 200)
    assert (buffer.gaps, buffer.lost) == (0, 0)
    assert buffer.slips == pytest.approx(abs(ppm) * 200 * 8000 / 1e6, abs=2 * FRAME)
    steady = heard[8000:].astype(float)
    assert np.abs(np.diff(steady)).max() < 3200  # a click would jump further than a 400 Hz tone
    assert np.std(steady) == pytest.approx(8000 / np.sqrt(2), rel=0.01)


def test_a_reader_without_a_writer_hears_silence_and_it_fills_again():
    buffer = Elastic()
    assert not buffer.take().any()
    for _ in range(3):
        buffer.put(np.full(FRAME, 5, np.int16))
    assert set(buffer.take()) == {5}
    for _ in range(4):
        buffer.take()
    assert buffer.gaps == 1
    buffer.put(np.full(FRAME, 5, np.int16))
    assert not buffer.take().any()  # first it fills


def test_a_writer_without_a_reader_loses_the_oldest():
    buffer = Elastic()
    for n in range(100):
        buffer.put(np.full(FRAME, n, np.int16))
    assert buffer.lost == 97 * FRAME
    assert buffer.take()[0] == 97


def test_a_card_that_is_not_there_is_told_once_and_the_line_is_silent(caplog, monkeypatch):
    monkeypatch.setattr("hw.audio.alsa._RETRY_S", 0.01)
    asked = []
    card = Card("sound device on USB 1-1.2", lambda: asked.append(1))
    card.open()
    while len(asked) < 5:
        pass
    card.close()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "sound device on USB 1-1.2: no such sound device is plugged in" in caplog.text
    assert not card.lanes[0].read().any()
    card.lanes[0].write(np.zeros(FRAME, np.int16))
