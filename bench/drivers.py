"""`python -m bench drivers [--write]`: what the drivers of line cards cost (40 s).

The GPIO drivers run in real time on simulated pins; what is counted is the processor time in which
the driver thinks and moves pins, not that of the edges of ringing: lgpio's thread makes them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from bench import machine
from bench.report import DOCUMENT, put, table
from hw.audio.elastic import FRAME, Elastic
from hw.clockwork import Clockwork
from hw.sim.slic_line import SlicLine
from hw.slic.port import SlicPins, SlicPort
from hw.slic.profiles import AG1171

PINS = SlicPins(hook=17, reverse=27, ring_mode=22, power_down=23)
SECONDS = 10.0


class Counted:
    """A port on simulated pins, and the processor time that its driver takes."""

    def __init__(self, clockwork: Clockwork) -> None:
        self.ns = 0
        self.line = SlicLine("fxs1", AG1171, PINS, clockwork)
        self.port = SlicPort(
            "fxs1", AG1171, PINS, header=self.line.header, audio=self.line.audio, timer=clockwork
        )
        self.port._do = self._timed(self.port._do)  # noqa: SLF001
        self.port.open(lambda _: None)
        time.sleep(0.2)

    def _timed(self, do: Callable[..., None]) -> Callable[..., None]:
        def timed(event: object) -> None:
            start = time.thread_time_ns()
            do(event)
            self.ns += time.thread_time_ns() - start

        return timed

    def during(self, act: Callable[[float], None]) -> float:
        """Let ``act`` go on for the time; give the share of one processor, in percent."""
        self.ns = 0
        start = time.monotonic()
        act(start + SECONDS)
        return 100 * self.ns / 1e9 / (time.monotonic() - start)


def idle(end: float) -> None:
    time.sleep(end - time.monotonic())


def ringing(counted: Counted) -> Callable[[float], None]:
    def act(end: float) -> None:
        while time.monotonic() < end:
            counted.port.ring(1000, 25.0)
            time.sleep(5)

    return act


def dialling(counted: Counted) -> Callable[[float], None]:
    def act(end: float) -> None:
        counted.line.hook(lifted=True)
        time.sleep(0.3)
        while time.monotonic() < end:
            for closed, for_s in ((False, 0.06), (True, 0.04)):
                counted.line.loop(closed=closed, at_ns=time.monotonic_ns())
                time.sleep(for_s)
        counted.line.hook(lifted=False)

    return act


def voice() -> float:
    """The buffers of a sound card's lane, both ways, in percent of one processor."""
    frame = np.zeros(FRAME, np.int16)
    buffers = Elastic(), Elastic()
    rounds = 5000
    start = time.thread_time_ns()
    for _ in range(rounds):
        for buffer in buffers:
            buffer.put(frame)
            buffer.take()
    return 100 * (time.thread_time_ns() - start) / 1e9 / (rounds / 50)


def main(words: list[str]) -> int:
    clockwork = Clockwork()
    counted = Counted(clockwork)
    rows = [
        ("SLIC, idle", counted.during(idle)),
        ("SLIC, ringing 1 s in 5", counted.during(ringing(counted))),
        ("SLIC, a rotary dial that never rests", counted.during(dialling(counted))),
        ("voice path between card and bridge, in a call", voice()),
    ]
    counted.port.close()
    clockwork.close()
    written = [(name, f"{share:.3f}") for name, share in rows]
    text = f"{machine.this_machine()}\n\n{table(('driver', '% of one processor a line'), written)}"
    print(text)
    if "--write" in words:
        put(DOCUMENT, "bench.drivers", text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
