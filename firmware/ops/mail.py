"""Sending what callers left to the offices, once and in order, as soon as a server takes it.

An entry is marked as sent when the server has taken it. A power cut between the two sends it
again; its Message-ID is then the same, by which mail readers know that it is one message.
"""

from __future__ import annotations

import asyncio
import logging
import smtplib
import ssl
import wave
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from io import BytesIO
from zoneinfo import ZoneInfo

from firmware.ops.messages import Left, Messages
from firmware.site.choices import MailSecurity

log = logging.getLogger("derivato.mail")

_WITHIN_S = 20.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 15.0, 600.0
_EVERY_S = 3600.0  # how often what is old is looked for


@dataclass(frozen=True, slots=True)
class Post:
    """How mail leaves: the server and who sends; ``ca_file`` is for servers of one's own."""

    server: str
    port: int
    sender: str
    security: MailSecurity = MailSecurity.STARTTLS
    user: str | None = None
    password: str = field(default="", repr=False)
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """The building that sends, for people: its name, id, time zone, and each office's address."""

    site: str
    name: str
    zone: ZoneInfo
    addresses: Mapping[str, str]


class Delivery:
    """Sends what is in ``messages`` by ``post``; ``wake`` it when there is something new."""

    def __init__(self, messages: Messages, post: Post, sender: Sender, keep_days: int) -> None:
        self._messages = messages
        self._post = post
        self._sender = sender
        self._keep_days = keep_days
        self._new = asyncio.Event()

    def wake(self) -> None:
        """Look again now (on the loop's thread)."""
        self._new.set()

    async def run(self) -> None:
        """Send whatever is there, for ever; after a failure with growing pauses."""
        pause_s = _FIRST_PAUSE_S
        while True:
            self._new.clear()
            await asyncio.to_thread(self._messages.forget, self._keep_days)
            done = await asyncio.to_thread(self.send_all)
            pause_s = _FIRST_PAUSE_S if done else min(2 * pause_s, _LONGEST_PAUSE_S)
            try:
                await asyncio.wait_for(self._new.wait(), _EVERY_S if done else pause_s)
            except TimeoutError:
                continue

    def send_all(self) -> bool:
        """Send what is unsent, in order, until one cannot be sent now; True if none is left."""
        unsent = self._messages.unsent()
        if not unsent:
            return True
        try:
            with self._connected() as server:
                return all(self._send(server, each) for each in unsent)
        except (OSError, smtplib.SMTPException) as error:
            log.warning("%d messages wait: %s does not take mail (%s)",
                        len(unsent), self._post.server, error)  # fmt: skip
            return False

    def _connected(self) -> smtplib.SMTP:
        post = self._post
        tls = ssl.create_default_context(cafile=post.ca_file)
        if post.security is MailSecurity.TLS:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                post.server, post.port, timeout=_WITHIN_S, context=tls
            )
        else:
            server = smtplib.SMTP(post.server, post.port, timeout=_WITHIN_S)
        try:
            if post.security is MailSecurity.STARTTLS:
                server.starttls(context=tls)
            if post.user is not None:
                server.login(post.user, post.password)
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server

    def _send(self, server: smtplib.SMTP, left: Left) -> bool:
        """Send one; what is refused for good is said and does not stop the others."""
        address = self._sender.addresses.get(left.office)
        if address is None:
            self._messages.refused(left.id, "its office has no address any more")
            return True
        audio = self._messages.audio(left.id) or b""
        letter = letter_of(left, audio, self._sender, self._post.sender, address)
        try:
            server.send_message(letter)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
            code = _code(error)
            if code < 500:
                log.warning("message %d waits: %s", left.id, error)
                return False
            log.error("message %d for %s is refused: %s", left.id, left.office, error)  # noqa: TRY400
            self._messages.refused(left.id, str(error))
            return True
        self._messages.sent(left.id)
        log.info("message %d sent to office %s", left.id, left.office)
        return True


def _code(error: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) -> int:
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code
    return max(code for code, _ in error.recipients.values())


def letter_of(left: Left, audio: bytes, sender: Sender, origin: str, address: str) -> EmailMessage:
    """Write the mail about one entry, in Italian: for the people of the office."""
    local = datetime.fromisoformat(left.left_at).astimezone(sender.zone)
    caller = left.caller_number or "numero non disponibile"
    if left.caller_name:
        caller += f" ({left.caller_name})"
    letter = EmailMessage()
    what = "Richiesta di richiamata" if left.call_back else "Messaggio vocale"
    letter["Subject"] = f"{what} da {left.call_back or caller}"
    letter["From"] = f"{sender.name} <{origin}>"
    letter["To"] = address
    letter["Date"] = format_datetime(local)
    letter["Message-ID"] = f"<derivato-{sender.site}-{left.id}@{origin.partition('@')[2]}>"
    begin = f"{what} a {sender.name}" if left.call_back else f"{what} ricevuto da {sender.name}"
    lines = [f"{begin}.", f"Chiamante: {caller}", f"Quando: {local:%d/%m/%Y %H:%M}"]
    if left.call_back:
        lines.append(f"Da richiamare al numero: {left.call_back}")
    else:
        lines.append(f"Durata: {left.duration_ms / 1000:.0f} secondi, in allegato")
    letter.set_content("\n".join(lines) + "\n")
    if audio:
        name = f"messaggio-{left.id}.wav"
        letter.add_attachment(as_wav(audio), maintype="audio", subtype="wav", filename=name)
    return letter


def as_wav(audio: bytes) -> bytes:
    """``audio`` (8 kHz, 16 bit) as a WAV file."""
    made = BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(audio)
    return made.getvalue()
