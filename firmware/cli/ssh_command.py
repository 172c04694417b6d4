"""`derivato ssh-command`: the only thing that a provisioning key can run (sshd's forced command).

In ``authorized_keys``: ``restrict,command="derivato ssh-command --role provision --as anna" …``.
What the client asks for is in ``SSH_ORIGINAL_COMMAND``; it is never given to a shell.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated

import typer

from firmware.cli.asking import BAD_INPUT


class Role(StrEnum):
    """What a key may do."""

    VIEWER = "viewer"
    PROVISION = "provision"


_LOOKING: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "status": re.compile(r"(--json)?"),
        "lines": re.compile(r"(--json)?"),
        "calls": re.compile(r"(--json)?( ?--limit [0-9]{1,5})?"),
        "trunks": re.compile(r"(--json)?"),
        "history": re.compile(r"(--json)?"),
    }
)
_CHANGING: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "apply": re.compile(r"-( --(json|check|diff)| --confirm-within [0-9]{1,5}[smh])*"),
        "confirm": re.compile(r"(--json)?"),
        "rollback": re.compile(r"([0-9]{1,6})?( ?--json)?"),
    }
)
_ALLOWED: Mapping[Role, Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {Role.VIEWER: _LOOKING, Role.PROVISION: {**_LOOKING, **_CHANGING}}
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]{0,63}")


def ssh_command(
    role: Annotated[Role, typer.Option("--role", help="What the key may do.")],
    name: Annotated[str, typer.Option("--as", help="Name of the key, for the history.")],
) -> None:
    """Run the command in SSH_ORIGINAL_COMMAND, if this key may."""
    if not _NAME.fullmatch(name):
        raise _refused(f"--as: {name} is no name; write letters, digits and @ . _ -")
    asked = os.environ.get("SSH_ORIGINAL_COMMAND", "")
    words = permitted(role, asked)
    if words is None:
        known = ", ".join(_ALLOWED[role])
        raise _refused(f"not allowed with this key: {asked[:200]!r}; it may: {known}")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SSH_")}
    environment["DERIVATO_WHO"] = name
    command = [sys.executable, "-m", "firmware", *words]
    os.execve(sys.executable, command, environment)  # noqa: S606 - no shell is what is wanted


def permitted(role: Role, asked: str) -> list[str] | None:
    """The words of ``asked`` if ``role`` may say them, else None; ``derivato`` may lead them."""
    if not asked.isascii() or not asked.isprintable() or len(asked) > 300:
        return None
    try:
        words = shlex.split(asked)
    except ValueError:
        return None
    if words[:1] == ["derivato"]:
        words = words[1:]
    if not words or words[0] not in _ALLOWED[role]:
        return None
    rest = " ".join(words[1:])
    return words if _ALLOWED[role][words[0]].fullmatch(rest) else None


def _refused(text: str) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(BAD_INPUT)
