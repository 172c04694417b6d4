"""The report on a window as an HTML page that stands alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from firmware.cutover.course import Entry
from firmware.cutover.picture import FILLS, Picture, picture
from firmware.cutover.window import Call, summary
from firmware.cutover.words import Words

_STYLE = (
    "body{font:15px DejaVu Sans,Arial,sans-serif;margin:2em;color:#222}"
    "table{border-collapse:collapse}td,th{border:1px solid #bbc;padding:3px 8px;text-align:left}"
    ".good{color:#1f7a3d}.bad{color:#c1121f}"
)
_LABEL_PX, _WIDTH_PX, _ROW_PX = 150, 800, 24


def as_page(
    calls: Sequence[Call],
    log: Sequence[Entry],
    *,
    site: str,
    start: datetime,
    end: datetime,
    words: Words,
) -> str:
    """Write the page; ``start`` and ``end`` are in the zone in which times are told."""
    title = escape(words.title.format(site))
    return "\n".join(
        [
            f'<!DOCTYPE html><html lang="{words.language}"><head><meta charset="utf-8"/>',
            f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>",
            f"<p>{escape(words.window.format(clock(start), clock(end)))}</p>",
            *_figures(calls, words),
            f"<h2>{words.when}</h2>",
            *_drawn(picture(calls, start, end)),
            _legend(calls, words),
            f"<h2>{words.calls}</h2>",
            _table(words.columns, (row(call, start, words) for call in calls)),
            f"<h2>{words.log}</h2>",
            *(f"<p>{escape(clock(entry.at))} {escape(entry.what)}</p>" for entry in log),
            "</body></html>",
            "",
        ]
    )


def clock(at: datetime) -> str:
    """Write a moment of the report."""
    return f"{at:%d/%m/%Y %H:%M:%S}"


def figures(calls: Sequence[Call], words: Words) -> list[tuple[str, str]]:
    """The figures of the window, each with its name."""
    found = summary(calls)
    return [
        (words.total, str(found.calls)),
        *((words.fates[fate], str(count)) for fate, count in found.fates.items()),
        (words.median, words.seconds.format(round(found.median_wait_s))),
        (words.longest, words.seconds.format(round(found.longest_wait_s))),
        (words.emergencies, f"{found.emergencies_through}/{found.emergencies}"),
    ]


def verdict(calls: Sequence[Call], words: Words) -> tuple[bool, str]:
    """Whether nobody was lost, and the sentence that says so."""
    lost = summary(calls).lost
    return not lost, words.verdict_bad.format(lost) if lost else words.verdict_good


def row(call: Call, start: datetime, words: Words) -> tuple[str, ...]:
    """One call as the cells of a table."""
    return (
        f"{call.at.astimezone(start.tzinfo):%H:%M:%S}",
        call.line,
        words.incoming if call.incoming else words.outgoing,
        call.peer or words.withheld,
        words.seconds.format(round(call.waited_s)),
        words.seconds.format(round(call.talked_s)),
        words.fates[call.fate],
        call.way,
        "; ".join(call.told),
    )


def _figures(calls: Sequence[Call], words: Words) -> Iterator[str]:
    good, sentence = verdict(calls, words)
    yield f'<p class="{"good" if good else "bad"}"><b>{escape(sentence)}</b></p>'
    yield f"<h2>{words.figures}</h2>"
    yield _table((), figures(calls, words))


def _table(heads: Sequence[str], rows: Iterator[tuple[str, ...]] | list[tuple[str, str]]) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>\n" for cells in rows
    )
    return f"<table>{f'<tr>{head}</tr>' if head else ''}\n{body}</table>"


def _drawn(drawing: Picture) -> Iterator[str]:
    height = _ROW_PX * len(drawing.labels)
    yield f'<svg width="{_LABEL_PX + _WIDTH_PX + 30}" height="{height + 30}" font-size="12">'
    for share, text in drawing.ticks:
        x = _LABEL_PX + share * _WIDTH_PX
        yield f'<line x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{height}" stroke="#ccd"/>'
        yield f'<text x="{x:.1f}" y="{height + 16}" text-anchor="middle">{text}</text>'
    for number, label in enumerate(drawing.labels):
        yield f'<text x="0" y="{_ROW_PX * number + 16}">{escape(label)}</text>'
    for bar in drawing.bars:
        x, width = _LABEL_PX + bar.left * _WIDTH_PX, (bar.right - bar.left) * _WIDTH_PX
        yield (
            f'<rect x="{x:.1f}" y="{_ROW_PX * bar.row + 4}" width="{width:.1f}" '
            f'height="{_ROW_PX - 8}" fill="{FILLS[bar.fate]}" fill-opacity="0.8"/>'
        )
    yield "</svg>"


def _legend(calls: Sequence[Call], words: Words) -> str:
    used = summary(calls).fates
    parts = (f'<span style="color:{FILLS[fate]}">■</span> {words.fates[fate]}' for fate in used)
    return f"<p>{' &#160; '.join(parts)}</p>"
