"""`derivato line`: test the wires of a telephone, or watch them."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Annotated

import typer

from firmware.cli.asking import FAILED, JsonOption, SocketOption, asking
from firmware.cli.tables import text
from firmware.lines import hook as machine
from firmware.lines.hook import Digit, Flash, HookEvent, OffHook, OnHook

_MS = 1_000_000
_TICK_S = 0.1
_LATE_NS = 50 * _MS  # an event that is on its way still comes first

Said = dict[str, object]
_LINE = Annotated[str, typer.Argument(metavar="LINE", help="Name of the line in the site file.")]

line = typer.Typer(help="Test the line of a telephone, or watch it.", no_args_is_help=True)


@line.callback()
def group() -> None:
    """Test the line of a telephone, or watch it."""


@line.command("test")
def try_out(name: _LINE, socket: SocketOption = None, as_json: JsonOption = False) -> None:
    """Test the line of a telephone; somebody must be there and do what is asked.

    Exit code 0 if nothing failed, 1 otherwise.
    """
    failed = False
    with asking(socket) as client, client.test_line(name) as steps:
        for step in steps:
            failed |= step.get("outcome") == "fail"
            if as_json:
                print(json.dumps(step, ensure_ascii=False), flush=True)
            else:
                _say(step)
    if failed:
        raise typer.Exit(FAILED)


@line.command()
def trace(name: _LINE, socket: SocketOption = None, as_json: JsonOption = False) -> None:
    """Show what the hook of LINE does and what it dials, as it happens, until interrupted."""
    with asking(socket) as client, client.events() as events:
        if not as_json:
            print(f"watching {name}; Ctrl-C ends", flush=True)
        for said in _watched(name, events):
            if as_json:
                print(json.dumps(said, ensure_ascii=False), flush=True)
            else:
                print(f"{said['at_ms']:>10} ms  {said['what']}", flush=True)


def _watched(name: str, events: Iterator[Mapping[str, object]]) -> Iterator[Said]:
    """Give what is seen as it happens; a digit is over when nothing more comes."""
    arrived: queue.SimpleQueue[Mapping[str, object] | None] = queue.SimpleQueue()

    def read() -> None:
        for event in events:
            arrived.put(event)
        arrived.put(None)

    threading.Thread(target=read, daemon=True).start()
    watch = Watch(name)
    while True:
        try:
            event = arrived.get(timeout=_TICK_S)
        except queue.Empty:
            yield from watch.passed(time.monotonic_ns() - _LATE_NS)
            continue
        if event is None:
            return
        yield from watch.happened(event)


class Watch:
    """Turns the daemon's events into what a person watching the line ``name`` wants to see."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._start_ns: int | None = None
        self._last_ns: int | None = None
        self._hook = machine.initial()

    def happened(self, event: Mapping[str, object]) -> Iterator[Said]:
        """Give what ``event`` means here, with its time in ms from the first."""
        at_ns = event.get("at_ns")
        if event.get("line") == self._name and isinstance(at_ns, int):
            yield from self._event(event, at_ns)

    def passed(self, at_ns: int) -> Iterator[Said]:
        """Give what is certain now that nothing happened until ``at_ns``."""
        if self._last_ns is not None:
            for said in self._mean(machine.Wake(at_ns)):
                yield self._said(at_ns, said)

    def _event(self, event: Mapping[str, object], at_ns: int) -> Iterator[Said]:
        match event.get("event"):
            case "line-edge":
                closed = bool(event.get("closed"))
                lasted = "" if self._last_ns is None else f" after {self._since(at_ns)} ms"
                meant = list(self._mean(machine.Edge(at_ns, closed)))
                self._last_ns = at_ns
                for said in meant:
                    yield self._said(at_ns, said)
                yield self._said(at_ns, ("loop closed" if closed else "loop open") + lasted)
            case "line-trip":
                for said in self._mean(machine.RingTrip(at_ns)):
                    yield self._said(at_ns, said)
                yield self._said(at_ns, "ring trip")
            case "line-digit":
                yield self._said(at_ns, f"key {text(event.get('digit'))}")
            case "line-fault":
                yield self._said(at_ns, f"out of service: {text(event.get('what'))}")
            case "line-ready":
                yield self._said(at_ns, "in service")

    def _mean(self, edge: machine.HookInput) -> Iterator[str]:
        """What the hook means by now; dials are decoded with the profile that knows them all."""
        self._hook, events = machine.step(self._hook, edge, machine.BOTH)
        yield from filter(None, map(_meaning, events))

    def _since(self, at_ns: int) -> float:
        return round((at_ns - (self._last_ns or at_ns)) / _MS, 1)

    def _said(self, at_ns: int, what: str) -> Said:
        if self._start_ns is None:
            self._start_ns = at_ns
        return {"at_ms": round((at_ns - self._start_ns) / _MS, 1), "what": what}


def _meaning(event: HookEvent) -> str:
    match event:
        case OffHook():
            return "handset lifted"
        case OnHook():
            return "handset down"
        case Flash():
            return "R"
        case Digit(digit=digit):
            return f"digit {digit} by pulses"
        case _:
            return ""


def _say(step: Mapping[str, object]) -> None:
    if "ask" in step:
        print(f"→ {step['ask']}", flush=True)
        return
    print(f"{text(step.get('test')):24} {text(step.get('outcome')):12} {text(step.get('seen'))}")
    look = step.get("look")
    for place in look if isinstance(look, list) else []:
        print(f"{'':24} look at {place}")
