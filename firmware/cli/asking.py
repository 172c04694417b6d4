"""How commands ask the daemon, and how they end when that fails (exit codes: design §3)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from firmware.ops import sockets
from firmware.ops.client import Client, NotReachable
from firmware.ops.orders import BadOrder, NoSuchLine, OrderRefused

FAILED: Final = 1
BAD_INPUT: Final = 2
NOT_REACHABLE: Final = 3

SocketOption = Annotated[
    Path | None,
    typer.Option("--socket", metavar="PATH", help="Control socket, if it is not the usual one."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def socket_path(named: Path | None) -> Path:
    """The control socket: the one named, or the usual one of this user."""
    return named or sockets.default_path(os.environ, root=os.geteuid() == 0)


@contextmanager
def asking(socket: Path | None) -> Iterator[Client]:
    """Give a client; what goes wrong is told on stderr and ends the command."""
    try:
        yield Client(socket_path(socket))
    except NotReachable as error:
        raise _ended(error, NOT_REACHABLE) from error
    except (NoSuchLine, BadOrder) as error:
        raise _ended(error, BAD_INPUT) from error
    except OrderRefused as error:
        raise _ended(error, FAILED) from error


def show_json(content: Mapping[str, object]) -> None:
    """Print one JSON object."""
    print(json.dumps(content, ensure_ascii=False, indent=2))


def _ended(error: Exception, code: int) -> typer.Exit:
    typer.echo(str(error), err=True)
    return typer.Exit(code)
