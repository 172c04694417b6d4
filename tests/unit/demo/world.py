"""A gateway and a switchboard that are made up, in a time of their own, for the story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from firmware.demo import sound
from firmware.demo.actors import Earful, Report
from firmware.demo.stage import Kind, Stage, Told
from firmware.demo.steps import Cast

from .sounds import RATE, Samples, a_law, cadence, silence, speech, tone

MS = 1_000_000
DIAL_TONE = cadence(425, 200, 200, 600, 1000, times=6)
RINGBACK = cadence(425, 1000, 4000, times=3)
BUSY = cadence(425, 500, 500, times=20)
SIT = np.concatenate([*(tone(hz, 330) for hz in (950, 1400, 1800)), silence(1000)] * 3)

BOOK = {name: speech(n, 2000) for n, name in enumerate(("operator", "caller", "announcement"))}


@dataclass(frozen=True)
class Faults:
    """What the made-up gateway does wrong."""

    dial_tone: Samples = field(default_factory=lambda: DIAL_TONE)
    ringback: Samples = field(default_factory=lambda: RINGBACK)
    busy: Samples = field(default_factory=lambda: BUSY)
    said_by_far: Samples = field(default_factory=lambda: BOOK["operator"])
    heard_by_far: str | None = "caller"
    digits: str = "123#"
    keys_in_audio: bool = False
    connects: bool = True
    code: int = 486
    ends: bool = True


class World:
    """Time, what each telephone hears, and what the switchboard reports."""

    def __init__(self, directory: Path, faults: Faults) -> None:
        self.faults = faults
        self.directory = directory
        self.now_ns = 10**12
        self.events: list[Report] = []
        self.given: set[int] = set()
        self.stage = Stage(lambda _told: None, lambda: self.now_ns)

    def pause(self, seconds: float) -> None:
        self.now_ns += round(seconds * 1e9)

    def report(self, event: str, in_s: float = 0.0, **values: object) -> None:
        at_ns = self.now_ns + round(in_s * 1e9)
        self.events.append({"event": event, "at_ns": at_ns, "call": "in1", **values})

    # --- the far side

    def wait(self, kind: str, within_s: float, **fields: object) -> Report | None:
        wanted = {"event": kind, **fields}
        for number, event in enumerate(self.events):
            fits = all(event.get(key) == value for key, value in wanted.items())
            if fits and number not in self.given and event["at_ns"] <= self.now_ns + within_s * 1e9:
                self.given.add(number)
                self.now_ns = max(self.now_ns, int(str(event["at_ns"])))
                return event
        self.pause(within_s)
        return None

    def seen(self, **fields: object) -> list[Report]:
        past = (event for event in self.events if int(str(event["at_ns"])) <= self.now_ns)
        return [e for e in past if all(e.get(key) == value for key, value in fields.items())]

    def order(self, do: str, **values: str) -> None:
        raise AssertionError("no orders in these chapters")


class Phone:
    """A telephone of the world: an ear that is a schedule of sounds."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.line = np.zeros(0, np.int16)
        self.began_ns = world.now_ns
        self.first = 0

    def _now(self) -> int:
        return (self.world.now_ns - self.began_ns) * RATE // 10**9

    def hears(self, samples: Samples, in_s: float = 0.0) -> None:
        """From now (and a while) on, this and nothing else."""
        at = self._now() + round(in_s * RATE)
        before = self.line[:at]
        gap = np.zeros(max(at - len(before), 0), np.int16)
        self.line = np.concatenate([before, gap, a_law(samples)])

    def lift(self) -> None:
        self.hears(self.world.faults.dial_tone)

    def hang_up(self) -> None:
        self.hears(silence(0))
        if self.world.faults.ends:
            self.world.report("ended", 0.2, code=200, reason="OK", rx_lost=0)
            heard = np.concatenate([BOOK["caller"], silence(200)])
            if self.world.faults.keys_in_audio:
                heard = np.concatenate([heard, tone(697, 80) + tone(1209, 80)])
            path = sound.write(
                self.world.directory / "to.wav", np.concatenate([heard, silence(200)])
            )
            self.world.report("recorded", 0.3, to_pbx=str(path))

    def press(self, keys: str) -> None:
        world, faults = self.world, self.world.faults
        if len(keys) == 4:
            for digit in faults.digits:
                world.report("digit", digit=digit)
            world.pause(0.8)
            return
        self.hears(silence(0))
        world.pause(0.6)
        if not faults.connects:
            return
        world.report("offered", extension=keys, caller="21", name="Nido")
        if keys == "300":
            world.report("ended", 0.05, code=faults.code, reason="no")
            self.hears(faults.busy, 0.06)
            return
        self.hears(faults.ringback, 0.03)
        world.report("answered", 2.0)
        world.report("saying", 2.05, phrase="operator", said_at_ns=world.now_ns + 2050 * MS)
        world.report("said", 4.05, phrase="operator")
        self.line = self.line[: self._now() + round(2.0 * RATE)]
        self.hears(faults.said_by_far, 2.08)

    def turn(self, digits: str) -> None:
        raise AssertionError("no rotary dial in these chapters")

    def flash(self) -> None:
        raise AssertionError("no R in these chapters")

    def say(self, file: Path) -> int:
        began_ns = self.world.now_ns
        self.world.pause(2.0)
        phrase = self.world.faults.heard_by_far
        self.world.report(
            "heard",
            0.8,
            phrase=phrase,
            most_like=phrase or "operator",
            score=0.97 if phrase else 0.2,
            level_dbm0=-16.0,
            heard_at_ns=began_ns + 40 * MS,
        )
        return began_ns

    def begin_to_listen(self) -> None:
        self.first = self._now()

    def heard(self) -> Earful:
        now = self._now()
        line = np.concatenate([self.line, np.zeros(max(now - len(self.line), 0), np.int16)])
        return Earful(self.began_ns + self.first * 125_000, line[self.first : now])

    def look(self) -> Mapping[str, object]:
        raise AssertionError("nobody looks in these chapters")


def cast(directory: Path, **faults: object) -> Cast:
    """A whole cast with the given faults."""
    world = World(directory, replace(Faults(), **faults))  # type: ignore[arg-type]
    files = {"caller": directory / "caller.wav"}
    first, second = Phone(world, "telephone 1"), Phone(world, "telephone 2")
    texts = {"caller": "Buongiorno"}
    return Cast(world.stage, first, second, world, BOOK, files, texts, world.pause)


def failed(told: list[Told]) -> list[str]:
    return [line.text for line in told if line.kind is Kind.FAILED]
