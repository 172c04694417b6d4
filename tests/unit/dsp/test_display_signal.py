import numpy as np

from firmware.dsp.display_signal import DisplaySignal
from firmware.lines.callerid_plan import (
    AwaitAck,
    DualTone,
    Fsk,
    RingBurst,
    Silence,
    duration_ms,
)

CAS = (Silence(100), DualTone(80), AwaitAck("D", 160), Silence(100), Fsk(b"\x80\x00\x80", 0, 80))


def play(signal, ms):
    return np.concatenate([signal.read(160) for _ in range(ms // 20)])


def test_nothing_is_played_when_nothing_was_ordered():
    signal = DisplaySignal()
    assert not signal.active
    assert not play(signal, 100).any()


def test_data_follows_the_acknowledgement():
    signal = DisplaySignal()
    signal.add(CAS)
    first = play(signal, 200)
    assert not first[: 100 * 8].any()
    assert np.abs(first[100 * 8 : 180 * 8]).max() > 1000
    assert signal.alone
    assert not signal.acknowledge("5"), "another digit is the user's"
    assert signal.acknowledge("D")
    assert not signal.acknowledge("D"), "once"
    rest = play(signal, 400)
    assert not rest[: 80 * 8].any()
    assert np.abs(rest[100 * 8 :]).max() > 1000
    assert not signal.active


def test_without_acknowledgement_there_is_no_data():
    signal = DisplaySignal()
    signal.add(CAS)
    play(signal, 200)
    assert not play(signal, 1000).any()
    assert not signal.active
    assert not signal.acknowledge("D")


def test_the_voice_path_is_open_until_the_first_sound_and_after_the_last():
    signal = DisplaySignal()
    signal.add((Silence(100), DualTone(80)))
    signal.read(160)
    assert signal.active
    assert not signal.alone
    play(signal, 100)
    assert signal.alone
    play(signal, 100)
    assert not signal.alone
    signal.add((Silence(100), DualTone(80)))
    signal.read(160)
    assert not signal.alone


def test_ring_bursts_are_passed_over():
    signal = DisplaySignal()
    fsk = Fsk(b"\x80\x00\x80")
    signal.add((RingBurst(), fsk))
    heard = play(signal, 1000)
    assert abs(np.flatnonzero(heard)[-1] - duration_ms(fsk) * 8) < 40
