"""Progress on stderr: a bar on a terminal, one plain line per stage elsewhere."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TextIO

BAR = 24  # characters


class Progress:
    """Shows which of the stages runs, for how long, and how far it is where that is known.

    `weights` names the stages and gives each its usual share of the whole, in seconds; they
    only place the bar.
    """

    def __init__(self, weights: dict[str, float], *, out: TextIO = sys.stderr) -> None:
        self._weights = weights
        self._out = out
        self._terminal = out.isatty()
        self._start = time.monotonic()
        self._stage = ""
        self._done = 0.0
        self._fraction: Callable[[], float] = lambda: 0.0
        self._stop = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> "Progress":
        if self._terminal:
            self._ticker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._terminal:
            self._ticker.join()
            self._out.write("\r\033[K")
            self._out.flush()

    @contextmanager
    def stage(self, name: str, fraction: Callable[[], float] = lambda: 0.0) -> Iterator[None]:
        """Run a stage; `fraction` tells how much of it is done, 0 to 1."""
        self._stage, self._fraction = name, fraction
        if not self._terminal:
            self.say(name)
        yield
        self._done += self._weights.get(name, 0.0)
        self._fraction = lambda: 0.0

    def say(self, text: str) -> None:
        """Write one line that stays."""
        clear = "\r\033[K" if self._terminal else ""
        self._out.write(f"{clear}[{self._elapsed():6.1f} s] {text}\n")
        self._out.flush()

    def _elapsed(self) -> float:
        return time.monotonic() - self._start

    def _tick(self) -> None:
        while not self._stop.wait(0.2):
            self._out.write(f"\r\033[K{self.line()}")
            self._out.flush()

    def line(self) -> str:
        """The bar as it stands now."""
        running = self._weights.get(self._stage, 0.0) * min(1.0, self._fraction())
        share = min(1.0, (self._done + running) / sum(self._weights.values()))
        bar = "█" * round(share * BAR)
        return f"pjsua2 {bar:░<{BAR}} {share:4.0%} {self._elapsed():4.0f} s  {self._stage}"
