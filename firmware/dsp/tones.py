"""Sound of tones: 8 kHz int16 samples, exact to the sample, with soft edges.

Each oscillator starts with phase 0 at the start of its segment and runs through it, however the
samples are asked for, so that nothing jumps inside a segment. Segments begin and end at silence.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.levels import amplitude
from firmware.lines.tones import Segment, Tone

RATE = 8000
"""Samples per second."""

_EDGE = 32  # samples: raised cosine of 4 ms, too slow to click, too fast to change a cadence
_KEPT = 2 * RATE  # longer segments are computed anew in each read, so memory has a bound


@dataclass(frozen=True, slots=True)
class _Sound:
    """A segment ready to be played; ``length`` in samples, None for ever.

    ``samples`` are the whole segment, or two seconds of an endless one's steady part.
    """

    segment: Segment
    length: int | None
    samples: NDArray[np.int16] | None

    def read(self, first: int, count: int) -> NDArray[np.int16]:
        """Give ``count`` samples from the sample ``first`` of the segment on."""
        kept = self.samples
        if kept is not None and self.length is not None:
            return kept[first : first + count]
        if kept is not None and first >= _EDGE and count <= RATE:
            # Whole hertz come round after a second.
            return kept[first % RATE : first % RATE + count]
        return _wave(self.segment, self.length, first=first, count=count)


class TonePlayer:
    """Plays one :class:`~firmware.lines.tones.Tone` from its start, once."""

    def __init__(self, tone: Tone) -> None:
        self._phrases = [
            ([_sound(segment) for segment in phrase.segments], phrase.times)
            for phrase in tone.phrases
        ]
        self._phrase = self._turn = self._index = self._at = 0

    @property
    def finished(self) -> bool:
        """Whether all of a tone that ends was read; what is read afterwards is silence."""
        return self._phrase == len(self._phrases)

    def read(self, count: int) -> NDArray[np.int16]:
        """Give the next ``count`` samples, int16, shape (count,)."""
        out = np.zeros(count, np.int16)
        done = 0
        while done < count and not self.finished:
            sound = self._phrases[self._phrase][0][self._index]
            left = count - done if sound.length is None else sound.length - self._at
            step = min(count - done, left)
            if sound.segment.hertz:
                out[done : done + step] = sound.read(self._at, step)
            done += step
            self._at += step
            if self._at == sound.length:
                self._advance()
        return out

    def _advance(self) -> None:
        sounds, times = self._phrases[self._phrase]
        self._at = 0
        self._index += 1
        if self._index < len(sounds):
            return
        self._index = 0
        self._turn += 1
        if self._turn == times:
            self._turn = 0
            self._phrase += 1


def _sound(segment: Segment) -> _Sound:
    if segment.ms is None:
        if any(hertz % 1 for hertz in segment.hertz):
            return _Sound(segment, None, None)
        return _Sound(segment, None, _wave(segment, None, first=RATE, count=2 * RATE))
    length = max(1, round(segment.ms * RATE / 1000))
    keep = bool(segment.hertz) and length <= _KEPT
    samples = _wave(segment, length, first=0, count=length) if keep else None
    return _Sound(segment, length, samples)


def _wave(segment: Segment, length: int | None, *, first: int, count: int) -> NDArray[np.int16]:
    places = np.arange(first, first + count)
    wave = np.zeros(count)
    for hertz in segment.hertz:
        # Whole turns are taken away first: hours into an endless tone the phase is still exact.
        turns = (hertz * first % RATE + hertz * np.arange(count)) / RATE
        wave += np.sin(2 * np.pi * turns)
    wave *= amplitude(segment.level_dbm0)
    edge = _EDGE if length is None else min(_EDGE, length // 2)
    if edge and first < edge:
        wave *= _rise(places, edge)
    if edge and length is not None and first + count > length - edge:
        wave *= _rise(length - 1 - places, edge)
    return np.clip(np.rint(wave), -32768, 32767).astype(np.int16)


def _rise(places: NDArray[np.int64], edge: int) -> NDArray[np.float64]:
    slope: NDArray[np.float64] = np.minimum(places + 0.5, edge) * (np.pi / edge)
    return np.asarray(0.5 - 0.5 * np.cos(slope))
