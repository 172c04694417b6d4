"""A plan as a time line: for a terminal, and as SVG. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from html import escape

from firmware.cutover.plan import Colour, Panel, Row, Span

_SIGNS = {Colour.OLD: "▒", Colour.NEW: "█", Colour.GAP: "·", Colour.LOCAL: "◆"}
_FILLS = {
    Colour.OLD: "#9aa5b1",
    Colour.NEW: "#1f7a3d",
    Colour.GAP: "#ffffff",
    Colour.LOCAL: "#0b5cad",
}
_WORDS = {
    Colour.OLD: "old",
    Colour.NEW: "new",
    Colour.GAP: "nobody",
    Colour.LOCAL: "answered by the box",
}
_FEW_HOURS = timedelta(days=2)
_LABEL_PX, _BAR_PX, _ROW_PX, _HEAD_PX = 200, 760, 26, 46
_FONT = "DejaVu Sans, Arial, sans-serif"


def as_text(panels: Sequence[Panel], width: int = 100) -> str:
    """Draw ``panels`` in lines of at most ``width`` characters (60 at least)."""
    lines = [line for panel in panels for line in _text_panel(panel, max(width, 60))]
    legend = "  ".join(f"{_SIGNS[each]} {_WORDS[each]}" for each in _colours(panels))
    return "\n".join([*lines, legend])


def _text_panel(panel: Panel, width: int) -> Iterator[str]:
    head = max(len(row.label) for row in panel.rows) + 2
    columns = width - head
    yield panel.title
    yield " " * head + _text_marks(panel, columns)
    for row in panel.rows:
        yield f"{row.label:<{head}}{_text_bar(panel, row, columns)}"
    first, last = _clock(panel, panel.start), _clock(panel, panel.end)
    yield " " * head + first + last.rjust(columns - len(first))
    yield ""


def _text_bar(panel: Panel, row: Row, columns: int) -> str:
    step = (panel.end - panel.start) / columns
    middles = (panel.start + step * (column + 0.5) for column in range(columns))
    return "".join(_sign(row, middle) for middle in middles).rstrip()


def _sign(row: Row, at: datetime) -> str:
    return next((_SIGNS[span.colour] for span in row.spans if span.start <= at < span.end), " ")


def _text_marks(panel: Panel, columns: int) -> str:
    line = ""
    for at, text in panel.marks:
        column = round(_share(panel, at) * columns)
        line = line.ljust(min(column, columns - len(text) - 2))
        line += ("" if not line or line.endswith(" ") else " ") + f"▼{text}"
    return line


def as_svg(panels: Sequence[Panel], title: str) -> str:
    """Draw ``panels`` as one SVG document."""
    body: list[str] = []
    top = 60
    for panel in panels:
        body += _svg_panel(panel, top)
        top += _HEAD_PX + _ROW_PX * len(panel.rows) + 40
    body += _svg_legend(panels, top)
    width, height = _LABEL_PX + _BAR_PX + 30, top + 30
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{_FONT}" font-size="13">',
            f"<title>{escape(title)}</title>",
            '<rect width="100%" height="100%" fill="white"/>',
            f'<text x="10" y="30" font-size="18">{escape(title)}</text>',
            *body,
            "</svg>",
            "",
        ]
    )


def _svg_panel(panel: Panel, top: int) -> Iterator[str]:
    yield f'<text x="10" y="{top}" font-weight="bold">{escape(panel.title)}</text>'
    bottom = top + _HEAD_PX + _ROW_PX * len(panel.rows)
    for number, row in enumerate(panel.rows):
        y = top + _HEAD_PX + _ROW_PX * number
        yield f'<text x="10" y="{y + 16}">{escape(row.label)}</text>'
        yield from (_svg_span(panel, span, y) for span in row.spans)
    for at, text in panel.marks:
        x = _x(panel, at)
        yield f'<line x1="{x:.1f}" y1="{top + 28}" x2="{x:.1f}" y2="{bottom}" stroke="#9c1f45"/>'
        yield f'<text x="{x:.1f}" y="{top + 24}" text-anchor="middle">{escape(text)}</text>'
    for at, anchor in ((panel.start, "start"), (panel.end, "end")):
        when = escape(_clock(panel, at))
        yield (
            f'<text x="{_x(panel, at):.1f}" y="{bottom + 16}" fill="#667" font-size="11" '
            f'text-anchor="{anchor}">{when}</text>'
        )


def _svg_span(panel: Panel, span: Span, y: int) -> str:
    left = _x(panel, max(span.start, panel.start))
    right = _x(panel, min(span.end, panel.end))
    dashed = ' stroke="#9c1f45" stroke-dasharray="4 3"' if span.colour is Colour.GAP else ""
    return (
        f'<rect x="{left:.1f}" y="{y + 3}" width="{max(right - left, 1):.1f}" '
        f'height="{_ROW_PX - 6}" fill="{_FILLS[span.colour]}"{dashed}>'
        f"<title>{escape(span.text)}</title></rect>"
    )


def _svg_legend(panels: Sequence[Panel], top: int) -> Iterator[str]:
    for number, colour in enumerate(_colours(panels)):
        x = 10 + number * 190
        yield (
            f'<rect x="{x}" y="{top - 12}" width="16" height="12" fill="{_FILLS[colour]}" '
            'stroke="#667"/>'
        )
        yield f'<text x="{x + 22}" y="{top - 1}">{escape(_WORDS[colour])}</text>'


def _colours(panels: Sequence[Panel]) -> list[Colour]:
    used = {span.colour for panel in panels for row in panel.rows for span in row.spans}
    return [colour for colour in Colour if colour in used]


def _share(panel: Panel, at: datetime) -> float:
    return (at - panel.start) / (panel.end - panel.start)


def _x(panel: Panel, at: datetime) -> float:
    return _LABEL_PX + _share(panel, at) * _BAR_PX


def _clock(panel: Panel, at: datetime) -> str:
    return f"{at:%H:%M}" if panel.end - panel.start < _FEW_HOURS else f"{at:%d.%m.%Y}"
