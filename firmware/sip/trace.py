"""pjsua2's log lines: warnings to our log, SIP messages to whoever draws diagrams."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Any

import pjsua2 as pj

from firmware.sip.events import Report, SipMessage
from firmware.sip.guard import guarded
from firmware.sip.wire import without_secrets

log = logging.getLogger("derivato.sip.library")

_WARNING = 2
_STAMP = re.compile(r"^\d\d:\d\d:\d\d\.\d{3}\s*")  # would make every repetition look new
_MESSAGE = re.compile(
    r"(?P<way>TX|RX) \d+ bytes .*? (?:to|from) (?P<peer>\S+ \S+?):?\r?\n"
    r"(?P<text>.*?)\r?\n?--end msg--",
    re.DOTALL,
)


class LogWriter(pj.LogWriter):  # type: ignore[misc]  # pjsua2 has no types
    """Receives every log line of the library, from any of its threads."""

    def __init__(self, post: Callable[[Report], None] | None) -> None:
        super().__init__()
        self._post = post

    @guarded
    def write(self, entry: Any) -> None:
        """Sort one entry."""
        if self._post and (message := _MESSAGE.search(entry.msg)):
            text = without_secrets(message["text"])
            sent = message["way"] == "TX"
            self._post(SipMessage(time.monotonic_ns(), sent, message["peer"], text))
        elif entry.level <= _WARNING:
            log.warning("%s", " ".join(_STAMP.sub("", entry.msg).split()))
