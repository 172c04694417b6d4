"""What is said in the demonstration: Italian speech made on this machine, at a line's level.

espeak-ng speaks the sentences; without it the prompts of Debian's Italian Asterisk package are
strung together. Nothing comes from the network.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmware.demo import sound
from firmware.demo.sound import FRAME, RATE, Samples
from firmware.dsp.levels import amplitude

SPEECH_DBM0 = -15.0
"""Level of active speech on the line; ITU-T P.56 tells active speech from its pauses."""

RECORDED = Path("/usr/share/asterisk/sounds/it_IT_m_Carlo")
"""Where Debian's asterisk-core-sounds-it-wav puts its prompts."""

_PEAK = 30_000
_ACTIVE_DB = -25.0  # frames this far below the loudest one are pauses


class NoVoiceError(RuntimeError):
    """This machine has neither a speech synthesiser nor recorded prompts."""

    def __init__(self) -> None:
        super().__init__(
            "no Italian voice on this machine: install espeak-ng (apt install espeak-ng) "
            "or asterisk-core-sounds-it-wav"
        )


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence, and the recorded prompts that stand in for it."""

    text: str
    recorded: tuple[str, ...]


PHRASES: Mapping[str, Phrase] = {
    "operator": Phrase(
        "Comune di Esempio, buongiorno. Mi dica.",
        ("demo-congrats",),
    ),
    "announcement": Phrase(
        "Gli uffici sono aperti dalle otto alle tredici.",
        ("vm-nobodyavail",),
    ),
    "moved": Phrase(
        "Il numero è cambiato. Chiamare il centralino.",
        ("ss-noservice",),
    ),
    "callback": Phrase("La richiamo fra un momento. A presto.", ("priv-callpending",)),
    "calling-back": Phrase(
        "Sono il centralino, la richiamo.",
        ("pls-hold-while-try",),
    ),
    "enter-digits": Phrase(
        "Digiti il numero, poi il tasto cancelletto.", ("vm-enter-num-to-call",)
    ),
    "second-desk": Phrase("Qui è il secondo ufficio, eccomi.", ("conf-enteringno",)),
    "caller": Phrase(
        "Buongiorno, vorrei l'ufficio scuola.",
        ("demo-instruct",),
    ),
    "caller-again": Phrase(
        "Sì, la sento molto bene, grazie.",
        ("tt-weasels",),
    ),
    "to-both": Phrase("Adesso parlo a tutti e due insieme.", ("vm-intro",)),
    "0": Phrase("zero", ("digits/0",)),
    "1": Phrase("uno", ("digits/1",)),
    "2": Phrase("due", ("digits/2",)),
    "3": Phrase("tre", ("digits/3",)),
    "4": Phrase("quattro", ("digits/4",)),
    "5": Phrase("cinque", ("digits/5",)),
    "6": Phrase("sei", ("digits/6",)),
    "7": Phrase("sette", ("digits/7",)),
    "8": Phrase("otto", ("digits/8",)),
    "9": Phrase("nove", ("digits/9",)),
    "*": Phrase("asterisco", ("digits/star",)),
    "#": Phrase("cancelletto", ("digits/pound",)),
}
"""Everything that is said, by name; a key of the telephone is named by itself."""


def phrase_book(cache: Path, *, recorded: Path = RECORDED) -> Mapping[str, Samples]:
    """Make or fetch every phrase; files go to ``cache``, one for each text and voice.

    Raises:
        NoVoiceError: neither espeak-ng nor the recorded prompts are installed.
        SoundError: a prompt cannot be read.
    """
    synthesiser = shutil.which("espeak-ng")
    if synthesiser is None and not recorded.is_dir():
        raise NoVoiceError
    book: dict[str, Samples] = {}
    for name, phrase in PHRASES.items():
        voice = f"espeak-ng {phrase.text}" if synthesiser else f"recorded {phrase.recorded}"
        stem = name if name.isalpha() or "-" in name else f"key-{ord(name):02x}"
        file = cache / f"{stem}-{hashlib.sha256(voice.encode()).hexdigest()[:8]}.wav"
        if not file.exists():
            said = _speak(phrase.text) if synthesiser else _string(phrase.recorded, recorded)
            sound.write(file, at_line_level(said))
        book[name] = sound.read(file)
    return book


def spell(book: Mapping[str, Samples], keys: str) -> Samples:
    """Say ``keys`` one by one, 200 ms apart; keys that have no name are passed over."""
    pause = np.zeros(RATE // 5, np.int16)
    pieces = [piece for key in keys if key in book for piece in (book[key], pause)]
    return np.concatenate(pieces) if pieces else pause


def at_line_level(samples: NDArray[np.float64]) -> Samples:
    """Band limit speech and bring its active level to :data:`SPEECH_DBM0`, without clipping."""
    voice = telephone_trim(sound.telephone_band(samples))
    frames = voice[: len(voice) // FRAME * FRAME].reshape(-1, FRAME)
    power = np.mean(frames * frames, axis=1)
    if not power.size or np.max(power) < 1:
        return voice.astype(np.int16)
    active = power[power > np.max(power) * 10 ** (_ACTIVE_DB / 10)]
    wanted = amplitude(SPEECH_DBM0) / np.sqrt(2)
    gain = min(wanted / np.sqrt(active.mean()), _PEAK / np.abs(voice).max())
    return np.asarray(np.rint(voice * gain), np.int16)


def telephone_trim(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cut silence off both ends, 40 ms left for a soft beginning and end."""
    loud = np.flatnonzero(np.abs(samples) > np.abs(samples).max(initial=0) / 50)
    if not loud.size:
        return samples
    edge = 2 * FRAME
    return samples[max(loud[0] - edge, 0) : loud[-1] + edge]


def _speak(text: str) -> NDArray[np.float64]:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "said.wav"
        subprocess.run(
            ["espeak-ng", "-v", "it", "-s", "175", "-w", str(file), text],
            check=True,
            capture_output=True,
            timeout=30,
        )
        return sound.resample(*sound.read_any(file))


def _string(prompts: tuple[str, ...], directory: Path) -> NDArray[np.float64]:
    pieces = [sound.resample(*sound.read_any(directory / f"{name}.wav")) for name in prompts]
    return np.concatenate(pieces)[: 4 * RATE]  # some prompts go on for half a minute
