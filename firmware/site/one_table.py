"""One table of a TOML file in, a typed table or every problem with it out. Pure."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from firmware.site.forms import keys, keys_at, kind_at
from firmware.site.problems import Finding, Path, Wrong, shown
from firmware.site.table import Table
from firmware.site.values import meant

_MOST = 100  # findings in one table: beyond that the file is something else altogether

T = TypeVar("T", bound=Table)


def read_table(
    model: type[T], raw: object, path: Path, context: object, found: list[Finding]
) -> T | None:
    """Read the table at ``path``; what is wrong with it goes to ``found``.

    ``context`` is for the values of the model; None is returned for a table that is wrong.
    """
    if not isinstance(raw, dict):
        found.append(Finding(path, "is not a table", f"write [{'.'.join(map(str, path))}]"))
        return None
    try:
        return model.model_validate(raw, context=context)
    except ValidationError as errors:
        details = errors.errors(include_url=False)
    found.extend(_translated(model, path, detail) for detail in details[:_MOST])
    if len(details) > _MOST:
        more = f"and {len(details) - _MOST} more problems"
        found.append(Finding(path, more, "is this a site file?"))
    if any(detail["type"] != "extra_forbidden" or len(detail["loc"]) > 1 for detail in details):
        return None
    known = {key: value for key, value in raw.items() if key in keys(model)}
    return model.model_validate(known, context=context)  # for what else may be wrong


def _translated(model: type[Table], table: Path, detail: ErrorDetails) -> Finding:
    inside = tuple(part for part in detail["loc"] if part != "[key]")
    path = (*table, *inside)
    match detail["type"]:
        case "extra_forbidden":
            return Finding(path, "unknown key", meant(str(inside[-1]), keys_at(model, inside)))
        case "missing":
            return Finding(path, "is missing", f"write {kind_at(model, inside).form}")
    wrong = detail.get("ctx", {}).get("error")
    if isinstance(wrong, Wrong):
        return found_wrong(path, detail["input"], wrong)
    kind, value = kind_at(model, inside), detail["input"]
    remedy = f"write {kind.form}"
    if kind.choices and isinstance(value, str):
        guess = meant(value, kind.choices)
        remedy += f"; {guess}" if guess.startswith("did") else ""
    return Finding(path, f"{shown(value)} does not fit", remedy)


def found_wrong(path: Path, value: object, wrong: Wrong) -> Finding:
    """Say of ``value`` at ``path`` what is wrong with it."""
    silent = wrong.private or value is None
    return Finding(path, wrong.what if silent else f"{shown(value)} {wrong.what}", wrong.remedy)
