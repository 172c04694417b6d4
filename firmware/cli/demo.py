"""`derivato demo`: a simulated site makes real calls, and hears them work."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from firmware.cli.asking import BAD_INPUT, FAILED, JsonOption

if TYPE_CHECKING:
    from firmware.demo.stage import Told

_NUMBER = re.compile(r"[0-9*#]{1,32}")
_PBX = re.compile(r"(?:sips?:)?(?P<host>[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\])(?P<port>:\d{1,5})?")


def demo(  # noqa: PLR0917 - typer passes every option by name
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where files go.")] = Path(
        "demo-out"
    ),
    pbx: Annotated[
        str | None,
        typer.Option("--pbx", metavar="URI", help="A real PBX, sip:HOST[:PORT], UDP, no password."),
    ] = None,
    pbx_echo: Annotated[str, typer.Option(help="Number there that echoes; empty: none.")] = "9001",
    pbx_answer: Annotated[str, typer.Option(help="Number there that speaks.")] = "",
    pbx_prompt: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="What it says (8 kHz WAV), if known."),
    ] = None,
    pbx_busy: Annotated[str, typer.Option(help="Number there that is busy.")] = "",
    pbx_unknown: Annotated[str, typer.Option(help="Number that does not exist there.")] = "",
    as_json: JsonOption = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the working directory with the site file.")
    ] = False,
) -> None:
    """Make real SIP calls with simulated telephones, and hear them work.

    Tells the story as it happens and leaves the audio of each call, a SIP ladder, a picture of
    the audio and demo.json. Exit code 0 only if every step was heard to work.
    """
    numbers = (pbx_echo, pbx_answer, pbx_busy, pbx_unknown)
    server = _checked(pbx, numbers)
    # Here, not above: they load pjsua2's settings and NumPy, which a wrong option does not need.
    from firmware.demo import house, show, sound, speech, story_pbx  # noqa: PLC0415

    echo, answer, busy, unknown = (number or None for number in numbers)
    wanted = story_pbx.Numbers(echo, answer, pbx_prompt, busy, unknown)
    console = Console(highlight=False, quiet=as_json)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        wish = show.Wish(out, pbx=server, numbers=wanted, keep=keep)
        report = show.show(wish, lambda told: _tell(console, told))
    except KeyboardInterrupt:
        typer.echo("interrupted; everything that was started has been stopped", err=True)
        raise typer.Exit(FAILED) from None
    except (speech.NoVoiceError, house.HouseError, sound.SoundError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from error
    if as_json:
        print(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _close(console, report, out)
    if not report["ok"]:
        raise typer.Exit(FAILED)


def _checked(pbx: str | None, numbers: tuple[str, ...]) -> str | None:
    """Give HOST[:PORT] of the PBX."""
    wrong = [number for number in numbers if number and not _NUMBER.fullmatch(number)]
    if wrong:
        typer.echo(f"{wrong[0]!r}: no number; write digits, * and #", err=True)
        raise typer.Exit(BAD_INPUT)
    if pbx is None:
        return None
    found = _PBX.fullmatch(pbx)
    if not found:
        typer.echo(f"--pbx: {pbx!r} is not sip:HOST or sip:HOST:PORT", err=True)
        raise typer.Exit(BAD_INPUT)
    return found["host"] + (found["port"] or "")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(console: Console, told: Told) -> None:
    from firmware.demo.stage import Kind  # noqa: PLC0415 - as above

    at = Text(f"{told.at_s:7.2f} s  ", style="dim")
    match told.kind:
        case Kind.CHAPTER:
            console.print()
            console.print(Text(told.text, style="bold"))
        case Kind.ACTION:
            console.print(at + Text(f"  {told.text}"), soft_wrap=True)
        case Kind.HEARD:
            mark = Text("✓ ", style="green")
            console.print(
                at + mark + Text(f"{told.text}: ") + Text(told.heard, style="cyan"), soft_wrap=True
            )
        case Kind.FAILED:
            console.print(at + Text("✗ ", style="bold red") + Text(told.text, style="bold"))
            console.print(
                f"             expected       {told.expected}", markup=False, soft_wrap=True
            )
            console.print(f"             heard instead  {told.heard}", markup=False, soft_wrap=True)


def _close(console: Console, report: object, out: Path) -> None:
    assert isinstance(report, dict)  # noqa: S101 - ours
    steps = [step for step in report["steps"] if step["kind"] == "heard"]
    console.print()
    if report["ok"]:
        line = f"All {len(steps)} steps were heard to work, in {report['for_s']:.0f} s."
        console.print(Text(line, style="bold green"))
    else:
        console.print(Text(f"Failed: {report['failed']['text']}", style="bold red"))
    console.print(
        f"Audio, ladder.svg, audio.png, transcript.txt, demo.json: {out}",
        markup=False,
        soft_wrap=True,
    )
    if missing := report["files"].get("picture_missing"):
        console.print(missing, markup=False, soft_wrap=True)
