"""What a caller was told is kept is kept, whole; what is deleted is gone, and that is known."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firmware.ops.messages import Messages

SECRET = b"segreto!" * 4000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "messages.sqlite"


def test_what_was_left_is_there_after_reopening_in_order(path: Path) -> None:
    first = Messages(path)
    one = first.keep("verbali", number="3669382534", name=None, audio=SECRET)
    two = first.keep("verbali", number=None, name=None, call_back="0571757")
    first.close()
    again = Messages(path)
    assert [each.id for each in again.all()] == [one, two]
    assert again.audio(one) == SECRET
    assert [(each.call_back, each.duration_ms) for each in again.all()] == [
        ("", 2000),
        ("0571757", 0),
    ]
    again.sent(one)
    assert [each.id for each in again.unsent()] == [two]
    assert path.stat().st_mode & 0o077 == 0


def test_nothing_of_a_deleted_message_stays_in_any_file(path: Path) -> None:
    messages = Messages(path)
    kept = messages.keep("verbali", number="3669382534", name="Rossi", audio=SECRET)
    assert messages.delete(kept, "asked for")
    assert not messages.delete(kept, "asked for")
    for file in path.parent.iterdir():
        content = file.read_bytes()
        for trace in (b"segreto!", b"3669382534", b"Rossi"):
            assert trace not in content, file.name
    (deletion,) = messages.deletions()
    assert (deletion.message, deletion.office, deletion.why) == (kept, "verbali", "asked for")


def test_what_is_too_old_is_deleted_and_noted(path: Path) -> None:
    clock = [datetime(2026, 3, 1, tzinfo=UTC)]
    messages = Messages(path, lambda: clock[0])
    messages.keep("verbali", number=None, name=None, audio=SECRET)
    clock[0] += timedelta(days=29)
    young = messages.keep("verbali", number=None, name=None, audio=SECRET)
    clock[0] += timedelta(days=2)
    assert messages.forget(30) == 1
    assert [each.id for each in messages.all()] == [young]
    assert messages.deletions()[0].why == "kept for 30 days"


def test_numbers_are_never_used_again(path: Path) -> None:
    messages = Messages(path)
    one = messages.keep("verbali", number=None, name=None)
    messages.delete(one, "asked for")
    assert messages.keep("verbali", number=None, name=None) != one


def test_a_place_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "messages.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(OSError, match="messages cannot be kept here"):
        Messages(tmp_path / "messages.sqlite")


WRITER = """
import hashlib, os, random, sys
from pathlib import Path
from firmware.ops.messages import Messages
os.write(1, b"ready\\n")
for line in sys.stdin:  # one round: fork, so that the imports are paid once
    if os.fork() == 0:
        os.write(1, f"{os.getpid()}\\n".encode())
        messages = Messages(Path(sys.argv[1]))
        while True:
            audio = random.randbytes(random.randrange(1, 400_000))
            number = messages.keep("verbali", number=None, name=None, audio=audio)
            os.write(1, f"{number} {hashlib.sha256(audio).hexdigest()}\\n".encode())
    os.wait()
    os.write(1, b"gone\\n")
"""


def test_every_promised_message_survives_kills_at_any_instant_and_none_is_half_there(
    path: Path,
) -> None:
    chance = random.Random(20260301)
    promised: dict[int, str] = {}
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        for _ in range(25):
            writer.stdin.write("go\n")
            writer.stdin.flush()
            pid = int(writer.stdout.readline())
            killer = threading.Timer(chance.uniform(0.0, 0.15), os.kill, (pid, signal.SIGKILL))
            killer.start()
            while (line := writer.stdout.readline()) != "gone\n":
                number, digest = line.split()
                promised[int(number)] = digest
            killer.join()
        writer.stdin.close()
    assert len(promised) > 20, "the kills came too early to prove anything"
    messages = Messages(path)
    for number, digest in promised.items():
        audio = messages.audio(number)
        assert audio is not None
        assert hashlib.sha256(audio).hexdigest() == digest
    for left in messages.all():
        assert len(messages.audio(left.id) or b"") // 16 == left.duration_ms
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
