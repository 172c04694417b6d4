"""The real program under test: `derivato run` as a process of its own, on loopback."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from firmware.lab.failure import Failure
from firmware.ops.client import Client, NotReachable
from firmware.site.explain import Plain, as_toml

_START_S = 20.0
_STOP_S = 15.0
_POLL_S = 0.05
_TOLD = 12  # lines of its log in a failure


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the program and its switchboard are: ``host:port``, and the first RTP port."""

    gateway_port: int
    switchboard: str
    first_rtp: int


@contextmanager
def running(
    site: Mapping[str, object], where: Addresses, folder: Path, log: Path
) -> Iterator[Client]:
    """Run the program with ``site``, its addresses replaced; ``folder`` holds its files.

    Raises:
        Failure: it does not start, or does not end well.
    """
    file = folder / "site.toml"
    file.write_text(as_toml(_addressed(site, where)), encoding="utf-8")
    socket = folder / "control.sock"
    command = [sys.executable, "-m", "firmware", "run", "--site", str(file)]
    command += ["--socket", str(socket), "--state", str(folder / "state")]
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        client = Client(socket)
        _wait(process, client, log)
        yield client
        _end(process, log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _addressed(site: Mapping[str, object], where: Addresses) -> dict[str, Plain]:
    """The site with the laboratory's own addresses; on loopback if the switchboard is there."""
    tables: dict[str, Plain] = {name: _plain(table) for name, table in site.items()}
    sip = _table(tables, "sip")
    if where.switchboard.startswith("127."):
        sip["bind"] = "127.0.0.1"
    sip["port"] = where.gateway_port
    sip["rtp_ports"] = [where.first_rtp, where.first_rtp + 199]
    for trunk in _table(tables, "trunks").values():
        if isinstance(trunk, dict):
            trunk["servers"] = [where.switchboard]
    return tables


def _table(tables: dict[str, Plain], name: str) -> dict[str, Plain]:
    table = tables.setdefault(name, {})
    return table if isinstance(table, dict) else {}


def _plain(value: object) -> Plain:
    match value:
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case str() | int() | float():
            return value
        case _:
            return str(value)


def _wait(process: subprocess.Popen[bytes], client: Client, log: Path) -> None:
    end = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < end:
        try:
            client.get("/status")
        except NotReachable:
            time.sleep(_POLL_S)
        else:
            return
    why = "did not answer" if process.poll() is None else f"ended with {process.returncode}"
    raise Failure(f"the program {why} at its start", last_lines(log))


def _end(process: subprocess.Popen[bytes], log: Path) -> None:
    process.terminate()
    try:
        code = process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        raise Failure(f"the program did not end within {_STOP_S:.0f} s", last_lines(log)) from None
    if code != 0:
        raise Failure(f"the program ended with {code}", last_lines(log))
    if errors := [line for line in _lines(log) if " error   " in line or "Traceback" in line]:
        raise Failure("the program logged errors", "\n".join(errors[:_TOLD]))


def last_lines(log: Path) -> str:
    """What the program said last."""
    return "\n".join(_lines(log)[-_TOLD:])


def _lines(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").splitlines()
