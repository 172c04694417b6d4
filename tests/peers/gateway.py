"""The gateway under test: `derivato run` in a namespace, its telephones in the test's hands."""

from __future__ import annotations

import contextlib
import itertools
import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from firmware.ops.client import Client, NotReachable
from firmware.ops.orders import (
    Dial,
    Flash,
    OffHook,
    OnHook,
    Play,
    Record,
    Show,
    SimOrder,
    StopRecord,
)

from .hearing import Samples, read_wav
from .netns import Namespace, Process, wait_until

_runs = itertools.count(1)
Table = Mapping[str, object]


class Telephone:
    """The simulated telephone on a line."""

    def __init__(self, client: Client, line: str, work: Path):
        self.line = line
        self._client = client
        self._work = work
        self._files = itertools.count(1)

    def lift(self) -> None:
        """Lift the handset and bring it to the ear: nobody dials sooner."""
        self._do(OffHook())
        time.sleep(0.3)

    def hang_up(self) -> None:
        self._do(OnHook())

    def flash(self) -> None:
        self._do(Flash())

    def dial(self, digits: str, *, pulse: bool = False) -> None:
        """Dial; returns when the last digit is out."""
        self._do(Dial(digits, pulse))

    def say(self, wav: Path) -> None:
        """Say the file; returns when all is said."""
        self._do(Play(wav))

    def listen(self, seconds: float) -> Samples:
        """Return what the ear hears in the next `seconds`."""
        path = self._file()
        self._do(Record(path, seconds))
        return read_wav(path)

    @contextlib.contextmanager
    def recording(self) -> Iterator[list[Samples]]:
        """Record while inside; the list holds the samples afterwards."""
        path = self._file()
        heard: list[Samples] = []
        self._do(Record(path))
        try:
            yield heard
        finally:
            self._do(StopRecord())
            heard.append(read_wav(path))

    def look(self) -> dict[str, Any]:
        """Return what can be seen: `off_hook`, `ringing`, `bell`, `display`, `message_lamp`."""
        return self._do(Show())

    def wait_ringing(self, timeout: float = 5.0) -> None:
        wait_until(lambda: self.look()["ringing"], timeout, f"{self.line} does not ring")

    def _do(self, order: SimOrder) -> dict[str, Any]:
        return dict(self._client.sim(self.line, order))

    def _file(self) -> Path:
        return self._work / f"{self.line}-{next(self._files)}.wav"


class Gateway:
    """A running `derivato run`; a context manager. Its events are in `events`.

    `trunks` and `lines` are the tables of the site file by name, `sip`, `dialplan`, `numbers` and
    `neighbours` those sections; what is not given is the default of the site file.
    """

    def __init__(
        self,
        namespace: Namespace,
        *,
        trunks: Mapping[str, Table],
        lines: Mapping[str, Table],
        sip: Table,
        dialplan: Table | None = None,
        numbers: Table | None = None,
        secrets: Mapping[str, str] | None = None,
        site: str = "nido",
        neighbours: Table | None = None,
    ):
        self.home = namespace.work / f"gateway-{next(_runs)}"
        self.home.mkdir()
        self.site_file = self.home / "site.toml"
        self.client = Client(self.home / "control")
        self.events: list[Mapping[str, Any]] = []
        self._namespace = namespace
        self._process: Process | None = None
        about = {
            "id": site,
            "name": "Nido Melograno",
            "time_zone": "Europe/Rome",
            "speech": False,
        }
        exchange = sum(str(table["port"]).startswith("fxo") for table in lines.values())
        board = {"name": "sim", "fxs": max(len(lines) - exchange, 1), "fxo": exchange}
        plan = dialplan or {"internal": ["9xxx", "6xx", "7xxx"]}
        text = _section("site", about) + _section("board", board) + _section("sip", sip)
        text += _section("neighbours", neighbours) if neighbours else ""
        text += _section("dialplan", plan) + _section("numbers", numbers or {})
        # Whoever counts messages is not to be asked between; tests of health ask.
        quiet = {name: {"probe_s": 0, **table} for name, table in trunks.items()}
        text += "".join(_section(f"trunks.{name}", table) for name, table in quiet.items())
        text += "".join(_section(f"lines.{name}", table) for name, table in lines.items())
        self.site_file.write_text(text)
        if secrets:
            path = self.home / "site.secrets.toml"
            path.touch(mode=0o600)
            path.write_text("".join(f"{name} = {_value(text)}\n" for name, text in secrets.items()))
        self._lines = lines

    def __enter__(self) -> Gateway:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def process(self) -> Process:
        assert self._process is not None
        return self._process

    @property
    def log(self) -> str:
        return self.process.output

    def start(self) -> None:
        """Start the daemon and wait until it answers on its control socket."""
        # The console script of the same environment as the tests: what people start too.
        command = str(Path(sys.executable).with_name("derivato"))
        argv = [command, "run", "--site", str(self.site_file)]
        argv += ["--socket", str(self.client.path), "--state", str(self.home / "state")]
        self._process = self._namespace.popen(argv, name="derivato")
        wait_until(self._answers, 15.0, lambda: f"no answer from derivato\n{self.process.tail()}")
        threading.Thread(target=self._collect, daemon=True).start()

    def stop(self) -> int:
        """End the daemon; return its exit code."""
        return self.process.stop(grace=8.0)

    def _answers(self) -> bool:
        if self.process.exit_code is not None:
            raise RuntimeError(f"derivato ended: {self.process.exit_code}\n{self.process.tail()}")
        try:
            self.client.get("/status")
        except NotReachable:
            return False
        return True

    def _collect(self) -> None:
        with contextlib.suppress(NotReachable, ValueError), self.client.events() as events:
            for event in events:
                self.events.append(event)

    def telephone(self, line: str) -> Telephone:
        return Telephone(self.client, line, self.home)

    def line(self, name: str) -> dict[str, Any]:
        """Return the state of a line as the daemon tells it."""
        return next(line for line in self._list("lines") if line["line"] == name)

    def trunk(self) -> dict[str, Any]:
        """Return the state of the first account."""
        return self._list("trunks")[0]

    def calls(self) -> list[dict[str, Any]]:
        """Return the records of calls, the latest first."""
        answer: dict[str, Any] = self.client.get("/calls")
        return list(answer["recent"])

    def wait_state(self, line: str, state: str, timeout: float = 5.0) -> None:
        """Wait until the station of a line is `idle`, `dialing`, `calling`, `talking` …"""

        def failure() -> str:
            happened = "\n".join(str(event) for event in self.events[-12:])
            now = self.line(line)["state"]
            return f"{line} is {now}, not {state}\n{happened}\n{self.process.tail()}"

        wait_until(lambda: self.line(line)["state"] == state, timeout, failure)

    def expect(self, kind: str, timeout: float = 5.0, **fields: object) -> Mapping[str, Any]:
        """Wait for an event of a kind with the given fields; return the first one."""

        def matching() -> list[Mapping[str, Any]]:
            return [
                event
                for event in self.events
                if event["event"] == kind and fields.items() <= event.items()
            ]

        wait_until(matching, timeout, lambda: f"no {kind} {fields}; last: {self.events[-8:]}")
        return matching()[0]

    def _list(self, name: str) -> list[dict[str, Any]]:
        answer: dict[str, Any] = self.client.get(f"/{name}")
        return list(answer[name])


def _section(name: str, table: Table) -> str:
    lines = "".join(f"{key} = {_value(value)}\n" for key, value in table.items())
    return f"[{name}]\n{lines}\n"


def _value(value: object) -> str:
    # Strings, numbers, booleans and lists of them are written alike in JSON and TOML.
    if isinstance(value, Path):
        value = str(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = [str(item) if isinstance(item, Path) else item for item in value]
    return json.dumps(value, ensure_ascii=False)
