"""`derivato dial`: what the dial plan makes of a number, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer

from firmware import assembly
from firmware.calls.dialplan import DialPlan, Verdict
from firmware.calls.explanation import Explanation, explain
from firmware.cli.asking import JsonOption, SocketOption, show_json
from firmware.cli.local import (
    AtOption,
    SiteOption,
    bad_input,
    loaded,
    local_time,
    site_of_daemon,
)
from firmware.dial_plans import after_hours, plan_of
from firmware.site.schema import Site
from firmware.site.values import meant

SCHEMA = "derivato.dial/1"


def dial(
    number: Annotated[str, typer.Argument(help="What is dialled; # at its end as on the phone.")],
    line: Annotated[str, typer.Option("--line", "-l", metavar="L", help="Name of the telephone.")],
    at: AtOption = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
    socket: SocketOption = None,
) -> None:
    """Explain what the dial plan decides about a number. Nothing is called.

    Exit code 0 if it would be called or is a star code, 1 if it is refused, 2 for bad input, 3
    if no site file is given and no daemon answers.
    """
    building = loaded(site or site_of_daemon(socket))
    if line not in building.lines:
        raise bad_input(f"--line: no line called {line}; {meant(line, list(building.lines))}")
    when = local_time(at, building.about.time_zone)
    plan = plan_of(building, building.lines[line])
    found = explain(plan, number, after_hours=after_hours(plan, when))
    if as_json:
        show_json(_report(building, line, plan, found, when))
    else:
        print("\n".join(_told(building, line, plan, found, when)))
    if found.service in ("", "unknown") and found.decision.verdict is not Verdict.COMPLETE:
        raise typer.Exit(1)


def _way(site: Site, line: str, found: Explanation) -> dict[str, str | None]:
    """The trunk, the account and the SIP user that would be called."""
    trunk = site.lines[line].trunk
    accounts = assembly.accounts(site)
    account = next((each for each in accounts if each.trunk == trunk and each.line == line), None)
    shared = (each for each in accounts if each.trunk == trunk and each.line is None)
    account = account or next(shared, None)
    if account is None or found.decision.verdict is not Verdict.COMPLETE:
        return {"trunk": trunk, "account": None, "sip_user": None, "sip_domain": None}
    return {
        "trunk": trunk,
        "account": account.name,
        "sip_user": found.decision.leaves,
        "sip_domain": account.domain,
    }


def _report(
    site: Site, line: str, plan: DialPlan, found: Explanation, when: datetime
) -> dict[str, object]:
    decision = found.decision
    category = decision.category.value if decision.category else None
    return {
        "schema": SCHEMA,
        "dialled": found.dialled,
        "line": line,
        "at": when.isoformat(timespec="minutes"),
        "verdict": "star-code" if found.service else decision.verdict.value,
        "rule": decision.rule,
        "emergency": decision.emergency,
        "category": category,
        "number": decision.number,
        "class": site.lines[line].service_class,
        "permission": decision.permission or None,
        "service": found.service or None,
        "steps": [
            {"dialled": step.dialled, "verdict": step.verdict.value, "rule": step.rule}
            for step in found.steps
        ],
        "unused": found.unused,
        "waits_ms": found.waits_ms,
        "first_digit_ms": plan.first_digit_ms,
        "inter_digit_ms": plan.inter_digit_ms,
        "number_form": plan.leaving.form.value,
        "formed": found.formed or None,
        "rewriting": [
            {"match": step.match, "replace": step.replace, "number": step.number}
            for step in found.rewriting
        ],
        "leaves": decision.leaves or None,
        **_way(site, line, found),
    }


def _told(
    site: Site, line: str, plan: DialPlan, found: Explanation, when: datetime
) -> Iterator[str]:
    decision = found.decision
    yield f"{found.dialled} on {line}, {when:%a %Y-%m-%d %H:%M}"
    for step in found.steps:
        yield f"  {step.dialled:<20} {step.verdict.value:<9} {step.rule}"
    if found.unused:
        yield f"  {'':<20} the digits {found.unused} come too late"
    if found.waits_ms:
        yield f"  {'':<20} waits {found.waits_ms / 1000:g} s for another digit ({decision.rule})"
    if found.service:
        yield f"star code: {found.service}"
        return
    yield f"category   {'emergency' if decision.emergency else decision.category or '–'}"
    yield f"class      {_permission(found)}"
    dialled = "" if decision.number == found.dialled else f" (dialled {found.dialled})"
    yield f"number     {decision.number or '–'}{dialled}"
    if decision.verdict is not Verdict.COMPLETE:
        yield f"REFUSED    {decision.rule}; the caller hears the special information tone"
        return
    yield f"trunk form {found.formed} ({plan.leaving.form})"
    for rewrite in found.rewriting:
        yield f"rewritten  {rewrite.number} ({rewrite.match} → {rewrite.replace})"
    way = _way(site, line, found)
    if way["account"] is None:
        yield "CALLS      nobody: this line has no trunk"
        return
    yield f"CALLS      sip:{way['sip_user']}@{way['sip_domain']}"
    yield f"           trunk {way['trunk']}, account {way['account']}"


def _permission(found: Explanation) -> str:
    decision = found.decision
    if decision.emergency:
        return "not asked: nothing stops an emergency number"
    return decision.permission or "not asked"
