"""Messages reach a mail server once, in order, over TLS, whenever it is there again."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socketserver
import ssl
import subprocess
import threading
from email.message import EmailMessage
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from firmware.ops.mail import Delivery, Post, Sender
from firmware.ops.messages import Messages
from firmware.site.choices import MailSecurity

SENDER = Sender(
    "comando", "Polizia municipale", ZoneInfo("Europe/Rome"), {"verbali": "verbali@comune.example"}
)
AUDIO = b"\x01\x00" * 16_000


class Server(socketserver.ThreadingTCPServer):
    """A mail server that takes what it gets; ``answers`` are other answers to DATA, used up."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.tls = tls
        self.letters: list[EmailMessage] = []
        self.answers: list[str] = []
        self.encrypted: list[bool] = []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Session(socketserver.StreamRequestHandler):
    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
        self.wfile.flush()

    def handle(self) -> None:
        server = cast("Server", self.server)
        self.say("220 posta.example")
        while line := self.rfile.readline():
            verb = line.strip().upper()
            if verb.startswith(b"EHLO"):
                self.say("250-posta.example")
                self.say("250 STARTTLS" if server.tls else "250 8BITMIME")
            elif verb == b"STARTTLS" and server.tls:
                self.say("220 go")
                self.request = server.tls.wrap_socket(self.request, server_side=True)
                self.rfile = self.request.makefile("rb")
                self.wfile = self.request.makefile("wb")
            elif verb == b"DATA":
                self.data(server)
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def data(self, server: Server) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        answer = server.answers.pop(0) if server.answers else "250 taken"
        if answer.startswith("2"):
            parsed = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
            server.letters.append(cast("EmailMessage", parsed))
            server.encrypted.append(isinstance(self.request, ssl.SSLSocket))
        self.say(answer)


@pytest.fixture
def messages(tmp_path: Path) -> Messages:
    return Messages(tmp_path / "messages.sqlite")


def delivery(messages: Messages, port: int, **more: object) -> Delivery:
    values = {"security": MailSecurity.NONE, **more}
    post = Post("127.0.0.1", port, "voce@comune.example", **values)  # type: ignore[arg-type]
    return Delivery(messages, post, SENDER, keep_days=30)


def leave(messages: Messages, count: int) -> list[int]:
    return [
        messages.keep("verbali", number=f"05710000{n}", name=None, audio=AUDIO)
        for n in range(count)
    ]


def test_each_is_sent_once_in_order_with_its_audio(messages: Messages) -> None:
    server = Server()
    leave(messages, 3)
    messages.keep("verbali", number="3669382534", name="Rossi", call_back="3669382534")
    sending = delivery(messages, server.port)
    assert sending.send_all()
    assert sending.send_all()
    subjects = [letter["Subject"] for letter in server.letters]
    assert subjects == [
        "Messaggio vocale da 057100000",
        "Messaggio vocale da 057100001",
        "Messaggio vocale da 057100002",
        "Richiesta di richiamata da 3669382534",
    ]
    first = server.letters[0]
    assert first["To"] == "verbali@comune.example"
    (attached,) = first.iter_attachments()
    assert attached.get_content_type() == "audio/wav"
    assert attached.get_payload(decode=True)[44:] == AUDIO  # type: ignore[index]
    assert "Da richiamare al numero: 3669382534" in server.letters[3].get_content()


def test_nothing_is_lost_while_there_is_no_server(messages: Messages) -> None:
    server = Server()
    port = server.port
    server.shutdown()
    server.server_close()
    ids = leave(messages, 2)
    assert not delivery(messages, port).send_all()
    assert [each.id for each in messages.unsent()] == ids


def test_a_server_that_cannot_now_is_asked_again_and_the_order_stays(messages: Messages) -> None:
    server = Server()
    server.answers = ["250 taken", "451 later"]
    leave(messages, 3)
    sending = delivery(messages, server.port)
    assert not sending.send_all()
    assert len(server.letters) == 1
    assert sending.send_all()
    numbers = [letter["Subject"][-1] for letter in server.letters]
    assert numbers == ["0", "1", "2"]


def test_what_a_server_never_takes_stops_nobody_else(messages: Messages) -> None:
    server = Server()
    server.answers = ["552 too large"]
    leave(messages, 2)
    assert delivery(messages, server.port).send_all()
    assert len(server.letters) == 1
    assert messages.all()[0].refused


def test_the_same_message_has_the_same_id_if_it_is_sent_again(messages: Messages) -> None:
    server = Server()
    (one,) = leave(messages, 1)
    sending = delivery(messages, server.port)
    sending.send_all()
    messages._database.execute("UPDATE messages SET sent_at = NULL WHERE id = ?", (one,))
    messages._database.commit()
    sending.send_all()
    ids = {letter["Message-ID"] for letter in server.letters}
    assert len(server.letters) == 2
    assert len(ids) == 1


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key)]
    command += ["-out", str(cert), "-days", "1", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


def test_over_tls_with_a_server_that_is_who_it_says(
    messages: Messages, certificate: tuple[Path, Path]
) -> None:
    cert, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server = Server(context)
    leave(messages, 1)
    starttls = MailSecurity.STARTTLS
    stranger = delivery(messages, server.port, security=starttls)
    assert not stranger.send_all(), "nobody vouches for this certificate"
    assert server.letters == []
    known = delivery(messages, server.port, security=starttls, ca_file=str(cert))
    assert known.send_all()
    assert server.encrypted == [True]


async def test_it_wakes_when_something_is_left(messages: Messages) -> None:
    server = Server()
    sending = delivery(messages, server.port)
    running = asyncio.create_task(sending.run())
    await asyncio.sleep(0.2)
    leave(messages, 1)
    sending.wake()
    for _ in range(100):
        await asyncio.sleep(0.02)
        if server.letters:
            break
    running.cancel()
    assert len(server.letters) == 1
