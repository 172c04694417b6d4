"""The calls of each line as the record of calls has them, for the report on numbers."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from firmware.cutover.usage import Use

_CALLS = (
    "SELECT line, direction, started_at, answered_at, ended_at, peer_number, peer_private"
    " FROM calls ORDER BY id"
)


def recorded_uses(path: Path) -> list[Use]:
    """Give every call in the record at ``path``, in order; the file is only read.

    Raises:
        FileNotFoundError: there is no record.
        sqlite3.Error: it cannot be read.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5.0)) as database:
        return [_use(row) for row in database.execute(_CALLS)]


def _use(row: tuple[str, str, str, str | None, str | None, str | None, int]) -> Use:
    line, direction, started, answered, ended, peer, private = row
    talked = 0.0
    if answered and ended:
        talked = (datetime.fromisoformat(ended) - datetime.fromisoformat(answered)).total_seconds()
    at = datetime.fromisoformat(started)
    return Use(line, direction == "in", at, max(talked, 0.0), None if private else peer)
