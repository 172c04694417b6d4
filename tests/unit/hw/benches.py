"""Line cards with somebody at the other end of the wires, for tests of every driver alike."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hw.daa.port import DaaPins, DaaPort
from hw.daa.profiles import CPC5621, DaaProfile
from hw.daa.profiles import PROFILES as DAA_PROFILES
from hw.ports import FxoEvent, FxoPort, FxsPort, HookEdge, PortEvent, PortFault, PortReady, RingTrip
from hw.sim.clock import SimClock
from hw.sim.daa_chip import DaaLine
from hw.sim.fxs import SimFxsPort
from hw.sim.slic_chip import Bounce
from hw.sim.slic_line import SlicLine
from hw.sim.telephone import Telephone
from hw.sim.wires import Wires
from hw.slic.port import SlicPins, SlicPort
from hw.slic.profiles import AG1171, PROFILES, SlicProfile

PINS = SlicPins(hook=17, reverse=27, ring_mode=22, power_down=23)

NO_BOUNCE = Bounce()


@dataclass
class FxsBench:
    """A port under test, the person at its telephone, and what the port told."""

    port: FxsPort
    person: SimFxsPort | SlicLine
    clock: SimClock
    events: list[PortEvent] = field(default_factory=list)

    def open(self) -> FxsBench:
        self.port.open(self.events.append)
        self.clock.pass_ms(100)
        return self

    def pass_ms(self, ms: float) -> None:
        self.clock.pass_ms(ms)

    @property
    def edges(self) -> list[HookEdge]:
        return [event for event in self.events if isinstance(event, HookEdge)]

    @property
    def trips(self) -> list[RingTrip]:
        return [event for event in self.events if isinstance(event, RingTrip)]

    @property
    def faults(self) -> list[PortFault]:
        return [event for event in self.events if isinstance(event, PortFault)]

    @property
    def ready(self) -> list[PortReady]:
        return [event for event in self.events if isinstance(event, PortReady)]

    def loop(self, steps: list[tuple[float, bool]]) -> int:
        """Open and close the loop at ms from now; give the start, in ns."""
        start = self.clock.now_ns()
        for at_ms, closed in steps:
            at_ns = start + round(at_ms * 1e6)
            self.clock.exactly_at(
                at_ns,
                lambda closed=closed, at_ns=at_ns: self.person.loop(closed=closed, at_ns=at_ns),
            )
        self.pass_ms(steps[-1][0] + 200)
        return start


def sim_bench() -> FxsBench:
    clock = SimClock()
    port = SimFxsPort("fxs1", now_ns=clock.now_ns)
    return FxsBench(port, port, clock)


def slic_bench(
    profile: SlicProfile = AG1171,
    *,
    chip: SlicProfile | None = None,
    pins: SlicPins = PINS,
    bounce: Bounce = NO_BOUNCE,
    clock: SimClock | None = None,
    name: str = "fxs1",
) -> FxsBench:
    """The GPIO driver with ``profile`` on a simulated chip, which may be another."""
    clock = clock or SimClock()
    line = SlicLine(name, chip or profile, pins, clock, at=clock.exactly_at, bounce=bounce)
    port = SlicPort(name, profile, pins, header=line.header, audio=line.audio, timer=clock)
    return FxsBench(port, line, clock)


FXS = {
    "sim": sim_bench,
    **{name: lambda p=profile: slic_bench(p) for name, profile in PROFILES.items()},
    "ks0835f-h": lambda: slic_bench(replace(PROFILES["ks0835f"], forward_high=True)),
    "bouncing": lambda: slic_bench(bounce=Bounce(5, 3.0)),
    "pd-open": lambda: slic_bench(pins=replace(PINS, power_down=None)),
}
"""Every driver of `hw.ports.FxsPort` that can be had without hardware."""


DAA_PINS = DaaPins(off_hook=5, ring=6, snoop=13, loop=19, polarity=26, battery=12)


@dataclass
class FxoBench:
    """A port under test, the exchange at the other end, and what the port told."""

    port: FxoPort
    exchange: DaaLine
    clock: SimClock
    events: list[FxoEvent] = field(default_factory=list)

    def open(self) -> FxoBench:
        self.port.open(self.events.append)
        self.clock.pass_ms(300)
        return self

    def pass_ms(self, ms: float) -> None:
        self.clock.pass_ms(ms)

    def told(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]


def daa_bench(
    profile: DaaProfile = CPC5621, *, pins: DaaPins = DAA_PINS, full_wave: bool = False
) -> FxoBench:
    """The GPIO driver with ``profile`` on a simulated chip and exchange."""
    clock = SimClock()
    line = DaaLine(profile, pins, clock, at=clock.exactly_at, full_wave=full_wave)
    audio = Wires(Telephone())
    port = DaaPort("fxo1", profile, pins, header=line.header, audio=audio, timer=clock)
    return FxoBench(port, line, clock)


FXO = {
    **{name: lambda p=profile: daa_bench(p) for name, profile in DAA_PROFILES.items()},
    "cpc5621-full-wave": lambda: daa_bench(full_wave=True),
    "no-senses": lambda: daa_bench(pins=DaaPins(off_hook=5, ring=6)),
}
"""Every driver of `hw.ports.FxoPort` that can be had without hardware."""
