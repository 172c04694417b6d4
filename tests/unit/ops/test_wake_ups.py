import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from firmware.ops.wake_ups import WakeUps, next_time

ROME = ZoneInfo("Europe/Rome")


@pytest.mark.parametrize(
    ("now", "wake_at", "due"),
    [
        ("2023-03-29 05:00", "0630", "2023-03-29 04:30 +1"),
        ("2023-03-29 04:00", "0630", "2023-03-29 04:30"),
        ("2023-03-29 04:30", "0630", "2023-03-29 04:30 +1"),
        ("2023-03-25 12:00", "0630", "2023-03-26 04:30"),  # summer time begins in that night
        ("2023-10-28 12:00", "0630", "2023-10-29 05:30"),  # and ends
    ],
)
def test_the_next_time_follows_the_local_clock(now, wake_at, due):
    text, _, days = due.partition(" +")
    wanted = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    wanted += timedelta(days=int(days or 0))
    start = datetime.strptime(now, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    assert next_time(start, wake_at, ROME) == wanted


async def test_a_line_is_woken_once_and_a_change_counts():
    clock = [datetime(2023, 3, 29, 4, 29, 59, 950_000, tzinfo=UTC)]
    rung = []
    alarms = WakeUps(ROME, rung.append, now=lambda: clock[0])
    alarms.set("nido", "0630")
    alarms.set("museo", "0630")
    alarms.set("museo", "")
    await asyncio.sleep(0.01)
    clock[0] += timedelta(seconds=1)
    await asyncio.sleep(0.1)
    assert rung == ["nido"]
    alarms.close()
