"""The report on numbers as CSV for a spreadsheet and as a page for the town hall (Italian)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape
from types import MappingProxyType

from firmware.cutover.usage import NumberUse, Verdict, saved_month_eur

_VERDICTS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.END: "si può disdire",
        Verdict.KEEP: "serve",
        Verdict.WATCH: "da osservare ancora",
    }
)
_FILLS: Mapping[Verdict, str] = MappingProxyType(
    {Verdict.END: "#d9f2df", Verdict.KEEP: "#ffffff", Verdict.WATCH: "#fff4d6"}
)
_STYLE = (
    "body{font:15px DejaVu Sans,Arial,sans-serif;margin:2em;color:#222}"
    "table{border-collapse:collapse}td,th{border:1px solid #bbc;padding:4px 9px;text-align:left}"
    "td.n{text-align:right}svg{vertical-align:middle}caption{text-align:left;padding:4px 0}"
)
_HEADS = (
    "Numero",
    "Linee",
    "In arrivo (risposte)",
    "In uscita",
    "Chiamanti",
    "Ultimo uso",
    "Per mese",
    "Contratto",
    "Giudizio",
)
_BAR_PX, _MONTHS = 9, 12


def as_csv(uses: Sequence[NumberUse]) -> str:
    """Write one line for each number, with a head line; days in ISO 8601, money in euro."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    rows = [row(use) for use in uses]
    if rows:
        writer.writerow(rows[0])
    writer.writerows(each.values() for each in rows)
    return out.getvalue()


def row(use: NumberUse) -> dict[str, object]:
    """Give what the report says of one number, as plain values."""
    contract = use.contract
    return {
        "name": use.name,
        "number": use.number,
        "lines": " ".join(use.lines),
        "observed_from": _iso(use.observed_from),
        "calls_in": use.calls_in,
        "answered_in": use.answered_in,
        "calls_out": use.calls_out,
        "talked_minutes": round(use.talked_s / 60, 1),
        "callers": use.callers,
        "last_in": _iso(use.last_in),
        "last_out": _iso(use.last_out),
        "provider": contract.provider if contract else None,
        "month_eur": contract.month_eur if contract else None,
        "contract_ends": _iso(contract.ends) if contract else None,
        "verdict": use.verdict.value,
        "because": use.because,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def as_page(uses: Sequence[NumberUse], *, site: str, today: date) -> str:
    """Write an HTML page that stands alone: no script, nothing fetched."""
    title = escape(f"{site}: uso dei numeri")
    saved = _euro(saved_month_eur(uses))
    heads = "".join(f"<th>{head}</th>" for head in _HEADS)
    return "\n".join(
        [
            f'<!DOCTYPE html><html lang="it"><head><meta charset="utf-8"><title>{title}</title>',
            f"<style>{_STYLE}</style></head><body><h1>{title}</h1>",
            f"<p>Al {today:%d/%m/%Y}. Risparmio possibile: <b>{saved} al mese</b>.</p>",
            f"<table><tr>{heads}</tr>",
            *(_page_row(use) for use in uses),
            "</table></body></html>",
            "",
        ]
    )


def _page_row(use: NumberUse) -> str:
    contract = use.contract
    costs = ""
    if contract is not None:
        ends = f", disdetta dal {contract.ends:%d/%m/%Y}" if contract.ends else ""
        costs = f"{contract.provider or ''} {_euro(contract.month_eur)} al mese{ends}".strip()
    cells = (
        use.number,
        ", ".join(use.lines),
        f"{use.calls_in} ({use.answered_in})",
        str(use.calls_out),
        str(use.callers),
        f"{use.last:%d/%m/%Y}" if use.last else "mai",
    )
    texts = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    verdict = f"<b>{_VERDICTS[use.verdict]}</b><br/>{escape(_why(use))}"
    return (
        f"<tr>{texts}<td>{''.join(_months(use))}</td><td>{escape(costs)}</td>"
        f'<td style="background:{_FILLS[use.verdict]}">{verdict}</td></tr>'
    )


def _why(use: NumberUse) -> str:
    if use.contract and use.contract.keep:
        return use.contract.keep
    if use.observed_from is None:
        return "nessuna chiamata vista da questo apparato"
    if use.last is None:
        return f"nessuna chiamata dal {use.observed_from:%d/%m/%Y}"
    return f"ultima chiamata il {use.last:%d/%m/%Y}"


def _months(use: NumberUse) -> Iterator[str]:
    """Draw calls in (above) and out (below) of the last months as a small bar chart."""
    months = list(use.months.items())[-_MONTHS:]
    if not months:
        return
    most = max(max(counts) for _, counts in months)
    yield f'<svg width="{_BAR_PX * len(months)}" height="42" role="img">'
    for place, (month, (came, went)) in enumerate(months):
        up, down = round(20 * came / most), round(20 * went / most)
        x = place * _BAR_PX
        yield f"<g><title>{month}: {came} / {went}</title>"
        yield f'<rect x="{x}" y="{20 - up}" width="7" height="{up}" fill="#0b5cad"/>'
        yield f'<rect x="{x}" y="21" width="7" height="{down}" fill="#a8480a"/></g>'
    yield "</svg>"


def _euro(amount: float) -> str:
    whole, cents = f"{amount:,.2f}".split(".")
    return f"{whole.replace(',', '.')},{cents} €"
