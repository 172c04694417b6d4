"""`derivato run` with stop watches in it: `python -m bench.calls_probe run …`.

BENCH_PROBE names the file (NumPy) that is written at the end; BENCH_PROFILE, where set, the one
for a profile of the audio clock's thread. The program is the same otherwise; the watches cost
about 1 µs a call.
"""

from __future__ import annotations

import contextlib
import cProfile
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmware.cli.app import main
from firmware.sip.media import LinePort
from hw.sim.fxs import SimFxsPort
from hw.sim.telephone import Telephone

_REQUESTED, _RECEIVED = 0, 1


class Watch:
    """What was noted: callbacks of the clock, frames at telephones' ears and mouths, hooks."""

    def __init__(self) -> None:
        self.callbacks: list[tuple[int, int, int, int]] = []
        self.ears: list[tuple[int, int]] = []
        self.heard: list[NDArray[np.int16]] = []
        self.mouths: list[tuple[int, int]] = []
        self.said: list[NDArray[np.int16]] = []
        self.hooks: list[tuple[int, int, int]] = []
        self.profiler = cProfile.Profile() if "BENCH_PROFILE" in os.environ else None

    def timed(self, callback: Callable[..., None], kind: int) -> Callable[..., None]:
        """Note when a callback begins and ends."""

        def watched(port: Any, frame: Any) -> None:
            # Each callback has a thread state of its own in Python, and so a profile.
            with self.profiler or contextlib.nullcontext():
                begun, used = time.perf_counter_ns(), time.thread_time_ns()
                callback(port, frame)
                used = time.thread_time_ns() - used
                self.callbacks.append((kind, begun, time.perf_counter_ns(), used))

        return watched

    def write(self) -> None:
        """Write everything to the files."""
        np.savez(
            os.environ["BENCH_PROBE"],
            callbacks=np.array(self.callbacks, np.int64).reshape(-1, 4),
            ears=np.array(self.ears, np.int64).reshape(-1, 2),
            heard=np.array(self.heard, np.int16).reshape(-1, 160),
            mouths=np.array(self.mouths, np.int64).reshape(-1, 2),
            said=np.array(self.said, np.int16).reshape(-1, 160),
            hooks=np.array(self.hooks, np.int64).reshape(-1, 3),
        )
        if self.profiler:
            self.profiler.dump_stats(os.environ["BENCH_PROFILE"])


def install(watch: Watch, *, audio: bool) -> None:
    """Put the watches into the classes; those of ears and mouths only where `audio`."""
    LinePort.onFrameRequested = watch.timed(LinePort.onFrameRequested, _REQUESTED)
    LinePort.onFrameReceived = watch.timed(LinePort.onFrameReceived, _RECEIVED)
    if not audio:
        return
    hear, speak, loop = Telephone.hear, Telephone.speak, SimFxsPort.loop

    def hears(self: Telephone, frame: NDArray[np.int16]) -> None:
        watch.ears.append((id(self), time.monotonic_ns()))
        watch.heard.append(frame)
        hear(self, frame)

    def speaks(self: Telephone) -> NDArray[np.int16]:
        said = speak(self)
        watch.mouths.append((id(self), time.monotonic_ns()))
        watch.said.append(said)
        return said

    def loops(self: SimFxsPort, *, closed: bool, at_ns: int) -> None:
        watch.hooks.append((id(self.telephone), at_ns, int(closed)))
        loop(self, closed=closed, at_ns=at_ns)

    Telephone.hear = hears  # type: ignore[method-assign]
    Telephone.speak = speaks  # type: ignore[method-assign]
    SimFxsPort.loop = loops  # type: ignore[method-assign]


if __name__ == "__main__":
    watching = Watch()
    install(watching, audio=os.environ.get("BENCH_AUDIO") == "1")
    try:
        code = main()
    finally:
        watching.write()
    sys.exit(code)
