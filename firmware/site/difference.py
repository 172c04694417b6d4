"""What changes between two sites, in words: for whoever applies a configuration. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from firmware.site.explain import Plain, explain, inline
from firmware.site.schema import Site


def difference(before: Site | None, after: Site) -> tuple[str, ...]:
    """Give a line for each key that differs, as ``lines.cucina.extension: "21" → "22"``.

    Defaults count as what applies; secrets are not shown, not even that they differ.
    """
    old = explain(before) if before is not None else {}
    return tuple(_tables(old, explain(after), ""))


def _tables(old: Mapping[str, Plain], new: Mapping[str, Plain], place: str) -> Iterator[str]:
    for key in dict.fromkeys((*old, *new)):
        path = f"{place}.{key}" if place else key
        was, is_ = old.get(key), new.get(key)
        if was == is_:
            continue
        if isinstance(was, dict | None) and isinstance(is_, dict | None):
            if was is None and place:
                yield f"{path}: new"
            elif is_ is None:
                yield f"{path}: removed"
            else:
                yield from _tables(was or {}, is_ or {}, path)
        elif was is None:
            yield f"{path}: {inline(is_)}" if is_ is not None else path
        elif is_ is None:
            yield f"{path}: no longer {inline(was)}"
        else:
            yield f"{path}: {inline(was)} → {inline(is_)}"
