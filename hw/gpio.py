"""GPIO pins as drivers want them: levels, edges with the kernel's time, exact pulse trains.

Pins are gpiozero's (on lgpio, or its mock pins), used at pin level: no device of gpiozero is
made, and none of its debouncing, which loses edges (gpiozero #550, #1039). Each port opens a
`Header` of its own, so that what breaks one never touches another.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from hw.clockwork import Timer

Pull = Literal["up", "down", "floating"]
Seen = Callable[[int, bool], None]
"""Called with the time of an edge (CLOCK_MONOTONIC, ns) and the level after it."""

PI_CHIPS = ("pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-bcm2712", "pinctrl-rp1")
"""Labels of the gpiochip that is the 40-pin header of a Raspberry Pi."""

_MOST_CHIPS = 32
_LOOK_S = 0.0002  # between looks whether lgpio's thread has let go of a pin
_MOST_LOOKS = 25
_PI_3B = 0xA02082  # revision that gpiozero is told outside a Pi: any with 40 pins will do


class PinError(OSError):
    """A pin cannot be used: it is taken, its chip is gone, the kernel refused."""


class Header:
    """The pins of one gpiochip, held by one port.

    ``factory`` is a pin factory of gpiozero; ``timer`` times pulse trains where the chip's
    driver cannot.
    """

    def __init__(self, factory: Any, timer: Timer) -> None:
        self._factory = factory
        self._timer = timer
        self._lgpio = importlib.import_module("lgpio") if hasattr(factory, "_handle") else None
        self._errors = _errors(self._lgpio)
        self.failed: Callable[[PinError], None] = _ignore
        """Told of what fails while nobody waits for it; the port sets it."""

    def input(self, number: int, *, pull: Pull = "floating") -> Input:
        """Take a pin as input."""
        with self.telling(number):
            pin = self._factory.pin(number)
            pin.close()
            pin.input_with_pull(pull)
            pin.bounce = None
            pin.edges = "both"
        return Input(self, number, pin)

    def output(self, number: int, *, level: bool) -> Output:
        """Take a pin as output that starts at ``level``."""
        with self.telling(number):
            pin = self._factory.pin(number)
            pin.close()
            if self._lgpio is None:
                pin.output_with_state(int(level))
            else:  # gpiozero would drive low first, for some microseconds
                self._lgpio.gpio_claim_output(self._factory._handle, number, int(level))  # noqa: SLF001
        return Output(self, number, pin, self._timer)

    def open_drain(self, number: int) -> OpenDrain:
        """Take a pin that is pulled low or left alone, never driven high; it is left alone."""
        with self.telling(number):
            pin = self._factory.pin(number)
            pin.close()
        return OpenDrain(self, number, pin)

    def close(self) -> None:
        """Leave all pins as inputs and let go of the chip."""
        try:
            with self.telling(None):
                self._factory.close()
        finally:
            # gpiozero gives up at the first pin that is gone; lgpio would watch the chip for ever.
            if self._lgpio and self._factory._handle is not None:  # noqa: SLF001
                with self.telling(None):
                    self._lgpio.gpiochip_close(self._factory._handle)  # noqa: SLF001
                self._factory._handle = None  # noqa: SLF001

    @contextmanager
    def telling(self, number: int | None) -> Iterator[None]:
        """Turn every failure of the libraries below into a PinError that names the pin."""
        try:
            yield
        except self._errors as error:
            what = f"GPIO{number}" if number is not None else "GPIO"
            reason = str(error).strip("'")
            raise PinError(f"{what} cannot be used: {reason}") from error

    def hardware_square(self, number: int, half_us: int, cycles: int) -> bool:
        """Let lgpio's own thread send a square wave, high first; False where it is not there."""
        if self._lgpio is None:
            return False
        # It begins when CLOCK_MONOTONIC is next at a whole period, some ms from now or later.
        self._lgpio.tx_pulse(self._factory._handle, number, half_us, half_us, 0, cycles)  # noqa: SLF001
        return True

    def stop_hardware(self, number: int) -> None:
        """Stop what ``hardware_pulses`` began."""
        lgpio, handle = self._lgpio, self._factory._handle  # noqa: SLF001
        if lgpio is None:
            return
        for look in range(_MOST_LOOKS):
            if not lgpio.tx_busy(handle, number, lgpio.TX_PWM):
                return  # to stop what is over is an error for lgpio
            if look == 0:
                lgpio.tx_pulse(handle, number, 0, 0, 0, 0)
            time.sleep(_LOOK_S)


class Input:
    """A pin that is read."""

    def __init__(self, header: Header, number: int, pin: Any) -> None:
        self._header = header
        self._number = number
        self._pin = pin
        self._changed: Callable[[float, int], None] | None = None

    def level(self) -> bool:
        """Give the level now."""
        with self._header.telling(self._number):
            return bool(self._pin.state)

    def watch(self, seen: Seen) -> None:
        """Call ``seen`` with every edge from now on, from any thread."""

        def changed(ticks: float, state: int) -> None:
            seen(round(ticks * 1e9), bool(state))

        self._changed = changed  # gpiozero keeps only a weak reference
        with self._header.telling(self._number):
            self._pin.when_changed = changed

    def ignore(self) -> None:
        """See no more edges."""
        with self._header.telling(self._number):
            self._pin.when_changed = None
        self._changed = None


class Output:
    """A pin that is driven; any thread may order, the last order counts."""

    def __init__(self, header: Header, number: int, pin: Any, timer: Timer) -> None:
        self._header = header
        self._number = number
        self._pin = pin
        self._timer = timer
        self._lock = threading.Lock()
        self._train = 0  # number of the order that pulses belong to
        self._hardware = False

    def set(self, level: bool) -> None:  # noqa: FBT001 - the level is the whole message
        """Drive ``level``, and stop pulses."""
        with self._lock, self._header.telling(self._number):
            self._train += 1
            if self._hardware:
                self._header.stop_hardware(self._number)
                self._hardware = False
            self._pin.state = int(level)

    def square(self, start_ns: int, half_us: int, cycles: int) -> None:
        """Send ``cycles`` of a square wave from ``start_ns`` on, high first; returns at once.

        ``start_ns`` is a whole number of periods, and at least 10 ms ahead: so the thread of lgpio
        wants it, which does it where it can. What follows is not defined until ``set``.
        """
        with self._lock, self._header.telling(self._number):
            self._train += 1
            self._hardware = self._header.hardware_square(self._number, half_us, cycles)
            if not self._hardware:
                train, us = self._train, (half_us, half_us)
                self._later(train, start_ns, lambda: self._toggle(train, start_ns, us, cycles * 2))

    def pulses(self, first: bool, first_us: int, then_us: int, cycles: int) -> None:  # noqa: FBT001
        """Send ``cycles`` times ``first`` for ``first_us``, its opposite for ``then_us`` µs.

        Begins at once and returns at once; never a pulse more or less. What follows is not
        defined until ``set``.
        """
        with self._lock, self._header.telling(self._number):
            self._train += 1
            us = (first_us, then_us)
            start_ns = self._timer.now_ns()
            self._toggle(self._train, start_ns, us, cycles * 2, first=first)

    def _toggle(
        self, train: int, at_ns: int, us: tuple[int, int], left: int, *, first: bool = True
    ) -> None:
        """Do one half of a pulse and arm the next, at absolute times: lateness never adds up."""
        with self._header.telling(self._number):
            self._pin.state = int((left % 2 == 0) == first)
        next_ns = at_ns + us[left % 2] * 1000
        if left > 1:
            self._later(
                train, next_ns, lambda: self._toggle(train, next_ns, us, left - 1, first=first)
            )

    def _later(self, train: int, at_ns: int, do: Callable[[], None]) -> None:
        def due() -> None:
            with self._lock:
                if train != self._train:
                    return
                try:
                    do()
                except PinError as error:
                    failure = error
                else:
                    return
            self._header.failed(failure)

        self._timer.call_at(at_ns, due)


class OpenDrain:
    """A pin that is low or left alone."""

    def __init__(self, header: Header, number: int, pin: Any) -> None:
        self._header = header
        self._number = number
        self._pin = pin

    def pull_low(self) -> None:
        """Drive low."""
        with self._header.telling(self._number):
            self._pin.output_with_state(0)

    def let_go(self) -> None:
        """Drive nothing; what is outside decides the level."""
        with self._header.telling(self._number):
            self._pin.input_with_pull("floating")


def open_header(labels: tuple[str, ...], timer: Timer) -> Header:
    """Open the gpiochip whose label is one of ``labels``.

    Raises:
        PinError: there is none, or no library for it is installed.
    """
    try:
        lgpio = _lgpio()
        pins = importlib.import_module("gpiozero.pins.lgpio")
    except ImportError as error:
        raise PinError(
            f"{error.name} is not installed; install derivato with its extra gpio"
        ) from error
    number = _chip(lgpio, labels)
    unknown = importlib.import_module("gpiozero.exc").PinUnknownPi

    class Factory(pins.LGPIOFactory):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(chip=number)
            self.pins: dict[
                object, object
            ] = {}  # gpiozero shares them among all factories: each port has its own

        def _get_revision(self) -> int:
            try:
                return int(super()._get_revision())
            except unknown:
                return _PI_3B

    try:
        return Header(Factory(), timer)
    except lgpio.error as error:
        raise PinError(f"gpiochip{number} cannot be opened: {error}") from error


def _lgpio() -> Any:
    """Import lgpio, which makes a named pipe in the working directory: that may not be ours."""
    if "lgpio" in sys.modules:
        return sys.modules["lgpio"]
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as place:
        os.environ["LG_WD"] = place
        os.chdir(place)
        try:
            return importlib.import_module("lgpio")
        finally:
            os.chdir(here)


def _chip(lgpio: Any, labels: tuple[str, ...]) -> int:
    for number in range(_MOST_CHIPS):
        try:
            handle = lgpio.gpiochip_open(number)
        except lgpio.error:
            continue
        try:
            _, _, _, label = lgpio.gpio_get_chip_info(handle)
        finally:
            lgpio.gpiochip_close(handle)
        if label in labels:
            return number
    raise PinError(f"no gpiochip called {' or '.join(labels)}; is this the right machine?")


def _ignore(_: PinError) -> None:
    """Stand in until a port listens."""


def _errors(lgpio: Any) -> tuple[type[Exception], ...]:
    exc = importlib.import_module("gpiozero.exc")
    return (OSError, exc.GPIOZeroError, *((lgpio.error,) if lgpio else ()))
