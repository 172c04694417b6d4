"""Recognising any tone of the tone plan by its notes and its rhythm. Pure.

`firmware.dsp.progress` knows the tones that exchanges of any make have; this one knows the tones
that are ours: special dial tones, call waiting, the confirmation of a star code, the howler.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.levels import level
from firmware.dsp.listen import SILENCE_BELOW_DBM0
from firmware.lines.tone_plans import ITALY
from firmware.lines.tones import Segment, ToneName

Notes = tuple[float, ...]
"""Frequencies that sound together, in Hz; none is silence."""

_RATE = 8000
_HOP_MS = 10
_HOP, _WINDOW = 80, 160
_SHARE = 0.7  # of the power must be in the notes
_GLITCH = 2  # hops: where one note follows another, a window holds both
_LEAST = 4  # segments must fit, or those of one turn if it has more


@dataclass(slots=True)
class _Stretch:
    """``hops`` windows on end that sound like ``notes`` (None: like something else)."""

    notes: Notes | None
    hops: int = 1


class PatternEar:
    """Listens for the tone called ``name`` of the Italian plan: one turn of its rhythm."""

    def __init__(self, name: ToneName) -> None:
        self._name = name
        self._wanted = _turn(name)
        self._notes = tuple({segment.hertz for segment in self._wanted if segment.hertz})
        self._rest = np.zeros(0, np.int16)
        self._past: list[_Stretch] = []

    def feed(self, samples: NDArray[np.int16]) -> str | None:
        """Take what came next; say what was found when the turn is over."""
        heard = np.concatenate([self._rest, samples])
        at = 0
        while at + _WINDOW <= len(heard):
            self._take(self._sounding(heard[at : at + _WINDOW]))
            at += _HOP
            if self._fits():
                return f"{self._name.value} tone"
        self._rest = heard[at:]
        return None

    def _sounding(self, window: NDArray[np.int16]) -> Notes | None:
        if level(window) < SILENCE_BELOW_DBM0:
            return ()
        wave = window.astype(np.float64)
        power = float(np.mean(wave**2))
        time = np.arange(_WINDOW) / _RATE
        for notes in self._notes:
            turns = np.exp(-2j * np.pi * np.outer(notes, time))
            found = 2 * np.abs(turns @ wave / _WINDOW) ** 2
            if float(np.sum(found)) >= _SHARE * power:
                return notes
        return None

    def _take(self, notes: Notes | None) -> None:
        past = self._past
        if past and past[-1].notes == notes:
            past[-1].hops += 1
            return
        if len(past) > 1 and past[-1].hops <= _GLITCH:  # an edge: neither here nor there
            edge = past.pop()
            past[-1].hops += edge.hops
            if past[-1].notes == notes:
                past[-1].hops += 1
                return
        past.append(_Stretch(notes))

    def _fits(self) -> bool:
        """Whether the latest complete stretches are one turn of the tone."""
        count = len(self._wanted)
        if len(self._past) <= count or self._past[-1].hops <= _GLITCH:
            return False
        pairs = zip(self._past[-count - 1 : -1], self._wanted, strict=True)
        return all(_alike(stretch, segment) for stretch, segment in pairs)


def _alike(stretch: _Stretch, segment: Segment) -> bool:
    if stretch.notes != segment.hertz or segment.ms is None:
        return False
    return abs(stretch.hops * _HOP_MS - segment.ms) <= max(25.0, 0.12 * segment.ms)


def _turn(name: ToneName) -> list[Segment]:
    """The segments to wait for, without the silence before and after."""
    phrase = ITALY[name].phrases[0]
    turn = list(phrase.segments) * (phrase.times or 1)
    while len(turn) < _LEAST:
        turn += phrase.segments
    while not turn[-1].hertz:
        turn.pop()
    while not turn[0].hertz:
        turn.pop(0)
    return turn
