"""gpiozero's mock pins, wired to a simulated chip: what a driver drives is seen, edges carry times.

A test may also make any operation on them fail: `WiredFactory.trouble`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

from hw.clockwork import Timer
from hw.gpio import Header


class Drive(Enum):
    """What a pin of the computer does to its wire."""

    OPEN = "open"
    LOW = "low"
    HIGH = "high"


class WiredPin(MockPin):  # type: ignore[misc]
    """A mock pin that tells who is wired to it what it drives."""

    def __init__(self, factory: Any, info: Any) -> None:
        self.driven: Callable[[Drive], None] = _nobody
        self._edge_ns = 0
        self._outside: bool | None = None  # what the chip drives, stronger than any pull
        super().__init__(factory, info)

    def become(self, level: bool, at_ns: int) -> None:  # noqa: FBT001 - the level is the message
        """Take the level that the chip drives since ``at_ns``."""
        self._edge_ns, self._outside = at_ns, level
        if self._function == "input":
            self.drive_high() if level else self.drive_low()

    def _call_when_changed(self) -> None:
        # As lgpio: the kernel's CLOCK_MONOTONIC, in seconds.
        super(MockPin, self)._call_when_changed(self._edge_ns / 1e9, self._state)

    def _get_state(self) -> bool:
        self.factory.touched("read", self.info.name)
        return bool(super()._get_state())

    def _set_state(self, value: int) -> None:
        self.factory.touched("write", self.info.name)
        super()._set_state(value)
        self.driven(Drive.HIGH if value else Drive.LOW)

    def _set_function(self, value: str) -> None:
        self.factory.touched(value, self.info.name)
        was = self._function
        super()._set_function(value)
        if value == "input" and was != "input":
            self.driven(Drive.OPEN)

    def _set_pull(self, value: str) -> None:
        if self._outside is None:
            super()._set_pull(value)
        else:
            self._pull, self._state = value, self._outside

    def _enable_event_detect(self) -> None:
        self.factory.touched("watch", self.info.name)


class WiredFactory(MockFactory):  # type: ignore[misc]
    """The pins of one port; they stay wired when the port lets go of them.

    ``trouble`` is called before each operation with what is done ("read", "write", "input",
    "output", "watch") and the pin's name, and may raise OSError.
    """

    def __init__(self) -> None:
        self.trouble: Callable[[str, str], None] = _nothing
        super().__init__(pin_class=WiredPin)

    def touched(self, what: str, pin: str) -> None:
        """Let an operation fail, if that is wanted."""
        self.trouble(what, pin)

    def close(self) -> None:
        """Leave every pin as input."""
        for pin in self.pins.values():
            pin.close()

    def wired(self, number: int) -> WiredPin:
        """Give the pin for whoever is wired to it."""
        pin: WiredPin = self.pin(number)
        return pin

    def header(self, timer: Timer) -> Header:
        """Open the pins, as the driver does."""
        self.touched("open", "chip")
        return Header(self, timer)


def _nobody(_: Drive) -> None:
    """Stand in until a chip is wired."""


def _nothing(_what: str, _pin: str) -> None:
    """Let everything work."""
