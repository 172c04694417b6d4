"""`derivato cutover`: the change from one switchboard to another."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from firmware.cli.asking import BAD_INPUT, JsonOption, show_json
from firmware.cutover.draw import as_svg, as_text
from firmware.cutover.plan import Open, Panel, panels, uncovered
from firmware.site.cutover_schema import Cutover
from firmware.site.load import load_site
from firmware.site.problems import SiteError
from firmware.site.schema import Site

PLAN = "derivato.cutover-plan/1"

cutover = typer.Typer(
    help="The change from one switchboard to another.", no_args_is_help=True, add_completion=False
)


@cutover.callback()
def _group() -> None:
    """Plan, follow and report a change of switchboards."""


@cutover.command()
def plan(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Site files with a plan.")],
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Draw the first plan there.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Draw the plans of site files, and list what they leave open, also beside each other.

    Exit code 0 if everything is covered, 1 if something is not, 2 for bad input.
    """
    sites = _sites(files)
    planned = [(site, site.cutover) for site in sites if site.cutover is not None]
    if not planned:
        typer.echo(f"{files[0]}: no [cutover] in it; write one to plan a change", err=True)
        raise typer.Exit(BAD_INPUT)
    found = [(site, each, uncovered(site, each, sites)) for site, each in planned]
    if svg is not None:
        site, first = planned[0]
        svg.write_text(as_svg(panels(site, first), site.about.name), encoding="utf-8")
    if as_json:
        show_json({"schema": PLAN, "sites": [_report(*each) for each in found]})
    else:
        for each in found:
            _say(*each)
    if any(opens for _, _, opens in found):
        raise typer.Exit(1)


def _sites(files: list[Path]) -> list[Site]:
    sites: list[Site] = []
    wrong = False
    for file in files:
        try:
            sites.append(load_site(file))
        except SiteError as error:
            typer.echo(str(error), err=True)
            wrong = True
    if wrong:
        raise typer.Exit(BAD_INPUT)
    return sites


def _say(site: Site, plan: Cutover, opens: tuple[Open, ...]) -> None:
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    print(f"{site.about.name}: {plan.old_trunk} → {plan.new_trunk}\n")
    print(as_text(panels(site, plan), width))
    if opens:
        print("\nNot covered:")
        for each in opens:
            print(f"  {each.about}: {each.what}; {each.remedy}")
    print()


def _report(site: Site, plan: Cutover, opens: tuple[Open, ...]) -> dict[str, object]:
    return {
        "site": site.about.id,
        "at": plan.at.isoformat(),
        "expected_by": plan.expected_by.isoformat(),
        "panels": [_panel(panel) for panel in panels(site, plan)],
        "not_covered": [
            {"about": each.about, "what": each.what, "remedy": each.remedy} for each in opens
        ],
    }


def _panel(panel: Panel) -> dict[str, object]:
    return {
        "title": panel.title,
        "rows": [
            {
                "label": row.label.strip(),
                "spans": [
                    {
                        "from": span.start.isoformat(),
                        "until": span.end.isoformat(),
                        "kind": span.colour.value,
                        "text": span.text,
                    }
                    for span in row.spans
                ],
            }
            for row in panel.rows
        ],
    }
