"""What callers left: messages and call-back requests, kept from the moment they are told so.

One SQLite file holds all, the audio too, so that an entry is there whole or not at all. It is
written with ``synchronous=FULL``: after `Messages.keep` has returned, a power cut loses nothing.
What is deleted is overwritten (``secure_delete``) and a line without any content says that it was
deleted, when and why (GDPR, art. 5 and 17).
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_MODE = 0o600  # what citizens say is nobody else's business
_VERSION = 1
_SCHEMA = """
CREATE TABLE messages(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    office TEXT NOT NULL,
    caller_number TEXT,
    caller_name TEXT,
    call_back TEXT NOT NULL,
    left_at TEXT NOT NULL,
    duration_ms INTEGER NOT NULL,
    audio BLOB NOT NULL,
    sent_at TEXT,
    refused TEXT
);
CREATE TABLE deletions(
    message INTEGER NOT NULL,
    office TEXT NOT NULL,
    left_at TEXT NOT NULL,
    deleted_at TEXT NOT NULL,
    why TEXT NOT NULL
);
"""
_COLUMNS = (
    "id, office, caller_number, caller_name, call_back, left_at, duration_ms, sent_at, refused"
)
_PER_MS = 16  # bytes of 8 kHz, 16 bit


@dataclass(frozen=True, slots=True)
class Left:
    """One entry. ``call_back`` is the number to call, or "" for a message; times are UTC, ISO 8601.

    ``refused`` is why the mail server will never take it.
    """

    id: int
    office: str
    caller_number: str | None
    caller_name: str | None
    call_back: str
    left_at: str
    duration_ms: int
    sent_at: str | None
    refused: str | None


@dataclass(frozen=True, slots=True)
class Deletion:
    """That an entry was deleted; nothing of its content."""

    message: int
    office: str
    left_at: str
    deleted_at: str
    why: str


class Messages:
    """The messages in the file ``path``; every method may be called from any thread, and blocks.

    Raises:
        OSError: the file cannot be used.
    """

    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE))
            self._database = sqlite3.connect(path, timeout=5.0, check_same_thread=False)
            self._prepare()
        except sqlite3.Error as error:
            raise OSError(f"{path}: messages cannot be kept here: {error}") from error

    def _prepare(self) -> None:
        database = self._database
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA secure_delete = ON")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version > _VERSION:
            raise sqlite3.DatabaseError(f"schema {version} is of a newer version")
        if version == 0:
            database.executescript(f"BEGIN;{_SCHEMA};PRAGMA user_version = {_VERSION};COMMIT;")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    def keep(
        self,
        office: str,
        *,
        number: str | None,
        name: str | None,
        call_back: str = "",
        audio: bytes = b"",
    ) -> int:
        """Put an entry on the disk and give its id; ``audio`` is 8 kHz, 16 bit.

        Raises:
            sqlite3.Error: it could not be kept.
        """
        values = (office, number, name, call_back, _iso(self._now()), len(audio) // _PER_MS, audio)
        with self._lock, self._database:
            added = self._database.execute(
                "INSERT INTO messages(office, caller_number, caller_name, call_back, left_at,"
                " duration_ms, audio) VALUES (?, ?, ?, ?, ?, ?, ?)",
                values,
            )
        return int(added.lastrowid or 0)

    def all(self) -> list[Left]:
        """Every entry, in the order in which they were left."""
        return self._rows("")

    def unsent(self) -> list[Left]:
        """Those that are still to be sent, in that order."""
        return self._rows("WHERE sent_at IS NULL AND refused IS NULL")

    def audio(self, number: int) -> bytes | None:
        """What was said, or None if there is no such entry."""
        with self._lock:
            asked = self._database.execute("SELECT audio FROM messages WHERE id = ?", (number,))
            row = asked.fetchone()
        return bytes(row[0]) if row else None

    def sent(self, number: int) -> None:
        """The mail server has taken it."""
        self._change("UPDATE messages SET sent_at = ? WHERE id = ?", _iso(self._now()), number)

    def refused(self, number: int, why: str) -> None:
        """The mail server will never take it."""
        self._change("UPDATE messages SET refused = ? WHERE id = ?", why, number)

    def delete(self, number: int, why: str) -> bool:
        """Delete an entry for good and note that; False if there is none."""
        with self._lock:
            with self._database:
                noted = self._database.execute(
                    "INSERT INTO deletions SELECT id, office, left_at, ?, ? FROM messages"
                    " WHERE id = ?",
                    (_iso(self._now()), why, number),
                )
                self._database.execute("DELETE FROM messages WHERE id = ?", (number,))
            # Else the pages of before would stay in the log that SQLite keeps beside the file.
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return noted.rowcount == 1

    def forget(self, keep_days: int) -> int:
        """Delete what was left more than ``keep_days`` days ago; give how many."""
        limit = _iso(self._now() - timedelta(days=keep_days))
        old = [each.id for each in self.all() if each.left_at < limit]
        return sum(self.delete(each, f"kept for {keep_days} days") for each in old)

    def deletions(self) -> list[Deletion]:
        """What was deleted, in order."""
        with self._lock:
            asked = self._database.execute("SELECT * FROM deletions ORDER BY rowid")
            return [Deletion(*row) for row in asked]

    def _rows(self, where: str) -> list[Left]:
        question = f"SELECT {_COLUMNS} FROM messages {where} ORDER BY id"  # noqa: S608 - ours
        with self._lock, closing(self._database.execute(question)) as rows:
            return [Left(*row) for row in rows]

    def _change(self, statement: str, value: str, number: int) -> None:
        with self._lock, self._database:
            self._database.execute(statement, (value, number))


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
