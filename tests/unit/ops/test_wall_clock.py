"""The wall clock that a laboratory sets."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from firmware.ops import wall_clock

SAY = "from firmware.ops import wall_clock; print(wall_clock.now().isoformat())"


def test_it_is_the_time() -> None:
    assert abs(wall_clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_laboratory_starts_it_at_another_time() -> None:
    given = {**os.environ, wall_clock.VARIABLE: "2026-03-31T06:29:50+02:00"}
    said = subprocess.run(
        [sys.executable, "-c", SAY], env=given, capture_output=True, text=True, check=True
    )
    at = datetime.fromisoformat(said.stdout.strip())
    since = at - datetime(2026, 3, 31, 4, 29, 50, tzinfo=UTC)
    assert timedelta(0) <= since < timedelta(seconds=30)
