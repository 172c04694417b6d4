"""Calls measured: how long their steps take, and what a call costs beside other programs.

    python -m bench.calls [--write [FILE]] [--calls N] [--runs N]

Prints tables in Markdown. Times are taken at the far side's socket and in the samples at the
simulated telephone's ear and mouth, never from the gateway's own log.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from . import calls_cost, calls_subjects, calls_times, machine
from .calls_cost import CALLS, Cost
from .report import DOCUMENT, put, spread, table

_LIMIT_S = 240.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(prog="python -m bench.calls", description=__doc__)
    parser.add_argument(
        "--write", type=Path, nargs="?", const=DOCUMENT, help="put the tables there"
    )
    parser.add_argument("--calls", type=int, default=8, help="calls for the times")
    parser.add_argument("--runs", type=int, default=3, help="runs of each program for the costs")
    options = parser.parse_args(arguments)
    _build_pjsua()
    with tempfile.TemporaryDirectory(prefix="derivato-bench-") as place:
        work = Path(place)
        text = asyncio.run(asyncio.wait_for(_measure(work, options.calls, options.runs), _LIMIT_S))
    print(text)
    if options.write:
        put(options.write, "bench.calls", text)
    return 0


def _build_pjsua() -> None:
    """From its cache in a second, or anew in a minute; without it the table says so."""
    if not calls_subjects.PJSUA.exists():
        tool = calls_subjects.HERE / "tools/pjsua2"
        command = [tool, "--python", sys.executable, "--pjsua", calls_subjects.PJSUA.parent]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)


async def _measure(work: Path, calls: int, runs: int) -> str:
    times = await calls_times.measure(
        work, outgoing=calls, pulsed=max(calls // 4, 1), incoming=max(calls // 3, 1)
    )
    load = machine.load()
    (work / "cost").mkdir()
    costs = await calls_cost.measure(work / "cost", runs)
    about = f"{machine.this_machine()}; load {load:.1f} before, {machine.load():.1f} after."
    return "\n\n".join((about, _times(times), _costs(costs)))


def _times(times: calls_times.Times) -> str:
    rows = (
        ("off-hook → recognised (130 ms of it by the Italian profile)", times.off_hook_recognised),
        ("recognised → first sample of dial tone at the ear", times.dial_tone_after_recognition),
        ("**off-hook → first sample of dial tone**", times.dial_tone),
        ("**last key's tone begins → INVITE at the far socket**", times.invite_after_key),
        ("last rotary pulse ends → INVITE at the far socket", times.invite_after_pulse),
        ("**180 sent → ringback at the ear**", times.ringback),
        ("**mouth → packet at the far socket** (20 ms of it is the packet)", times.to_network),
        ("**packet → ear**, call that went out", times.from_network),
        ("packet → ear, call that came in, after 1 s", times.from_network_in),
        ("packet → ear, call that came in, after 7 s", times.from_network_late),
    )
    head = ("step", "calls", "ms, median (least–most)")
    return table(head, [(what, str(len(values)), spread(values)) for what, values in rows])


def _costs(costs: Sequence[Cost]) -> str:
    by_name: dict[str, list[Cost]] = {}
    for cost in costs:
        by_name.setdefault(cost.name, []).append(cost)
    absent = calls_subjects.missing()
    head = ("median (least–most)", *by_name, *(f"ours / {n}" for n in by_name if n != "derivato"))
    rows = [_row("CPU without a call, %", by_name, lambda cost: cost.cpu[0])]
    for calls in CALLS:
        what = f"CPU with {calls} call{'s' if calls > 1 else ''}, %"
        rows.append(_row(what, by_name, lambda cost, n=calls: cost.cpu[n]))
    rows.append(_row("**CPU per call**, %", by_name, lambda cost: cost.cpu_per_call, digits=2))
    rows.append(_row("RSS without a call, MB", by_name, lambda cost: cost.rss_kb[0] / 1024))
    many = max(CALLS)
    rows.append(_row(f"RSS with {many} calls, MB", by_name, lambda cost: cost.rss_kb[many] / 1024))
    rows.append(_row("**memory per call**, kB", by_name, lambda cost: cost.kb_per_call, digits=0))
    rows.append(_row("packets a second of each call", by_name, lambda cost: cost.received))
    notes = [f"{name} was not measured: {why}." for name, why in absent.items()]
    return "\n\n".join((table(head, rows), *notes))


def _row(
    what: str,
    by_name: Mapping[str, Sequence[Cost]],
    figure: Callable[[Cost], float],
    *,
    digits: int = 1,
) -> tuple[str, ...]:
    values = {name: [figure(cost) for cost in costs] for name, costs in by_name.items()}
    middle = {name: statistics.median(found) for name, found in values.items()}
    ours = middle["derivato"]
    ratios = [
        f"{ours / other:.1f}" if other > 0.02 else "–"
        for name, other in middle.items()
        if name != "derivato"
    ]
    return (what, *(spread(found, digits) for found in values.values()), *ratios)


if __name__ == "__main__":
    sys.exit(main())
