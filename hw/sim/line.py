"""What a person can do at a simulated line, whatever simulates it."""

from __future__ import annotations

from typing import Protocol

from hw.sim.telephone import Telephone


class SimulatedLine(Protocol):
    """A telephone and its wires: `hw.sim.fxs.SimFxsPort`, `hw.sim.slic_line.SlicLine`."""

    @property
    def name(self) -> str:
        """Name of the port on its board."""
        ...

    @property
    def telephone(self) -> Telephone:
        """What is at the end of the wires."""
        ...

    @property
    def ringing(self) -> bool:
        """Whether the bell rings at this instant."""
        ...

    @property
    def reversed(self) -> bool:
        """Whether tip and ring are swapped."""
        ...

    @property
    def disconnects(self) -> int:
        """How often the line was fed no current."""
        ...

    def hook(self, *, lifted: bool) -> None:
        """Lift or hang up the handset; PhoneError if it is already there."""
        ...

    def loop(self, *, closed: bool, at_ns: int) -> None:
        """Close or open the loop at ``at_ns``."""
        ...
