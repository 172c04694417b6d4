"""`derivato lab`: scenario files against the real program in real time."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from firmware.cli.asking import BAD_INPUT, FAILED, JsonOption, show_json
from firmware.lab import junit, runner
from firmware.lab.runner import Outcome, Result, StepResult
from firmware.lab.scenario import Scenario, ScenarioError, load_scenario

SCHEMA = "derivato.lab/1"


def lab(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Scenario files.")],
    pbx: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="A real switchboard instead of the embedded one."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(metavar="PORT", help="SIP port where the real switchboard finds the program."),
    ] = None,
    junit_file: Annotated[
        Path | None, typer.Option("--junit", metavar="F", help="Write results as JUnit XML.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep logs, and what each telephone heard."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run scenario files against the real program in real time.

    All files are checked before the first one runs. Exit code 0 if every scenario came true, 1
    if one did not, 2 for files that cannot be run.
    """
    scenarios = _load(files)
    server = None if pbx is None else runner.Pbx(_server(pbx), port=port)
    with tempfile.TemporaryDirectory(prefix="derivato-lab-") as kept_not:
        folder = out or Path(kept_not)
        results = [
            _run(scenario, folder / f"{number:02}-{scenario.file.stem}", server, as_json=as_json)
            for number, scenario in enumerate(scenarios, start=1)
        ]
    if as_json:
        show_json({"schema": SCHEMA, "scenarios": [_plain(result) for result in results]})
    if junit_file:
        junit_file.write_text(junit.to_xml(results), encoding="utf-8")
    if not all(result.passed for result in results):
        raise typer.Exit(FAILED)


def _load(files: list[Path]) -> list[Scenario]:
    scenarios: list[Scenario] = []
    problems: list[str] = []
    for file in files:
        try:
            scenarios.append(load_scenario(file))
        except ScenarioError as error:
            problems.append(str(error))
    if problems:
        typer.echo("\n".join(problems), err=True)
        raise typer.Exit(BAD_INPUT)
    return scenarios


def _server(pbx: str) -> str:
    """``sip:host:port`` or ``host:port`` as the site file writes it."""
    server = pbx.removeprefix("sip:").rpartition("@")[2]
    if not server or any(c.isspace() or c in "/;?" for c in server):
        typer.echo(f"--pbx: {pbx!r} is no server; write host:port", err=True)
        raise typer.Exit(BAD_INPUT)
    return server


def _run(scenario: Scenario, out: Path, pbx: runner.Pbx | None, *, as_json: bool) -> Result:
    def tell(step: StepResult) -> None:
        mark = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.SKIPPED: "–"}[step.outcome]
        found = f"  ({step.found})" if step.found and step.outcome is not Outcome.FAILED else ""
        print(f"  {step.at_s:6.2f} s  {mark} {step.actor}: {step.what}{found}", flush=True)

    if not as_json:
        print(f"{scenario.name} ({scenario.file})", flush=True)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "derivato" / "speech"
    result = runner.run(
        scenario,
        out=out,
        speech_cache=cache,
        pbx=pbx,
        tell=(lambda _: None) if as_json else tell,
    )
    if not result.passed:
        typer.echo(junit.why(result), err=True)
    if result.trouble and junit.why(result) != f"{scenario.file}: {result.trouble}":
        typer.echo(f"{scenario.file}: {result.trouble}", err=True)
    return result


def _plain(result: Result) -> dict[str, object]:
    return {
        "file": str(result.scenario.file),
        "name": result.scenario.name,
        "passed": result.passed,
        "for_s": round(result.for_s, 2),
        "trouble": result.trouble or None,
        "steps": [
            {
                "line": step.place,
                "actor": step.actor,
                "what": step.what,
                "outcome": step.outcome.value,
                "found": step.found,
                "at_s": round(step.at_s, 2),
            }
            for step in result.steps
        ],
    }
