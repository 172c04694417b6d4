"""`derivato guide`: what the voice guide says, and what callers have left."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from firmware import assembly
from firmware.cli.asking import BAD_INPUT, FAILED, JsonOption, SocketOption, show_json
from firmware.cli.local import SiteOption, loaded, site_of_daemon
from firmware.dsp.wav import write_wav
from firmware.guide import prompts, script, synthesis
from firmware.ops.mail import as_wav
from firmware.ops.messages import Left, Messages
from firmware.ops.sockets import state_directory
from firmware.site.choices import Tongue

PROMPTS_SCHEMA = "derivato.guide-prompts/1"
MESSAGES_SCHEMA = "derivato.guide-messages/1"

guide = typer.Typer(help="Render and list what the voice guide says.", no_args_is_help=True)


@guide.command()
def say(
    words: Annotated[str, typer.Argument(help="What is said.")],
    out: Annotated[Path, typer.Option("--out", metavar="WAV", help="Where to write it.")] = Path(
        "said.wav"
    ),
    english: Annotated[bool, typer.Option("--english", help="In English.")] = False,
) -> None:
    """Write words as they would be heard: 8 kHz, telephone band, at the level of everything said.

    Exit code 0 done, 1 if there is no synthesiser or it failed.
    """
    engine = synthesis.engine()
    if engine is None:
        typer.echo("no synthesiser here; install espeak-ng", err=True)
        raise typer.Exit(FAILED)
    tongue = Tongue.ENGLISH if english else Tongue.ITALIAN
    try:
        spoken = synthesis.speak(words, engine=engine, tongue=tongue)
        samples = synthesis.for_the_line(spoken, prompts.LEVEL_DBM0)
        write_wav(out, samples)
    except (synthesis.SynthesisError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from error
    print(f"{out}: {len(samples) / 8000:.1f} s, {prompts.LEVEL_DBM0:g} dBm0 (ITU-T P.56)")


@guide.command(name="prompts")
def list_prompts(
    site: SiteOption = None, as_json: JsonOption = False, socket: SocketOption = None
) -> None:
    """List every text with the recording to override it by, and where its speech comes from.

    Recordings are `prompts/KEY.wav` beside the site file. Exit code 0 if all can be said, 1 if
    something is missing, 2 for bad input, 3 if no site file is given and no daemon answers.
    """
    path = site or site_of_daemon(socket)
    building = loaded(path)
    found = prompts.sources(path.parent / "prompts", script.texts(assembly.house(building)))
    missing = sorted(key for key, (_, source) in found.items() if not source)
    if as_json:
        listed = [
            {"key": key, "language": text.tongue, "text": text.words, "source": source or None}
            for key, (text, source) in found.items()
        ]
        show_json({"schema": PROMPTS_SCHEMA, "prompts": listed, "missing": missing})
    else:
        for key, (text, source) in found.items():
            print(f"{key:<24} {source or 'MISSING':<12} {text.words}")
    if missing:
        typer.echo(f"{len(missing)} of {len(found)} cannot be said; install espeak-ng", err=True)
        raise typer.Exit(FAILED)


# --- messages ------------------------------------------------------------------------------------

messages = typer.Typer(help="What callers have left: list, play, delete.", no_args_is_help=True)
guide.add_typer(messages, name="messages")

StateOption = Annotated[
    Path | None, typer.Option("--state", metavar="DIR", help="State directory of the daemon.")
]
NumberArgument = Annotated[int, typer.Argument(metavar="N", help="Number of the message.")]


@contextmanager
def _messages(state: Path | None) -> Iterator[Messages]:
    folder = state or state_directory(os.environ, root=os.geteuid() == 0)
    path = folder / "messages.sqlite"
    if not path.is_file():
        typer.echo(f"{path}: there are no messages here; name the state directory", err=True)
        raise typer.Exit(BAD_INPUT)
    try:
        with closing(Messages(path)) as opened:
            yield opened
    except OSError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from error


@messages.command(name="list")
def list_messages(state: StateOption = None, as_json: JsonOption = False) -> None:
    """List messages and call-back requests in their order, and what was deleted.

    Exit code 0 done, 2 if there are no messages at this place.
    """
    with _messages(state) as there:
        left, deleted = there.all(), there.deletions()
    if as_json:
        content = {
            "schema": MESSAGES_SCHEMA,
            "messages": [asdict(each) for each in left],
            "deletions": [asdict(each) for each in deleted],
        }
        show_json(content)
        return
    for each in left:
        caller = each.caller_number or "unknown"
        print(f"{each.id:>5}  {each.left_at}  {each.office:<16} {caller:<16} {_told(each)}")
    for gone in deleted:
        fate = f"deleted {gone.deleted_at}: {gone.why}"
        print(f"{gone.message:>5}  {gone.left_at}  {gone.office:<16} {fate}")


def _told(left: Left) -> str:
    """What a message is and what became of it."""
    what = f"call back {left.call_back}" if left.call_back else f"{left.duration_ms / 1000:.0f} s"
    if left.refused:
        return f"{what:<22} refused: {left.refused}"
    return f"{what:<22} {f'sent {left.sent_at}' if left.sent_at else 'waits'}"


@messages.command()
def play(
    number: NumberArgument,
    out: Annotated[Path, typer.Option("--out", metavar="WAV", help="Where to write it.")],
    state: StateOption = None,
) -> None:
    """Write what a caller said as WAV.

    Exit code 0 done, 1 if it cannot be written, 2 if there is no such message with audio.
    """
    with _messages(state) as there:
        audio = there.audio(number)
    if not audio:
        typer.echo(f"{number}: no such message, or nothing was said", err=True)
        raise typer.Exit(BAD_INPUT)
    try:
        out.write_bytes(as_wav(audio))
    except OSError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from error


@messages.command()
def delete(
    number: NumberArgument,
    why: Annotated[str, typer.Option("--why", help="Reason, for the list of deletions.")],
    state: StateOption = None,
) -> None:
    """Delete a message for good; that it was there, when and why it went stays on record.

    Exit code 0 done, 2 if there is no such message.
    """
    with _messages(state) as there:
        found = there.delete(number, why)
    if not found:
        typer.echo(f"{number}: no such message", err=True)
        raise typer.Exit(BAD_INPUT)
