"""A small office for tests of the pure core: two telephones, a clock, and what they were told."""

from __future__ import annotations

from firmware.calls import switch as core
from firmware.calls.building import Config
from firmware.calls.desk import LineConfig
from firmware.calls.dialplan import DialPlan
from firmware.calls.effects import DialLeg, Effect
from firmware.calls.events import (
    DigitPath,
    Event,
    LegAnswered,
    LegEnded,
    LegIncoming,
    LegMedia,
    LegProgress,
    LineDigit,
    LineEdge,
    LineReady,
    LineTrip,
    Media,
    Party,
    Wake,
)
from firmware.calls.office import Office
from firmware.calls.station import Station
from firmware.lines import hook
from firmware.lines.callerid_plan import COUNTRIES
from firmware.lines.ringing import NORMAL, choose

MS = 1_000_000
LINES = ("nido", "museo")


def config(**plan: object) -> Config:
    """Two lines, 611 and 612, with an Italian dial plan."""
    plan_ = DialPlan(internal=("6xx", "9xxx"), blocked=("899.",), **plan)  # type: ignore[arg-type]
    lines = {
        name: LineConfig(
            extension=f"61{n}",
            hook=hook.BOTH,
            ringing=lambda alert, number: choose(alert, number, default=NORMAL),
            caller_id=COUNTRIES["it"],
            aliases=(f"+39057175761{n}",),
        )
        for n, name in enumerate(LINES, 1)
    }
    return Config(Office(plan_), lines)


class Bench:
    """Drives a switch by hand and keeps what it ordered."""

    def __init__(self, cfg: Config | None = None) -> None:
        self.config = cfg or config()
        self.now = 1_000 * MS
        self.switch = core.initial(self.config)
        self.orders: list[Effect] = []
        for line in self.config.lines:
            self.feed(LineReady(line, self.now))
        self.orders.clear()

    def feed(self, event: Event) -> list[Effect]:
        """Give one event; return what it ordered."""
        self.switch, orders = core.step(self.switch, event, self.config)
        self.orders += orders
        return list(orders)

    def wait(self, ms: float) -> list[Effect]:
        """Let time pass."""
        self.now += round(ms * MS)
        return self.feed(Wake(self.now))

    def station(self, line: str = "nido") -> Station:
        return self.switch.desks[line].station

    # --- people ----------------------------------------------------------------------------

    def lift(self, line: str = "nido") -> list[Effect]:
        rung = self.switch.desks[line].line.bell is not None
        orders = self.feed(LineEdge(line, self.now, closed=True))
        if rung:
            orders += self.feed(LineTrip(line, self.now))
        return orders + self.wait(300)

    def hang_up(self, line: str = "nido") -> list[Effect]:
        return self.feed(LineEdge(line, self.now, closed=False)) + self.wait(400)

    def flash(self, line: str = "nido") -> list[Effect]:
        orders = self.feed(LineEdge(line, self.now, closed=False))
        orders += self.wait(100)
        orders += self.feed(LineEdge(line, self.now, closed=True))
        return orders + self.wait(400)

    def dial(self, digits: str, line: str = "nido") -> list[Effect]:
        orders: list[Effect] = []
        for digit in digits:
            orders += self.feed(LineDigit(line, self.now, digit)) + self.wait(100)
        return orders

    def turn(self, digits: str, line: str = "nido") -> list[Effect]:
        """Dial on a rotary dial."""
        orders: list[Effect] = []
        for digit in digits:
            for _ in range(int(digit) or 10):
                orders += self.feed(LineEdge(line, self.now, closed=False)) + self.wait(60)
                orders += self.feed(LineEdge(line, self.now, closed=True)) + self.wait(40)
            orders += self.wait(600)
        return orders

    # --- the network --------------------------------------------------------------------------

    def dialled(self) -> DialLeg:
        return next(order for order in reversed(self.orders) if isinstance(order, DialLeg))

    def progress(self, leg: str, code: int = 180) -> list[Effect]:
        return self.feed(LegProgress(leg, self.now, code))

    def media(self, leg: str, media: Media = Media.ACTIVE, **more: DigitPath) -> list[Effect]:
        return self.feed(LegMedia(leg, self.now, media, **more))

    def answer(self, leg: str) -> list[Effect]:
        return self.media(leg) + self.feed(LegAnswered(leg, self.now))

    def end(self, leg: str, code: int = 200) -> list[Effect]:
        return self.feed(LegEnded(leg, self.now, code, "because"))

    def offer(self, leg: str = "in1", called: str = "611", **more: str) -> list[Effect]:
        caller = Party("0571757707", "Polizia Municipale")
        event = LegIncoming(leg, self.now, "pbx", called, caller, stamp="03290930", **more)
        return self.feed(event)

    def talk(self, number: str = "9001", line: str = "nido") -> str:
        """Lift, dial and be answered; give the leg."""
        self.lift(line)
        self.dial(number, line)
        leg = self.dialled().leg
        self.progress(leg)
        self.answer(leg)
        return leg
