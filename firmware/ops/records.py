"""Call records in SQLite: who called whom, when, how it ended and how it sounded.

One thread writes; callers only queue. Each entry is on the disk before its future is done
(WAL with ``synchronous=FULL``), so a record survives a kill or a power cut at any instant. A
call whose end was never written is marked interrupted when the file is opened next.
"""

from __future__ import annotations

import logging
import queue
import secrets
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from firmware.calls.effects import CallAnswered, CallEnded, CallStarted, RecordEffect
from firmware.ops import records_file, wall_clock
from firmware.ops.trunk_watch import Change
from firmware.sip.events import LegQuality

log = logging.getLogger("derivato.records")

KEEP_DAYS = 365
_QUEUED = 10_000  # entries; a disk that hangs must not eat the memory

_Entry = tuple[Future[None], str, tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call. Times are UTC, in ISO 8601 with milliseconds; None is not (yet) known.

    ``direction`` is ``in`` or ``out`` seen from the building, ``code`` a SIP status, packets are
    counted, ``rx_jitter_ms`` is in ms. ``interrupted``: the daemon stopped while the call was up.
    """

    call: str
    line: str
    direction: str
    peer_number: str | None
    peer_name: str | None
    peer_private: bool
    started_at: str
    answered_at: str | None
    ended_at: str | None
    code: int | None
    reason: str | None
    codec: str | None
    encrypted: bool | None
    rx_packets: int | None
    rx_lost: int | None
    rx_jitter_ms: float | None
    tx_packets: int | None
    tx_lost: int | None
    interrupted: bool


_FLAGS = ("peer_private", "encrypted", "interrupted")
_COLUMNS = ", ".join(CallRow.__dataclass_fields__)

_START = (
    "INSERT OR IGNORE INTO calls(run, call, line, direction, peer_number, peer_name,"
    " peer_private, started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_ANSWER = "UPDATE calls SET answered_at = ? WHERE run = ? AND call = ? AND answered_at IS NULL"
_END = (
    "UPDATE calls SET ended_at = ?, code = ?, reason = ?"
    " WHERE run = ? AND call = ? AND ended_at IS NULL"
)
_QUALITY = (
    "UPDATE calls SET codec = ?, encrypted = ?, rx_packets = ?, rx_lost = ?, rx_jitter_ms = ?,"
    " tx_packets = ?, tx_lost = ? WHERE run = ? AND call = ?"
)


_TRUNK = "INSERT INTO trunk_changes(trunk, at, state, cause, server) VALUES (?, ?, ?, ?, ?)"


class Records:
    """The record of calls at ``path``; open until ``close``.

    A file that is damaged, or written by a newer version, is moved aside and a new one begun:
    the telephones matter more. Calls that began more than ``keep_days`` days ago are removed at
    opening.

    Raises:
        OSError: the directory cannot be used.
    """

    def __init__(
        self,
        path: Path,
        *,
        keep_days: int = KEEP_DAYS,
        now: Callable[[], datetime] = wall_clock.now,
    ) -> None:
        self._path = path
        self._now = now
        self._run = secrets.token_hex(8)  # call ids begin anew with each run of the daemon
        self._entries: queue.Queue[_Entry | None] = queue.Queue()
        self._open = True
        self._database = records_file.open_file(path, now=now())
        self._forget(now() - timedelta(days=keep_days))
        # A daemon thread: a failed start must not hang for it; ``close`` waits for what is queued.
        self._thread = threading.Thread(target=self._write_all, name="records", daemon=True)
        self._thread.start()

    def apply(self, effect: RecordEffect, *, wall_time: datetime) -> Future[None]:
        """Record what happened at ``wall_time`` (with a time zone).

        The future is done when it is on the disk, or holds the sqlite3.Error; nobody has to wait.
        """
        at = _iso(wall_time)
        match effect:
            case CallStarted(call, line, direction, peer):
                who = (peer.number, peer.name, int(peer.private))
                return self._queue(_START, (self._run, call, line, direction.value, *who, at))
            case CallAnswered(call):
                return self._queue(_ANSWER, (at, self._run, call))
            case CallEnded(call, code, reason):
                return self._queue(_END, (at, code, reason, self._run, call))

    def quality(self, report: LegQuality) -> Future[None]:
        """Record how the call with the id ``report.leg`` sounded."""
        sent = (report.tx_packets, report.tx_lost)
        received = (report.rx_packets, report.rx_lost, report.rx_jitter_ms)
        heard = (report.codec, int(report.encrypted), *received, *sent)
        return self._queue(_QUALITY, (*heard, self._run, report.leg))

    def trunk_changed(self, change: Change) -> Future[None]:
        """Record that a trunk became usable or not, and why."""
        values = (change.trunk, change.at, change.state.value, change.cause, change.server)
        return self._queue(_TRUNK, values)

    def recent(self, limit: int = 100) -> list[CallRow]:
        """Give the last calls on the disk, the latest first.

        Raises:
            sqlite3.Error: the file cannot be read.
        """
        question = f"SELECT {_COLUMNS} FROM calls ORDER BY id DESC LIMIT ?"  # noqa: S608 - ours
        with closing(records_file.connect(self._path)) as database:
            return [_row(values) for values in database.execute(question, (limit,))]

    def close(self) -> None:
        """Write what is queued and close the file."""
        if self._open:
            self._open = False
            self._entries.put(None)
            self._thread.join()

    def _queue(self, statement: str, values: tuple[object, ...]) -> Future[None]:
        future: Future[None] = Future()
        if self._open and self._entries.qsize() < _QUEUED:
            self._entries.put((future, statement, values))
            return future
        why = "too many wait for the disk" if self._open else "records are closed"
        log.error("call record lost: %s", why)
        future.set_exception(sqlite3.OperationalError(why))
        return future

    # --- on the writer's thread ---------------------------------------------------------------

    def _write_all(self) -> None:
        more = True
        while more:
            batch: list[_Entry] = []
            entry = self._entries.get()
            while entry is not None:
                batch.append(entry)
                try:
                    entry = self._entries.get_nowait()
                except queue.Empty:
                    break
            more = entry is not None
            if batch:
                self._commit(batch)
        self._database.close()

    def _commit(self, batch: list[_Entry]) -> None:
        """Write ``batch`` in one transaction, if need be into a new file."""
        try:
            try:
                self._execute(batch)
            except sqlite3.Error as error:
                if not records_file.is_damage(error):
                    raise
                self._database.close()
                records_file.move_aside(self._path, str(error), now=self._now())
                self._database = records_file.open_file(self._path, now=self._now())
                self._execute(batch)
        except (sqlite3.Error, OSError) as error:
            log.error("call record not written: %s; check the disk", error)  # noqa: TRY400 - known
            for future, _, _ in batch:
                future.set_exception(error)
        else:
            for future, _, _ in batch:
                future.set_result(None)

    def _execute(self, batch: list[_Entry]) -> None:
        with self._database:  # one transaction
            for _, statement, values in batch:
                self._database.execute(statement, values)

    def _forget(self, before: datetime) -> None:
        with self._database:
            self._database.execute("DELETE FROM calls WHERE started_at < ?", (_iso(before),))
            self._database.execute("DELETE FROM trunk_changes WHERE at < ?", (_iso(before),))


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _row(values: tuple[object, ...]) -> CallRow:
    named = dict(zip(CallRow.__dataclass_fields__, values, strict=True))
    for flag in _FLAGS:
        if (value := named[flag]) is not None:
            named[flag] = bool(value)
    return CallRow(**named)  # type: ignore[arg-type]  # SQLite keeps the types of the schema
