"""Proof that an emergency call would find its way, made without calling anybody.

Each way has a prover, which takes its time and says whether the way works and by what it knows.
The last result is kept in a file, so that status can show it after a restart.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from firmware.ops import durable, wall_clock
from firmware.ops.wake_ups import next_time
from firmware.site.choices import WayOut

log = logging.getLogger("derivato.emergency")

LONGEST_S = 20.0
"""A way that has not been proven after this time is taken for dead."""

_HOUR_S = 3600.0

Outcome = tuple[bool, str]
"""Whether a way works, and by what we know, for people."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of emergency calls, by the name of its trunk or line, and how it is proven."""

    kind: WayOut
    name: str
    prove: Callable[[], Awaitable[Outcome]]


class WayProofs:
    """Proves ``ways``, in the order of emergency calls; the last result is kept in ``path``."""

    def __init__(self, ways: Sequence[Way], path: Path) -> None:
        self._ways = ways
        self._path = path
        self._running = asyncio.Lock()
        self.last: Mapping[str, object] | None = _kept(path)

    async def run(self) -> Mapping[str, object]:
        """Prove every way now; two who ask at the same time wait for each other."""
        async with self._running:
            results = await asyncio.gather(*(_proven(way) for way in self._ways))
            self.last = {
                "tested_at": wall_clock.now().isoformat(timespec="seconds"),
                "ok": any(row["ok"] for row in results),
                "ways": results,
            }
            for row in results:
                if not row["ok"]:
                    log.error(
                        "emergency calls cannot go by %s %s: %s",
                        row["way"],
                        row["name"],
                        row["what"],
                    )
            kept = json.dumps(self.last, ensure_ascii=False)
            try:
                await asyncio.to_thread(durable.replace, self._path, kept.encode())
            except OSError as error:
                log.error("proof of the ways not kept: %s; check the disk", error)  # noqa: TRY400
            return self.last

    async def follow(self, at: str, zone: ZoneInfo) -> None:
        """Run every day at the local time ``at`` (HH:MM), or never if it is ""."""
        while at:
            due = next_time(wall_clock.now(), at.replace(":", ""), zone)
            while (left_s := (due - wall_clock.now()).total_seconds()) > 0:  # noqa: ASYNC110
                await asyncio.sleep(min(left_s, _HOUR_S))  # the clock may be set meanwhile
            await self.run()


async def _proven(way: Way) -> dict[str, object]:
    try:
        async with asyncio.timeout(LONGEST_S):
            ok, what = await way.prove()
    except TimeoutError:
        ok, what = False, f"no answer within {LONGEST_S:.0f} s"
    return {"way": way.kind.value, "name": way.name, "ok": ok, "what": what}


def _kept(path: Path) -> Mapping[str, object] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        datetime.fromisoformat(content["tested_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # never tested, or not readable: the next test writes it anew
    return cast("Mapping[str, object]", content)
