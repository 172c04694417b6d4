"""From a board description to its ports. What a driver needs is imported when a port needs it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from hw.boards.schema import Board, Driver, Port
from hw.clockwork import Clockwork, Timer
from hw.ports import FxoPort, FxsPort
from hw.sim.fxo import SimFxoPort
from hw.sim.fxs import SimFxsPort
from hw.sim.line import SimulatedLine
from hw.slic.profiles import PROFILES as SLICS
from hw.slic.profiles import SlicProfile

if TYPE_CHECKING:
    from hw.slic.port import SlicPins


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of a board by name, and those of them that are simulated.

    ``fxs`` lead to telephones, ``fxo`` to an exchange. ``clockwork`` drives them; close it when
    all of them are closed.
    """

    fxs: Mapping[str, FxsPort]
    fxo: Mapping[str, FxoPort]
    simulated: Mapping[str, SimulatedLine | SimFxoPort]
    clockwork: Clockwork


def open_ports(board: Board, wanted: Iterable[str]) -> Ports:
    """Make the ports ``wanted`` of ``board``; they are still to be opened."""
    clockwork = Clockwork()
    fxs: dict[str, FxsPort] = {}
    fxo: dict[str, FxoPort] = {}
    simulated: dict[str, SimulatedLine | SimFxoPort] = {}
    for name in wanted:
        # The simulated boards have as many ports as the site file wants.
        if name.startswith("fxo"):
            fxo[name] = simulated[name] = SimFxoPort(name)
            continue
        port = board.ports.get(name) or board.ports["fxs1"]
        fxs[name], line = _MAKERS[port.driver](name, port, clockwork)
        if line is not None:
            simulated[name] = line
    return Ports(
        MappingProxyType(fxs), MappingProxyType(fxo), MappingProxyType(simulated), clockwork
    )


Made = tuple[FxsPort, SimulatedLine | None]


def _sim(name: str, _port: Port, _timer: Timer) -> Made:
    made = SimFxsPort(name)
    return made, made


def _sim_slic(name: str, port: Port, timer: Timer) -> Made:
    line_module = importlib.import_module("hw.sim.slic_line")
    port_module = importlib.import_module("hw.slic.port")
    pins, profile = _slic_parts(port)
    line = line_module.SlicLine(name, profile, pins, timer)
    made = port_module.SlicPort(
        name, profile, pins, header=line.header, audio=line.audio, timer=timer
    )
    return made, line


def _slic_parts(port: Port) -> tuple[SlicPins, SlicProfile]:
    pins: SlicPins = importlib.import_module("hw.slic.port").SlicPins(**port.pins)
    profile = SLICS[port.chip or ""]
    if port.forward_high is not None:
        profile = replace(profile, forward_high=port.forward_high)
    return pins, profile


_MAKERS: Mapping[Driver, Callable[[str, Port, Timer], Made]] = MappingProxyType(
    {Driver.SIM: _sim, Driver.SIM_SLIC: _sim_slic}
)
