"""SIP messages as JSON lines in a file of bounded size, for diagrams and fault reports."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path

from firmware.sip.events import SipMessage

log = logging.getLogger("derivato.trace")

LARGEST = 8 * 1024 * 1024
"""Bytes after which the file is put aside as ``NAME.1`` (replacing the last one)."""


class TraceFile:
    """Appends messages to ``path``; a disk that fails costs the trace, nothing else."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("a", encoding="utf-8")

    def write(self, message: SipMessage) -> None:
        """Append one message, without credentials."""
        entry = {
            "schema": "derivato.sip-message/1",
            "at_ns": message.at_ns,
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "sent": message.sent,
            "peer": message.peer,
            "text": message.text,
        }
        try:
            self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._file.flush()
            if self._file.tell() > LARGEST:
                self._turn_over()
        except OSError as error:
            log.warning("SIP trace not written: %s", error)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _turn_over(self) -> None:
        self._file.close()
        self._path.replace(self._path.with_name(self._path.name + ".1"))
        self._file = self._path.open("a", encoding="utf-8")
