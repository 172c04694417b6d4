"""Our FSK against itself: levels, noise, clocks, twist, hum, pieces of any length."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import firwin2, lfilter

from firmware.dsp.fsk import modulate
from firmware.dsp.fsk_receiver import FskDamaged, FskMessage, FskReceiver
from firmware.dsp.levels import amplitude, level
from firmware.lines.callerid import CallSetup, MessageWaiting, Moment, encode
from firmware.lines.callerid_plan import Fsk, Modem, duration_ms

PAYLOAD = encode(CallSetup(number="0571123456", name="Comune", at=Moment(11, 24, 9, 5)))


def line(payload=PAYLOAD, *, level_dbm0=-14.0, snr_db=None, before=2000, after=2000, seed=1, **how):
    """Samples of a message with silence, and white noise ``snr_db`` below it, around."""
    rng = np.random.default_rng(seed)
    wave = modulate(payload, level_dbm0=level_dbm0, **how).astype(float)
    wave = np.concatenate((np.zeros(before), wave, np.zeros(after)))
    if snr_db is not None:
        wave += rng.normal(0, amplitude(level_dbm0 - snr_db) / np.sqrt(2), wave.size)
    return clipped(wave)


def clipped(wave):
    return np.clip(np.rint(wave), -32768, 32767).astype(np.int16)


def heard(samples, *, modem=Modem.V23, piece=160):
    receiver = FskReceiver(modem)
    events = []
    for first in range(0, samples.size, piece):
        events += receiver.feed(samples[first : first + piece])
    return events


def payloads(samples, **how):
    return [event.payload for event in heard(samples, **how) if isinstance(event, FskMessage)]


def test_modulated_length_level_and_frequencies():
    samples = modulate(PAYLOAD)
    assert samples.size / 8 == pytest.approx(duration_ms(Fsk(PAYLOAD)), abs=0.1)
    assert level(samples) == pytest.approx(-14, abs=0.1)
    marks = samples[round(310 * 8000 / 1200) : round(470 * 8000 / 1200)].astype(float)
    spectrum = np.abs(np.fft.rfft(marks * np.hanning(marks.size), 8000))
    assert np.argmax(spectrum) == pytest.approx(1300, abs=3)


def test_phase_is_continuous():
    # No step is larger than the steepest slope of the higher tone.
    samples = modulate(PAYLOAD, level_dbm0=-3).astype(float)
    steepest = 2 * amplitude(-3) * np.sin(np.pi * 2100 / 8000)
    assert np.abs(np.diff(samples)).max() <= steepest + 1


def test_event_tells_when_how_long_and_how_loud():
    (event,) = heard(line())
    assert isinstance(event, FskMessage)
    assert event.at_ms == pytest.approx(250 + 480 / 1.2, abs=2)
    assert event.for_ms == pytest.approx(len(PAYLOAD) * 10 / 1.2, abs=2)
    assert event.level_dbm0 == pytest.approx(-14, abs=0.5)


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=3, max_size=60), st.sampled_from([0x80, 0x82, 0x86]))
def test_any_content_survives(body, kind):
    octets = bytes((kind, len(body))) + body
    payload = octets + bytes((-sum(octets) & 0xFF,))
    assert payloads(line(payload)) == [payload]


def test_longest_frame():
    octets = bytes((0x80, 255)) + bytes(range(255))
    payload = octets + bytes((-sum(octets) & 0xFF,))
    assert payloads(line(payload, snr_db=15)) == [payload]


@pytest.mark.parametrize("piece", [1, 7, 80, 159, 161, 1000, 1_000_000])
def test_pieces_of_any_length(piece):
    assert heard(line(snr_db=20), piece=piece) == heard(line(snr_db=20))


def test_empty_piece():
    assert FskReceiver().feed(np.zeros(0, np.int16)) == ()


@pytest.mark.parametrize("level_dbm0", [0, -14, -30, -38, -45])
def test_levels(level_dbm0):
    assert payloads(line(level_dbm0=level_dbm0)) == [PAYLOAD]


@pytest.mark.parametrize(("snr_db", "least"), [(15, 20), (12, 20), (10, 20), (8, 18)])
def test_noise(snr_db, least):
    got = sum(payloads(line(snr_db=snr_db, seed=seed)) == [PAYLOAD] for seed in range(20))
    assert got >= least


@pytest.mark.parametrize("clock", [0.98, 0.99, 1.01, 1.02])
def test_clock_of_the_sender_off(clock):
    samples = line(snr_db=15, baud=1200 * clock, mark_hz=1300 * clock, space_hz=2100 * clock)
    assert payloads(samples) == [PAYLOAD]


@pytest.mark.parametrize("twist_db", [-6, 6, 10])
def test_twist(twist_db):
    gains = 10 ** (np.array([-twist_db, -twist_db, twist_db, twist_db]) / 40)
    tilt = firwin2(65, [0, 1300, 2100, 4000], gains, fs=8000)
    for seed in range(5):
        tilted = clipped(lfilter(tilt, 1, line(snr_db=15, level_dbm0=-20, seed=seed)))
        assert payloads(tilted) == [PAYLOAD]


@pytest.mark.parametrize(("seizure", "marks"), [(0, 80), (0, 30), (300, 80), (100, 180)])
def test_short_preambles(seizure, marks):
    assert payloads(line(snr_db=15, seizure_bits=seizure, mark_bits=marks)) == [PAYLOAD]


@pytest.mark.parametrize("stuffed", [1, 2, 3, 5, 10])
def test_marks_between_octets(stuffed):
    bits = [0, 1] * 150 + [1] * 180
    for octet in PAYLOAD:
        bits += [0, *((octet >> k) & 1 for k in range(8)), 1] + [1] * stuffed
    bits += [1] * 10
    hz = np.repeat(np.where(bits, 1300.0, 2100.0), 20)  # 24 kHz, then every third sample
    wave = amplitude(-14) * np.sin(2 * np.pi * np.cumsum(hz) / 24000)[::3]
    noise = np.random.default_rng(1).normal(0, amplitude(-29) / np.sqrt(2), wave.size)
    assert payloads(np.concatenate((clipped(wave + noise), np.zeros(2000, np.int16)))) == [PAYLOAD]


@pytest.mark.parametrize("hum_dbm0", [-20, -10])
def test_hum(hum_dbm0):
    samples = line(level_dbm0=-30)
    hum = amplitude(hum_dbm0) * np.sin(2 * np.pi * 50 * np.arange(samples.size) / 8000)
    assert payloads(clipped(samples + hum)) == [PAYLOAD]


def test_direct_current_clipping_and_8_bits():
    samples = line(snr_db=25)
    assert payloads(clipped(samples.astype(float) + 8000)) == [PAYLOAD]
    assert payloads(clipped(samples.astype(float) * 40)) == [PAYLOAD]
    assert payloads((samples // 256 * 256).astype(np.int16)) == [PAYLOAD]


def test_after_the_transients_of_ringing():
    times = np.arange(8000) / 8000
    ring = 30000 * np.sign(np.sin(2 * np.pi * 25 * times))
    decay = 15000 * np.exp(-np.arange(4000) / 1500)
    samples = np.concatenate((clipped(ring), clipped(decay), line(level_dbm0=-25, before=2000)))
    assert payloads(samples) == [PAYLOAD]


def test_two_messages_in_one_stream():
    other = encode(MessageWaiting(waiting=True, count=3))
    assert payloads(np.concatenate((line(), line(other)))) == [PAYLOAD, other]


def test_bell_202():
    samples = line(snr_db=15, mark_hz=1200, space_hz=2200)
    assert payloads(samples, modem=Modem.BELL_202) == [PAYLOAD]
    # One receiver serves both: the frequencies differ by less than half the bit rate.
    assert payloads(samples, modem=Modem.V23) == [PAYLOAD]


def test_a_wrong_checksum_is_told_but_is_no_message():
    broken = PAYLOAD[:-1] + bytes((PAYLOAD[-1] ^ 1,))
    (event,) = heard(line(broken))
    assert isinstance(event, FskDamaged)
    assert event.octets == broken


def test_a_message_cut_off_is_told_but_is_no_message():
    samples = line()
    samples[6500:] = 0
    (event,) = heard(samples)
    assert isinstance(event, FskDamaged)
    assert PAYLOAD.startswith(event.octets[:8])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([-40, -20, -3]))
def test_noise_alone_says_nothing(seed, level_dbm0):
    rng = np.random.default_rng(seed)
    noise = clipped(rng.normal(0, amplitude(level_dbm0) / np.sqrt(2), 16000))
    assert heard(noise) == []


def test_steady_tones_say_nothing_and_cost_no_memory():
    times = np.arange(160 * 500) / 8000
    receiver = FskReceiver()
    for hz in (1300, 2100, 425, 1100):
        tone = clipped(amplitude(-10) * np.sin(2 * np.pi * hz * times))
        for first in range(0, tone.size, 160):
            assert receiver.feed(tone[first : first + 160]) == ()
        assert receiver._decision.size < 1000


@pytest.mark.parametrize("value", [-32768, 32767, 0, 1])
def test_constant_input_is_finite(value):
    receiver = FskReceiver()
    with np.errstate(all="raise", under="ignore"):
        assert receiver.feed(np.full(8000, value, np.int16)) == ()
        assert receiver.feed(np.where(np.arange(8000) % 2, 32767, -32768).astype(np.int16)) == ()
