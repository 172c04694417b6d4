"""The power budget of a board: what each supply gives at its worst moment. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hw.boards.schema import Board, Driver, Port
from hw.slic.profiles import PROFILES as SLICS


@dataclass(frozen=True, slots=True)
class Draw:
    """What ``supply`` gives at most (``amps``) of what it can (``most_amps``), and when."""

    supply: str
    amps: float
    most_amps: float
    worst: str


def draws(board: Board) -> Iterator[Draw]:
    """Reckon every supply with all lines ringing, or all in use, whichever takes more."""
    for name, supply in board.supplies.items():
        ringing = _amps(board, name, ringing=True)
        in_use = _amps(board, name, ringing=False)
        worst = "every line ringing" if ringing >= in_use else "every line in use"
        yield Draw(name, max(ringing, in_use), supply.amps, worst)


def _amps(board: Board, name: str, *, ringing: bool, depth: int = 8) -> float:
    supply = board.supplies[name]
    ports = (port for port in board.ports.values() if port.supply == name)
    total = supply.loaded_amps + sum(_port_amps(port, ringing=ringing) for port in ports)
    for other, fed in board.supplies.items():
        if fed.feeds_from == name and depth:
            given = _amps(board, other, ringing=ringing, depth=depth - 1)
            total += given * fed.volts / (supply.volts * fed.efficiency)
    return total


def _port_amps(port: Port, *, ringing: bool) -> float:
    if port.driver is Driver.SLIC and (port.chip or "") in SLICS:
        limits = SLICS[port.chip or ""].limits
        return limits.ring_amps if ringing else limits.off_hook_amps
    return port.amps
