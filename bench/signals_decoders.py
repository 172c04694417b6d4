"""The decoders under comparison, each as a function from samples to what it recognised."""

import shutil
import subprocess
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from firmware.dsp import spandsp
from firmware.dsp.dtmf import DigitStart, DtmfReceiver
from firmware.dsp.progress import ToneRecogniser, ToneStart
from firmware.dsp.resample import resample
from firmware.dsp.spandsp import CadencePart

Samples = NDArray[np.int16]
Decoder = Callable[[Samples], str]
PIECE = 1600
_MULTIMON_RATE = 22050


def ours(samples: Samples) -> str:
    """Derivato's receiver."""
    receiver = DtmfReceiver()
    found = [
        e for at in range(0, len(samples), PIECE) for e in receiver.feed(samples[at : at + PIECE])
    ]
    return "".join(event.digit for event in found if isinstance(event, DigitStart))


def spandsp_default(samples: Samples) -> str:
    """SpanDSP's receiver as it comes."""
    return _spandsp(spandsp.DtmfDecoder(), samples)


def spandsp_wide(samples: Samples) -> str:
    """SpanDSP's receiver with the widest twist that is safe and its dial-tone filter."""
    return _spandsp(spandsp.DtmfDecoder(filter_dialtone=True, twist=12, reverse_twist=8), samples)


def _spandsp(decoder: spandsp.DtmfDecoder, samples: Samples) -> str:
    return "".join(decoder.feed(samples[at : at + PIECE]) for at in range(0, len(samples), PIECE))


def multimon(samples: Samples) -> str:
    """multimon-ng, which wants 22050 Hz."""
    wide = resample(samples.astype(np.float64), 8000, _MULTIMON_RATE)
    raw = np.clip(np.rint(wide), -32768, 32767).astype("<i2").tobytes()
    done = subprocess.run(
        ["multimon-ng", "-q", "-a", "DTMF", "-t", "raw", "-"],
        input=raw,
        capture_output=True,
        check=True,
    )
    lines = done.stdout.decode("ascii", "replace").splitlines()
    return "".join(line.split(":")[1].strip() for line in lines if line.startswith("DTMF:"))


def digit_decoders() -> Mapping[str, Decoder]:
    """Return the decoders of digits that are installed."""
    found: dict[str, Decoder] = {"Derivato": ours}
    try:
        spandsp.DtmfDecoder()
    except spandsp.SpandspMissingError:
        pass
    else:
        found["SpanDSP"] = spandsp_default
        found["SpanDSP, twist 12/8, dial-tone filter"] = spandsp_wide
    if shutil.which("multimon-ng"):
        found["multimon-ng"] = multimon
    return found


_SPANDSP_TONES = {
    "dial": ((425, 200), (None, 200), (425, 600), (None, 1000)),
    "ringback": ((425, 1000), (None, 4000)),
    "busy": ((425, 500), (None, 500)),
    "congestion": ((425, 200), (None, 200)),
    "sit": ((950, 330), (1400, 330), (1800, 330), (None, 1000)),
    "fax-cng": ((1100, 500), (None, 3000)),
}


def our_tones(samples: Samples) -> list[tuple[float, str]]:
    """Return the tones that Derivato became certain of, each with the time in ms."""
    recogniser, told = ToneRecogniser(), []
    for at in range(0, len(samples), 160):
        events = recogniser.feed(samples[at : at + 160])
        told += [((at + 160) / 8, e.tone.value) for e in events if isinstance(e, ToneStart)]
    return told


def spandsp_tones(samples: Samples) -> list[tuple[float, str]]:
    """Return the tones that SpanDSP's super_tone_rx reported, each with the time in ms."""
    parts = [
        [CadencePart(hz, round(ms * 0.85 - 20), round(ms * 1.15 + 20)) for hz, ms in tone]
        for tone in _SPANDSP_TONES.values()
    ]
    names = list(_SPANDSP_TONES)
    recogniser, told = spandsp.ToneRecogniser(parts), []
    for at in range(0, len(samples), 160):
        codes = recogniser.feed(samples[at : at + 160])
        told += [((at + 160) / 8, names[code]) for code in codes if code >= 0]
    return told
