"""`derivato run` with a child at its telephones: `python -m bench.stress_probe run …`.

BENCH_STRESS holds seconds and inputs in a second, for all lines together. Hooks move as at a line
card, each edge with its time; digits come as from the detector, which no finger could press so
fast. The program is the same otherwise.
"""

from __future__ import annotations

import heapq
import os
import random
import sys
import threading
import time
from collections.abc import Callable

from firmware.calls.events import LineDigit
from firmware.cli.app import main
from firmware.gateway import Gateway
from hw.sim.fxs import SimFxsPort

_KEYS = "0123456789*#"
_FLASH_MS, _GONE_MS = (80, 140), (300, 1500)
_SEED = 20260331


class Child:
    """Presses keys and R, and hangs up at times; every handset is up when it begins."""

    def __init__(
        self, ports: dict[str, SimFxsPort], press: Callable[[str, str], None], rate: float
    ) -> None:
        self.inputs = {"digits": 0, "flashes": 0, "hang-ups": 0}
        self._ports = ports
        self._press = press
        self._pause_s = 1 / rate
        self._chance = random.Random(_SEED)
        self._back: list[tuple[float, str, bool]] = []  # when a hook comes back, of a flash or not
        self._away: set[str] = set()

    def play(self, for_s: float) -> None:
        """Do it, at the rate wanted however late we are; hang up everywhere in the end."""
        begun = time.monotonic()
        at = begun
        for port in self._ports.values():
            port.hook(lifted=True)
        while at < begun + for_s:
            time.sleep(max(at - time.monotonic(), 0))
            self._return(time.monotonic())
            self._one(self._chance.choice(list(self._ports)))
            at += self._pause_s
        self._return(float("inf"))
        time.sleep(0.5)
        for port in self._ports.values():
            port.hook(lifted=False)
        said = ", ".join(f"{count} {what}" for what, count in self.inputs.items())
        sys.stderr.write(f"stress: {said} in {time.monotonic() - begun:.1f} s\n")

    def _one(self, line: str) -> None:
        chance = self._chance.random()
        if chance < 0.9 or line in self._away:
            self.inputs["digits"] += 1
            self._press(line, self._chance.choice(_KEYS))
            return
        self._away.add(line)
        flash = chance < 0.97
        self.inputs["flashes" if flash else "hang-ups"] += 1
        if flash:
            self._ports[line].loop(closed=False, at_ns=time.monotonic_ns())
        else:
            self._ports[line].hook(lifted=False)
        away_s = self._chance.uniform(*(_FLASH_MS if flash else _GONE_MS)) / 1000
        heapq.heappush(self._back, (time.monotonic() + away_s, line, flash))

    def _return(self, until_s: float) -> None:
        while self._back and self._back[0][0] <= until_s:
            _, line, flash = heapq.heappop(self._back)
            self._away.discard(line)
            if flash:
                self._ports[line].loop(closed=True, at_ns=time.monotonic_ns())
            else:
                self._ports[line].hook(lifted=True)


def install(for_s: float, rate: float) -> None:
    """Let the child begin when the gateway is open."""
    open_gateway = Gateway.open

    async def begins(self: Gateway) -> None:
        await open_gateway(self)
        lines = {name: port for name, port in self._ports.items() if isinstance(port, SimFxsPort)}

        def press(line: str, key: str) -> None:
            self.post(LineDigit(line, time.monotonic_ns(), key))

        child = Child(lines, press, rate)
        threading.Thread(target=child.play, args=(for_s,), name="child", daemon=True).start()

    Gateway.open = begins  # type: ignore[method-assign]


if __name__ == "__main__":
    seconds, per_second = map(float, os.environ["BENCH_STRESS"].split())
    install(seconds, per_second)
    sys.exit(main())
