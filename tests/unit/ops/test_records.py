import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from firmware.calls.effects import CallAnswered, CallEnded, CallStarted, Direction
from firmware.calls.events import Party
from firmware.ops import records_file
from firmware.ops.records import Records
from firmware.sip.events import LegQuality

AT = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
START = CallStarted("out1", "nido-1", Direction.OUT, Party("+390571000100", "Comune"))
QUALITY = LegQuality("out1", "PCMA", True, 100, 2, 1.5, 101, 0, 20.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "calls.sqlite"


def test_a_call_from_start_to_end(path: Path) -> None:
    records = Records(path)
    records.apply(START, wall_time=AT)
    records.apply(CallAnswered("out1"), wall_time=AT + timedelta(seconds=4))
    records.quality(QUALITY)
    done = records.apply(CallEnded("out1", 200, "OK"), wall_time=AT + timedelta(seconds=64.25))
    done.result(5)
    (row,) = records.recent()
    records.close()
    assert (row.call, row.line, row.direction) == ("out1", "nido-1", "out")
    assert (row.peer_number, row.peer_name, row.peer_private) == ("+390571000100", "Comune", False)
    assert row.started_at == "2026-03-01T10:00:00.000Z"
    assert row.answered_at == "2026-03-01T10:00:04.000Z"
    assert row.ended_at == "2026-03-01T10:01:04.250Z"
    assert (row.code, row.reason, row.interrupted) == (200, "OK", False)
    assert (row.codec, row.encrypted, row.rx_packets, row.rx_lost) == ("PCMA", True, 100, 2)
    assert (row.rx_jitter_ms, row.tx_packets, row.tx_lost) == (1.5, 101, 0)


def test_times_are_written_in_utc(path: Path) -> None:
    records = Records(path)
    rome = datetime(2026, 7, 1, 12, 0, tzinfo=ZoneInfo("Europe/Rome"))
    records.apply(START, wall_time=rome).result(5)
    assert records.recent()[0].started_at == "2026-07-01T10:00:00.000Z"
    records.close()


def test_the_latest_is_first_and_the_limit_holds(path: Path) -> None:
    records = Records(path)
    for n in range(10):
        at = AT + timedelta(seconds=n)
        last = records.apply(CallStarted(f"in{n}", "a", Direction.IN, Party()), wall_time=at)
    last.result(5)
    assert [row.call for row in records.recent(3)] == ["in9", "in8", "in7"]
    records.close()


def test_a_call_without_end_is_interrupted_at_the_next_opening(path: Path) -> None:
    now = datetime.now(UTC)
    records = Records(path)
    records.apply(START, wall_time=now)
    records.close()
    assert not _rows(path)[0]["interrupted"]
    records = Records(path)
    assert records.recent()[0].interrupted
    records.close()


def test_call_ids_of_another_run_are_other_calls(path: Path) -> None:
    for _ in range(2):
        records = Records(path)
        records.apply(START, wall_time=datetime.now(UTC))
        records.apply(CallEnded("out1", 486, "Busy Here"), wall_time=datetime.now(UTC))
        records.close()
    rows = _rows(path)
    assert [row["code"] for row in rows] == [486, 486]
    assert not any(row["interrupted"] for row in rows)


def test_what_is_older_than_the_limit_goes_at_opening(path: Path) -> None:
    now = datetime.now(UTC)
    records = Records(path)
    records.apply(START, wall_time=now - timedelta(days=366))
    records.apply(CallStarted("out2", "a", Direction.OUT, Party()), wall_time=now)
    records.close()
    records = Records(path)
    assert [row.call for row in records.recent()] == ["out2"]
    records.close()


@pytest.mark.parametrize("damage", [b"this is no database", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_moved_aside(
    path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    path.write_bytes(damage)
    records = Records(path)
    records.apply(START, wall_time=AT).result(5)
    assert len(records.recent()) == 1
    records.close()
    (aside,) = path.parent.glob("*.unusable")
    assert aside.read_bytes() == damage
    assert aside.name in caplog.text


def test_a_file_damaged_in_the_middle_is_moved_aside(path: Path) -> None:
    records = Records(path)
    for n in range(500):
        records.apply(CallStarted(f"in{n}", "a", Direction.IN, Party()), wall_time=AT)
    records.close()
    content = bytearray(path.read_bytes())
    content[4096 : 4096 * 3] = os.urandom(4096 * 2)
    path.write_bytes(content)
    Records(path).close()
    assert list(path.parent.glob("*.unusable"))


def test_a_file_of_a_newer_version_is_kept_aside(path: Path) -> None:
    Records(path).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    Records(path).close()
    assert list(path.parent.glob("*.unusable"))


def test_a_locked_file_is_not_moved(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Records(path).close()
    monkeypatch.setattr(records_file, "connect", lambda path: sqlite3.connect(path, timeout=0.05))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OSError, match="locked"):
            Records(path)
    assert not list(path.parent.glob("*.unusable"))


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        Records(tmp_path / "file" / "calls.sqlite")


def test_the_record_is_closed_to_others(path: Path) -> None:
    Records(path).close()
    assert stat.S_IMODE(path.stat().st_mode) & 0o027 == 0


def test_after_close_an_entry_is_refused_not_lost_in_silence(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    records = Records(path)
    records.close()
    records.close()
    with pytest.raises(sqlite3.OperationalError):
        records.apply(START, wall_time=AT).result(0)
    assert "call record lost" in caplog.text


def test_an_answered_call_keeps_its_first_answer_and_end(path: Path) -> None:
    records = Records(path)
    records.apply(START, wall_time=AT)
    records.apply(CallEnded("out1", 200, "OK"), wall_time=AT)
    records.apply(CallEnded("out1", 500, "late"), wall_time=AT).result(5)
    assert records.recent()[0].code == 200
    records.close()


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from firmware.calls.effects import CallAnswered, CallEnded, CallStarted, Direction
from firmware.calls.events import Party
from firmware.ops.records import Records
import os
os.write(1, b"ready\\n")
for line in sys.stdin:  # one round: fork, so that the imports are paid once
    if os.fork() == 0:
        records = Records(Path(sys.argv[1]))
        os.write(1, f"{os.getpid()}\\n".encode())
        n = 0
        while True:
            n += 1
            call = f"r{line.strip()}-{n}"
            now = datetime.now(UTC)
            records.apply(CallStarted(call, "a", Direction.OUT, Party()), wall_time=now).result()
            os.write(1, f"{call} started\\n".encode())
            records.apply(CallAnswered(call), wall_time=now)
            records.apply(CallEnded(call, 200, "OK"), wall_time=now).result()
            os.write(1, f"{call} ended\\n".encode())
    os.wait()
    os.write(1, b"gone\\n")
"""


def test_every_acknowledged_entry_survives_kills_at_any_instant(path: Path) -> None:
    chance = random.Random(20260301)
    acknowledged: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        for number in range(32):
            writer.stdin.write(f"{number}\n")
            writer.stdin.flush()
            pid = int(writer.stdout.readline())
            killer = threading.Timer(chance.uniform(0.0, 0.06), os.kill, (pid, signal.SIGKILL))
            killer.start()
            while (line := writer.stdout.readline()) != "gone\n":
                acknowledged.append(line.strip())
            killer.join()
        writer.stdin.close()
    Records(path).close()
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert not list(path.parent.glob("*.unusable"))
    rows = {row["call"]: row for row in _rows(path)}
    assert len(acknowledged) > 100, "the kills came too early to prove anything"
    for entry in acknowledged:
        call, state = entry.split()
        assert call in rows
        if state == "ended":
            assert rows[call]["code"] == 200
    for row in rows.values():
        assert row["interrupted"] == (row["ended_at"] is None)


def test_callers_do_not_wait_for_the_disk(path: Path) -> None:
    records = Records(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # nobody else can write now
    done = records.apply(START, wall_time=AT)
    time.sleep(0.05)
    assert not done.done()
    other.execute("ROLLBACK")
    other.close()
    done.result(10)
    records.close()


def _rows(path: Path) -> list[dict[str, object]]:
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute("SELECT * FROM calls ORDER BY id")]
