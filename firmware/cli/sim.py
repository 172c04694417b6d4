"""`derivato sim`: the hands, mouth and ear of a simulated telephone, and the exchange of a line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from firmware.cli.asking import BAD_INPUT, JsonOption, SocketOption, asking, show_json
from firmware.cli.tables import as_dict, as_list, text
from firmware.lines.tones import ToneName
from firmware.ops.orders import (
    LONGEST_S,
    Answer,
    Cut,
    Dial,
    Flash,
    Hear,
    Meter,
    OffHook,
    OnHook,
    Parallel,
    Play,
    PlayTone,
    Record,
    RemoteHangUp,
    Ring,
    Show,
    SimOrder,
    StopRecord,
    StopRing,
    Telling,
)

_NAMES = ("tone", "digit", "number", "name")  # what says more of an event than its kind
_SPARE_S = 30.0  # beyond what the order itself takes

sim = typer.Typer(
    help="Drive what is simulated on LINE of a running daemon: a telephone, an exchange line.",
    no_args_is_help=True,
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
    """Drive what is simulated on LINE of a running daemon: a telephone, or an exchange line."""
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
    """Tell the hook, the bell, the display and the lamp; or what the exchange does and heard."""
    content = _order(context, Show())
    if context.obj.as_json:
        return
    if "doing" in content:
        print("loop:    " + ("closed" if content.get("off_hook") else "open"))
        print(f"line:    {text(content.get('doing'))}")
        print(f"dialled: {text(content.get('digits')) or '–'}")
        return
    display = as_dict(content.get("display"))
    bell = as_list(content.get("bell"))
    print("hook:    " + ("lifted" if content.get("off_hook") else "down"))
    print("bell:    " + ("rings" if content.get("ringing") else f"silent, rang {len(bell)} times"))
    shown = " ".join(text(display[key]) for key in ("number", "name", "at") if display.get(key))
    print("display: " + (shown or ("private" if display.get("private") else "empty")))
    print("lamp:    " + ("on" if content.get("message_lamp") else "off"))


# --- an exchange line -----------------------------------------------------------------------------

Reversal = Annotated[bool, typer.Option("--reversal", help="Reverse the polarity, too.")]
Off = Annotated[bool, typer.Option("--off", help="Undo it.")]


@sim.command()
def ring(
    context: typer.Context,
    number: Annotated[str | None, typer.Option("--from", help="The caller's number.")] = None,
    name: Annotated[str | None, typer.Option(help="The caller's name.")] = None,
    private: Annotated[bool, typer.Option("--private", help="The caller hides.")] = False,
    telling: Annotated[Telling, typer.Option(help="How that is told.")] = Telling.AFTER_RING,
) -> None:
    """Call the exchange line."""
    _order(context, Ring(number, name, private, telling))


@sim.command("stop-ring")
def stop_ring(context: typer.Context) -> None:
    """Give up calling."""
    _order(context, StopRing())


@sim.command()
def answer(context: typer.Context, reversal: Reversal = False) -> None:
    """Answer what was dialled on the exchange line."""
    _order(context, Answer(reversal))


@sim.command("remote-hangup")
def remote_hangup(
    context: typer.Context,
    break_ms: Annotated[int, typer.Option("--break", help="Break in the current, in ms.")] = 0,
    reversal: Reversal = False,
) -> None:
    """Hang up at the far end: busy tone, and what the exchange does to the loop."""
    _order(context, RemoteHangUp(break_ms, reversal))


@sim.command()
def tone(context: typer.Context, name: Annotated[ToneName, typer.Argument()]) -> None:
    """Let the exchange play a tone on the seized line."""
    _order(context, PlayTone(name))


@sim.command()
def cut(context: typer.Context, off: Off = False) -> None:
    """Cut the wire."""
    _order(context, Cut(not off))


@sim.command()
def parallel(context: typer.Context, off: Off = False) -> None:
    """Lift a telephone parallel to the exchange line."""
    _order(context, Parallel(not off))


@sim.command()
def meter(context: typer.Context) -> None:
    """Let the exchange send a metering pulse."""
    _order(context, Meter())


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
