"""A site file in, a `Site` or every problem out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from firmware.site.checks import check
from firmware.site.directory import Directory
from firmware.site.named import Context
from firmware.site.neighbour_files import load_neighbours
from firmware.site.problems import Finding, Problem, SiteError, placed
from firmware.site.reading import (
    Unreadable,
    authority_trouble,
    certificate_trouble,
    credentials_directory,
    read_secrets,
    read_toml,
)
from firmware.site.schema import Site
from firmware.site.tables import Draft, names_in, read_numbers, read_tables
from firmware.site.toml_lines import key_lines
from firmware.site.values import Secret

_SECRETS = ".secrets.toml"


def load_site(path: Path | str, *, environment: Mapping[str, str] | None = None) -> Site:
    """Read the site file at ``path`` and its secrets.

    Secrets are in ``NAME.secrets.toml`` beside ``NAME.toml``, or systemd credentials found by
    ``CREDENTIALS_DIRECTORY`` in ``environment`` (that of the process if not given). Raises
    `SiteError` with all problems; no other exception, whatever the file holds.
    """
    path = Path(path)
    if is_secrets_file(path):
        what, remedy = "is a file of secrets", "name the site file, NAME.toml without .secrets"
        raise SiteError((Problem(str(path), 0, "", what, remedy),))
    try:
        raw, text = read_toml(path)
    except Unreadable as error:
        raise SiteError((error.problem,)) from None
    secrets_path = secrets_file(path)
    credentials = credentials_directory(os.environ if environment is None else environment)
    secrets, secret_problems = read_secrets(secrets_path, credentials)
    known = None if secret_problems else secrets
    draft, found = _read(raw, path.parent, known, secrets_path.name)
    directory: Directory = {}
    elsewhere, around = list[Problem](), list[Finding]()
    try:
        directory, around = load_neighbours(draft)
    except SiteError as error:
        elsewhere += error.problems
    findings = [*found, *_certificates(draft), *around]
    problems = [*placed(str(path), findings, key_lines(text)), *secret_problems, *elsewhere]
    site = _finished(draft, directory)
    if problems or site is None:
        raise SiteError(tuple(sorted(problems)))
    return site


def site_of(tables: Mapping[str, object], secrets: Mapping[str, str], *, origin: str) -> Site:
    """Make a site of ``tables`` that were read before, from a recording for example.

    ``secrets`` stand in for those that the tables name. Raises `SiteError`, with ``origin`` as
    the name of the file.
    """
    known = {name: Secret(value) for name, value in secrets.items()}
    draft, findings = _read(tables, Path(), known, origin)
    site = _finished(draft, {})
    if findings or site is None:
        raise SiteError(tuple(sorted(placed(origin, findings, {}))))
    return site


def _read(
    raw: Mapping[str, object],
    folder: Path,
    secrets: Mapping[str, Secret] | None,
    secrets_file: str,
) -> tuple[Draft, list[Finding]]:
    numbers, findings = read_numbers(raw)
    context = Context(
        folder=folder,
        numbers=numbers,
        trunks=names_in(raw, "trunks"),
        classes=names_in(raw, "classes"),
        secrets=secrets,
        secrets_file=secrets_file,
    )
    draft, more = read_tables(raw, context)
    return draft, [*findings, *more, *check(draft, raw)]


def is_secrets_file(path: Path) -> bool:
    """Tell by its name whether ``path`` holds secrets rather than a site."""
    return path.name.endswith(_SECRETS)


def secrets_file(path: Path) -> Path:
    """Where the secrets of the site file at ``path`` are: ``nido.toml`` → ``nido.secrets.toml``."""
    return path.with_name(path.name.removesuffix(".toml") + _SECRETS)


def _certificates(draft: Draft) -> Iterator[Finding]:
    sip = draft.sip
    if (
        sip is not None
        and sip.tls_cert is not None
        and sip.tls_key is not None
        and (trouble := certificate_trouble(sip.tls_cert, sip.tls_key))
    ):
        yield Finding(("sip", "tls_key"), *_split(trouble))
    for name, trunk in draft.trunks.items():
        if trunk.ca_file is not None and (trouble := authority_trouble(trunk.ca_file)):
            yield Finding(("trunks", name, "ca_file"), *_split(trouble))


def _split(trouble: str) -> tuple[str, str]:
    what, _, remedy = trouble.partition("; ")
    return what, remedy


def _finished(draft: Draft, directory: Directory) -> Site | None:
    """Make the site of a draft in which nothing is missing."""
    numbers = {name: number for name, number in draft.numbers.items() if number is not None}
    if (
        draft.about is None
        or draft.sip is None
        or draft.board is None
        or draft.dialplan is None
        or draft.emergency is None
        or draft.guide is None
    ):
        return None
    return Site(
        about=draft.about,
        numbers=numbers,
        sip=draft.sip,
        trunks=draft.trunks,
        lines=draft.lines,
        exchange_lines=draft.exchange_lines,
        board=draft.board,
        classes=draft.classes,
        dialplan=draft.dialplan,
        emergency=draft.emergency,
        location=draft.location,
        cutover=draft.cutover,
        contracts=draft.contracts,
        hours=draft.hours,
        groups=draft.groups,
        menus=draft.menus,
        mail=draft.mail,
        guide=draft.guide,
        neighbours=draft.neighbours,
        directory=directory,
    )
