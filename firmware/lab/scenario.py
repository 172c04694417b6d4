"""A scenario file in, a `Scenario` or every problem out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from firmware.lab.exchange_steps import EXCHANGE
from firmware.lab.pbx_steps import PBX
from firmware.lab.steps import LATER, PHONE, POWER, Sentence, Step
from firmware.site.exchange_schema import ExchangeLine
from firmware.site.problems import Finding, Problem, dotted, shown
from firmware.site.problems import Path as KeyPath
from firmware.site.reading import Unreadable, read_toml
from firmware.site.schema import line_kind
from firmware.site.toml_lines import key_lines
from firmware.site.values import meant

Table = dict[str, object]
T = TypeVar("T", bound=BaseModel)

_MOST_STEPS = 1000


Lines = Mapping[str, tuple[str, ...]]

_AT_LINES = MappingProxyType({"phone": PHONE, "exchange": EXCHANGE})
"""Actors at the end of lines, and what they can do."""


class ScenarioError(ValueError):
    """A scenario file cannot be run; ``problems`` are all the reasons.

    Example scenarios: an actor that there is not, a step that neither does nor expects, a sound
    file that is missing. ``str()`` gives one line for each.
    """

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class About(BaseModel):
    """The table ``[scenario]``.

    ``site`` is a path from the scenario, or the site's tables; ``changes`` are tables put over
    them. ``secrets`` are what the site's names of secrets mean in the laboratory, ``clock`` is
    the time that it is when the program starts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    description: str = ""
    site: str | Table
    changes: Table = {}
    secrets: dict[str, str] = {}
    clock: AwareDatetime | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario, read and checked. ``site`` holds the tables of its site file.

    ``lines`` are the names of the site's telephones, in its order, ``exchange`` those of its
    exchange lines; ``places`` the line of each step. ``secrets`` are those of the site, by name;
    ``clock`` is the time at its start, if not now.
    """

    file: Path
    name: str
    description: str
    site: Mapping[str, object]
    lines: tuple[str, ...]
    steps: tuple[Step, ...]
    places: tuple[int, ...]
    secrets: Mapping[str, str] = field(default_factory=dict)
    clock: datetime | None = None
    exchange: tuple[str, ...] = ()


def load_scenario(path: Path) -> Scenario:
    """Read the scenario file at ``path``.

    Raises:
        ScenarioError: with all problems; the site itself is checked when the program starts.
    """
    try:
        raw, text = read_toml(path)
    except Unreadable as error:
        raise ScenarioError((error.problem,)) from None
    lines = key_lines(text)
    found: list[Finding] = [
        Finding((name,), "unknown section", meant(name, ("scenario", "step")))
        for name in raw
        if name not in ("scenario", "step")
    ]
    about = _model(About, raw.get("scenario", {}), ("scenario",), found)
    site: Table = {}
    if about:
        site = _changed(_site(about.site, path.parent, found), about.changes)
    there = _lines_of(site)
    steps = list(_steps(raw.get("step"), there if site else None, path.parent, found))
    if found or about is None:
        raise ScenarioError(tuple(sorted(_placed(str(path), found, lines))))
    places = tuple(lines[("step", number)] for number in range(len(steps)))
    return Scenario(
        path,
        about.name,
        about.description,
        site,
        there["phone"],
        tuple(steps),
        places,
        MappingProxyType(about.secrets),
        about.clock,
        there["exchange"],
    )


def _placed(file: str, findings: list[Finding], lines: Mapping[KeyPath, int]) -> Iterator[Problem]:
    for finding in findings:
        place = finding.path
        while place and place not in lines:
            place = place[:-1]
        yield Problem(file, lines.get(place, 1), dotted(finding.path), finding.what, finding.remedy)


def _site(given: str | Table, folder: Path, found: list[Finding]) -> Table:
    if isinstance(given, dict):
        return given
    try:
        return read_toml(folder / given)[0]
    except Unreadable as error:
        problem = error.problem
        where = problem.file + (f":{problem.line}" if problem.line else "")
        found.append(Finding(("scenario", "site"), f"{where} {problem.what}", problem.remedy))
        return {}


def _changed(table: Table, changes: Table) -> Table:
    """Put ``changes`` over ``table``, key by key, also in tables inside."""
    result = dict(table)
    for key, new in changes.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            result[key] = _changed(old, new)
        else:
            result[key] = new
    return result


def _lines_of(site: Table) -> Lines:
    """The lines of a site by the kind of actor at their end."""
    lines = site.get("lines")
    tables = lines if isinstance(lines, dict) else {}
    exchange = tuple(name for name, table in tables.items() if line_kind(table) is ExchangeLine)
    return {
        "phone": tuple(name for name in tables if name not in exchange),
        "exchange": exchange,
    }


def _steps(raw: object, there: Lines | None, folder: Path, found: list[Finding]) -> Iterator[Step]:
    if not isinstance(raw, list) or not raw or not all(isinstance(step, dict) for step in raw):
        found.append(Finding(("step",), "there are no steps", "write each one as [[step]]"))
        return
    for number, table in enumerate(raw[:_MOST_STEPS]):
        path = ("step", number)
        kinds = _kinds(table.get("actor"), there, path, found)
        if kinds is None or (kind := _kind(table, kinds, path, found)) is None:
            continue
        if step := _model(kind, table, path, found):
            yield _with_file(step, folder, path, found)


def _kinds(
    actor: object, there: Lines | None, path: KeyPath, found: list[Finding]
) -> Mapping[str, Mapping[str, type[Step]]] | None:
    """What the actor of a step can do."""
    name = actor if isinstance(actor, str) else ""
    first, _, which = name.partition(".")
    if name == "pbx":
        return PBX
    if name == "power":
        return POWER
    if first in _AT_LINES and which:
        if there is None or actor_line(name, there[first]):
            return _AT_LINES[first]
        names = ", ".join(there[first]) or "none of this kind"
        found.append(Finding((*path, "actor"), f"there is no {name}", f"lines here: {names}"))
    elif first in LATER:
        found.append(Finding((*path, "actor"), f"{first} is not available yet", "leave it out"))
    else:
        what = "is missing" if actor is None else f"{shown(actor)} is no actor"
        found.append(
            Finding((*path, "actor"), what, 'write "phone.1", "phone.LINE", "exchange.1" or "pbx"')
        )
    return None


def actor_line(actor: str, lines: tuple[str, ...]) -> str | None:
    """The line of ``phone.NAME``, or of ``phone.N`` counted from 1; None if there is none.

    ``lines`` are those of the kind, telephones or exchange lines.
    """
    _, _, which = actor.partition(".")
    if which in lines:
        return which
    if which.isascii() and which.isdigit() and 1 <= int(which) <= len(lines):
        return lines[int(which) - 1]
    return None


def _kind(
    table: Table,
    kinds: Mapping[str, Mapping[str, type[Step]]],
    path: KeyPath,
    found: list[Finding],
) -> type[Step] | None:
    given = [key for key in ("do", "expect") if key in table]
    if len(given) != 1:
        what = "both does and expects" if given else "neither does nor expects anything"
        found.append(Finding(path, what, "write do = … or expect = …"))
        return None
    (key,) = given
    verb = table[key]
    known = kinds[key]
    if not isinstance(verb, str) or verb not in known:
        remedy = meant(verb, tuple(known)) if isinstance(verb, str) else "write a word"
        found.append(Finding((*path, key), f"{shown(verb)} is not known", remedy))
        return None
    return known[verb]


def _model(kind: type[T], raw: object, path: KeyPath, found: list[Finding]) -> T | None:
    try:
        return kind.model_validate(raw)
    except ValidationError as errors:
        for detail in errors.errors(include_url=False):
            where = (*path, *detail["loc"])
            match detail["type"]:
                case "extra_forbidden":
                    remedy = meant(str(detail["loc"][0]), tuple(kind.model_fields))
                    found.append(Finding(where, "unknown key", remedy))
                case "missing":
                    found.append(Finding(where, "is missing", "add it"))
                case "value_error":
                    what, _, remedy = str(detail["ctx"]["error"]).partition("; ")
                    found.append(Finding(where, what, remedy or "write one of them"))
                case _:
                    remedy = detail["msg"][:1].lower() + detail["msg"][1:]
                    found.append(Finding(where, f"{shown(detail['input'])} does not fit", remedy))
        return None


def _with_file(step: Step, folder: Path, path: KeyPath, found: list[Finding]) -> Step:
    """Make the path of a sound file absolute; it must be there."""
    if not isinstance(step, Sentence) or step.file is None:
        return step
    file = (folder / step.file).absolute()
    if not file.is_file():
        found.append(Finding((*path, "file"), f"{file} does not exist", "check the name"))
    assert isinstance(step, Step)  # noqa: S101 - sentences stand in steps only
    return step.model_copy(update={"file": file})
