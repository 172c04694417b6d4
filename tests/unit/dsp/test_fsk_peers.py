"""Caller ID by decoders and senders that are not ours: minimodem, multimon-ng, SpanDSP."""

import shutil
import subprocess
import time
import wave

import numpy as np
import pytest
from scipy.signal import resample_poly

from firmware.dsp import alerting, spandsp
from firmware.dsp.dtmf import DigitStart, DtmfReceiver
from firmware.dsp.dual_tone import DualToneDetector
from firmware.dsp.fsk import modulate
from firmware.dsp.fsk_receiver import FskMessage, FskReceiver
from firmware.dsp.levels import amplitude
from firmware.dsp.spandsp import AdsiReceiver, Standard, adsi_audio
from firmware.lines.callerid import (
    Absence,
    CallSetup,
    Forwarding,
    MessageWaiting,
    Moment,
    decode,
    encode,
)
from firmware.lines.callerid_dtmf import DtmfCode, decode_digits
from firmware.lines.callerid_plan import COUNTRIES, DualTone, Fsk, Modem, Silence, alert

CALL = CallSetup(number="0571123456", name="Nicolò Verdi", at=Moment(11, 24, 9, 5))
FULL = CallSetup(
    number="0571123456",
    name="Ufficio Tecnico",
    at=Moment(1, 2, 3, 4),
    called="0571757000",
    redirecting="0571757111",
    forwarding=Forwarding.BUSY,
)
LAMP_ON = MessageWaiting(waiting=True, count=3)
LAMP_OFF = MessageWaiting(waiting=False)
MESSAGES = [CALL, FULL, CallSetup(number=Absence.PRIVATE, name=Absence.PRIVATE), LAMP_ON, LAMP_OFF]


def has(tool):
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed")


def spandsp_missing():
    try:
        AdsiReceiver(Standard.CLIP)
    except spandsp.SpandspMissingError as error:
        return str(error)
    return ""


MISSING = spandsp_missing()
needs_minimodem = has("minimodem")
needs_multimon = has("multimon-ng")
needs_spandsp = pytest.mark.skipif(bool(MISSING), reason=MISSING or "loaded")


def line(message, *, modem=Modem.V23, level_dbm0=-14.0, snr_db=None):
    samples = modulate(
        encode(message),
        level_dbm0=level_dbm0,
        mark_hz=modem.mark_hz,
        space_hz=modem.space_hz,
    ).astype(float)
    samples = np.concatenate((np.zeros(4000), samples, np.zeros(4000)))
    if snr_db is not None:
        noise = amplitude(level_dbm0 - snr_db) / np.sqrt(2)
        samples += np.random.default_rng(7).normal(0, noise, samples.size)
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)


def write(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


def minimodem(path, *how):
    done = subprocess.run(
        ["minimodem", "--rx", "--file", path, *how], capture_output=True, check=True, timeout=30
    )
    return done.stdout


def multimon(samples):
    raw = resample_poly(samples.astype(float), 441, 160)
    raw = np.clip(np.rint(raw), -32768, 32767).astype("<i2").tobytes()
    done = subprocess.run(
        ["multimon-ng", "-q", "-t", "raw", "-a", "CLIPFSK", "-"],
        input=raw,
        capture_output=True,
        check=True,
        timeout=30,
    )
    return done.stdout.decode()


def ours(samples, modem=Modem.V23):
    receiver = FskReceiver(modem)
    padded = np.concatenate((samples, np.zeros(320, np.int16)))
    return [event.payload for event in receiver.feed(padded) if isinstance(event, FskMessage)]


def spandsp_hears(samples, standard=Standard.CLIP):
    return list(AdsiReceiver(standard).feed(np.concatenate((samples, np.zeros(800, np.int16)))))


# Ours sends


@needs_minimodem
@pytest.mark.parametrize("message", MESSAGES)
def test_minimodem_reads_our_octets_at_the_frequencies_of_v23(message, tmp_path):
    path = write(tmp_path / "a.wav", line(message))
    assert encode(message) in minimodem(path, "-M", "1300", "-S", "2100", "1200")


@needs_minimodem
@pytest.mark.parametrize(("level_dbm0", "snr_db"), [(-3, None), (-30, None), (-14, 15), (-14, 12)])
def test_minimodem_reads_us_over_levels_and_noise(level_dbm0, snr_db, tmp_path):
    path = write(tmp_path / "a.wav", line(CALL, level_dbm0=level_dbm0, snr_db=snr_db))
    assert encode(CALL) in minimodem(path, "-M", "1300", "-S", "2100", "1200")


@needs_minimodem
@pytest.mark.parametrize("modem", Modem)
def test_minimodem_as_a_caller_id_display(modem, tmp_path):
    shown = minimodem(write(tmp_path / "a.wav", line(CALL, modem=modem)), "callerid").decode()
    assert "11/24 09:05" in shown
    assert "057-112-3456" in shown
    assert "Nicolo' Verdi" in shown


@needs_multimon
@pytest.mark.parametrize(("level_dbm0", "snr_db"), [(-14, None), (-30, None), (-14, 20)])
def test_multimon_shows_what_we_send(level_dbm0, snr_db):
    shown = multimon(line(CALL, level_dbm0=level_dbm0, snr_db=snr_db))
    assert "DATE=11240905" in shown
    assert "CID=0571123456" in shown
    assert "CNT=Nicolo' Verdi" in shown


@needs_multimon
def test_multimon_sees_a_message_for_the_lamp():
    assert "CLIPFSK:" in multimon(line(LAMP_ON))


@needs_spandsp
@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize(("level_dbm0", "snr_db"), [(-3, 15), (-14, None), (-14, 15), (-27, 20)])
def test_spandsp_reads_what_we_send(message, level_dbm0, snr_db):
    samples = line(message, level_dbm0=level_dbm0, snr_db=snr_db)
    assert spandsp_hears(samples) == [encode(message)[:-1]]


@needs_spandsp
@pytest.mark.parametrize("country", ["it", "gb", "us"])
def test_spandsp_reads_the_audio_of_whole_plans(country):
    for plan, message in ((COUNTRIES[country].call, CALL), (COUNTRIES[country].lamp, LAMP_ON)):
        chain = [s for s in alert(plan, message) if isinstance(s, Silence | DualTone | Fsk)]
        samples = np.concatenate([alerting.render(segment) for segment in chain])
        standard = Standard.CLASS if country == "us" else Standard.CLIP
        assert spandsp_hears(samples, standard) == [encode(message)[:-1]]


@needs_spandsp
def test_spandsp_drops_a_wrong_checksum_of_ours():
    broken = bytearray(encode(CALL))
    broken[-1] ^= 1
    samples = np.concatenate((np.zeros(4000, np.int16), modulate(bytes(broken))))
    assert spandsp_hears(samples) == []


# Ours receives


@needs_minimodem
@pytest.mark.parametrize("modem", Modem)
@pytest.mark.parametrize("message", MESSAGES)
def test_we_read_minimodem(message, modem, tmp_path):
    path = tmp_path / "a.wav"
    tones = ["-M", str(modem.mark_hz), "-S", str(modem.space_hz)]
    command = ["minimodem", "--tx", "--tx-carrier", "--file", path, "--samplerate", "8000"]
    with subprocess.Popen([*command, *tones, "1200"], stdin=subprocess.PIPE) as sender:
        time.sleep(0.15)  # it sends marks while it waits for octets
        sender.communicate(encode(message), timeout=30)
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    assert [decode(payload) for payload in ours(samples, modem)] == [decode(encode(message))]


@needs_spandsp
@pytest.mark.parametrize("standard", [Standard.CLIP, Standard.CLASS])
@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize(("gain", "snr_db"), [(1.0, None), (0.05, None), (1.0, 12), (0.3, 10)])
def test_we_read_spandsp(message, standard, gain, snr_db):
    samples = gain * adsi_audio(encode(message)[:-1], standard).astype(float)
    if snr_db is not None:
        noise = np.sqrt(np.mean(samples**2)) * 10 ** (-snr_db / 20)
        samples += np.random.default_rng(3).normal(0, noise, samples.size)
    modem = Modem.BELL_202 if standard is Standard.CLASS else Modem.V23
    assert ours(np.rint(samples).astype(np.int16), modem) == [encode(message)]


@needs_spandsp
def test_we_hear_the_alert_tone_of_spandsp():
    samples = adsi_audio(encode(CALL)[:-1], Standard.CLIP, alert_tone=True)
    (tone,) = DualToneDetector().feed(samples)
    assert tone.for_ms == pytest.approx(110, abs=15)
    assert ours(samples) == [encode(CALL)]


@needs_spandsp
@pytest.mark.parametrize("number", ["0571123456", "1"])
def test_dtmf_variant_both_ways(number):
    (sent,) = (
        s for s in alert(COUNTRIES["fi"].call, CallSetup(number=number)) if s != Silence(400)
    )
    assert spandsp_hears(alerting.render(sent), Standard.CLIP_DTMF) == [f"A{number}C".encode()]
    field = f"A{number}C".encode()
    heard = DtmfReceiver().feed(
        np.concatenate(
            (adsi_audio(field, Standard.CLIP_DTMF, count=40000), np.zeros(800, np.int16))
        )
    )
    digits = "".join(event.digit for event in heard if isinstance(event, DigitStart))
    assert decode_digits(DtmfCode.A_TO_C, digits) == CallSetup(number=number)
