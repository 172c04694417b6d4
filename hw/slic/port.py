"""A telephone's line card made of a SLIC and a few GPIO pins."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import assert_never

from hw.chip_port import ChipPort
from hw.clockwork import Timer
from hw.gpio import Header, Input, OpenDrain, Output, PinError
from hw.ports import (
    AudioStream,
    FxsLimits,
    HookEdge,
    PortEvent,
    PortFault,
    PortReady,
    RingTrip,
)
from hw.slic import events as ev
from hw.slic import machine
from hw.slic.profiles import SlicProfile

log = logging.getLogger("derivato.hw")

_CLOSE_MS = 100


@dataclass(frozen=True, slots=True)
class SlicPins:
    """GPIO numbers of the SLIC's pins; ``power_down`` is None where PD is left open."""

    hook: int
    reverse: int
    ring_mode: int
    power_down: int | None = None


@dataclass(frozen=True, slots=True)
class _Wires:
    header: Header
    hook: Input
    reverse: Output
    ring_mode: Output
    power: OpenDrain | None


class SlicPort(ChipPort):
    """Keeps the contract of `hw.ports.FxsPort`.

    ``header`` opens the pins, anew after every failure; ``audio`` is the codec's voice path.
    """

    def __init__(
        self,
        name: str,
        profile: SlicProfile,
        pins: SlicPins,
        *,
        header: Callable[[], Header],
        audio: AudioStream,
        timer: Timer,
    ) -> None:
        super().__init__(name, header=header, audio=audio, timer=timer)
        self._profile = profile
        self._pins = pins
        self._post: Callable[[PortEvent], None] = _nobody
        self._slic = machine.Slic()
        self._wires: _Wires | None = None
        self._shortened = False

    @property
    def limits(self) -> FxsLimits:
        """The data sheet's limits."""
        return self._profile.limits

    def open(self, post: Callable[[PortEvent], None]) -> None:
        """Power up; PortReady comes when the line is fed."""
        self._post = post
        self._life.begin()

    def close(self) -> None:
        """Stop ringing, power down, let go of the pins; takes the 12 ms that ringing needs."""
        self._do(ev.PowerDown(self._timer.now_ns()))
        self._timer.wait(lambda: isinstance(self._slic.stage, machine.Off), _CLOSE_MS)
        self._life.end()
        self._release()
        self._post = _nobody

    def ring(self, on_ms: int, hz: float) -> None:
        """Ring one burst."""
        low, high = self.limits.ring_hz
        if not low <= hz <= high:
            raise ValueError(f"{self._profile.title} rings at {low} to {high} Hz, not {hz}")
        self._do(ev.Ring(self._timer.now_ns(), on_ms, hz))

    def stop_ringing(self) -> None:
        """End the burst."""
        self._do(ev.StopRing(self._timer.now_ns()))

    def set_polarity(self, *, reversed_: bool) -> None:
        """Feed the line reversed, or normally; while it rings, afterwards."""
        self._do(ev.SetPolarity(self._timer.now_ns(), reversed_))

    def break_loop(self, for_ms: int) -> None:
        """Power the line down for a while; without a PD pin that is not possible."""
        if self._pins.power_down is not None:
            self._do(ev.BreakLoop(self._timer.now_ns(), for_ms))

    # --- the machine --------------------------------------------------------------------------

    def _do(self, event: ev.Event) -> None:
        with self._life.using() as up:
            if up:
                self._slic, outputs = machine.step(self._slic, event, self._profile)
                for output in outputs:
                    self._carry_out(output)
                self._arm(machine.deadline(self._slic, self._profile))

    def _wake(self) -> None:
        with self._life.using() as up:
            if up and self._wires:
                closed = self._wires.hook.level() == self._profile.hook_high
                self._do(ev.Wake(self._timer.now_ns(), closed))

    def _edge(self, at_ns: int, level: bool) -> None:  # noqa: FBT001 - as gpio.Seen wants
        self._do(ev.Edge(at_ns, level == self._profile.hook_high))

    def _carry_out(self, output: ev.Output) -> None:
        match output:
            case ev.TellReady(at_ns):
                self._life.works()
                self._post(PortReady(self._name, at_ns))
            case ev.TellHook(at_ns, closed):
                self._post(HookEdge(self._name, at_ns, closed))
            case ev.TellTrip(at_ns):
                self._post(RingTrip(self._name, at_ns))
            case ev.TellShortened(ms, of_ms):
                if not self._shortened:
                    log.warning(
                        "%s: %d ms of %d ms rung: %s may ring %.0f %% of the time",
                        *(self._name, ms, of_ms, self._profile.title),
                        100 * self.limits.ring_duty,
                    )
                self._shortened = True  # once is enough
            case ev.GiveUp(what):
                self._life.fail(what)
            case _:
                self._move(output)

    def _move(self, output: ev.Power | ev.Feed | ev.RingMode | ev.Toggle) -> None:
        if (wires := self._wires) is None:
            return
        match output:
            case ev.RingMode(on):
                wires.ring_mode.set(on)
            case ev.Feed(forward):
                wires.reverse.set(forward == self._profile.forward_high)
            case ev.Toggle(start_ns, half_us, cycles):
                wires.reverse.square(start_ns, half_us, cycles)
            case ev.Power(on):
                if wires.power:
                    wires.power.let_go() if on else wires.power.pull_low()
            case _:
                assert_never(output)

    # --- the device ---------------------------------------------------------------------------

    def _start(self) -> None:
        self._wires = self._take(self._hold())
        self._wires.hook.watch(self._edge)
        self._slic = machine.Slic(rang=self._slic.rang)
        self._do(ev.PowerUp(self._timer.now_ns()))

    def _take(self, header: Header) -> _Wires:
        pins, forward = self._pins, self._profile.forward_high
        return _Wires(
            header=header,
            ring_mode=header.output(pins.ring_mode, level=False),
            reverse=header.output(pins.reverse, level=forward),
            hook=header.input(pins.hook),
            power=None if pins.power_down is None else header.open_drain(pins.power_down),
        )

    def _halt(self) -> None:
        """Make the line dead, each pin for itself: one that fails must not keep the others."""
        self._slic = machine.Slic(rang=self._slic.rang)
        self._arm(machine.deadline(self._slic, self._profile))
        if (wires := self._wires) is None:
            return
        self._wires = None
        with suppress(PinError):
            if wires.power:
                wires.power.pull_low()
        with suppress(PinError):
            wires.reverse.set(self._profile.forward_high)
        with suppress(PinError):
            wires.ring_mode.set(level=False)
        try:
            wires.hook.ignore()
        except PinError:
            self._release()  # the chip is gone: lgpio would spin on what it still watches

    def _tell_fault(self, at_ns: int, what: str) -> None:
        self._post(PortFault(self._name, at_ns, what))


def _nobody(_: PortEvent) -> None:
    """Take events while the port is closed."""
