"""Recognise what an exchange line says: dial, ringback, busy, congestion, SIT, fax, modem.

The strongest tone (:mod:`firmware.dsp.tone_track`) is cut into bursts of one band and pauses,
and the latest of them are held against the known cadences, from any point of the cycle.  A
cadence is believed after its ``need`` complete pieces in a row, so a recording or a call may
begin anywhere in it, and ends with the first piece that does not fit.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.tone_cadences import ANSWER, CADENCES, Band, Cadence, LineTone, band_of
from firmware.dsp.tone_pieces import LOUD, Measured, Stretch, even, fits, ms_of
from firmware.dsp.tone_track import HOP_MS, Glimpse, ToneTrack

__all__ = ["LineTone", "ToneEnd", "ToneEvent", "ToneRecogniser", "ToneStart"]


@dataclass(frozen=True, slots=True)
class ToneStart:
    """A tone is certain.  ``at_ms`` is where its first piece began; ``purity`` is 0 to 1."""

    at_ms: int
    tone: LineTone
    level_dbm0: float
    hertz: float
    purity: float


@dataclass(frozen=True, slots=True)
class ToneEnd:
    """The tone that began at ``at_ms`` ended after ``for_ms``, pauses between bursts included."""

    at_ms: int
    for_ms: int
    tone: LineTone
    level_dbm0: float
    hertz: float
    purity: float


ToneEvent = ToneStart | ToneEnd


_SETTLE = 3  # windows that must agree before a burst or pause counts as begun
_REVERSED = 2  # reversals that prove them intended: one each 450 ms in the first second
_PAST = 8
_SEAM_MS = 60  # a shorter gap between two notes is no pause (SIT: up to 30 ms)
_STEADY_PURITY = 0.65
_RISE_DB = 10.0  # above the quietest moments of pauses: somebody speaks
_LEAST_RISE_DBM0 = -48.0
_FORGET_DB = 0.02  # per window: the quietest moment is forgotten slowly
_REFRACTORY = 20  # windows: one reversal is seen for several


@dataclass(slots=True)
class _Active:
    """A tone that is believed."""

    cadence: Cadence
    tone: LineTone
    start: int
    bursts: list[Measured] = field(default_factory=list)
    next: int = 0


class ToneRecogniser:
    """Recognise call progress, fax and modem tones in a stream of 8 kHz samples."""

    def __init__(self) -> None:
        self._track = ToneTrack()
        self._at = 0
        self._stretch = Stretch(None, 0)
        self._rival: list[Glimpse] = []
        self._rival_band: Band | None = None
        self._past: deque[Measured] = deque(maxlen=_PAST)
        self._phasors: deque[complex] = deque([0j] * 8, maxlen=8)
        self._active: _Active | None = None
        self._quietest = 0.0
        self._out: list[ToneEvent] = []

    @property
    def tone(self) -> LineTone | None:
        """The tone that is believed to sound now."""
        return self._active.tone if self._active else None

    def feed(self, samples: NDArray[np.int16]) -> tuple[ToneEvent, ...]:
        """Take any number of samples; return the tones that became certain or ended, in order."""
        self._out = []
        for seen in self._track.feed(samples):
            self._take(seen)
            self._at += 1
        return tuple(self._out)

    def flush(self) -> tuple[ToneEvent, ...]:
        """End the stream: end what still sounds, or judge the last piece as it stands."""
        self._out = []
        if self._active is None:
            self._turn(None, self._at)
        pause = self._stretch.band is None and self._stretch.start < self._at
        self._end(ms_of(self._stretch.start if pause else self._at))
        return tuple(self._out)

    def _take(self, seen: Glimpse) -> None:
        """Follow one window: the stretch goes on, or another has begun."""
        band = band_of(seen.hertz)
        if band is self._stretch.band:
            self._rival.clear()
            self._stretch.add(seen)
        elif self._rival and band is self._rival_band:
            self._rival.append(seen)
        else:
            self._rival_band, self._rival = band, [seen]
        if len(self._rival) >= _SETTLE:
            self._turn(self._rival_band, self._at - len(self._rival) + 1)
            for glimpse in self._rival:
                self._stretch.add(glimpse)
            self._rival.clear()
        if band is None:
            self._watch_pause(seen.sound_dbm0)
        self._watch_phase(seen.phasor)
        self._judge_open()

    def _turn(self, band: Band | None, at: int) -> None:
        """End the stretch at window ``at`` and begin one of ``band``; judge what has ended."""
        old = self._stretch
        first = old.start == 0 and not self._past
        self._stretch = Stretch(band, at)
        if at <= old.start:
            return
        seam = old.band is None and (at - old.start) * HOP_MS < _SEAM_MS
        if seam and self._past and self._past[-1].band is not band:
            return
        done = old.done(at, whole=not first)
        self._past.append(done)
        if self._active:
            self._follow(self._active, done)
        if not self._active:
            self._search()

    def _follow(self, active: _Active, done: Measured) -> None:
        """Go on with the tone, or end it with a piece that does not fit."""
        if active.cadence.steady:
            self._end(done.at + done.length)
            return
        piece = active.cadence.pieces[active.next]
        if done.whole and fits(piece, done) and even([*active.bursts[-2:], done]):
            active.next = (active.next + 1) % len(active.cadence.pieces)
            if done.band:
                active.bursts = [*active.bursts[-_PAST:], done]
            return
        cut_short = done.band is piece.band and done.band is not None and done.length < piece.least
        self._end(done.at + done.length if cut_short else done.at)

    def _search(self) -> None:
        """Hold the latest pieces against every cadence, from any point of its cycle."""
        past = list(self._past)
        for cadence in CADENCES:
            size = len(cadence.pieces)
            latest = past[-cadence.need :]
            if cadence.steady or len(latest) < cadence.need:
                continue
            for start in range(cadence.starts):
                pieces = [cadence.pieces[(start + n) % size] for n in range(cadence.need)]
                if all(map(fits, pieces, latest)) and all(d.whole for d in latest):
                    if not even(latest):
                        continue
                    before = past[-cadence.need - 1 : -cadence.need]
                    self._begin(cadence, start, [*_lead(cadence, start, before), *latest])
                    return

    def _begin(self, cadence: Cadence, start: int, pieces: list[Measured]) -> None:
        bursts = [piece for piece in pieces if piece.band]
        size = len(cadence.pieces)
        self._active = _Active(
            cadence, cadence.tone, bursts[0].at, bursts, (start + cadence.need) % size
        )
        self._report(ToneStart, self._active)

    def _judge_open(self) -> None:
        """Judge the stretch that still goes on: too long for the tone, or long enough for one."""
        stretch = self._stretch
        length = (self._at + 1 - stretch.start) * HOP_MS
        active = self._active
        if active and not active.cadence.steady:
            piece = active.cadence.pieces[active.next]
            strange = stretch.band is not piece.band or length > piece.most + _SETTLE * HOP_MS
            if strange and length > _SEAM_MS:
                self._end(ms_of(stretch.start))
        if self._active or stretch.band is None:
            return
        for cadence in CADENCES:
            piece = cadence.pieces[0]
            if cadence.steady and piece.band is stretch.band and length >= piece.least:
                self._begin_steady(cadence, stretch)

    def _begin_steady(self, cadence: Cadence, stretch: Stretch) -> None:
        burst = stretch.done(self._at, whole=False)
        band = burst.band
        if band is None or not band.low <= burst.hertz <= band.high:
            return
        if burst.purity < _STEADY_PURITY or stretch.count < 0.9 * burst.length / HOP_MS:
            return
        tone = cadence.tone
        if tone is LineTone.FAX_ANSWER and stretch.reversals >= _REVERSED:
            tone = LineTone.FAX_ANSWER_REVERSALS
        self._active = _Active(cadence, tone, burst.at, [burst])
        self._report(ToneStart, self._active)

    def _watch_pause(self, sound: float) -> None:
        """Notice what is no silence in a pause; a tone that is spoken over has ended."""
        self._quietest = min(self._quietest + _FORGET_DB, sound)
        stretch = self._stretch
        if stretch.band or sound <= max(self._quietest + _RISE_DB, _LEAST_RISE_DBM0):
            return
        stretch.loud += 1
        if stretch.loud == LOUD and self._active:
            self._end(ms_of(stretch.start))

    def _watch_phase(self, phasor: complex) -> None:
        """Count the reversals of phase in an answer tone."""
        past = self._phasors
        past.append(phasor)
        stretch = self._stretch
        if stretch.band is not ANSWER or self._at - stretch.start < len(past):
            return
        step = past[-1] * past[-4].conjugate()
        earlier = past[-5] * past[-8].conjugate()
        product = step * earlier.conjugate()
        since = self._at - stretch.last_reversal
        if product.real < -0.5 * abs(product) and since > _REFRACTORY:
            stretch.reversals = stretch.reversals + 1 if since * HOP_MS <= 520 else 1
            stretch.last_reversal = self._at

    def _end(self, at_ms: int) -> None:
        if self._active:
            self._report(ToneEnd, self._active, at_ms)
        self._active = None

    def _report(self, kind: type[ToneStart] | type[ToneEnd], active: _Active, end: int = 0) -> None:
        bursts = active.bursts
        level = round(sum(b.level for b in bursts) / len(bursts), 1)
        hertz = round(sum(b.hertz for b in bursts) / len(bursts), 1)
        purity = round(sum(b.purity for b in bursts) / len(bursts), 2)
        if kind is ToneStart:
            self._out.append(ToneStart(active.start, active.tone, level, hertz, purity))
        else:
            length = end - active.start
            self._out.append(ToneEnd(active.start, length, active.tone, level, hertz, purity))


def _lead(cadence: Cadence, start: int, before: list[Measured]) -> list[Measured]:
    """Return the piece before the first that counted, if it is a burst that may belong to it."""
    piece = cadence.pieces[start - 1]
    return [d for d in before if d.band and d.band is piece.band and d.length <= piece.most]
