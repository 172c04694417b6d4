"""`derivato sim`: the hands, mouth and ear of a simulated telephone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from firmware.cli.asking import BAD_INPUT, JsonOption, SocketOption, asking, show_json
from firmware.cli.tables import as_dict, as_list, text
from firmware.ops.orders import (
    LONGEST_S,
    Dial,
    Flash,
    Hear,
    OffHook,
    OnHook,
    Play,
    Record,
    Show,
    SimOrder,
    StopRecord,
)

_NAMES = ("tone", "digit", "number", "name")  # what says more of an event than its kind
_SPARE_S = 30.0  # beyond what the order itself takes

sim = typer.Typer(
    help="Drive the simulated telephone on LINE of a running daemon.", no_args_is_help=True
)


@dataclass(frozen=True, slots=True)
class _Phone:
    line: str
    socket: Path | None
    as_json: bool


@sim.callback()
def on_line(
    context: typer.Context,
    line: Annotated[str, typer.Argument(help="Name of the line in the site file.")],
    socket: SocketOption = None,
    as_json: JsonOption = False,
) -> None:
    """Drive the simulated telephone on LINE of a running daemon."""
    context.obj = _Phone(line, socket, as_json)


@sim.command("off-hook")
def off_hook(context: typer.Context) -> None:
    """Lift the handset."""
    _order(context, OffHook())


@sim.command("on-hook")
def on_hook(context: typer.Context) -> None:
    """Hang up."""
    _order(context, OnHook())


@sim.command()
def flash(
    context: typer.Context,
    ms: Annotated[int, typer.Option(help="How long the loop is open, in ms.")] = 100,
) -> None:
    """Press R."""
    _order(context, Flash(ms))


@sim.command()
def dial(
    context: typer.Context,
    digits: Annotated[str, typer.Argument(help="Keys, as 0571123#.")],
    pulse: Annotated[bool, typer.Option("--pulse", help="Turn a rotary dial.")] = False,
) -> None:
    """Dial DIGITS; done when the last one is out."""
    _order(context, Dial(digits, pulse))


@sim.command()
def play(
    context: typer.Context, wav: Annotated[Path, typer.Argument(help="What is said.")]
) -> None:
    """Say what is in WAV; done when all is said."""
    _order(context, Play(wav.absolute()), takes_s=LONGEST_S)


@sim.command()
def record(
    context: typer.Context,
    wav: Annotated[Path, typer.Argument(help="File to write.")],
    for_s: Annotated[
        float | None, typer.Option("--for", help="Seconds; else until stop-record.")
    ] = None,
) -> None:
    """Write what is heard to WAV."""
    _order(context, Record(wav.absolute(), _seconds(for_s)), takes_s=for_s or 0)


@sim.command("stop-record")
def stop_record(context: typer.Context) -> None:
    """End what `record` began."""
    _order(context, StopRecord())


@sim.command()
def hear(
    context: typer.Context,
    for_s: Annotated[float, typer.Option("--for", help="Seconds.")] = 3.0,
) -> None:
    """Listen, and tell what was recognised."""
    content = _order(context, Hear(_seconds(for_s) or 0), takes_s=for_s)
    if not context.obj.as_json:
        events = as_list(content.get("events"))
        for event in events:
            what = [text(event[key]) for key in _NAMES if event.get(key) is not None]
            times = f"{text(event.get('at_ms')):>6} ms for {text(event.get('for_ms')):>5} ms"
            print(f"{times}  {text(event.get('kind'))} {' '.join(what)}".rstrip())
        if not events:
            print("nothing recognised")


@sim.command()
def show(context: typer.Context) -> None:
    """Tell the hook, the bell, the display and the message lamp."""
    content = _order(context, Show())
    if context.obj.as_json:
        return
    display = as_dict(content.get("display"))
    bell = as_list(content.get("bell"))
    print("hook:    " + ("lifted" if content.get("off_hook") else "down"))
    print("bell:    " + ("rings" if content.get("ringing") else f"silent, rang {len(bell)} times"))
    shown = " ".join(text(display[key]) for key in ("number", "name", "at") if display.get(key))
    print("display: " + (shown or ("private" if display.get("private") else "empty")))
    print("lamp:    " + ("on" if content.get("message_lamp") else "off"))


def _order(context: typer.Context, order: SimOrder, *, takes_s: float = 0.0) -> dict[str, object]:
    phone: _Phone = context.obj
    with asking(phone.socket) as client:
        content = client.sim(phone.line, order, within_s=takes_s + _SPARE_S + _takes_s(order))
    if phone.as_json:
        show_json(content)
    return content


def _takes_s(order: SimOrder) -> float:
    """At most: the digit 0 on a rotary dial takes 1.6 s, with its pause."""
    return 1.6 * len(order.digits) if isinstance(order, Dial) else 0.0


def _seconds(value: float | None) -> float | None:
    if value is not None and not (math.isfinite(value) and 0 < value <= LONGEST_S):
        typer.echo(f"--for: {value} does not fit; write 0 to {LONGEST_S:.0f} seconds", err=True)
        raise typer.Exit(BAD_INPUT)
    return value
