"""The wall clock of the box; the laboratory starts it at another time.

Telephony runs on CLOCK_MONOTONIC. This is for office hours, wake-up calls and call records only.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

VARIABLE = "DERIVATO_CLOCK"
"""Environment variable: the time (ISO 8601, with offset) that it is when the process starts."""


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC) + _SHIFT


def _shift(given: str | None) -> timedelta:
    return datetime.fromisoformat(given) - datetime.now(UTC) if given else timedelta(0)


_SHIFT = _shift(os.environ.get(VARIABLE))
