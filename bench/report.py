"""Tables in Markdown, kept between markers of a document."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[1] / "docs/performance.md"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table; the first column is text, the others are figures."""
    lines = [" | ".join(head), " | ".join(["---", *["---:"] * (len(head) - 1)])]
    lines += [" | ".join(row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def spread(values: Sequence[float], digits: int = 0) -> str:
    """Median and extremes of several runs: "12 (10–15)"."""
    if not values:
        return "not heard"
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def put(path: Path, name: str, text: str) -> None:
    """Replace what stands between `<!-- NAME -->` and `<!-- /NAME -->` in a document.

    Raises:
        ValueError: the markers are not there; nothing is written.
    """
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, found, rest = path.read_text(encoding="utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{path}: no {begin.strip()} … {end} in it; put them where it belongs")
    path.write_text(f"{before}{begin}{text}\n{end}{after}", encoding="utf-8")
