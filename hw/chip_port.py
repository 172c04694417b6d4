"""What ports made of a chip on GPIO pins share: its pins, its time, its failures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress

from hw.clockwork import Due, Timer
from hw.gpio import Header, PinError
from hw.life import Life
from hw.ports import AudioStream


class ChipPort(ABC):
    """A port whose pins are opened anew after every failure.

    ``header`` opens them; ``audio`` is the codec's voice path.
    """

    def __init__(
        self, name: str, *, header: Callable[[], Header], audio: AudioStream, timer: Timer
    ) -> None:
        self._name = name
        self._header = header
        self._audio = audio
        self._timer = timer
        self._held: Header | None = None  # also while out of service: outputs stay as they are
        self._due: Due | None = None
        self._life = Life(timer, start=self._start, halt=self._halt, told=self._tell_fault)

    @property
    def name(self) -> str:
        """Name of the port on its board."""
        return self._name

    @property
    def audio(self) -> AudioStream:
        """The codec's voice path."""
        return self._audio

    @abstractmethod
    def _start(self) -> None:
        """Bring the chip up; may fail with OSError."""

    @abstractmethod
    def _halt(self) -> None:
        """Make the line safe with whatever still works."""

    @abstractmethod
    def _tell_fault(self, at_ns: int, what: str) -> None:
        """Say why the port is out of service."""

    @abstractmethod
    def _wake(self) -> None:
        """Do what is due by now."""

    def _hold(self) -> Header:
        """Open the pins anew."""
        self._release()
        self._held = header = self._header()
        header.failed = self._life.fail
        return header

    def _release(self) -> None:
        """Let go of the pins."""
        if self._held:
            with suppress(PinError):
                self._held.close()
        self._held = None

    def _arm(self, at_ns: int | None) -> None:
        """Wake up at ``at_ns`` and at no other time."""
        if self._due:
            self._due.cancel()
        self._due = None if at_ns is None else self._timer.call_at(at_ns, self._wake)
