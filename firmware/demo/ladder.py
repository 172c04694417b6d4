"""The SIP ladder: every message of a demonstration with its time, as an SVG drawing. Pure.

Three uprights: the telephone, the gateway, the switchboard. What goes over the two wires is
dashed, SIP is solid and has one colour for each dialog. Rows are evenly spaced; a pause in which
nothing happened is written in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape

from firmware.sip import wire


class Way(Enum):
    """From where to where something went."""

    PHONE_TO_GATEWAY = "phone-to-gateway"
    GATEWAY_TO_PHONE = "gateway-to-phone"
    GATEWAY_TO_PBX = "gateway-to-pbx"
    PBX_TO_GATEWAY = "pbx-to-gateway"


@dataclass(frozen=True, slots=True)
class Rung:
    """One arrow: when (CLOCK_MONOTONIC), which way, what, and of which dialog ("": none)."""

    at_ns: int
    way: Way
    text: str
    dialog: str = ""


_UPRIGHTS = {"Telefono": 190, "Derivato": 490, "Centralino": 930}
_SPANS = {
    Way.PHONE_TO_GATEWAY: (190, 490),
    Way.GATEWAY_TO_PHONE: (490, 190),
    Way.GATEWAY_TO_PBX: (490, 930),
    Way.PBX_TO_GATEWAY: (930, 490),
}
_SIP = (Way.GATEWAY_TO_PBX, Way.PBX_TO_GATEWAY)
_WIDTH = 1000
_ROW = 30
_TOP = 92
_PAUSE_NS = 700_000_000
_COLOURS = ("#0b5cad", "#a8480a", "#1f7a3d", "#7a2f9b", "#9c1f45", "#0f7480", "#6b5a00", "#4a4f9e")
_LONGEST = 56
_GREY = "#444444"
_FONT = "DejaVu Sans, Arial, sans-serif"
_STYLE = (
    "text{font-size:13px} .t{fill:#667;font-size:11px;text-anchor:end} .c{text-anchor:middle} "
    ".p{fill:#889;font-size:11px;font-style:italic}"
)


def rung_of(at_ns: int, *, sent: bool, message: str) -> Rung:
    """The arrow of one SIP message as the gateway traced it."""
    fields = wire.headers(message)
    start = message.split("\n", 1)[0].strip()
    sequence = (fields.get("cseq") or [""])[0].split()
    method = sequence[-1] if sequence else ""
    if start.startswith("SIP/2.0"):
        text = f"{start.removeprefix('SIP/2.0').strip()}"
        text += f" ({method})" if method and method != "INVITE" else ""
    else:
        text = start.split(" ", 1)[0]
        if text == "INVITE":
            again = ";tag=" in (fields.get("to") or [""])[0]
            text += " again" if again else f" {wire.request_user(message)}"
    body = message.partition("\r\n\r\n")[2] or message.partition("\n\n")[2]
    if "m=audio" in body:
        text += " · SDP" + _direction(body)
    dialog = (fields.get("call-id") or [""])[0]
    return Rung(at_ns, Way.GATEWAY_TO_PBX if sent else Way.PBX_TO_GATEWAY, text, dialog)


def _direction(body: str) -> str:
    """Direction of the audio if it is not both ways (RFC 3264 §5.1), for hold."""
    found = [d for d in ("sendonly", "recvonly", "inactive") if f"a={d}" in body]
    return f" {found[0]}" if found else ""


def draw(rungs: Iterable[Rung], *, title: str) -> str:
    """Draw ``rungs``, sorted by their time, as an SVG document; times count from the first."""
    ordered = sorted(rungs, key=lambda rung: rung.at_ns)
    colours = _colours(ordered)
    rows: list[str] = []
    y = _TOP
    began = ordered[0].at_ns if ordered else 0
    before = began
    for rung in ordered:
        if rung.at_ns - before > _PAUSE_NS:
            rows.append(_pause(y, rung.at_ns - before))
            y += _ROW - 6
        rows.append(_arrow(rung, y, began, colours.get(rung.dialog, _GREY)))
        before = rung.at_ns
        y += _ROW
    height = y + 34
    return "\n".join([*_head(title, height), *rows, _legend(height), "</svg>", ""])


def _colours(rungs: Sequence[Rung]) -> dict[str, str]:
    dialogs = list(dict.fromkeys(rung.dialog for rung in rungs if rung.dialog))
    return {dialog: _COLOURS[n % len(_COLOURS)] for n, dialog in enumerate(dialogs)}


def _head(title: str, height: int) -> list[str]:
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{_FONT}">',
        f"<title>{_plain(title)}</title>",
        f"<style>{_STYLE}</style>",
        "<defs>" + "".join(_marker(colour) for colour in (*_COLOURS, _GREY)) + "</defs>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="26" style="font-size:16px;font-weight:bold">{_plain(title)}</text>',
    ]
    for name, x in _UPRIGHTS.items():
        lines.append(
            f'<line x1="{x}" y1="66" x2="{x}" y2="{height - 30}" stroke="#c4c8d0" '
            'stroke-width="1.5"/>'
        )
        lines.append(
            f'<rect x="{x - 62}" y="40" width="124" height="26" rx="5" fill="#eef1f6" '
            'stroke="#9aa3b2"/>'
        )
        lines.append(f'<text class="c" x="{x}" y="58">{_plain(name)}</text>')
    return lines


def _marker(colour: str) -> str:
    return (
        f'<marker id="{_id(colour)}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
        f'markerHeight="8" orient="auto"><path d="M0 1 L10 5 L0 9 z" fill="{colour}"/></marker>'
    )


def _id(colour: str) -> str:
    return "a" + colour.removeprefix("#")


def _arrow(rung: Rung, y: int, began: int, colour: str) -> str:
    start, end = _SPANS[rung.way]
    inset = 3 if end > start else -3
    dashes = "" if rung.way in _SIP else ' stroke-dasharray="5 4"'
    text = rung.text if len(rung.text) <= _LONGEST else rung.text[: _LONGEST - 1] + "…"
    middle = (start + end) // 2
    return (
        f'<text class="t" x="100" y="{y + 4}">{(rung.at_ns - began) / 1e9:.3f} s</text>'
        f'<text class="c" x="{middle}" y="{y - 5}" fill="{colour}">{_plain(text)}</text>'
        f'<line x1="{start + inset}" y1="{y}" x2="{end - inset}" y2="{y}" stroke="{colour}" '
        f'stroke-width="1.4"{dashes} marker-end="url(#{_id(colour)})"/>'
    )


def _pause(y: int, for_ns: int) -> str:
    return f'<text class="p" x="112" y="{y - 4}">⋮ {for_ns / 1e9:.1f} s</text>'


def _legend(height: int) -> str:
    return (
        f'<text class="p" x="16" y="{height - 10}">dashed: the two wires · solid: SIP, one colour '
        "for each dialog · times from the first arrow</text>"
    )


def _plain(text: str) -> str:
    """Escape for XML; characters that XML cannot hold are dropped."""
    return escape("".join(c for c in text if c.isprintable()))
