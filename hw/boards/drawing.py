"""A board's wiring as a picture (SVG): the header at the left, every chip at the right."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from hw.boards.header import POSITIONS
from hw.boards.schema import Board
from hw.boards.wiring import Wire, wires

_ROW = 22
_TOP = 70
_LEFT = 66  # x of the left column of the header
_STEP = 34
_LANES = 222  # where the vertical parts of wires begin
_COLOURS = ("#b3261e", "#1f5fa8", "#2e7d32", "#8e5a00", "#6a1b9a", "#00797a")
_POWER = {"3V3": "#e0a030", "5V": "#d03030", "GND": "#222222"}


def draw(board: Board) -> str:
    """Draw the wiring of ``board``; the text is SVG 1.1."""
    parts = list(_header())
    every = list(wires(board))
    lanes = sum(1 for wire in every if wire.header is not None)
    boxes_x = _LANES + 9 * lanes + 30
    y, lane = _TOP - 20, 0
    for number, name in enumerate(board.ports):
        mine = [wire for wire in every if wire.port == name]
        if not mine:
            continue
        colour = _COLOURS[number % len(_COLOURS)]
        parts.append(_box(board, name, (boxes_x, y), len(mine)))
        for row, wire in enumerate(mine):
            at = y + 44 + row * _ROW
            if wire.header is not None:
                parts.append(_line(wire.header, _LANES + 9 * lane, boxes_x, at, colour))
                lane += 1
            parts.append(_label(wire, boxes_x, at))
        y += 44 + len(mine) * _ROW + 24
    height, width = max(y, _TOP + 20 * _ROW) + 30, boxes_x + 860
    size = f'width="{width}" height="{height}"'
    font = 'font-family="sans-serif" font-size="12"'
    title = f"{escape(board.about.title)} – {escape(board.about.computer)}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>',
            f'<rect {size} fill="white"/>',
            f'<text x="20" y="30" font-size="18" font-weight="bold">{title}</text>',
            *parts,
            "</svg>\n",
        ]
    )


def _header() -> Iterator[str]:
    yield (
        f'<rect x="{_LEFT - 16}" y="{_TOP - 18}" width="{_STEP + 32}" height="{20 * _ROW + 10}" '
        'fill="#f2f2f2" stroke="#888"/>'
    )
    for position, name in POSITIONS.items():
        x, y = _place(position)
        fill = _POWER.get(name, "#c8c8c8")
        yield f'<circle cx="{x}" cy="{y}" r="8" fill="{fill}" stroke="#555"/>'
        ink = "white" if name in _POWER else "black"
        yield (
            f'<text x="{x}" y="{y + 3}" font-size="8" text-anchor="middle" fill="{ink}">'
            f"{position}</text>"
        )
        anchor, text_x = ("end", x - 20) if position % 2 else ("start", x + 20)
        yield f'<text x="{text_x}" y="{y + 4}" font-size="10" text-anchor="{anchor}">{name}</text>'


def _place(position: int) -> tuple[int, int]:
    return _LEFT + _STEP * ((position - 1) % 2), _TOP + _ROW * ((position - 1) // 2)


def _line(position: int, lane_x: int, end_x: int, end_y: int, colour: str) -> str:
    x, y = _place(position)
    between = y + _ROW // 2  # odd pins leave below their neighbour
    start = f"M{x + 66} {y}" if position % 2 == 0 else f"M{x} {y + 8} V{between}"
    return (
        f'<path d="{start} H{lane_x} V{end_y} H{end_x}" fill="none" stroke="{colour}" '
        'stroke-width="1.6"/>'
    )


def _box(board: Board, name: str, corner: tuple[int, int], rows: int) -> str:
    x, y = corner
    port = board.ports[name]
    what = port.chip or port.driver.value
    return (
        f'<rect x="{x}" y="{y}" width="840" height="{36 + rows * _ROW}" fill="#fbfbf5" '
        f'stroke="#444" rx="4"/><text x="{x + 10}" y="{y + 20}" font-weight="bold">'
        f"{escape(name)}: {escape(what)}</text>"
    )


def _label(wire: Wire, x: int, y: int) -> str:
    number = f"{wire.chip_pin} " if wire.chip_pin is not None else ""
    about = wire.to or wire.through
    place = f"GPIO{wire.gpio}, pin {wire.header}: " if wire.header is not None else ""
    return (
        f'<text x="{x + 10}" y="{y + 4}">{escape(number + wire.signal)}</text>'
        f'<text x="{x + 240}" y="{y + 4}" fill="#444">{escape(place + about)}</text>'
    )
