"""A SLIC with a telephone on simulated pins: what stands below the GPIO driver in tests."""

from __future__ import annotations

from hw.clockwork import Timer
from hw.gpio import Header
from hw.sim.mock_pins import WiredFactory
from hw.sim.slic_chip import NO_BOUNCE, At, Bounce, SlicChip
from hw.sim.telephone import PhoneError, Telephone
from hw.sim.wires import Wires
from hw.slic.port import SlicPins
from hw.slic.profiles import SlicProfile


class SlicLine:
    """The pins, the chip, the wires and the telephone of one port.

    ``header`` is for the driver; the rest is what a person does there, as with
    `hw.sim.fxs.SimFxsPort`.
    """

    def __init__(
        self,
        name: str,
        profile: SlicProfile,
        pins: SlicPins,
        timer: Timer,
        *,
        at: At | None = None,
        bounce: Bounce = NO_BOUNCE,
    ) -> None:
        self.name = name
        self.telephone = Telephone()
        self.audio = Wires(self.telephone)
        self.factory = WiredFactory()
        self._timer = timer
        self._hook_high = profile.hook_high
        self._shk = self.factory.wired(pins.hook)
        self._shk.become(not profile.hook_high, 0)
        self.chip = SlicChip(
            self.telephone,
            now_ns=timer.now_ns,
            at=at or timer.call_at,
            show=self._show,
            forward_high=profile.forward_high,
            bounce=bounce,
        )
        self.factory.wired(pins.reverse).driven = self.chip.reverse
        self.factory.wired(pins.ring_mode).driven = self.chip.ring_mode
        if pins.power_down is not None:
            self.factory.wired(pins.power_down).driven = self.chip.power_down

    def header(self) -> Header:
        """Open the pins."""
        return self.factory.header(self._timer)

    @property
    def ringing(self) -> bool:
        """Whether the bell rings at this instant."""
        return self.chip.ringing

    @property
    def reversed(self) -> bool:
        """Whether tip and ring are swapped."""
        return self.chip.reversed

    @property
    def disconnects(self) -> int:
        """How often the line was fed no current."""
        return self.chip.downs

    def hook(self, *, lifted: bool) -> None:
        """Lift or hang up the handset.

        Raises:
            PhoneError: it is already there.
        """
        if self.telephone.off_hook == lifted:
            raise PhoneError(f"the handset is already {'off' if lifted else 'on'}-hook")
        self.telephone.off_hook = lifted
        if not lifted:
            self.telephone.hush()
        self.loop(closed=lifted, at_ns=self._timer.now_ns())

    def loop(self, *, closed: bool, at_ns: int) -> None:
        """Close or open the loop at ``at_ns`` (a dial pulse, a flash, the hook itself)."""
        self.chip.loop(closed=closed, at_ns=at_ns)

    def _show(self, closed: bool, at_ns: int) -> None:  # noqa: FBT001 - as SlicChip wants
        self._shk.become(closed == self._hook_high, at_ns)
