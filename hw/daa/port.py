"""An exchange line's interface made of a DAA and a few GPIO pins."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import assert_never

from hw.chip_port import ChipPort
from hw.clockwork import Timer
from hw.daa import events as ev
from hw.daa import machine
from hw.daa.profiles import DaaProfile
from hw.gpio import Header, Input, Output, PinError
from hw.ports import (
    AudioStream,
    Battery,
    FxoEvent,
    FxoSenses,
    LinePolarity,
    LoopCurrent,
    PortFault,
    PortReady,
    RingSignal,
)


@dataclass(frozen=True, slots=True)
class DaaPins:
    """GPIO numbers of the DAA's pins; what a board does not have is None."""

    off_hook: int
    ring: int
    snoop: int | None = None
    loop: int | None = None
    polarity: int | None = None
    battery: int | None = None


@dataclass(frozen=True, slots=True)
class _Wires:
    off_hook: Output
    ring: Input
    snoop: Output | None
    senses: tuple[tuple[ev.Sense, Input, bool], ...]


class DaaPort(ChipPort):
    """Keeps the contract of `hw.ports.FxoPort`.

    ``header`` opens the pins, anew after every failure; ``audio`` is the codec's voice path.
    """

    def __init__(
        self,
        name: str,
        profile: DaaProfile,
        pins: DaaPins,
        *,
        header: Callable[[], Header],
        audio: AudioStream,
        timer: Timer,
    ) -> None:
        super().__init__(name, header=header, audio=audio, timer=timer)
        self._profile = profile
        self._pins = pins
        self._post: Callable[[FxoEvent], None] = _nobody
        self._daa = machine.Daa()
        self._wires: _Wires | None = None

    @property
    def senses(self) -> FxoSenses:
        """What its pins show."""
        pins = self._pins
        return FxoSenses(
            current=pins.loop is not None,
            polarity=pins.polarity is not None,
            battery=pins.battery is not None,
        )

    def open(self, post: Callable[[FxoEvent], None]) -> None:
        """Begin on-hook."""
        self._post = post
        self._life.begin()

    def close(self) -> None:
        """Go on-hook and let go of the pins."""
        self._life.end()
        self._release()
        self._post = _nobody

    def seize(self, *, off_hook: bool) -> None:
        """Close the loop, or open it."""
        self._do(ev.Seize(self._timer.now_ns(), off_hook))

    def flash(self, for_ms: int) -> None:
        """Open the closed loop for a while."""
        self._do(ev.Flash(self._timer.now_ns(), for_ms))

    def pulse(self, digit: str, *, break_ms: int, make_ms: int) -> None:
        """Dial one digit by pulses."""
        if len(digit) != 1 or digit not in "0123456789":
            raise ValueError(f"{digit!r} cannot be dialled by pulses")
        self._do(ev.Dial(self._timer.now_ns(), int(digit) or 10, break_ms, make_ms))

    def snoop(self, *, on: bool) -> None:
        """Let audio pass while on-hook, where a pin is needed for that."""
        self._do(ev.Snoop(self._timer.now_ns(), on))

    # --- the machine --------------------------------------------------------------------------

    def _do(self, event: ev.Event) -> None:
        with self._life.using() as up:
            if up:
                self._daa, outputs = machine.step(self._daa, event, self._profile)
                for output in outputs:
                    self._carry_out(output)
                self._arm(machine.deadline(self._daa, self._profile))

    def _wake(self) -> None:
        self._do(ev.Wake(self._timer.now_ns()))

    def _carry_out(self, output: ev.Output) -> None:
        match output:
            case ev.TellRing(at_ns, on):
                self._post(RingSignal(self._name, at_ns, on))
            case ev.Tell(at_ns, ev.Sense.LOOP, yes):
                self._post(LoopCurrent(self._name, at_ns, yes))
            case ev.Tell(at_ns, ev.Sense.REVERSED, yes):
                self._post(LinePolarity(self._name, at_ns, yes))
            case ev.Tell(at_ns, _, yes):
                self._post(Battery(self._name, at_ns, yes))
            case _:
                self._move(output)

    def _move(self, output: ev.Hook | ev.Pulses | ev.Cid) -> None:
        if (wires := self._wires) is None:
            return
        closed = self._profile.off_hook_high
        match output:
            case ev.Hook(to_close):
                wires.off_hook.set(to_close == closed)
            case ev.Pulses(count, break_ms, make_ms):
                wires.off_hook.pulses(not closed, break_ms * 1000, make_ms * 1000, count)
            case ev.Cid(on):
                if wires.snoop:
                    wires.snoop.set(on == self._profile.snoop_high)
            case _:
                assert_never(output)

    # --- the device ---------------------------------------------------------------------------

    def _start(self) -> None:
        self._wires = wires = self._take(self._hold())
        levels = tuple((sense, pin.level() == yes) for sense, pin, yes in wires.senses)
        now = self._timer.now_ns()
        self._post(PortReady(self._name, now))
        self._do(ev.Opened(now, levels))
        wires.ring.watch(self._rang)
        for sense, pin, yes in wires.senses:
            pin.watch(self._watcher(sense, yes=yes))
        self._life.works()

    def _take(self, header: Header) -> _Wires:
        pins, profile = self._pins, self._profile
        wired = (
            (ev.Sense.LOOP, pins.loop, profile.loop_high),
            (ev.Sense.REVERSED, pins.polarity, profile.reversed_high),
            (ev.Sense.BATTERY, pins.battery, profile.battery_high),
        )
        return _Wires(
            off_hook=header.output(pins.off_hook, level=not profile.off_hook_high),
            ring=header.input(pins.ring, pull="down" if profile.ring_high else "up"),
            snoop=None
            if pins.snoop is None
            else header.output(pins.snoop, level=not profile.snoop_high),
            senses=tuple(
                (sense, header.input(number, pull="down" if yes else "up"), yes)
                for sense, number, yes in wired
                if number is not None
            ),
        )

    def _rang(self, at_ns: int, level: bool) -> None:  # noqa: FBT001 - as gpio.Seen wants
        self._do(ev.RingEdge(at_ns, level == self._profile.ring_high))

    def _watcher(self, sense: ev.Sense, *, yes: bool) -> Callable[[int, bool], None]:
        return lambda at_ns, level: self._do(ev.Sensed(at_ns, sense, level == yes))

    def _halt(self) -> None:
        """Go on-hook; the line must not stay seized."""
        self._daa = machine.Daa()
        self._arm(machine.deadline(self._daa, self._profile))
        if (wires := self._wires) is None:
            return
        self._wires = None
        with suppress(PinError):
            wires.off_hook.set(not self._profile.off_hook_high)
        with suppress(PinError):
            if wires.snoop:
                wires.snoop.set(not self._profile.snoop_high)
        try:
            for pin in (wires.ring, *(pin for _, pin, _ in wires.senses)):
                pin.ignore()
        except PinError:
            self._release()  # the chip is gone: lgpio would spin on what it still watches

    def _tell_fault(self, at_ns: int, what: str) -> None:
        self._post(PortFault(self._name, at_ns, what))


def _nobody(_: FxoEvent) -> None:
    """Take events while the port is closed."""
