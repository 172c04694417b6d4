"""`derivato listen`: what is recognised in a recording."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from firmware.cli.listen_plot import PlotError, plot_recording
from firmware.dsp.listen import Heard, analyse
from firmware.dsp.wav import WavError, read_wav

SCHEMA = "derivato.listen/1"
_SHOWN_ELSEWHERE = {"at_ms", "for_ms", "kind", "level_dbm0", "confidence"}


def listen(
    file: Annotated[Path, typer.Argument(metavar="FILE.wav", help="The recording.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="OUT.png", help="Draw the recording with what was heard.")
    ] = None,
) -> None:
    """Say what is recognised in a recording: digits, tones, caller ID, speech, silence, fax.

    Any WAV file: other rates and channels are converted to 8 kHz mono. Exit code 0, or 2 for a
    file that cannot be used.
    """
    try:
        samples = read_wav(file)
        heard = analyse(samples)
        if plot:
            plot_recording(samples, heard, plot, title=file.name)
    except OSError as error:
        _refuse(f"{error.filename}: {error.strerror}; check the path")
    except (WavError, PlotError) as error:
        _refuse(str(error))
    if as_json:
        report = {"schema": SCHEMA, "events": [one.as_json() for one in heard]}
        print(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        for one in heard:
            print(_say(one))


def _refuse(why: str) -> None:
    typer.echo(why, err=True)
    raise typer.Exit(2)


def _say(heard: Heard) -> str:
    details = heard.as_json()
    said = " ".join(
        f"{value}" if key in {"digit", "tone"} else f"{key}={value}"
        for key, value in details.items()
        if key not in _SHOWN_ELSEWHERE and value is not None
    )
    times = f"{heard.at_ms / 1000:9.3f} s  {heard.for_ms:6} ms"
    figures = f"{heard.level_dbm0:6.1f} dBm0  {round(heard.confidence * 100):3} %"
    return f"{times}  {figures}  {heard.kind.value} {said}".rstrip()
