"""Audio between lines and legs on pjmedia's conference bridge.

Lines hang on the bridge as ports whose frames are made in Python (``LinePort``). Such ports are
called from the bridge's clock thread and must outlive it: one is made per line at start and
kept until the clock has stopped.
"""

from __future__ import annotations

from typing import Any, Protocol

import pjsua2 as pj

from firmware.sip.guard import guarded

RATE = 8000
FRAME_US = 20_000


class LineAudio(Protocol):
    """The voice path of one line as the bridge sees it, called every 20 ms."""

    def capture(self) -> bytes:
        """Give 20 ms from the line: 160 samples of 16 bit."""
        ...

    def playout(self, pcm: bytes | None) -> None:
        """Take 20 ms for the line; None when nobody talks to it."""
        ...


class LinePort(pj.AudioMediaPort):  # type: ignore[misc]  # pjsua2 has no types
    """A line on the bridge.

    The bridge asks for a frame only while somebody listens, but delivers (possibly empty) ones
    on every tick: that delivery is the line's clock, and it captures when nobody asked.
    """

    def __init__(self, name: str, audio: LineAudio) -> None:
        super().__init__()
        self._audio = audio
        self._asked = False
        format_ = pj.MediaFormatAudio()
        format_.init(pj.PJMEDIA_FORMAT_PCM, RATE, 1, FRAME_US, 16)
        self.createPort(name, format_)

    @guarded
    def onFrameRequested(self, frame: Any) -> None:  # noqa: N802 - pjsua2's name
        """Give the bridge what the line says."""
        self._asked = True
        frame.type = pj.PJMEDIA_TYPE_AUDIO
        frame.buf.assign_from_bytes(self._audio.capture())

    @guarded
    def onFrameReceived(self, frame: Any) -> None:  # noqa: N802 - pjsua2's name
        """Give the line what the bridge says, and keep it going when nobody listens."""
        if not self._asked:
            self._audio.capture()
        self._asked = False
        if frame.size == 0 or frame.type != pj.PJMEDIA_TYPE_AUDIO:
            self._audio.playout(None)
            return
        pcm = bytearray(frame.size)
        frame.buf.copy_to_bytearray(pcm)
        self._audio.playout(bytes(pcm))


class Bridge:
    """Who hears whom: wanted joins, connected as far as both ends have audio.

    A join may be ordered before a leg has audio and stays wanted when the leg's audio changes.
    """

    def __init__(self) -> None:
        self.drain: Any | None = None
        self._media: dict[str, Any] = {}
        self._joins: set[frozenset[str]] = set()

    def set_media(self, name: str, media: Any | None) -> None:
        """Tell the audio of ``name`` (None: it has none now), and connect what was wanted."""
        if media is None:
            self._media.pop(name, None)
            return
        self._media[name] = media
        for pair in self._joins:
            if name in pair:
                self._connect(pair)

    def set_leg(self, name: str, media: Any | None) -> None:
        """Like ``set_media``, and let ``drain`` listen to the leg as long as it lives.

        pjmedia reads only from ports that have a listener: what arrives while a user thinks
        after R would pile up in the jitter buffer, and the conversation go on 200 ms late.
        """
        self.set_media(name, media)
        if media is not None and self.drain is not None:
            media.startTransmit(self.drain)

    def join(self, a: str, b: str) -> None:
        """Let ``a`` and ``b`` hear each other, now or when both have audio."""
        pair = frozenset((a, b))
        if pair not in self._joins:
            self._joins.add(pair)
            self._connect(pair)

    def part(self, a: str, b: str) -> None:
        """Undo a join."""
        pair = frozenset((a, b))
        if pair in self._joins:
            self._joins.remove(pair)
            one, two = (self._media.get(name) for name in pair)
            if one is not None and two is not None:
                _quietly(one.stopTransmit, two)
                _quietly(two.stopTransmit, one)

    def forget(self, name: str) -> None:
        """Drop ``name`` with all its joins: it is gone."""
        self._media.pop(name, None)
        self._joins = {pair for pair in self._joins if name not in pair}

    def clear(self) -> None:
        """Let go of every media object."""
        self.drain = None
        self._media.clear()
        self._joins.clear()

    def _connect(self, pair: frozenset[str]) -> None:
        one, two = (self._media.get(name) for name in pair)
        if one is not None and two is not None:
            one.startTransmit(two)
            two.startTransmit(one)


def _quietly(order: Any, other: Any) -> None:
    """Part two ports of which one may have died with its stream a moment ago."""
    try:
        order(other)
    except pj.Error:
        return
