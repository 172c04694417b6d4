"""An ALSA card as the voice path of one line, or of two on a stereo card.

The card has a thread of its own that reads and writes 20 ms at a time; the bridge's clock never
waits for it. A card that is unplugged leaves silence and comes back by itself, found by the place
where it is plugged in, not by its number.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from hw.audio.elastic import FRAME, Elastic
from hw.ports import Frame

log = logging.getLogger("derivato.hw")

_RATE = 8000
_PLAYBACK, _CAPTURE = 0, 1
_S16_LE, _INTERLEAVED = 2, 3
_LATENCY_US = 80_000
_PREFILL = 2  # periods of silence, so that a late thread does not run dry
_RETRY_S = 2.0
_BROKEN = (-errno.EPIPE, -errno.ESTRPIPE)  # an overrun or underrun, a suspended card
_MOST_STALLS = 20
_USB = Path("/sys/bus/usb/devices")


class AlsaError(OSError):
    """A sound device cannot be used."""


def usb_card(place: str) -> str | None:
    """ALSA device of the card that is plugged in at the USB path ``place``, None if none is."""
    for card in sorted(_USB.glob(f"{place}/{place}:*/sound/card*")):
        return f"plughw:{card.name.removeprefix('card')}"
    return None


class Lane:
    """One channel of a card; keeps the contract of `hw.ports.AudioStream`."""

    def __init__(self) -> None:
        self.captured = Elastic()
        self.to_play = Elastic()

    def read(self) -> Frame:
        """Give the next 20 ms that came from the line."""
        return self.captured.take()

    def write(self, frame: Frame) -> None:
        """Take the next 20 ms for the line."""
        self.to_play.put(frame)

    @property
    def counters(self) -> Mapping[str, int]:
        """What went wrong so far: slips, gaps and losses each way."""
        counts: dict[str, int] = {}
        for way, buffer in (("in", self.captured), ("out", self.to_play)):
            counts |= {f"{way}_slips": buffer.slips, f"{way}_gaps": buffer.gaps}
            counts[f"{way}_lost"] = buffer.lost
        return MappingProxyType(counts)


class Card:
    """A card with ``channels`` lanes; ``find`` gives its ALSA name now, or None.

    ``name`` is what messages call it.
    """

    def __init__(self, name: str, find: Callable[[], str | None], channels: int = 1) -> None:
        self.lanes = tuple(Lane() for _ in range(channels))
        self._name = name
        self._find = find
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._said = False

    def open(self) -> None:
        """Begin to read and write, as soon as the card is there."""
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(
                target=self._run, name=f"alsa {self._name}", daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        """Let go of the card."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._thread = None

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._serve()
            except OSError as error:
                if not self._said:
                    log.error("%s: %s; its line is silent until it is back", self._name, error)  # noqa: TRY400
                self._said = True
                for lane in self.lanes:
                    lane.captured.clear()
                    lane.to_play.clear()
                self._stop.wait(_RETRY_S)

    def _serve(self) -> None:
        device = self._find()
        if device is None:
            raise AlsaError("no such sound device is plugged in")
        channels = len(self.lanes)
        with _Pcm(device, _CAPTURE, channels) as source, _Pcm(device, _PLAYBACK, channels) as sink:
            for _ in range(_PREFILL):
                sink.write(np.zeros((FRAME, channels), np.int16))
            sink.start()
            source.start()
            stalls = 0
            while not self._stop.is_set():
                try:
                    came = source.read()
                except AlsaError as error:
                    stalls += 1
                    if error.errno != errno.EIO or stalls > _MOST_STALLS:
                        raise
                    source.restart()  # it has not moved for a while; play on and look again
                else:
                    stalls = 0
                    self._works()
                    for channel, lane in enumerate(self.lanes):
                        lane.captured.put(came[:, channel])
                for _ in range(_PREFILL if stalls else 1):
                    sink.write(np.stack([lane.to_play.take() for lane in self.lanes], axis=1))

    def _works(self) -> None:
        if self._said:
            log.info("%s is back", self._name)
        self._said = False


class _Pcm:
    """One direction of a card, blocking."""

    def __init__(self, device: str, stream: int, channels: int) -> None:
        self._library = _asound()
        self._channels = channels
        self._records = stream == _CAPTURE
        self._handle = ctypes.c_void_p()
        self._check(
            self._library.snd_pcm_open(ctypes.byref(self._handle), device.encode(), stream, 0)
        )
        try:
            self._check(
                self._library.snd_pcm_set_params(
                    self._handle, _S16_LE, _INTERLEAVED, channels, _RATE, 1, _LATENCY_US
                )
            )
        except AlsaError:
            self._library.snd_pcm_close(self._handle)
            raise

    def __enter__(self) -> _Pcm:
        return self

    def __exit__(self, *_: object) -> None:
        self._library.snd_pcm_close(self._handle)

    def start(self) -> None:
        """Begin to play or record; reading or writing 20 ms does not."""
        self._check(self._library.snd_pcm_start(self._handle))

    def restart(self) -> None:
        """Begin anew after an error."""
        self._check(self._library.snd_pcm_prepare(self._handle))
        self.start()

    def read(self) -> Frame:
        """Wait for 20 ms; rows are moments, columns channels."""
        frames = np.zeros((FRAME, self._channels), np.int16)
        self._transfer(self._library.snd_pcm_readi, frames)
        return frames

    def write(self, frames: Frame) -> None:
        """Play 20 ms, waiting until there is room."""
        self._transfer(self._library.snd_pcm_writei, np.ascontiguousarray(frames))

    def _transfer(self, call: Callable[..., int], frames: Frame) -> None:
        done = 0
        while done < FRAME:
            rest = frames[done:]
            count = call(self._handle, rest.ctypes.data, ctypes.c_ulong(len(rest)))
            if count in _BROKEN:
                self._check(self._library.snd_pcm_recover(self._handle, count, 1))
                if self._records:
                    self.start()
            else:
                done += self._check(count)

    def _check(self, code: int) -> int:
        if code < 0:
            raise AlsaError(-code, self._library.snd_strerror(code).decode())
        return code


def _asound() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL("libasound.so.2")
    except OSError as error:
        raise AlsaError(f"libasound2 is not installed ({error})") from error
    library.snd_pcm_readi.restype = ctypes.c_long
    library.snd_pcm_writei.restype = ctypes.c_long
    library.snd_strerror.restype = ctypes.c_char_p
    for name in ("snd_pcm_readi", "snd_pcm_writei"):
        getattr(library, name).argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong]
    return library
