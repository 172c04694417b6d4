"""The real program under test: `derivato run` as a process of its own, on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from firmware.lab.failure import Failure
from firmware.ops import wall_clock
from firmware.ops.client import Client, NotReachable
from firmware.site.explain import Plain, as_toml

_START_S = 20.0
_VOICE_S = 120.0  # the first time, it makes its speech
_STOP_S = 15.0
_POLL_S = 0.05
_TOLD = 12  # lines of its log in a failure


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the program and its switchboard are: ``host:port``, and the first RTP port."""

    gateway_port: int
    switchboard: str
    first_rtp: int


class Program:
    """`derivato run` with ``site``, its addresses replaced; ``folder`` holds its files.

    ``secrets`` are those of the site, ``clock`` is the time that it is now, ``prefix`` goes before
    the command. What it says goes to ``derivato.log`` in ``out``, what its switch is told and
    orders to ``recording-1.jsonl``, to ``recording-2.jsonl`` from a restart on.
    """

    def __init__(
        self,
        site: Mapping[str, object],
        secrets: Mapping[str, str],
        where: Addresses,
        *,
        folder: Path,
        out: Path,
        clock: datetime | None = None,
        prefix: Sequence[str] = (),
    ) -> None:
        self._out, self._log = out, out / "derivato.log"
        self._folder = folder
        self.site = folder / "site.toml"
        self.site.write_text(as_toml(_addressed(site, where)), encoding="utf-8")
        if secrets:
            file = folder / "site.secrets.toml"
            file.touch(mode=0o600)
            file.write_text(as_toml(dict(secrets)), encoding="utf-8")
        self._prefix = prefix
        self._speaks = _speaks(site)
        self._clock = (clock, time.monotonic()) if clock else None
        self._lives = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.client = Client(folder / "control.sock")

    @contextmanager
    def running(self) -> Iterator[Program]:
        """Run it.

        Raises:
            Failure: it does not start, or does not end well.
        """
        try:
            self._start()
            yield self
            self._end()
        finally:
            self._kill()

    def restart(self, *, cut: bool) -> None:
        """End it, without warning if ``cut``, and start it again.

        Raises:
            Failure: it does not end or start well.
        """
        if cut:
            self._kill()
        else:
            self._end()
        self._start()

    def _start(self) -> None:
        self._lives += 1
        recording = self._out.absolute() / f"recording-{self._lives}.jsonl"
        command = [*self._prefix, sys.executable, "-m", "firmware", "run"]
        command += ["--site", str(self.site)]
        command += ["--socket", str(self.client.path), "--state", str(self._folder / "state")]
        command += ["--record", str(recording)]
        with self._log.open("a", encoding="utf-8") as out:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self._environment(),
            )
        _wait(self._process, self.client, self._log, speaking=self._speaks)

    def _environment(self) -> dict[str, str]:
        if self._clock is None:
            return dict(os.environ)
        given, since = self._clock
        at = given + timedelta(seconds=time.monotonic() - since)
        return {**os.environ, wall_clock.VARIABLE: at.isoformat()}

    def _end(self) -> None:
        if self._process:
            _end(self._process, self._log)

    def _kill(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def recordings(out: Path) -> list[Path]:
    """What `Program` recorded in ``out``, in the order in which it ran."""
    return sorted(out.glob("recording-*.jsonl"))


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


def _speaks(site: Mapping[str, object]) -> bool:
    about = site.get("site")
    return isinstance(about, Mapping) and about.get("speech") is not False


def _wait(process: subprocess.Popen[bytes], client: Client, log: Path, *, speaking: bool) -> None:
    end = time.monotonic() + (_VOICE_S if speaking else _START_S)
    while process.poll() is None and time.monotonic() < end:
        try:
            status = client.get("/status")
        except NotReachable:
            time.sleep(_POLL_S)
            continue
        if not speaking or status["speech"] != "preparing":
            return
        time.sleep(_POLL_S)
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
