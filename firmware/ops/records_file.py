"""The file of call records: its schema, opening it, and what to do when it cannot be used."""

from __future__ import annotations

import logging
import os
import sqlite3
from datetime import datetime
from pathlib import Path

log = logging.getLogger("derivato.records")

_CACHE_KB = 256  # entries are short; the default of 2 MB only fills with old pages
_MODE = 0o640  # who called whom is personal data
_SCHEMAS = (
    """
    CREATE TABLE calls(
        id INTEGER PRIMARY KEY,
        run TEXT NOT NULL,
        call TEXT NOT NULL,
        line TEXT NOT NULL,
        direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
        peer_number TEXT,
        peer_name TEXT,
        peer_private INTEGER NOT NULL,
        started_at TEXT NOT NULL,
        answered_at TEXT,
        ended_at TEXT,
        code INTEGER,
        reason TEXT,
        codec TEXT,
        encrypted INTEGER,
        rx_packets INTEGER,
        rx_lost INTEGER,
        rx_jitter_ms REAL,
        tx_packets INTEGER,
        tx_lost INTEGER,
        interrupted INTEGER NOT NULL DEFAULT 0,
        UNIQUE (run, call)
    );
    CREATE INDEX calls_started ON calls(started_at);
    """,
    """
    CREATE TABLE trunk_changes(
        id INTEGER PRIMARY KEY,
        trunk TEXT NOT NULL,
        at TEXT NOT NULL,
        state TEXT NOT NULL,
        cause TEXT NOT NULL,
        server TEXT NOT NULL
    );
    CREATE INDEX trunk_changes_at ON trunk_changes(at);
    """,
)
"""What each version of the schema adds to the one before; the last is the present one."""


# Result codes (sqlite.org/rescode.html) that another file would mend; a full disk is none.
_DAMAGE = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class _Unusable(Exception):  # noqa: N818 - never leaves the module
    """The file cannot be used; the text says why."""


def open_file(path: Path, *, now: datetime) -> sqlite3.Connection:
    """Open the records at ``path`` for writing, bring them up to date, mark interrupted calls.

    What is damaged or of a newer version is moved aside. Raises OSError if the place cannot be
    written.
    """
    try:
        try:
            return _opened(path)
        except _Unusable as error:
            move_aside(path, str(error), now=now)
            return _opened(path)
    except (_Unusable, sqlite3.Error) as error:
        raise OSError(f"{path}: cannot keep call records here: {error}") from error


def is_damage(error: sqlite3.Error) -> bool:
    """Tell whether ``error`` is of the file itself, rather than of the disk or a lock."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def connect(path: Path) -> sqlite3.Connection:
    """Open the file as it is."""
    return sqlite3.connect(path, timeout=5.0, check_same_thread=False)


def move_aside(path: Path, why: str, *, now: datetime) -> None:
    """Rename the file and what SQLite keeps beside it, so that nothing is lost."""
    if not path.exists():
        return
    aside = path.with_name(f"{path.name}.{now:%Y%m%dT%H%M%S}.unusable")
    log.error("%s cannot be used (%s): moved to %s, a new one is begun", path, why, aside.name)
    for ending in ("", "-wal", "-shm"):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))


def _opened(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE))
    database = connect(path)
    try:
        _prepare(database)
    except sqlite3.Error as error:
        database.close()
        if is_damage(error):
            raise _Unusable(str(error)) from error
        raise
    except _Unusable:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection) -> None:
    (state,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if state != "ok":
        raise _Unusable(state)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
    _upgrade(database)
    with database:
        database.execute("UPDATE calls SET interrupted = 1 WHERE ended_at IS NULL")


def _upgrade(database: sqlite3.Connection) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > len(_SCHEMAS):
        raise _Unusable(f"schema {version} is of a newer version, ours is {len(_SCHEMAS)}")
    for number in range(version, len(_SCHEMAS)):
        done = f"PRAGMA user_version = {number + 1}"
        # One transaction: a kill leaves the old schema or the new one, nothing between.
        database.executescript(f"BEGIN;{_SCHEMAS[number]};{done};COMMIT;")
