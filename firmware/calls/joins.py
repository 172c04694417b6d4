"""From who talks with whom to what the bridge has to connect. Pure.

Owners of legs join them with their line or with each other, whatever a leg is. Some legs are
nothing that a bridge could connect: the two ends of a call inside the box are tied to each other
(``ties``), and what reaches one end comes out of the other. Others go by another name there
(``names``): a call on an exchange line is heard on that line.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

Joins = frozenset[tuple[str, str]]


def physical(
    joins: Iterable[tuple[str, str]],
    *,
    lines: Container[str],
    ties: Mapping[str, str],
    names: Mapping[str, str],
) -> Joins:
    """Give the pairs that must hear each other on the bridge, each once, ``lines`` first.

    Two hear each other if they are joined, or joined with the two ends of a tie, over as many
    ties as there are.
    """
    beside: dict[str, list[str]] = {}
    for a, b in joins:
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    found = set()
    for start in beside:
        if start in ties:
            continue
        for end in _reached(start, beside, ties):
            pair = {names.get(start, start), names.get(end, end)}
            if len(pair) > 1:
                one, other = sorted(pair, key=lambda name: (name not in lines, name))
                found.add((one, other))
    return frozenset(found)


def _reached(start: str, beside: Mapping[str, list[str]], ties: Mapping[str, str]) -> set[str]:
    """What is joined with ``start`` and can be connected, over any number of ties."""
    reached: set[str] = set()
    crossed: set[str] = set()
    todo = list(beside[start])
    while todo:
        node = todo.pop()
        if node not in ties:
            reached.add(node)
        elif node not in crossed:
            crossed.add(node)
            todo += beside.get(ties[node], ())
    return reached
