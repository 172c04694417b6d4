"""The building of a demonstration: a site file, the gateway and the switchboard as processes.

Everything is on loopback and on free ports; both processes are children, ended by their id.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TextIO, cast

from firmware.demo.actors import SwitchboardLink
from firmware.ops.client import Client, NotReachable

START_S = 20.0
"""Longest time for a process to come into service."""

_STOP_S = 8.0

LINES = {"nido-1": "telephone 1", "nido-2": "telephone 2"}
"""The lines of the site, and what the story calls their telephones."""

EXTENSIONS = {"nido-1": "21", "nido-2": "22"}

_SITE = Template(
    """\
[site]
id = "demo"
name = "Comune di Esempio"
time_zone = "Europe/Rome"
speech = false

[sip]
bind = "$bind"
port = $port
rtp_ports = [20000, 20199]
log_messages = true

[trunks.pbx]
probe_s = 0
servers = ["$server"]

[lines.nido-1]
port = "fxs1"
extension = "21"
caller_name = "Nido, cucina"

[lines.nido-2]
port = "fxs2"
extension = "22"
caller_name = "Nido, atrio"

[board]
name = "sim"
fxs = 2

[dialplan]
internal = [$internal]
"""
)


class HouseError(RuntimeError):
    """The gateway or the switchboard did not come into service; the text says why."""


@dataclass(frozen=True, slots=True)
class House:
    """A running demonstration: the gateway's control socket and trace, the switchboard's link.

    ``far`` is None when a real PBX is used. ``site_file`` is what the gateway runs from.
    """

    client: Client
    far: SwitchboardLink | None
    site_file: Path
    trace: Path


@contextmanager
def open_house(
    out: Path, *, pbx: str | None, internal: Sequence[str], keep: bool
) -> Iterator[House]:
    """Start everything, and stop it however the story ends.

    ``pbx`` is HOST[:PORT] of a real switchboard, None for the embedded one; ``internal`` are the
    numbers that are complete at their last digit; ``keep`` keeps the working directory.

    Raises:
        HouseError: something did not start.
    """
    with ExitStack() as stack:
        work = Path(tempfile.mkdtemp(prefix="derivato-demo-"))
        if not keep:
            stack.callback(shutil.rmtree, work, ignore_errors=True)
        port = _free_port()
        server = pbx or f"127.0.0.1:{_free_port()}"
        site_file = work / "site.toml"
        site_file.write_text(_site(server, port, internal), encoding="utf-8")
        switchboard = None if pbx else _switchboard(stack, out, server, peer=f"127.0.0.1:{port}")
        gateway, client = _gateway(stack, work, out, site_file)
        if switchboard:
            stack.callback(switchboard.process.terminate)  # both at once, before either is awaited
        stack.callback(gateway.terminate)
        far = _ready(switchboard, out) if switchboard else None
        _in_service(gateway, client, out)
        yield House(client, far, site_file, work / "state" / "sip-trace.jsonl")


def _site(server: str, port: int, internal: Sequence[str]) -> str:
    bind = "127.0.0.1" if server.startswith("127.") else "0.0.0.0"  # noqa: S104 - a PBX is elsewhere
    numbers = ", ".join(f'"{number}"' for number in internal)
    return _SITE.substitute(bind=bind, port=port, server=server, internal=numbers)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass(frozen=True, slots=True)
class _Switchboard:
    process: subprocess.Popen[str]
    link: SwitchboardLink


def _switchboard(stack: ExitStack, out: Path, server: str, *, peer: str) -> _Switchboard:
    log = stack.enter_context((out / "switchboard.log").open("w", encoding="utf-8"))
    places = ["--port", server.rpartition(":")[2], "--peer", peer]
    # Each voice costs the bridge's clock two calls into Python: no more than are used.
    options = ["--voices", "4", "--record", str(out), "--speech", str(out / "speech")]
    process = subprocess.Popen(
        [sys.executable, "-m", "firmware.demo.switchboard", *places, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,  # Ctrl-C is ours to handle
    )
    stack.callback(_end, process)
    lines, orders = cast("TextIO", process.stdout), cast("TextIO", process.stdin)
    return _Switchboard(process, SwitchboardLink(lines, orders))


def _ready(switchboard: _Switchboard, out: Path) -> SwitchboardLink:
    if switchboard.link.wait("listening", START_S) is None:
        raise HouseError(f"the switchboard did not start: {_last(out / 'switchboard.log')}")
    return switchboard.link


def _gateway(
    stack: ExitStack, work: Path, out: Path, site_file: Path
) -> tuple[subprocess.Popen[bytes], Client]:
    log = stack.enter_context((out / "gateway.log").open("w", encoding="utf-8"))
    control = work / "control.sock"
    places = ["--site", str(site_file), "--socket", str(control), "--state", str(work / "state")]
    process = subprocess.Popen(
        [sys.executable, "-m", "firmware", "run", *places],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    stack.callback(_end, process)
    return process, Client(control)


def _in_service(gateway: subprocess.Popen[bytes], client: Client, out: Path) -> None:
    end = time.monotonic() + START_S
    while gateway.poll() is None and time.monotonic() < end:
        try:
            client.get("/status")
        except NotReachable:
            time.sleep(0.05)
        else:
            return
    raise HouseError(f"derivato run did not start: {_last(out / 'gateway.log')}")


def _end(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """End one child, gently first."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _last(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else f"it said nothing (see {log})"
