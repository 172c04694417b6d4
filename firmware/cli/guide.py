"""`derivato guide`: what the voice guide says, and what callers have left."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from firmware import assembly
from firmware.cli.asking import BAD_INPUT, FAILED, JsonOption, SocketOption, show_json
from firmware.cli.local import site_of_daemon
from firmware.dsp.wav import write_wav
from firmware.guide import prompts, script, synthesis
from firmware.site.choices import Tongue
from firmware.site.load import load_site
from firmware.site.problems import SiteError

PROMPTS_SCHEMA = "derivato.guide-prompts/1"

guide = typer.Typer(help="Render and list what the voice guide says.", no_args_is_help=True)

SiteOption = Annotated[
    Path | None, typer.Option("--site", metavar="FILE", help="Site file; that of the daemon.")
]


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
    try:
        building = load_site(path)
    except SiteError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(BAD_INPUT) from None
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
