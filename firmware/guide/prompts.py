"""The speech of every piece: rendered once, kept in a cache, equally loud, overridden by the site.

For each piece in this order: the site's own recording ``prompts/KEY.wav``, a prompt of Debian's
asterisk-core-sounds-it-wav where it says the same, espeak-ng. What none of them has cannot be
said, and a tone stands for it.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.levels import amplitude
from firmware.dsp.wav import WavError, read_wav, write_wav
from firmware.guide import synthesis
from firmware.guide.phrases import (
    JOINT_MS,
    PAUSE,
    PAUSE_MS,
    PIECES,
    TAIL_MS,
    Phrase,
    Sentence,
    Voice,
    pieces,
)
from firmware.guide.script import BEEP, Keys, Text
from firmware.site.choices import Tongue

log = logging.getLogger("derivato.guide")

Samples = NDArray[np.int16]

LEVEL_DBM0 = -16.0
"""Active speech level (ITU-T P.56) of everything said: 3 dB below the Italian dial tone."""

DEBIAN_PROMPTS: Mapping[Sentence, str] = MappingProxyType(
    {Sentence.NOT_IN_SERVICE: "ss-noservice"},
)
"""Whole sentences that a prompt of Debian's Italian package says as well."""

MUSIC = "music"
"""Key of the recording that those hear who wait."""

_PER_MS = 8
_RINGING_DBM0 = -22.0  # quieter than speech: some wait for long
_RENDERING = f"espeak-ng it, P.56 {LEVEL_DBM0} dBm0, 1"  # part of each cached file's name


@dataclass(frozen=True, slots=True)
class Book:
    """Every piece that can be said, 8 kHz, by key."""

    pieces: Mapping[str, Samples] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def music(self) -> Samples:
        """What those hear who wait, round and round: the site's own, or the tone of ringing."""
        return self.pieces.get(MUSIC, _RINGING)

    @property
    def voice(self) -> Voice:
        """How long each piece is."""
        # Rounded up: a phrase is never cut for less than a millisecond.
        lengths = {key: -(-len(said) // _PER_MS) for key, said in self.pieces.items()}
        return Voice(MappingProxyType(lengths))

    def samples(self, phrase: Phrase) -> Samples | None:
        """The speech of ``phrase`` with its pauses, or None if a piece is missing."""
        keys = pieces(phrase)
        if any(key not in self.pieces for key in keys if key != PAUSE):
            return None
        return self.strung(keys)

    def strung(self, keys: Keys) -> Samples:
        """The speech of ``keys`` one after the other; those that are missing are left out."""
        joint = np.zeros(JOINT_MS * _PER_MS, np.int16)
        parts: list[Samples] = []
        for key in keys:
            if key != PAUSE and key not in self.pieces:
                continue
            parts += [joint] if parts else []
            parts.append(
                np.zeros(PAUSE_MS * _PER_MS, np.int16) if key == PAUSE else self.pieces[key]
            )
        return np.concatenate([*parts, np.zeros(TAIL_MS * _PER_MS, np.int16)])


def prepare(
    cache: Path,
    own: Path | None = None,
    *,
    texts: Mapping[str, Text] = MappingProxyType({}),
    recorded: Path = synthesis.RECORDED,
    stop: Callable[[], bool] = lambda: False,
) -> Book:
    """Make or fetch every piece; rendered ones are kept in ``cache``.

    ``texts`` are those of the site beside the pieces of phrases. ``own`` is the directory of the
    site's recordings, ``recorded`` that of Debian's prompts. What cannot be had is left out and
    logged, once. ``stop`` is asked between pieces: True ends the work early, and the book is what
    there is.

    Raises:
        OSError: the cache cannot be written.
    """
    cache.mkdir(parents=True, exist_ok=True)
    engine = synthesis.engine()
    wanted = {**{key: Text(words) for key, words in PIECES.items()}, **texts}
    ours = _recordings(own, wanted)
    found: dict[str, Samples] = {}
    for key, text in wanted.items():
        if stop():
            break
        said = _levelled(ours.get(key), cache, key)
        if said is None:
            said = _levelled(_debian(key, recorded), cache, key)
        if said is None and engine is not None:
            said = _synthesised(text, cache, key, engine)
            if said is None:
                engine = None
        if said is not None:
            found[key] = said
    missing = len(wanted) - len(found)
    if missing and not stop():
        log.warning(
            "%d of %d spoken phrases are missing, tones stand for them: install espeak-ng",
            missing,
            len(wanted),
        )
    if found:
        found.setdefault(BEEP, beep())
        if (own_music := _levelled(ours.get(MUSIC), cache, MUSIC)) is not None:
            found[MUSIC] = own_music
    return Book(MappingProxyType(found))


def _ringing() -> Samples:
    """The Italian ringing tone, one period: 425 Hz, 1 s on, 4 s off (ITU-T E.180)."""
    times = np.arange(1000 * _PER_MS) / (1000 * _PER_MS)
    wave = amplitude(_RINGING_DBM0) * np.sin(2 * np.pi * 425 * times)
    return np.concatenate([np.rint(wave).astype(np.int16), np.zeros(4000 * _PER_MS, np.int16)])


_RINGING = _ringing()


def sources(
    own: Path | None,
    texts: Mapping[str, Text] = MappingProxyType({}),
    recorded: Path = synthesis.RECORDED,
) -> dict[str, tuple[Text, str]]:
    """Where each piece comes from: a file, "espeak-ng", or "" if it cannot be had."""
    wanted = {**{key: Text(words) for key, words in PIECES.items()}, **texts}
    ours = _recordings(own, wanted)
    made = "espeak-ng" if synthesis.engine() else ""
    return {
        key: (text, str(ours.get(key) or _debian(key, recorded) or made))
        for key, text in wanted.items()
    }


def beep() -> Samples:
    """The tone after which callers speak: 1000 Hz for 300 ms, with soft ends."""
    times = np.arange(300 * _PER_MS) / (1000 * _PER_MS)
    ends = np.clip(np.minimum(times, times[::-1]) / 0.01, 0, 1)
    wave = amplitude(LEVEL_DBM0) * ends * np.sin(2 * np.pi * 1000 * times)
    return np.rint(wave).astype(np.int16)


def _recordings(own: Path | None, wanted: Mapping[str, Text]) -> Mapping[str, Path]:
    """The site's recordings by key; what has no such key is named in the log."""
    if own is None or not own.is_dir():
        return {}
    files = {file.stem: file for file in sorted(own.glob("*.wav"))}
    for key in sorted(files.keys() - wanted.keys() - {BEEP, MUSIC}):
        log.warning("%s: there is no phrase called %s; nothing plays it", files[key], key)
    return files


def _debian(key: str, recorded: Path) -> Path | None:
    names = {sentence.value: name for sentence, name in DEBIAN_PROMPTS.items()}
    file = recorded / f"{names[key]}.wav" if key in names else None
    return file if file and file.is_file() else None


def _levelled(file: Path | None, cache: Path, key: str) -> Samples | None:
    """A recording made as loud as everything else; None if there is none that can be used."""
    if file is None:
        return None
    try:
        content = file.read_bytes()
        kept = _place(cache, key, content)
        said = _kept(kept)
        if said is None:
            said = _keep(kept, synthesis.for_the_line(read_wav(file), LEVEL_DBM0))
    except (WavError, OSError) as error:
        log.warning("%s", error)
        return None
    return said


def _synthesised(text: Text, cache: Path, key: str, engine: str) -> Samples | None:
    source = text.words if text.tongue is Tongue.ITALIAN else f"{text.tongue} {text.words}"
    kept = _place(cache, key, source.encode())
    said = _kept(kept)
    if said is not None:
        return said
    try:
        spoken = synthesis.speak(text.words, engine=engine, tongue=text.tongue)
    except synthesis.SynthesisError as error:
        log.warning("%s", error)
        return None
    return _keep(kept, synthesis.for_the_line(spoken, LEVEL_DBM0))


def _place(cache: Path, key: str, content: bytes) -> Path:
    """Where a rendering is kept: another source or another way of rendering, another file."""
    digest = hashlib.sha256(_RENDERING.encode() + content).hexdigest()
    return cache / f"{key}-{digest[:12]}.wav"


def _kept(file: Path) -> Samples | None:
    try:
        return read_wav(file)
    except (FileNotFoundError, WavError):  # half written before a power cut: made again
        return None


def _keep(file: Path, samples: Samples) -> Samples:
    """Write ``samples`` whole or not at all."""
    draft = file.with_suffix(f".{os.getpid()}")
    write_wav(draft, samples)
    draft.replace(file)
    return samples
