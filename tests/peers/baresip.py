"""baresip: a SIP telephone that answers, plays a WAV file and records what it hears."""

from __future__ import annotations

import itertools
import json
import socket
from pathlib import Path
from typing import Any

import numpy as np

from .hearing import RATE, Samples, read_wav, write_wav
from .netns import Namespace, Process

_instances = itertools.count(1)

# Account last: it looks for codecs that are loaded. Never mwi.so: refused a subscription, it spins for ever (baresip issue 2726).
_MODULES = ("aufile", "ctrl_tcp", "debug_cmd", "g711", "g722", "menu", "srtp", "uuid", "account")


class Baresip:
    """A running telephone `user`@`proxy`; a context manager.

    `speech` is played into every call; what it hears goes to `recording()`. It answers by
    itself unless `answers` is false. With no password it does not register.
    """

    def __init__(
        self,
        namespace: Namespace,
        root: Path,
        *,
        user: str,
        proxy: str,
        speech: Path,
        password: str | None = None,
        address: str = "10.77.0.6",
        port: int = 5060,
        transport: str = "udp",
        srtp: bool = False,
        answers: bool = True,
        authority: Path | None = None,
    ):
        self.address = address
        self._namespace = namespace
        self._root = root
        self._control = 4444
        self._mark = 0
        self.process: Process | None = None
        self._home = namespace.work / f"baresip-{next(_instances)}"
        self._home.mkdir()
        account = f"<sip:{user}@{proxy};transport={transport}>;answermode="
        account += "auto" if answers else "manual"
        account += ";regint=60" if password else ";regint=0"
        account += f";auth_user={user};auth_pass={password}" if password else ""
        account += ";mediaenc=srtp-mand" if srtp else ""
        # baresip hangs up at the end of its file: silence follows the speech.
        silence = np.zeros(300 * RATE, np.int16)
        played = write_wav(self._home / "says.wav", np.concatenate((read_wav(speech), silence)))
        (self._home / "accounts").write_text(account + ";audio_codecs=PCMA,PCMU\n")
        lines = [
            f"sip_listen\t{address}:{port}",
            f"net_interface\t{address}",
            f"ctrl_tcp_listen\t{address}:{self._control}",
            f"module_path\t/{next(root.glob('usr/lib/baresip/modules')).relative_to(root)}",
            f"audio_source\taufile,{played}",
            f"audio_player\taufile,{self._home / 'heard.wav'}",
            f"audio_alert\taufile,{self._home / 'alert.wav'}",
            "audio_path\t/usr/share/baresip",
            "rtp_ports\t30000-30999",
            "audio_buffer\t200-2000",  # ms: a busy test machine must not cost sound
            "jitter_buffer_type\tfixed",
            "jitter_buffer_delay\t5-50",
            "call_max_calls\t4",
            "statmode_default\toff",
            *(["sip_verify_server\tyes", f"sip_cafile\t{authority}"] if authority else []),
            *(f"module\t{name}.so" for name in _MODULES),
        ]
        (self._home / "config").write_text("\n".join(lines) + "\n")
        (self._home / "contacts").touch()

    def __enter__(self) -> Baresip:
        argv = ["baresip", "-f", str(self._home)]
        self.process = self._namespace.popen(argv, name="baresip", root=self._root, cwd=self._home)
        self.process.wait_for("baresip is ready")
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.stop()
            self.process = None

    def dial(self, number: str) -> None:
        assert self.process is not None
        self._mark = len(self.process.output)
        self.command("dial", number)

    def hang_up(self) -> None:
        self.command("hangup")

    def send_digits(self, digits: str) -> None:
        for digit in digits:
            self.command("sndcode", digit)

    def wait_registered(self, timeout: float = 5.0) -> None:
        self._wait("200 OK", timeout)

    def wait_established(self, timeout: float = 5.0) -> None:
        """Wait until a call is up; after `dial`, that call."""
        self._wait("Call established", timeout)

    def wait_closed(self, timeout: float = 5.0) -> str:
        """Wait until a call has ended; return baresip's words, with the SIP cause."""
        return self._wait("session closed|terminated .duration|Call with .* rejected", timeout)

    def _wait(self, pattern: str, timeout: float) -> str:
        assert self.process is not None
        return self.process.wait_for(pattern, timeout, after=self._mark)

    def recording(self) -> Samples:
        """Return what the telephone has heard so far."""
        return read_wav(self._home / "heard.wav")

    def command(self, name: str, parameters: str = "") -> str:
        """Perform a command of baresip's menu and return its answer."""
        request = json.dumps({"command": name, "params": parameters, "token": "t"}).encode()
        with self._namespace.connect(self.address, self._control) as control:
            control.sendall(b"%d:%s," % (len(request), request))
            while True:
                message = _read_netstring(control)
                if message.get("response"):
                    break
        if not message.get("ok"):
            raise RuntimeError(f"baresip {name} {parameters}: {message}")
        return str(message.get("data"))


def _read_netstring(control: socket.socket) -> dict[str, Any]:
    length = b""
    while not length.endswith(b":"):
        length += control.recv(1)
    data = b""
    while len(data) <= int(length[:-1]):  # one more for the closing comma
        data += control.recv(int(length[:-1]) + 1 - len(data))
    answer: dict[str, Any] = json.loads(data[:-1])
    return answer
