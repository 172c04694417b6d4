"""What must hold on a board: pins, levels at power-on, power with every line ringing. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from firmware.site.problems import Finding, Path
from firmware.site.values import meant
from hw.boards.header import BUS_PINS, EEPROM, PULLED_UP
from hw.boards.power import draws
from hw.boards.schema import Board, Driver, Port
from hw.boards.signals import PINOUTS, Signal, Way
from hw.daa.profiles import PROFILES as DAAS
from hw.slic.profiles import PROFILES as SLICS

KINDS = {
    Driver.SIM: "fxs",
    Driver.SLIC: "fxs",
    Driver.SIM_SLIC: "fxs",
    Driver.DAA: "fxo",
    Driver.CX93010: "fxo",
    Driver.QUECTEL: "mobile",
    Driver.SIMCOM: "mobile",
}
"""What the names of a driver's ports begin with."""

_CHIPS = {Driver.SLIC: SLICS, Driver.SIM_SLIC: SLICS, Driver.DAA: DAAS}
_MODEMS = (Driver.CX93010, Driver.QUECTEL, Driver.SIMCOM)


def check(board: Board) -> Iterator[Finding]:
    """Find what is wrong between the tables of ``board``."""
    for name, port in board.ports.items():
        yield from _name(board, name, port)
        yield from _chip(name, port)
        yield from _supply(board, name, port)
    yield from _pins_once(board)
    yield from _supplies(board)
    if board.about.overlay is None and any(port.pins for port in board.ports.values()):
        remedy = "write one of hw/overlays that sets the pins' pulls"
        if any(p.driver in (Driver.SLIC, Driver.DAA) for p in board.ports.values()):
            yield Finding(("board", "overlay"), "is missing, the board uses GPIO pins", remedy)


def _name(board: Board, name: str, port: Port) -> Iterator[Finding]:
    kind = KINDS[port.driver]
    alike = [other for other, p in board.ports.items() if KINDS[p.driver] == kind]
    wanted = f"{kind}{alike.index(name) + 1}"
    if name != wanted:
        what = f"is no name for this port of driver {port.driver}"
        yield Finding(("ports", name), what, f'call it "{wanted}"')


def _chip(name: str, port: Port) -> Iterator[Finding]:
    path = ("ports", name)
    chips = _CHIPS.get(port.driver)
    if chips is None:
        if port.chip is not None or port.pins:
            key = "chip" if port.chip is not None else "pins"
            yield Finding((*path, key), f"is not used by driver {port.driver}", "remove it")
        if port.driver in _MODEMS and port.device is None:
            yield Finding((*path, "device"), "is missing", "write where the modem is plugged in")
        return
    if port.chip not in chips:
        what = "is missing" if port.chip is None else f'"{port.chip}" is not known'
        yield Finding((*path, "chip"), what, meant(port.chip or "", list(chips)))
        return
    yield from _wired(name, port, PINOUTS[port.chip or ""].signals)
    if port.forward_high is not None and port.driver is Driver.DAA:
        yield Finding((*path, "forward_high"), "is not used by driver daa", "remove it")
    if port.driver is not Driver.SIM_SLIC:
        yield from _codec(name, port)


def _wired(name: str, port: Port, signals: Mapping[str, Signal]) -> Iterator[Finding]:
    path = ("ports", name, "pins")
    for role in port.pins:
        if role not in signals:
            yield Finding((*path, role), "no such signal", meant(role, list(signals)))
    for role, signal in signals.items():
        gpio = port.pins.get(role)
        if gpio is not None:
            if port.driver is not Driver.SIM_SLIC:
                yield from _at_power_on((*path, role), signal, gpio)
        elif signal.needed:
            yield Finding(path, f"{role} is missing", f"write the GPIO of {role}")


def _at_power_on(path: Path, signal: Signal, gpio: int) -> Iterator[Finding]:
    pulled_up = gpio in PULLED_UP
    if signal.way is Way.OUT and signal.idle_high not in (None, pulled_up):
        pull = "up" if pulled_up else "down"
        yield Finding(
            path,
            f"GPIO{gpio} is pulled {pull} from power-on until the program runs, "
            f"which {signal.pin} takes for an order",
            f"take one of GPIO{'2 to GPIO8' if signal.idle_high else '9 to GPIO27'}",
        )


def _codec(name: str, port: Port) -> Iterator[Finding]:
    path = ("ports", name, "codec")
    if port.codec is None:
        yield Finding(path, "is missing", 'write the sound device, as { usb = "1-1.2" }')
    elif (port.codec.usb is None) == (port.codec.card is None):
        yield Finding(path, "names no card, or two", "write usb or card")


def _supply(board: Board, name: str, port: Port) -> Iterator[Finding]:
    path = ("ports", name, "supply")
    if port.driver in (Driver.SIM, Driver.SIM_SLIC):
        return
    if port.supply is None:
        yield Finding(path, "is missing", "write which supply feeds it")
    elif port.supply not in board.supplies:
        what = f'"{port.supply}" is not under [supplies]'
        yield Finding(path, what, meant(port.supply, list(board.supplies)))


def _pins_once(board: Board) -> Iterator[Finding]:
    taken = dict.fromkeys(EEPROM, "the identity EEPROM")
    for bus in board.about.buses:
        taken |= dict.fromkeys(BUS_PINS[bus], f"the bus {bus}")
    for name, port in board.ports.items():
        for role, pin in port.pins.items():
            if pin in taken:
                what = f"GPIO{pin} belongs to {taken[pin]}"
                yield Finding(("ports", name, "pins", role), what, "choose another GPIO")
            else:
                taken[pin] = f"{role} of {name}"


def _supplies(board: Board) -> Iterator[Finding]:
    for name, supply in board.supplies.items():
        feeder = supply.feeds_from
        if feeder is not None and (feeder not in board.supplies or feeder == name):
            path = ("supplies", name, "from")
            others = [other for other in board.supplies if other != name]
            yield Finding(path, f'"{feeder}" is not another supply', meant(feeder, others))
            return
    for draw in draws(board):
        if draw.amps > draw.most_amps:
            yield Finding(
                ("supplies", draw.supply, "amps"),
                f"{draw.most_amps:g} A are too few: {draw.amps:.2f} A with {draw.worst}",
                "take a stronger supply, or fewer lines",
            )
