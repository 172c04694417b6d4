"""Asterisk 22 with a configuration written from a short description."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .asterisk_files import write_files
from .certificates import Certificate
from .netns import Namespace, Process, wait_until

_instances = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A peer of the PBX: it registers (no `host`), or is a trunk known by its address.

    `password`: digest asked on REGISTER and INVITE; None accepts both without.
    `algorithms`: digests offered, in order ("MD5", "SHA-256").
    `host`: `address:port` where a trunk takes calls; it is identified by the address.
    `srtp`: "no", "optional" (used when offered) or "required" (SDES).
    `dtmf`: "rfc4733", "info", "inband", "auto".
    `reliable`: 100rel, "no", "yes", "required". `timers`: session timers, same words.
    `rewrite_contact`: calls go back over the connection that registered.
    `transfers`: REFER is obeyed.
    """

    name: str
    password: str | None = None
    algorithms: Sequence[str] = ("MD5",)
    host: str | None = None
    transport: str = "udp"
    srtp: str = "no"
    codecs: Sequence[str] = ("alaw", "ulaw")
    dtmf: str = "rfc4733"
    reliable: str = "yes"
    timers: str = "yes"
    caller_id: str | None = None
    rewrite_contact: bool = False
    transfers: bool = True


@dataclass(frozen=True, slots=True)
class Channel:
    """A call leg as Asterisk lists it: `state` is Ring, Ringing, Up, …"""

    name: str
    extension: str
    state: str
    application: str


class Asterisk:
    """A running PBX; a context manager. Extensions: see DIALPLAN in asterisk_files.py.

    UDP and TCP on `address`:5060, and TLS on 5061 when a certificate is given.
    """

    def __init__(
        self,
        namespace: Namespace,
        root: Path,
        *,
        address: str = "10.77.0.2",
        endpoints: Sequence[Endpoint] = (),
        certificate: Certificate | None = None,
        dialplan: str = "",
        rtp_ports: tuple[int, int] = (20000, 20999),
    ):
        self.address = address
        self.endpoints = endpoints
        self.home = namespace.work / f"asterisk-{next(_instances)}"
        self.process: Process | None = None
        self._namespace = namespace
        self._root = root
        self._ids = itertools.count(1)
        write_files(
            self.home,
            address=address,
            endpoints=endpoints,
            certificate=certificate,
            dialplan=dialplan,
            rtp_ports=rtp_ports,
            module_directory=_module_directory(root),
        )

    def __enter__(self) -> Asterisk:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and wait until it takes calls (about half a second)."""
        argv = ["asterisk", "-C", str(self.home / "etc/asterisk.conf"), "-f", "-n"]
        self.process = self._namespace.popen(argv, name="asterisk", root=self._root)
        messages = self.home / "log/full"
        wait_until(
            lambda: (
                self._alive() and messages.exists() and "Asterisk Ready" in messages.read_text()
            ),
            10.0,
            lambda: f"Asterisk does not boot\n{self.log()[-3000:]}",
        )
        refused = [line for line in self.log().splitlines() if "declined to load" in line]
        if refused:
            raise RuntimeError(f"modules that Asterisk would not load: {refused}")

    def stop(self) -> None:
        """End the server with its pid; calls are dropped without a word, as in a power cut."""
        if self.process is not None:
            self.process.stop()
            self.process = None
            (self.home / "log/full").rename(self.home / f"log/full.{next(self._ids)}")

    def _alive(self) -> bool:
        assert self.process is not None
        if self.process.exit_code is not None:
            raise RuntimeError(f"Asterisk ended\n{self.process.tail()}\n{self.log()[-3000:]}")
        return True

    def log(self) -> str:
        """Return Asterisk's log, SIP messages included."""
        path = self.home / "log/full"
        return path.read_text(errors="replace") if path.exists() else ""

    def sound(self, name: str) -> Path:
        """Return the file of an Italian announcement, such as "demo-congrats"."""
        return self._root / f"usr/share/asterisk/sounds/it_IT_m_Carlo/{name}.wav"

    def cli(self, command: str) -> str:
        """Return what an Asterisk console command prints."""
        return "\n".join(self.action("Command", Command=command).get("Output", []))

    def action(self, name: str, **fields: str) -> dict[str, list[str]]:
        """Perform an action of the manager interface; return the fields of its response.

        Raises:
            RuntimeError: Asterisk refused the action.
        """
        with self._namespace.connect("127.0.0.1", 5038) as manager, manager.makefile("rb") as lines:
            login = {"Username": "test", "Secret": "test", "Events": "off"}
            for step, values in (("Login", login), (name, fields)):
                request = [f"Action: {step}", *(f"{key}: {value}" for key, value in values.items())]
                manager.sendall(("\r\n".join(request) + "\r\n\r\n").encode())
                answer = _read_response(lines)
                if answer.get("Response") == ["Error"]:
                    raise RuntimeError(f"{step} {values}: {answer}")
        return answer

    def originate(
        self,
        endpoint: str,
        *,
        number: str = "",
        name: str = "",
        extension: str = "9001",
        timeout: float = 30.0,
    ) -> None:
        """Call an endpoint (`601`, `6001@trunk`); when answered, connect it to `extension`."""
        self.action(
            "Originate",
            Channel=f"PJSIP/{endpoint}",
            Context="test",
            Exten=extension,
            Priority="1",
            CallerID=f'"{name}" <{number}>',
            Timeout=str(int(timeout * 1000)),
            Async="true",
        )

    def channels(self) -> list[Channel]:
        """Return the call legs that exist now."""
        rows = (line.split("!") for line in self.cli("core show channels concise").splitlines())
        return [Channel(row[0], row[2], row[4], row[5]) for row in rows if len(row) > 5]

    def hang_up(self) -> None:
        """Hang up every call from the PBX's side."""
        self.cli("channel request hangup all")

    def registered(self, aor: str) -> bool:
        return any(aor in line and "/" in line for line in self.contacts().splitlines())

    def contacts(self) -> str:
        return self.cli("pjsip show contacts")

    def journal(self) -> list[str]:
        """Return the lines that the dial plan wrote: `extension|caller number|name|digits`."""
        return (self.home / "journal").read_text().splitlines()

    def digits(self) -> list[str]:
        """Return what callers of 9008 dialled, call by call."""
        return [line.split("|")[3] for line in self.journal() if line.startswith("9008|")]

    def recordings(self) -> list[Path]:
        """Return the files recorded by 9003, oldest first, finished ones only."""
        found = sorted((self.home / "recordings").glob("*.wav"), key=os.path.getmtime)
        busy = any(channel.application == "Record" for channel in self.channels())
        return found[:-1] if busy else found


def _module_directory(root: Path) -> str:
    found = next(root.glob("usr/lib/*/asterisk/modules"))
    return f"/{found.relative_to(root)}"


def _read_response(lines: BinaryIO) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    while line := lines.readline().decode(errors="replace").rstrip("\r\n"):
        key, _, value = line.partition(":")
        fields.setdefault(key, []).append(value.removeprefix(" "))
    return fields
