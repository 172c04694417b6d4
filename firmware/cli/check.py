"""`derivato check`: are these site files right?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from firmware.assembly import ports
from firmware.site.explain import Plain, as_toml, explain
from firmware.site.load import is_secrets_file, load_site, secrets_file
from firmware.site.problems import Problem, SiteError
from firmware.site.schema import Site
from hw.boards.choice import chosen

SCHEMA = "derivato.check/1"


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Site files.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    show: Annotated[
        bool, typer.Option("--show", help="Show what applies, defaults included, secrets masked.")
    ] = False,
) -> None:
    """Validate site files and show every problem at once.

    The secrets of a site are checked with it. Exit code 0 if all files are right, 2 otherwise.
    """
    results = [(file, _load(file)) for file in _sites(files)]
    if as_json:
        reports = [_report(file, result, show) for file, result in results]
        print(json.dumps({"schema": SCHEMA, "files": reports}, ensure_ascii=False, indent=2))
    else:
        for file, result in results:
            _say(file, result, show)
    if not all(isinstance(result, Site) for _, result in results):
        raise typer.Exit(2)


def _sites(files: list[Path]) -> list[Path]:
    """Leave out secrets whose site is there too, as in ``sites/*.toml``."""
    covered = {secrets_file(file) for file in files if not is_secrets_file(file)}
    return [file for file in files if file not in covered]


def _load(file: Path) -> Site | SiteError:
    try:
        site = load_site(file)
        chosen(site.board.name.value, site.board.file, ports(site), file)
    except SiteError as error:
        return error
    return site


def _say(file: Path, result: Site | SiteError, show: bool) -> None:
    if isinstance(result, SiteError):
        typer.echo(str(result), err=True)
        return
    print(f"{file}: ok: {result.about.name}, {_count(result)}")
    if show:
        print(as_toml(explain(result)), end="")


def _count(site: Site) -> str:
    lines, trunks = len(site.lines), len(site.trunks)
    return f"{lines} line{'s' * (lines != 1)}, {trunks} trunk{'s' * (trunks != 1)}"


def _report(file: Path, result: Site | SiteError, show: bool) -> dict[str, Plain]:
    ok = isinstance(result, Site)
    report: dict[str, Plain] = {"file": str(file), "ok": ok, "problems": []}
    if isinstance(result, SiteError):
        report["problems"] = [_problem(problem) for problem in result.problems]
    elif show:
        report["site"] = explain(result)
    return report


def _problem(problem: Problem) -> Plain:
    return {
        "file": problem.file,
        "line": problem.line,
        "key": problem.key,
        "what": problem.what,
        "remedy": problem.remedy,
    }
