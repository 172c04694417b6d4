"""From a board description to its ports; gpiozero is imported when a port takes its pins."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from hw.audio.alsa import Card, usb_card
from hw.boards.schema import Board, Codec, Driver, Port
from hw.clockwork import Clockwork
from hw.daa.port import DaaPins, DaaPort
from hw.daa.profiles import PROFILES as DAAS
from hw.gpio import PI_CHIPS, Header, open_header
from hw.ports import AudioStream, FxoPort, FxsPort
from hw.sim.fxo import SimFxoPort
from hw.sim.fxs import SimFxsPort
from hw.sim.line import SimulatedLine
from hw.slic.port import SlicPins, SlicPort
from hw.slic.profiles import PROFILES as SLICS
from hw.slic.profiles import SlicProfile


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of a board by name, and those of them that are simulated.

    ``fxs`` lead to telephones, ``fxo`` to an exchange. ``clockwork`` drives them and ``cards``
    are their sound devices; ``close`` them when all ports are closed.
    """

    fxs: Mapping[str, FxsPort]
    fxo: Mapping[str, FxoPort]
    simulated: Mapping[str, SimulatedLine | SimFxoPort]
    clockwork: Clockwork
    cards: Mapping[str, Card]

    def close(self) -> None:
        """Let go of what the ports share."""
        self.clockwork.close()
        for card in self.cards.values():
            card.close()


def open_ports(board: Board, wanted: Iterable[str]) -> Ports:
    """Make the ports ``wanted`` of ``board``; they are still to be opened."""
    makers = _Makers(board)
    for name in wanted:
        makers.make(name)
    return makers.made()


class _Makers:
    """Makes port after port; what several of them share is made once."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._clockwork = Clockwork()
        self._cards: dict[str, Card] = {}
        self._fxs: dict[str, FxsPort] = {}
        self._fxo: dict[str, FxoPort] = {}
        self._simulated: dict[str, SimulatedLine | SimFxoPort] = {}

    def made(self) -> Ports:
        return Ports(
            MappingProxyType(self._fxs),
            MappingProxyType(self._fxo),
            MappingProxyType(self._simulated),
            self._clockwork,
            MappingProxyType(self._cards),
        )

    def make(self, name: str) -> None:
        # The simulated boards have as many ports as the site file wants, and an exchange line.
        port = self._board.ports.get(name) or self._board.ports["fxs1"]
        match port.driver:
            case Driver.SIM | Driver.SIM_SLIC if name.startswith("fxo"):
                self._fxo[name] = self._simulated[name] = SimFxoPort(name)
            case Driver.SIM:
                self._fxs[name] = self._simulated[name] = SimFxsPort(name)
            case Driver.SIM_SLIC:
                self._sim_slic(name, port)
            case Driver.SLIC:
                self._slic(name, port)
            case Driver.DAA:
                self._daa(name, port)
            case _:
                raise BoardError(f"{name}: this version has no driver {port.driver}")

    def _sim_slic(self, name: str, port: Port) -> None:
        lines = importlib.import_module("hw.sim.slic_line")
        pins, profile = _slic_parts(port)
        line = lines.SlicLine(name, profile, pins, self._clockwork)
        self._simulated[name] = line
        self._fxs[name] = SlicPort(
            name, profile, pins, header=line.header, audio=line.audio, timer=self._clockwork
        )

    def _slic(self, name: str, port: Port) -> None:
        pins, profile = _slic_parts(port)
        self._fxs[name] = SlicPort(
            name,
            profile,
            pins,
            header=self._header,
            audio=self._lane(port),
            timer=self._clockwork,
        )

    def _daa(self, name: str, port: Port) -> None:
        self._fxo[name] = DaaPort(
            name,
            DAAS[port.chip or ""],
            DaaPins(**port.pins),
            header=self._header,
            audio=self._lane(port),
            timer=self._clockwork,
        )

    def _header(self) -> Header:
        own = self._board.about.gpiochip
        return open_header((own,) if own else PI_CHIPS, self._clockwork)

    def _lane(self, port: Port) -> AudioStream:
        """The voice path through the port's sound device, which lines may share."""
        codec = port.codec
        if codec is None:
            raise BoardError("a port without a sound device")
        place = f"USB {codec.usb}" if codec.usb else f"card {codec.card}"
        if place not in self._cards:
            used = [p.codec for p in self._board.ports.values() if p.codec is not None]
            here = [c.channel for c in used if (c.usb, c.card) == (codec.usb, codec.card)]
            self._cards[place] = Card(f"sound device {place}", _finder(codec), 1 + max(here))
            self._cards[place].open()
        return self._cards[place].lanes[codec.channel]


class BoardError(RuntimeError):
    """A board cannot be opened: it names what this version cannot drive."""


def _finder(codec: Codec) -> Callable[[], str | None]:
    usb, card = codec.usb, codec.card
    return (lambda: usb_card(usb)) if usb else (lambda: f"plughw:{card}")


def _slic_parts(port: Port) -> tuple[SlicPins, SlicProfile]:
    profile = SLICS[port.chip or ""]
    if port.forward_high is not None:
        profile = replace(profile, forward_high=port.forward_high)
    return SlicPins(**port.pins), profile
