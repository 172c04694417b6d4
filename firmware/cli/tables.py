"""JSON of the daemon as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from rich import box
from rich.table import Table

Row = Mapping[str, object]


def as_list(value: object) -> list[Row]:
    """The objects in a JSON array; nothing if it is none."""
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]


def as_dict(value: object) -> Row:
    """A JSON object; an empty one if it is none."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str:
    """Write one value for people."""
    match value:
        case None:
            return "–"
        case True:
            return "yes"
        case False:
            return "no"
        case _:
            return str(value)


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:
    """Make a plain table of what people want to know."""
    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column)
    for row in rows:
        made.add_row(*(text(value) for value in row))
    return made


def peer(row: Row) -> str:
    """Who is at the far end of a call."""
    if row.get("peer_private"):
        return "private"
    shown = " ".join(text(row[key]) for key in ("peer_number", "peer_name") if row.get(key))
    return shown or "unknown"


def lines_table(rows: Iterable[Row]) -> Table:
    """The telephones."""
    columns = ("line", "port", "extension", "state", "hears", "with")
    return table(
        "Lines",
        columns,
        (
            (
                row.get("line"),
                row.get("port"),
                row.get("extension"),
                row.get("state"),
                row.get("tone"),
                ", ".join(f"{peer(leg)} ({leg.get('stage')})" for leg in as_list(row.get("legs")))
                or None,
            )
            for row in rows
        ),
    )


def proofs_table(rows: Iterable[Row]) -> Table:
    """The ways of emergency calls, in the order in which they are tried."""
    columns = ("way", "name", "works", "because")
    return table(
        "Ways of emergency calls",
        columns,
        ((row.get("way"), row.get("name"), row.get("ok"), row.get("what")) for row in rows),
    )


def trunks_table(rows: Iterable[Row]) -> Table:
    """The ways to switchboards."""
    columns = ("account", "server", "transport", "srtp", "registration", "answer", "state", "why")
    return table(
        "Trunks",
        columns,
        (
            (
                *(row.get(column) for column in columns[:5]),
                f"{row.get('code')} {row.get('reason')}" if row.get("code") else None,
                row.get("state"),
                row.get("cause"),
            )
            for row in rows
        ),
    )


def changes_table(rows: Iterable[Row]) -> Table:
    """How trunks went away and came back."""
    return table(
        "Changes",
        ("at", "trunk", "state", "why", "server"),
        (
            (
                _local(row.get("at")),
                row.get("trunk"),
                row.get("state"),
                row.get("cause"),
                row.get("server"),
            )
            for row in rows
        ),
    )


def active_table(rows: Iterable[Row]) -> Table:
    """Calls that are up."""
    return table(
        "Calls now",
        ("call", "line", "with", "stage", "place", "audio"),
        (
            (
                row.get("call"),
                row.get("line"),
                peer(row),
                row.get("stage"),
                row.get("place"),
                row.get("media"),
            )
            for row in rows
        ),
    )


def recent_table(rows: Iterable[Row]) -> Table:
    """The last calls."""
    return table(
        "Last calls",
        ("began", "line", "", "with", "lasted", "end", "codec", "lost"),
        (
            (
                _local(row.get("started_at")),
                row.get("line"),
                {"in": "←", "out": "→"}.get(str(row.get("direction"))),
                peer(row),
                _lasted(row),
                _end(row),
                row.get("codec"),
                row.get("rx_lost"),
            )
            for row in rows
        ),
    )


def _local(at: object) -> str | None:
    moment = _moment(at)
    return None if moment is None else f"{moment.astimezone():%d.%m. %H:%M:%S}"


def _lasted(row: Row) -> str | None:
    begin, end = _moment(row.get("answered_at")), _moment(row.get("ended_at"))
    if begin is None or end is None:
        return None
    minutes, seconds = divmod(round((end - begin).total_seconds()), 60)
    return f"{minutes}:{seconds:02}"


def _end(row: Row) -> str | None:
    if row.get("interrupted"):
        return "interrupted"
    return f"{row.get('code')} {row.get('reason')}" if row.get("ended_at") else "up"


def _moment(at: object) -> datetime | None:
    return datetime.fromisoformat(at) if isinstance(at, str) else None
