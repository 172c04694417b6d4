"""FSK caller ID receivers side by side, from the same samples, and what they cost.

    python -m bench.callerid [MESSAGES]      # 100 messages per point unless told

Ours beside SpanDSP in C (adsi_rx through cffi), minimodem and multimon-ng (as programs, once per
point: their figures are of fewer messages). Noise is white over the full band of 4 kHz, its ratio
to the signal of ``level`` dBm0. Prints tables in Markdown, then the talk-off of ours in all
speech of Asterisk's sound packages that is installed.
"""

import shutil
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

import numpy as np
from scipy.signal import firwin2, lfilter, resample_poly

from firmware.dsp.dual_tone import DualToneDetector
from firmware.dsp.fsk import modulate
from firmware.dsp.fsk_receiver import FskMessage, FskReceiver
from firmware.dsp.levels import amplitude
from firmware.dsp.spandsp import AdsiReceiver, Standard
from firmware.lines.callerid import CallSetup, Moment, encode
from firmware.lines.callerid_plan import Modem

PAYLOAD = encode(CallSetup(number="0571123456", name="Comune di Empoli", at=Moment(11, 24, 9, 5)))
SOUNDS = Path("/usr/share/asterisk/sounds")


def line(rng, *, level_dbm0=-14.0, snr_db=None, twist_db=0.0, hum_dbm0=None, clock=1.0):
    """One message at a place of its own in the stream, 0.3 s of silence around it."""
    quiet = np.zeros(2400 + int(rng.integers(160)))
    carried = modulate(
        PAYLOAD,
        level_dbm0=level_dbm0,
        baud=1200 * clock,
        mark_hz=1300 * clock,
        space_hz=2100 * clock,
    )
    wave_ = np.concatenate((quiet, carried, quiet))
    if twist_db:
        gains = 10 ** (np.array([-twist_db, -twist_db, twist_db, twist_db]) / 40)
        wave_ = lfilter(firwin2(65, [0, 1300, 2100, 4000], gains, fs=8000), 1, wave_)
    if snr_db is not None:
        wave_ = wave_ + rng.normal(0, amplitude(level_dbm0 - snr_db) / np.sqrt(2), wave_.size)
    if hum_dbm0 is not None:
        hum = np.sin(2 * np.pi * 50 * np.arange(wave_.size) / 8000)
        wave_ = wave_ + amplitude(hum_dbm0) * hum
    return np.clip(np.rint(wave_), -32768, 32767).astype(np.int16)


def ours(samples):
    found = FskReceiver().feed(samples)
    return any(isinstance(event, FskMessage) and event.payload == PAYLOAD for event in found)


def spandsp(samples):
    return PAYLOAD[:-1] in AdsiReceiver(Standard.CLIP).feed(samples)


def minimodem(samples):
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        with wave.open(file.name, "wb") as out:
            out.setparams((1, 2, 8000, 0, "NONE", ""))
            out.writeframes(samples.tobytes())
        command = ["minimodem", "--rx", "-q", "-f", file.name, "-M", "1300", "-S", "2100", "1200"]
        return PAYLOAD in subprocess.run(command, capture_output=True, check=False).stdout


def multimon(samples):
    raw = np.clip(np.rint(resample_poly(samples.astype(float), 441, 160)), -32768, 32767)
    command = ["multimon-ng", "-q", "-t", "raw", "-a", "CLIPFSK", "-"]
    done = subprocess.run(
        command, input=raw.astype("<i2").tobytes(), capture_output=True, check=False
    )
    return b"CID=0571123456" in done.stdout and b"CNT=Comune di Empoli" in done.stdout


RECEIVERS = {"ours": ours, "SpanDSP": spandsp}
PROGRAMS = {"minimodem": minimodem, "multimon-ng": multimon}

POINTS = {
    **{f"S/N {db} dB": {"snr_db": db} for db in (20, 15, 12, 10, 9, 8, 7, 6, 5)},
    **{f"{db} dBm0, no noise": {"level_dbm0": db} for db in (-3, -30, -38, -45, -48)},
    "-38 dBm0, S/N 15 dB": {"level_dbm0": -38, "snr_db": 15},
    **{f"twist {db:+} dB, S/N 15 dB": {"twist_db": db, "snr_db": 15} for db in (-10, -6, 6, 10)},
    **{f"clock {c:+} %, S/N 15 dB": {"clock": 1 + c / 100, "snr_db": 15} for c in (-2, -1, 1, 2)},
    "-30 dBm0, hum -20 dBm0": {"level_dbm0": -30, "hum_dbm0": -20},
}


def sensitivity(count):
    receivers = dict(RECEIVERS)
    receivers.update({name: f for name, f in PROGRAMS.items() if shutil.which(name)})
    print("| messages read, % |", " | ".join(receivers), "|")
    print("| --- |" + " --: |" * len(receivers))
    for title, how in POINTS.items():
        cells = []
        for name, read in receivers.items():
            rng = np.random.default_rng(1)
            many = count if name in RECEIVERS else max(10, count // 10)
            cells.append(f"{100 * sum(read(line(rng, **how)) for _ in range(many)) / many:.0f}")
        print(f"| {title} |", " | ".join(cells), "|")
        sys.stdout.flush()


def cost_ms(receiver, samples):
    """Processor time in ms for a second of audio in frames of 20 ms, the best of three."""
    best = float("inf")
    for _ in range(3):
        begun = time.process_time()
        for first in range(0, samples.size - 159, 160):
            receiver.feed(samples[first : first + 160])
        best = min(best, time.process_time() - begun)
    return best * 1000 / (samples.size / 8000)


def costs():
    rng = np.random.default_rng(1)
    hiss = rng.normal(0, amplitude(-55) / np.sqrt(2), 80000)
    signals = {
        "quiet line (noise −55 dBm0)": hiss.astype(np.int16),
        "messages one after the other": np.concatenate([line(rng, snr_db=30) for _ in range(10)]),
    }
    print("\n| ms per s of audio | ours | SpanDSP | ratio |\n| --- | --: | --: | --: |")
    for title, samples in signals.items():
        own = cost_ms(FskReceiver(), samples)
        other = cost_ms(AdsiReceiver(Standard.CLIP), samples)
        print(f"| {title} | {own:.2f} | {other:.2f} | {own / other:.1f} |")
    begun = time.process_time()
    for _ in range(100):
        modulate(PAYLOAD)
    print(f"\nSending one message takes {(time.process_time() - begun) * 10:.2f} ms.")


def talk_off():
    detectors = {
        "V.23": FskReceiver,
        "Bell 202": lambda: FskReceiver(Modem.BELL_202),
        "alerting signal": DualToneDetector,
    }
    print("\n| speech (three levels: 0, −10, +10 dB) | minutes |", " | ".join(detectors), "|")
    print("| --- | --: |" + " --: |" * len(detectors))
    for package in sorted({path.resolve() for path in SOUNDS.glob("*_*_*") if path.is_dir()}):
        files = sorted(package.rglob("*.wav"))
        counts, length = dict.fromkeys(detectors, 0), 0
        for gain in (1.0, 0.316, 3.16):
            receivers = {name: make() for name, make in detectors.items()}
            for path in files:
                with wave.open(str(path)) as file:
                    samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
                length += samples.size
                loud = np.clip(samples * gain, -32768, 32767).astype(np.int16)
                for name, receiver in receivers.items():
                    shown = [e for e in receiver.feed(loud) if type(e).__name__ != "FskDamaged"]
                    counts[name] += len(shown)
        cells = " | ".join(str(count) for count in counts.values())
        print(f"| {package.name} | {length / 480000:.0f} | {cells} |")
        sys.stdout.flush()


def main():
    sensitivity(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
    costs()
    talk_off()


if __name__ == "__main__":
    main()
