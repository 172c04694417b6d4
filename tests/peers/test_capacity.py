"""Many calls up at once through one gateway and Asterisk, every one heard; and short ones in a row.

The whole of it, with 2000 calls and the growth of memory, is `python -m bench.capacity`.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench import stage
from bench.capacity_at_once import AtOnce, at_once, manners
from bench.capacity_short import Short, short_calls

from .netns import Namespace

LINES = 16
SHORT = 100


def test_sixteen_calls_at_once_with_conferences_and_transfers(
    namespace: Namespace, root: Path
) -> None:
    async def run() -> AtOnce:
        async with stage.asterisk(namespace, root, lines=LINES, manners=manners) as ready:
            return await at_once(ready)

    result = asyncio.run(asyncio.wait_for(run(), 45.0))
    assert not result.problems()
    one_each, busy = result.checks
    assert one_each.legs == LINES
    assert busy.legs == LINES + result.conferences  # the transferred ones are Asterisk's now
    assert len(busy.ears) == 2 * LINES + result.conferences + 2 * result.transfers
    for check in result.checks:
        assert check.missing_ms < 0.01 * 1000 * check.heard_s, check.gaps
        assert check.lost == 0


def test_a_hundred_short_calls_leave_nothing_behind(tmp_path: Path) -> None:
    async def run() -> Short:
        async with stage.loopback(tmp_path, lines=LINES, manners=manners) as ready:
            return await short_calls(ready, SHORT)

    result = asyncio.run(asyncio.wait_for(run(), 45.0))
    assert not result.problems()
    assert result.calls == SHORT
    assert min(result.outgoing, result.incoming) > 0.4 * SHORT
