"""Runs in the guest: the drivers on a gpiochip of the kernel, somebody else at the other side.

Prints one line for each check, and the jitter of what was measured. Exit code 0 if all is well.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from firmware.dsp.levels import level as audio_level
from firmware.dsp.tap import tone_level
from firmware.lines import hook, hook_profile
from hw.audio.alsa import Card
from hw.clockwork import Clockwork
from hw.daa.port import DaaPins, DaaPort
from hw.daa.profiles import CPC5621
from hw.gpio import open_header
from hw.ports import HookEdge, PortEvent, PortFault, PortReady, RingSignal, RingTrip
from hw.sim.telephone import Telephone
from hw.sim.wires import Wires
from hw.slic.port import SlicPins, SlicPort
from hw.slic.profiles import AG1171
from tests.kernel.gpio_sim import LABEL, SimChip
from tests.kernel.person import HOOK, POWER_DOWN, REVERSE, RING_MODE

MS = 1_000_000
OFF_HOOK, RING = 5, 6
PINS = SlicPins(hook=HOOK, reverse=REVERSE, ring_mode=RING_MODE, power_down=POWER_DOWN)
failures: list[str] = []


def check(what: str, holds: bool, seen: object = "") -> None:
    print(f"{'pass' if holds else 'FAIL'}  {what}{f': {seen}' if seen != '' else ''}", flush=True)
    if not holds:
        failures.append(what)


def spread(name: str, values: Sequence[float]) -> None:
    """Tell how far measured times lie from those meant, in ms."""
    if values:
        ordered = sorted(values)
        middle = ordered[len(ordered) // 2]
        print(
            f"      {name}: {len(ordered)} measured, median {middle:.3f} ms, "
            f"95 % within {ordered[int(len(ordered) * 0.95)]:.3f} ms, worst {ordered[-1]:.3f} ms",
            flush=True,
        )


class Far:
    """The process at the other side of the pins."""

    def __init__(self) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "tests.kernel.person"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, *order: object) -> dict:
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.write(json.dumps(order) + "\n")
        self.child.stdin.flush()
        answer = self.child.stdout.readline()
        if not answer:
            raise RuntimeError("the far side is gone")
        return json.loads(answer)

    def stop(self) -> None:
        assert self.child.stdin is not None
        self.child.stdin.close()
        self.child.wait(10)


def until(holds: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


class Bench:
    """The driver on the kernel's chip."""

    def __init__(self, clockwork: Clockwork) -> None:
        self.events: list[tuple[int, PortEvent]] = []
        self.faults: list[str] = []
        self.port = SlicPort(
            "fxs1",
            AG1171,
            PINS,
            header=lambda: open_header((LABEL,), clockwork),
            audio=Wires(Telephone()),
            timer=clockwork,
        )

    def post(self, event: PortEvent) -> None:
        self.events.append((time.monotonic_ns(), event))
        if isinstance(event, PortFault):
            self.faults.append(event.what)

    def of(self, kind: type) -> list:
        return [event for _, event in self.events if isinstance(event, kind)]


def edges_keep_their_times(bench: Bench, far: Far) -> None:
    far.ask("hook", True)
    check("lifting the handset is an edge", until(lambda: len(bench.of(HookEdge)) == 1))
    far.ask("report")
    bench.events.clear()
    pulses = [(1200 * d + 100 * n + at, closed) for d in range(4) for n in range(5)
              for at, closed in ((0, False), (60, True))]  # fmt: skip
    far.ask("loop", pulses)
    until(lambda: len(bench.of(HookEdge)) == len(pulses), 30)
    time.sleep(0.5)
    told, edges = far.ask("report"), bench.of(HookEdge)
    check("every edge of four digits arrives", len(edges) == len(pulses), len(edges))
    if len(edges) != len(told["edges"]):
        return
    true = [(before + after) / 2 for before, after in told["edges"]]
    late = [abs(e.at_ns - t) / MS for e, t in zip(edges, true, strict=True)]
    spread("kernel's stamp against the moment the line was set", late)
    widths = [
        abs((b.at_ns - a.at_ns) - (tb - ta)) / MS
        for a, b, ta, tb in zip(edges, edges[1:], true, true[1:], strict=False)
    ]
    spread("length of breaks and makes against those set", widths)
    delivered = [
        (at - event.at_ns) / MS for at, event in bench.events if isinstance(event, HookEdge)
    ]
    spread("from the kernel's stamp until the driver told it", delivered)
    check("stamps are the kernel's, on the monotonic clock", max(late) < 5, f"{max(late):.3f} ms")
    digits = decoded(edges)
    check("firmware.lines hears the rotary number 5555", digits == "5555", digits)


def decoded(edges: list[HookEdge]) -> str:
    """What the hook machine makes of ``edges``."""
    profile = hook_profile.ROTARY
    state, digits = hook.initial(), ""
    first = edges[0].at_ns - 2000 * MS
    inputs: list[hook.HookInput] = [hook.Edge(first, closed=True)]
    inputs += [hook.Edge(edge.at_ns, edge.closed) for edge in edges]
    inputs += [hook.Wake(edges[-1].at_ns + 1000 * MS)]
    for each in inputs:
        while (due := hook.deadline(state, profile)) is not None and due <= each.at_ns:
            state, heard = hook.step(state, hook.Wake(due), profile)
            digits += "".join(str(getattr(event, "digit", "")) for event in heard)
        state, heard = hook.step(state, each, profile)
        digits += "".join(str(getattr(event, "digit", "")) for event in heard)
    return digits


def ringing_is_exact(bench: Bench, far: Far) -> None:
    far.ask("hook", False)
    time.sleep(0.5)
    far.ask("report")
    bench.port.ring(1000, 25.0)
    time.sleep(1.4)
    told = far.ask("report")
    turns = told["turns"]
    check("a burst of 1 s at 25 Hz turns F/R 50 times", len(turns) == 50, len(turns))
    halves = [abs((b - a) / MS - 20) for a, b in pairwise(turns)]
    spread("half waves against 20 ms (looked at every 0.3 ms and more)", halves)
    rm = told["ring_mode"]
    check("RM is high once", [level for _, level in rm] == [True, False], rm)
    if len(rm) == 2 and turns:
        after = (rm[1][0] - turns[-1]) / MS
        check(
            "RM falls 10 to 500 ms after the last edge of F/R", 10 < after < 500, f"{after:.1f} ms"
        )
    check("no rule of the data sheet was broken", told["broken"] == [], told["broken"])


def lifting_trips(bench: Bench, far: Far) -> None:
    bench.events.clear()
    bench.port.ring(1000, 25.0)
    time.sleep(0.4)
    lifted = time.monotonic_ns()
    far.ask("hook", True)
    tripped = until(lambda: bool(bench.of(RingTrip)), 2)
    time.sleep(0.3)
    told = far.ask("report")
    check("lifting the handset while it rings is a ring trip", tripped, told["ring_mode"])
    check("one edge is told of it", [e.closed for e in bench.of(HookEdge)] == [True])
    fell = [at for at, level in told["ring_mode"] if not level]
    if fell:
        took = (fell[-1] - lifted) / MS
        check("ringing ends within 150 ms", took < 150, f"{took:.1f} ms")
    check("no rule of the data sheet was broken", told["broken"] == [], told["broken"])
    far.ask("hook", False)
    time.sleep(0.3)


def an_exchange_line(chip: SimChip, clockwork: Clockwork) -> None:
    """The DAA driver on the same chip: ringing, a reversal, a digit by pulses."""
    events: list = []
    pins = DaaPins(off_hook=OFF_HOOK, ring=RING)
    chip.pull(RING, True)
    port = DaaPort(
        "fxo1",
        CPC5621,
        pins,
        header=lambda: open_header((LABEL,), clockwork),
        audio=Wires(Telephone()),
        timer=clockwork,
    )
    port.open(events.append)
    time.sleep(0.3)

    def pulse(for_s: float, until_s: float) -> None:
        start = time.monotonic()
        chip.pull(RING, False)
        time.sleep(for_s)
        chip.pull(RING, True)
        time.sleep(max(0, start + until_s - time.monotonic()))

    pulse(0.001, 0.5)
    rings = [event.on for event in events if isinstance(event, RingSignal)]
    check("the pulse of a reversal is no ringing", rings == [], rings)
    for _ in range(25):
        pulse(0.01, 0.04)
    time.sleep(0.5)
    rings = [event.on for event in events if isinstance(event, RingSignal)]
    check("ringing of 1 s is told once", rings == [True, False], rings)
    port.seize(off_hook=True)
    time.sleep(0.3)
    port.pulse("5", break_ms=60, make_ms=40)
    moves, level, end = [], False, time.monotonic() + 0.8
    while time.monotonic() < end:
        if chip.value(OFF_HOOK) != level:
            level = not level
            moves.append(time.monotonic_ns())
    breaks = [abs((b - a) / MS - 60) for a, b in zip(moves[::2], moves[1::2], strict=False)]
    check("the digit 5 is five breaks", len(breaks) == 5, len(breaks))
    spread("breaks against 60 ms", breaks)
    port.close()


def audio_crosses_the_cards() -> None:
    """The ALSA card driver on both ends of the kernel's loopback card."""
    near, far = (Card(f"end {end}", lambda end=end: f"plughw:Loopback,{end}") for end in (0, 1))
    near.open()
    time.sleep(1)  # the loopback takes it ill when both ends open at once
    far.open()
    time.sleep(1)
    n = np.arange(8000 * 6)
    tones = {near: 440.0, far: 700.0}
    heard: dict[Card, list] = {near: [], far: []}
    start = time.monotonic()
    for frame in range(6 * 50):
        for card, hz in tones.items():
            said = n[frame * 160 : frame * 160 + 160]
            card.lanes[0].write((8000 * np.sin(2 * np.pi * hz * said / 8000)).astype(np.int16))
            heard[card].append(card.lanes[0].read())
        time.sleep(max(0.0, start + (frame + 1) * 0.02 - time.monotonic()))
    near.close()
    far.close()
    for card, hz in ((near, 700.0), (far, 440.0)):
        samples = np.concatenate(heard[card])[8000 * 4 :]
        level = tone_level(samples, hz)
        whole = audio_level(samples)
        name = "near" if card is near else "far"
        check(f"the {name} end hears {hz:g} Hz", level > -11, f"{level:.1f} of {whole:.1f} dBm0")
        print(f"      {dict(card.lanes[0].counters)}", flush=True)


def the_chip_goes_and_comes_back(bench: Bench, chip: SimChip) -> None:
    bench.events.clear()
    chip.unplug()
    bench.port.ring(400, 25.0)
    check(
        "the chip unplugged takes the line out of service",
        until(lambda: len(bench.of(PortFault)) == 1),
    )
    time.sleep(3)
    faults = [fault.what for fault in bench.of(PortFault)]
    check("that is said once", len(faults) == 1, faults)
    chip.plug()
    check("plugged in again it comes back by itself", until(lambda: bool(bench.of(PortReady)), 30))


def main() -> int:
    chip = SimChip()
    chip.plug()
    clockwork = Clockwork()
    bench, far = Bench(clockwork), Far()
    far.ask("report")
    bench.port.open(bench.post)
    check("the port is ready", until(lambda: len(bench.of(PortReady)) == 1))
    edges_keep_their_times(bench, far)
    ringing_is_exact(bench, far)
    lifting_trips(bench, far)
    far.stop()
    check("nothing failed", bench.faults == [], bench.faults)
    an_exchange_line(chip, clockwork)
    audio_crosses_the_cards()
    the_chip_goes_and_comes_back(bench, chip)
    bench.port.close()
    clockwork.close()
    print(f"{len(failures)} failed" if failures else "all passed", flush=True)
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
