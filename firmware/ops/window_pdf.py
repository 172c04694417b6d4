"""The report on a window as a PDF, and its signature."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from firmware.cutover.course import Entry
from firmware.cutover.picture import FILLS, Picture, picture
from firmware.cutover.window import Call, Fate
from firmware.cutover.words import Words
from firmware.ops.window_page import clock, figures, row, verdict

_FONTS = Path("/usr/share/fonts/truetype/dejavu")
_LABEL_MM, _WIDTH_MM, _ROW_MM = 38.0, 225.0, 6.0
_GOOD, _BAD = (31, 122, 61), (193, 18, 31)
_COLUMNS = (17, 30, 17, 40, 15, 17, 40, 36, 60)


class SignatureError(Exception):
    """The report could not be signed; the text says why."""


def write_pdf(
    path: Path,
    calls: Sequence[Call],
    log: Sequence[Entry],
    *,
    site: str,
    start: datetime,
    end: datetime,
    words: Words,
) -> None:
    """Write the report to ``path``, A4 landscape.

    Raises:
        OSError: it cannot be written, or the fonts (Debian's fonts-dejavu-core) are missing.
    """
    pdf = FPDF(orientation="landscape", format="A4")
    pdf.set_title(words.title.format(site))
    pdf.set_lang(words.language)
    pdf.set_creation_date(end)
    pdf.add_font("DejaVu", "", _FONTS / "DejaVuSans.ttf")
    pdf.add_font("DejaVu", "B", _FONTS / "DejaVuSans-Bold.ttf")
    pdf.add_page()
    _line(pdf, words.title.format(site), 18, bold=True)
    _line(pdf, words.window.format(clock(start), clock(end)), 11)
    good, sentence = verdict(calls, words)
    pdf.set_text_color(_GOOD if good else _BAD)
    _line(pdf, sentence, 13, bold=True)
    pdf.set_text_color(0)
    for name, value in figures(calls, words):
        _line(pdf, f"{name}: {value}", 10)
    _line(pdf, words.when, 13, bold=True)
    _draw(pdf, picture(calls, start, end), words)
    _line(pdf, words.calls, 13, bold=True)
    pdf.set_font("DejaVu", "", 8)
    with pdf.table(col_widths=_COLUMNS, line_height=4.5) as table:
        table.row(words.columns)
        for call in calls:
            table.row(row(call, start, words))
    _line(pdf, words.log, 13, bold=True)
    for entry in log:
        _line(pdf, f"{clock(entry.at)}  {entry.what}", 9)
    pdf.output(str(path))


def _line(pdf: FPDF, text: str, size: int, *, bold: bool = False) -> None:
    pdf.set_font("DejaVu", "B" if bold else "", size)
    pdf.multi_cell(0, size * 0.55, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _draw(pdf: FPDF, drawing: Picture, words: Words) -> None:
    if pdf.will_page_break(_ROW_MM * (len(drawing.labels) + 2)):
        pdf.add_page()
    left, top = pdf.l_margin + _LABEL_MM, pdf.get_y() + 2
    bottom = top + _ROW_MM * len(drawing.labels)
    pdf.set_font("DejaVu", "", 8)
    pdf.set_draw_color(200)
    for share, text in drawing.ticks:
        x = left + share * _WIDTH_MM
        pdf.line(x, top, x, bottom)
        pdf.text(x - 4, bottom + 4, text)
    for number, label in enumerate(drawing.labels):
        pdf.text(pdf.l_margin, top + _ROW_MM * number + 4, label)
    for bar in drawing.bars:
        pdf.set_fill_color(*_rgb(FILLS[bar.fate]))
        y = top + _ROW_MM * bar.row + 1
        width = (bar.right - bar.left) * _WIDTH_MM
        pdf.rect(left + bar.left * _WIDTH_MM, y, width, _ROW_MM - 2, style="F")
    _legend(pdf, bottom + 10, dict.fromkeys(bar.fate for bar in drawing.bars), words)
    pdf.set_fill_color(255)
    pdf.set_y(bottom + 14)


def _legend(pdf: FPDF, y: float, fates: Iterable[Fate], words: Words) -> None:
    x = pdf.l_margin + _LABEL_MM
    for fate in fates:
        pdf.set_fill_color(*_rgb(FILLS[fate]))
        pdf.rect(x, y - 3, 3, 3, style="F")
        pdf.text(x + 4, y, words.fates[fate])
        x += 10 + pdf.get_string_width(words.fates[fate])


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def sign(path: Path, *, certificate: Path, key: Path) -> Path:
    """Sign the file at ``path`` as CAdES-BES (ETSI EN 319 122-1), beside it as ``….p7m``.

    That is the envelope in which Italian public offices file documents; openssl makes it.

    Raises:
        SignatureError: openssl is missing or refuses.
    """
    signed = path.with_name(path.name + ".p7m")
    words = ["openssl", "cms", "-sign", "-cades", "-binary", "-nodetach", "-outform", "DER"]
    words += ["-in", str(path), "-signer", str(certificate), "-inkey", str(key)]
    try:
        done = subprocess.run(
            [*words, "-out", str(signed)], capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SignatureError(f"openssl cannot be run: {error}") from error
    if done.returncode:
        raise SignatureError(f"openssl refuses: {done.stderr.strip().splitlines()[0]}")
    return signed
