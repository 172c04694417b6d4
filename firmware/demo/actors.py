"""Who acts in a demonstration: telephones with ears, and the switchboard at the far end."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

from firmware.demo import sound
from firmware.demo.sound import RATE, Samples
from firmware.ops.client import Client
from firmware.ops.orders import Dial, Flash, OffHook, OnHook, Play, Record, Show, StopRecord

_LOOK_S, _LONGEST_S = 0.004, 1.0  # the file of an ear grows every 100 ms
_LATE_NS = 12_000_000  # its last frame came 0 to 20 ms before, seen 4 ms later
_SAMPLE_NS = 10**9 // RATE
_WAV_HEADER = 44  # bytes
_NEXT_FRAME_NS = 10_000_000  # a recording begins with the next frame: 0 to 20 ms from now


@dataclass(frozen=True, slots=True)
class Earful:
    """What an ear heard since ``began_ns`` (CLOCK_MONOTONIC, good to 10 ms)."""

    began_ns: int
    samples: Samples

    def at_ns(self, ms: float) -> int:
        """When something ``ms`` ms after the beginning was."""
        return self.began_ns + round(ms * 1e6)

    @property
    def for_s(self) -> float:
        """Its length in seconds."""
        return len(self.samples) / RATE


class Handset(Protocol):
    """A telephone and the person who holds it."""

    @property
    def name(self) -> str:
        """What the story calls it."""
        ...

    def lift(self) -> None:
        """Take the handset off the hook."""
        ...

    def hang_up(self) -> None:
        """Put it back."""
        ...

    def press(self, keys: str) -> None:
        """Dial by keypad."""
        ...

    def turn(self, digits: str) -> None:
        """Dial by rotary dial."""
        ...

    def flash(self) -> None:
        """Press R."""
        ...

    def say(self, file: Path) -> int:
        """Say what a file holds, until it is out; when it began (CLOCK_MONOTONIC)."""
        ...

    def begin_to_listen(self) -> None:
        """Keep what is heard from now on."""
        ...

    def heard(self) -> Earful:
        """What was heard since."""
        ...

    def look(self) -> Mapping[str, object]:
        """What can be seen: hook, bell, display."""
        ...


class SimulatedHandset:
    """The simulated telephone on ``line`` of the running program, over its control socket.

    Its ear is recorded to ``ear`` (WAV) from here on; ``put_away`` ends that.
    """

    def __init__(self, client: Client, line: str, *, name: str, ear: Path) -> None:
        self._client = client
        self._line = line
        self._name = name
        self.ear = ear.resolve()
        client.sim(line, Record(self.ear))
        self.began_ns = time.monotonic_ns() + _NEXT_FRAME_NS
        self._first = 0

    def put_away(self) -> None:
        """End the recording of the ear."""
        self._client.sim(self._line, StopRecord())

    @property
    def name(self) -> str:
        """What the story calls it."""
        return self._name

    def lift(self) -> None:
        """Take the handset off the hook."""
        self._client.sim(self._line, OffHook())

    def hang_up(self) -> None:
        """Put it back."""
        self._client.sim(self._line, OnHook())

    def press(self, keys: str) -> None:
        """Dial by keypad."""
        self._client.sim(self._line, Dial(keys))

    def turn(self, digits: str) -> None:
        """Dial by rotary dial."""
        self._client.sim(self._line, Dial(digits, pulse=True))

    def flash(self) -> None:
        """Press R for 100 ms (Italian window: 78 to 145 ms)."""
        self._client.sim(self._line, Flash(100))

    def say(self, file: Path) -> int:
        """Say what a file holds, until it is out; when it began."""
        began_ns = time.monotonic_ns()
        self._client.sim(self._line, Play(file.resolve()))
        return began_ns

    def begin_to_listen(self) -> None:
        """Keep what is heard from now on (and up to 100 ms before: the file follows the ear)."""
        self._first = self._written()

    def heard(self) -> Earful:
        """What was heard since.

        Its time is told by its end, when the file grows: a busy machine may have lost frames.
        """
        before, until = self._written(), time.monotonic() + _LONGEST_S
        while self._written() == before and time.monotonic() < until:
            time.sleep(_LOOK_S)
        end_ns, end = time.monotonic_ns() - _LATE_NS, self._written()
        began_ns = end_ns - (end - self._first) * _SAMPLE_NS
        return Earful(began_ns, sound.read(self.ear)[self._first : end])

    def _written(self) -> int:
        """Samples in the file now."""
        return max(self.ear.stat().st_size - _WAV_HEADER, 0) // 2

    def look(self) -> Mapping[str, object]:
        """What can be seen."""
        return self._client.sim(self._line, Show())


Report = Mapping[str, object]
"""An event of the switchboard: `firmware.demo.switchboard.EVENTS`."""


class FarSide(Protocol):
    """The switchboard as the story sees it."""

    def wait(self, kind: str, within_s: float, **fields: object) -> Report | None:
        """Next event of this kind with these fields, not given before; None if none comes."""
        ...

    def seen(self, **fields: object) -> list[Report]:
        """Every event so far with these fields."""
        ...

    def order(self, do: str, **values: str) -> None:
        """Give an order: `firmware.demo.switchboard.ORDERS`."""
        ...


class SwitchboardLink:
    """The switchboard process: its lines read in a thread, kept, and waited for."""

    def __init__(self, lines: TextIO, orders: TextIO) -> None:
        self._orders = orders
        self._events: list[Report] = []
        self._given: set[int] = set()
        self._news = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, args=(lines,), daemon=True)
        self._thread.start()

    def _read(self, lines: TextIO) -> None:
        for line in lines:
            with self._news:
                self._events.append(json.loads(line))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def wait(self, kind: str, within_s: float, **fields: object) -> Report | None:
        """Next event of this kind with these fields, not given before."""
        wanted = {"event": kind, **fields}
        end = time.monotonic() + within_s
        with self._news:
            while True:
                for number, event in enumerate(self._events):
                    if number not in self._given and _fits(event, wanted):
                        self._given.add(number)
                        return event
                left = end - time.monotonic()
                if left <= 0 or self._ended:
                    return None
                self._news.wait(left)

    def seen(self, **fields: object) -> list[Report]:
        """Every event so far with these fields."""
        with self._news:
            return [event for event in self._events if _fits(event, fields)]

    def order(self, do: str, **values: str) -> None:
        """Give an order."""
        self._orders.write(json.dumps({"do": do, **values}) + "\n")
        self._orders.flush()


def _fits(event: Report, wanted: Mapping[str, object]) -> bool:
    return all(event.get(key) == value for key, value in wanted.items())
