"""The holes of PJSIP 2.17 that tools/pjsua2_patches closes: each test fails without its patch."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pjsua2", reason="pjsua2 is not built: tools/bootstrap")

VICTIM = Path(__file__).with_name("pjsua2_victim.py")
C_LEVEL = Path(__file__).with_name("pjsua2_c_level.py")


class Victim:
    """The process under attack."""

    def __init__(self, *prefix: str, **options: Any) -> None:
        command = [*prefix, sys.executable, str(VICTIM), json.dumps(options)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.port = int(self.expect("port")["port"])

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            if line.startswith("{"):
                self._said.put(json.loads(line))

    def expect(self, key: str, timeout: float = 10.0) -> dict[str, Any]:
        """Wait until it says something about `key`."""
        end = time.monotonic() + timeout
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(queue.Empty):
                said = self._said.get(timeout=0.1)
                if key in said:
                    return said
        pytest.fail(f"nothing said about {key}; exit status {self.process.poll()}")

    def end(self) -> int:
        """Close its input and return its exit status: negative where a signal killed it."""
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class Peer:
    """The other side of one dialog with the victim, on a socket of its own."""

    def __init__(self, victim: Victim, line: socket.socket) -> None:
        self._line = line
        self._line.bind(("127.0.0.1", 0))
        self._line.settimeout(5.0)
        self._line.connect(("127.0.0.1", victim.port))
        self._target = f"sip:victim@127.0.0.1:{victim.port}"
        self._ours = line.getsockname()[1]
        self._to = f"<{self._target}>"
        self._number = 0

    def ask(self, method: str, sdp: list[str] | None = None) -> int:
        """Send a request of the dialog; the status of its final response."""
        self._number += 1
        self._send(method, method, "".join(f"{line}\r\n" for line in sdp or []))
        while True:
            answer = self._line.recv(65535).decode()
            status = int(answer.split()[1])
            if status < 200 or f"CSeq: {self._number} {method}" not in answer:
                continue
            self._to = re.findall(r"^To: (.*?)\r$", answer, re.MULTILINE)[0]
            if method == "INVITE":
                self._send("ACK", f"ACK{status}" if status < 300 else method, "")
            return status

    def _send(self, method: str, branch: str, body: str) -> None:
        lines = [
            f"{method} {self._target} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self._ours};branch=z9hG4bK{branch}{self._number}",
            f"From: <sip:test@127.0.0.1>;tag=1\r\nTo: {self._to}",
            f"Call-ID: {self._ours}\r\nCSeq: {self._number} {method}\r\nMax-Forwards: 70",
            f"Contact: <sip:test@127.0.0.1:{self._ours}>",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}\r\n\r\n{body}",
        ]
        self._line.send("\r\n".join(lines).encode())


def attacked(*offers: list[str]) -> list[int]:
    """Send INVITEs of one dialog with these SDPs; the process still answers; its status codes."""
    victim = Victim()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        peer = Peer(victim, line)
        try:
            statuses = [peer.ask("INVITE", offer) for offer in offers]
            peer.ask("OPTIONS")
        except OSError as error:
            pytest.fail(f"no answer ({error}); exit status {victim.end()}")
    assert victim.end() == 0
    return statuses


HEAD = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-"]
TO_US = ["c=IN IP4 127.0.0.1", "t=0 0"]


def test_more_crypto_lines_than_its_table_holds() -> None:
    crypto = [f"a=crypto:{tag} NONE inline:AAAA" for tag in range(1, 69)]
    (status,) = attacked([*HEAD, *TO_US, "m=audio 4000 RTP/AVP 8", *crypto])
    assert status >= 400


def test_no_connection_line_in_a_call() -> None:
    bare = [*HEAD, "t=0 0", "m=audio 0 RTP/AVP 8"]
    first, second = attacked([*HEAD, *TO_US, "m=audio 4000 RTP/AVP 8"], bare)
    assert (first, second >= 400) == (200, True)


def test_registrar_with_too_many_service_routes() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as registrar:
        registrar.bind(("127.0.0.1", 0))
        registrar.settimeout(10.0)
        address = f"sip:127.0.0.1:{registrar.getsockname()[1]}"
        victim = Victim(registrar=address)
        asked, sender = registrar.recvfrom(65535)
        registrar.sendto(_registered_with_routes(asked.decode()), sender)
        assert victim.expect("registered")["registered"] == 200
    assert victim.end() == 0


def _registered_with_routes(asked: str) -> bytes:
    names = ("via", "from", "to", "call-id", "cseq", "contact")
    kept = [line for line in asked.split("\r\n") if line.partition(":")[0].lower() in names]
    full = ", ".join(f"<sip:p{number}.test;lr>" for number in range(8))
    routes = [f"Service-Route: {full}", *["Service-Route: <sip:more.test;lr>"] * 40]
    answer = ["SIP/2.0 200 OK", *kept, "Expires: 300", *routes, "Content-Length: 0", "", ""]
    return "\r\n".join(answer).encode()


@pytest.mark.parametrize(
    "check", ["nested-xml", "xml-comments", "header-printing", "payload-types"]
)
def test_in_c(check: str) -> None:
    command = [sys.executable, str(C_LEVEL), check]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    # PJLIB's own lines come through C's buffer, before or after ours.
    assert (run.returncode, "fine" in run.stdout.splitlines()) == (0, True), run.stderr


@pytest.mark.parametrize("forgery", ["other-sender", "other-question", "counted-ids"])
def test_forged_dns_answers(forgery: str) -> None:
    test_in_c(f"dns-{forgery}")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate, trusted by the victim, for the name "localhost<NUL>.attacker.test"."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed (apt install openssl)")
    name = b"localhost\0.attacker.test"
    names = bytes([0x82, len(name)]) + name
    der = (bytes([0x30, len(names)]) + names).hex(":")
    pem = tmp_path / "server.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=attacker.test", "-addext", f"subjectAltName=DER:{der}"]
    command += ["-keyout", str(pem), "-out", str(tmp_path / "certificate.pem")]
    subprocess.run(command, check=True, capture_output=True)
    pem.write_bytes(pem.read_bytes() + (tmp_path / "certificate.pem").read_bytes())
    return pem


@contextlib.contextmanager
def tls_server(certificate: Path) -> Iterator[tuple[int, list[bytes]]]:
    """A TLS listener on loopback; yields its port and what was received."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    received: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5.0)
                with context.wrap_socket(connection, server_side=True) as secure:
                    received.append(secure.recv(65535))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1], received


def test_certificate_name_with_a_nul(certificate: Path) -> None:
    with tls_server(certificate) as (port, received):
        victim = Victim(
            registrar=f"sip:localhost:{port};transport=tls",
            ca_file=str(certificate.with_name("certificate.pem")),
        )
        refused = victim.expect("registered")
        assert refused["registered"] >= 400
        assert not any(b"REGISTER" in data for data in received)
    assert victim.end() == 0


def test_jitter_after_27_days_of_uptime() -> None:
    wrap = (1 << 64) / 8000 / 1e9  # seconds of uptime at which nanoseconds * 8000 exceed 64 bits
    ahead = int(wrap - time.monotonic()) - 4
    if os.geteuid() != 0 or ahead < 0:
        pytest.skip("moving the clock of a process needs root, and less uptime than 27 days")
    victim = Victim("unshare", "--time", "--monotonic", str(ahead), "--fork", call_self_for=6.0)
    heard = victim.expect("jitter_us", timeout=20.0)
    victim.end()
    assert heard["packets"] > 150
    assert heard["jitter_us"] < 1_000_000
