"""Every wire of a board: from the header, through what stands between, to a chip. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from hw.boards.header import POSITION_OF
from hw.boards.power import draws
from hw.boards.schema import Board, Port
from hw.boards.signals import PINOUTS, shifting


@dataclass(frozen=True, slots=True)
class Wire:
    """One connection of a port.

    ``header`` is the position on the 40-pin header and ``gpio`` its number, None for what does
    not go there; ``to`` says where that goes. ``chip_pin`` is None where the number depends on
    the module.
    """

    port: str
    signal: str
    chip_pin: int | None
    header: int | None
    gpio: int | None
    through: str
    to: str


def wires(board: Board) -> Iterator[Wire]:
    """Every wire, port by port."""
    for name, port in board.ports.items():
        if port.chip is not None:
            yield from _chip_wires(board, name, port)
        elif port.device is not None:
            yield Wire(name, "USB", None, None, None, "its own plug", f"USB socket {port.device}")


def _chip_wires(board: Board, name: str, port: Port) -> Iterator[Wire]:
    assert port.chip is not None  # noqa: S101 - of those that have one
    pinout = PINOUTS[port.chip]
    supply = board.supplies.get(port.supply or "")
    volts = supply.volts if supply else 3.3
    for role, signal in pinout.signals.items():
        gpio = port.pins.get(role)
        if gpio is None:
            through = "leave open" if role == "power_down" else "not wired"
            yield Wire(name, signal.pin, signal.number, None, None, through, "")
        else:
            through = shifting(signal.way, volts)
            header = POSITION_OF[gpio]
            yield Wire(name, signal.pin, signal.number, header, gpio, through, "")
    for plug in pinout.plugs:
        to = plug.to
        if to == "supply" and supply:
            to = f"{supply.volts:g} V of {port.supply}: {supply.title}"
        elif to.startswith("codec") and port.codec:
            to += f", sound device {_codec(port)}"
        yield Wire(name, plug.pin, plug.number, None, None, "", to)


def _codec(port: Port) -> str:
    codec = port.codec
    assert codec is not None  # noqa: S101 - the caller has looked
    return f"on USB {codec.usb}" if codec.usb else f"{codec.card}, channel {codec.channel}"


_KINDS: Mapping[str, tuple[str, ...]] = {
    "hook": ("hook",),
    "ring": ("ring_mode", "reverse", "hook"),
    "loop": (),
    "audio": (),
}


def places(board: Board, port_name: str, kind: str) -> tuple[str, ...]:
    """What to look at when "hook", "ring", "audio" or "loop" of a port is not as it should be."""
    port = board.ports.get(port_name)
    if port is None or port.chip is None:
        return ()
    pinout = PINOUTS[port.chip]
    wanted = {pinout.signals[role].pin for role in _KINDS[kind]}
    if kind == "audio":
        wanted = {plug.pin for plug in pinout.plugs if plug.to.startswith("codec")}
    if kind in ("loop", "hook"):
        wanted |= {plug.pin for plug in pinout.plugs if plug.to.startswith("telephone")}
    return tuple(
        _place(wire) for wire in wires(board) if wire.port == port_name and wire.signal in wanted
    )


def _place(wire: Wire) -> str:
    pin = f", chip pin {wire.chip_pin}" if wire.chip_pin is not None else ""
    if wire.header is not None:
        return f"{wire.signal}{pin}, header pin {wire.header} (GPIO{wire.gpio}): {wire.through}"
    return f"{wire.signal}{pin}: {wire.to or wire.through}"


def as_json(board: Board) -> dict[str, object]:
    """The board as plain data, for programs."""
    return {
        "board": board.name,
        "title": board.about.title,
        "computer": board.about.computer,
        "overlay": board.about.overlay,
        "ports": [_port_json(name, port) for name, port in board.ports.items()],
        "wires": [asdict(wire) for wire in wires(board)],
        "supplies": [
            {
                "supply": draw.supply,
                "title": board.supplies[draw.supply].title,
                "volts": board.supplies[draw.supply].volts,
                "amps": draw.most_amps,
                "worst_amps": round(draw.amps, 2),
                "worst": draw.worst,
            }
            for draw in draws(board)
        ],
        "parts": [
            {"part": part.part, "count": part.count, "note": part.note} for part in board.parts
        ],
    }


def _port_json(name: str, port: Port) -> Mapping[str, object]:
    return {"port": name, "driver": port.driver.value, "chip": port.chip, "supply": port.supply}
