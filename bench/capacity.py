"""How much one gateway carries: calls at once, short calls, and what its audio clock spends.

    python -m bench.capacity [--write [FILE]] [--lines 16] [--calls 2000]

With Asterisk between the gateway and the far side as root, on loopback otherwise. Exit status 1
says that a criterion was not met; the tables say which.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import capacity_tick, machine, stage
from .capacity_at_once import AtOnce, at_once, manners
from .capacity_short import GROWTH_KB, Short, short_calls
from .report import DOCUMENT, put, table

_LIMIT_S = 420.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(prog="python -m bench.capacity", description=__doc__)
    parser.add_argument(
        "--write", type=Path, nargs="?", const=DOCUMENT, help="put the tables there"
    )
    parser.add_argument("--lines", type=int, default=16, help="telephones, at least 8")
    parser.add_argument("--calls", type=int, default=2000, help="short calls")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="derivato-bench-") as place:
        work = Path(place)
        measuring = _measure(work, options.lines, options.calls)
        text, problems = asyncio.run(asyncio.wait_for(measuring, _LIMIT_S))
    print(text)
    if options.write:
        put(options.write, "bench.capacity", text)
    for problem in problems:
        print(f"bench.capacity: {problem}", file=sys.stderr)
    return bool(problems)


async def _measure(work: Path, lines: int, calls: int) -> tuple[str, list[str]]:
    about = f"{machine.this_machine()}; load {machine.load():.1f} before"
    places = [work / name for name in ("once", "short", "tick")]
    for place in places:
        place.mkdir()
    async with stage.best(places[0], lines=lines, manners=manners) as ready:
        once = await at_once(ready)
    ticks = [await capacity_tick.measure(places[2], count) for count in (lines // 2, lines)]
    async with stage.loopback(places[1], lines=lines, manners=manners) as ready:
        short = await short_calls(ready, calls)
    texts = (f"{about}, {machine.load():.1f} after.", _once(once), capacity_tick.text(ticks))
    problems = [*once.problems(), *short.problems()]
    return "\n\n".join((*texts, _short(short))), problems


def _once(result: AtOnce) -> str:
    head = ("calls at once", *(check.what for check in result.checks))
    checks = result.checks
    rows = [
        ("calls up in the gateway", *(str(check.legs) for check in checks)),
        ("ears that listened", *(str(len(check.ears)) for check in checks)),
        ("tone heard, s", *(f"{check.heard_s:.0f}" for check in checks)),
        ("tones missing or in the wrong place", *(str(len(check.problems())) for check in checks)),
        ("holes in tones (20 ms each or more)", *(str(check.gaps) for check in checks)),
        ("missing sound, ms", *(str(check.missing_ms) for check in checks)),
        ("audio packets lost", *(str(check.lost) for check in checks)),
        ("packets 60 ms or more after the one before", *(str(check.late) for check in checks)),
        ("CPU of the gateway, % of one processor", *(f"{c.cpu_percent:.0f}" for c in checks)),
    ]
    text = (
        f"{result.lines} telephones; between gateway and far side: {result.between}. For the "
        f"second check {result.conferences} telephones made conferences of three (R, number, "
        f"R 3) and {result.transfers} transferred (R, number, hang up) and called again: "
        f"{2 * (result.conferences + result.transfers)} calls. Left at the end: {result.left}."
    )
    return f"{text}\n\n{table(head, rows)}"


def _short(result: Short) -> str:
    slope, error = result.slope_kb()
    steady = result.steady()
    assert result.before
    assert result.after
    head = ("short calls", "")
    rows = [
        ("calls out / in", f"{result.outgoing} / {result.incoming}"),
        ("telephones at work at once", str(result.lines)),
        ("time", f"{result.for_s:.0f} s"),
        ("failed / without audio", f"{len(result.failed)} / {result.unheard}"),
        ("RSS before, after, MB", _mb(result.before.rss_kb, result.after.rss_kb)),
        ("RSS in the second half, MB", _mb(*_extremes([s.holds.rss_kb for s in steady]))),
        ("growth in the second half, kB per 1000 calls", f"{slope:.0f} ± {2 * error:.0f}"),
        ("limit of the growth, kB per 1000 calls", f"{GROWTH_KB:.0f}"),
        ("open files before, after", f"{result.before.files}, {result.after.files}"),
        ("threads before, after", f"{result.before.threads}, {result.after.threads}"),
    ]
    return table(head, rows)


def _mb(one: int, other: int) -> str:
    return f"{one / 1024:.1f}, {other / 1024:.1f}"


def _extremes(values: list[int]) -> tuple[int, int]:
    return min(values, default=0), max(values, default=0)


if __name__ == "__main__":
    sys.exit(main())
