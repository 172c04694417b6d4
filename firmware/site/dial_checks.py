"""What must hold between what may be dialled, the classes, and emergency numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from firmware.site.choices import Category, WayOut
from firmware.site.dial_schema import DialPlan, Location, Rewrite, ServiceClass
from firmware.site.problems import Finding, Path, repeated
from firmware.site.schema import Line, Trunk

_ALWAYS = ("112", "113", "115", "118")  # the numbers behind the single European number in Italy


def shadows(pattern: str, number: str) -> bool:
    """Tell whether ``pattern`` is complete before or with ``number`` on the same digits.

    ``x`` stands for any digit and a point at the end for any further digits.
    """
    body = pattern.removesuffix(".")
    return len(body) <= len(number) and _alike(body, number)


def _alike(pattern: str, digits: str) -> bool:
    """Tell whether the common length of a pattern and a number fits."""
    return all(p in ("x", d) for p, d in zip(pattern, digits, strict=False))


def emergency(numbers: tuple[str, ...]) -> Iterator[Finding]:
    """Find emergency numbers that lack or that could not be dialled."""
    path: Path = ("emergency", "numbers")
    for number in _ALWAYS:
        if number not in numbers:
            yield Finding(path, f"{number} is missing", f'add "{number}"')
    yield from repeated(path, numbers)
    for position, number in enumerate(numbers):
        for other in numbers:
            if number != other and number.startswith(other):
                what = f"{number} can never be dialled, {other} is complete before it"
                yield Finding((*path, position), what, "remove one of the two")


def emergency_ways(ways: tuple[WayOut, ...], there: frozenset[WayOut]) -> Iterator[Finding]:
    """Find an order of ways in which no way is one that the building has."""
    path: Path = ("emergency", "ways")
    yield from repeated(path, ways)
    if there and not there & set(ways):
        names = ", ".join(f'"{way}"' for way in WayOut if way in there)
        yield Finding(path, "has no way that this building has", f"add {names}")


def location(table: Location) -> Iterator[Finding]:
    """Find a place that nobody could be sent to."""
    path: Path = ("location",)
    if (table.latitude is None) is not (table.longitude is None):
        missing = "latitude" if table.latitude is None else "longitude"
        yield Finding((*path, missing), "is missing", "write both latitude and longitude")
    if table.latitude is None and not (table.street and table.city):
        yield Finding(path, "does not say where", "write street and city, or the coordinates")


def never_shadowed(
    numbers: tuple[str, ...], plan: DialPlan | None, lines: Mapping[str, Line]
) -> Iterator[Finding]:
    """Find what is dialled and stands in the way of an emergency number."""
    for name, line in lines.items():
        pin = line.lock_pin.get_secret_value() if line.lock_pin else ""
        if pin.startswith(numbers):
            what = "begins like an emergency number, which would be called instead"
            yield Finding(("lines", name, "lock_pin"), what, "choose another PIN")
        if hit := [number for number in numbers if _alike(line.extension, number)]:
            what = f'"{line.extension}" begins like {_several(hit)}'
            yield Finding(("lines", name, "extension"), what, "choose another extension")
    if plan is None:
        return
    for position, pattern in enumerate(plan.blocked):
        if hit := [number for number in numbers if shadows(pattern, number)]:
            what = f'"{pattern}" blocks {_several(hit)}'
            yield Finding(("dialplan", "blocked", position), what, "make it narrower")
    for position, pattern in enumerate(plan.internal):
        if hit := [number for number in numbers if _alike(pattern.removesuffix("."), number)]:
            what = f'"{pattern}" begins like {_several(hit)}'
            yield Finding(("dialplan", "internal", position), what, "make it narrower")
    prefix = plan.outside_prefix
    if prefix and (hit := [number for number in numbers if number.startswith(prefix)]):
        what = f'"{prefix}" begins like {_several(hit)}'
        yield Finding(("dialplan", "outside_prefix"), what, 'use another, as "0"')


def _several(numbers: list[str]) -> str:
    more = f" and {len(numbers) - 3} more" if len(numbers) > 3 else ""
    kind = "emergency numbers" if len(numbers) > 1 else "the emergency number"
    return f"{kind} {', '.join(numbers[:3])}{more}"


def dialplan(plan: DialPlan, lines: Mapping[str, Line]) -> Iterator[Finding]:
    """Find numbers of the house that could not be dialled."""
    prefix = plan.outside_prefix
    for position, pattern in enumerate(plan.internal):
        if prefix and _alike(pattern.removesuffix("."), prefix):
            what = f'"{pattern}" begins like outside_prefix "{prefix}"'
            yield Finding(("dialplan", "internal", position), what, "change one of them")
    for name, line in lines.items():
        path: Path = ("lines", name, "extension")
        if prefix and _alike(line.extension, prefix):
            what = f'"{line.extension}" begins like outside_prefix "{prefix}"'
            yield Finding(path, what, "change one of them")
        for pattern in plan.blocked:
            if shadows(pattern, line.extension):
                what = f'"{line.extension}" is blocked by "{pattern}" under [dialplan]'
                yield Finding(path, what, "make the pattern narrower")


def service_class(name: str, table: ServiceClass, plan: DialPlan | None) -> Iterator[Finding]:
    """Find what a class of service says twice or in vain."""
    path: Path = ("classes", name)
    if table.deny and "allow" in table.model_fields_set:
        yield Finding((*path, "deny"), "is not used beside allow", "keep one of the two")
    yield from repeated((*path, "ways"), table.ways)
    for key in ("allow", "deny"):
        kinds: tuple[Category, ...] = getattr(table, key)
        yield from repeated((*path, key), kinds)
        written = key in table.model_fields_set
        if written and Category.LOCAL in kinds and plan is not None and not plan.local:
            what = 'names "local", and no district is local'
            yield Finding((*path, key), what, 'write local = ["0571"] under [dialplan]')
    for position, pattern in enumerate(table.allow_numbers):
        if pattern in table.deny_numbers:
            what = f'"{pattern}" is denied too'
            yield Finding((*path, "allow_numbers", position), what, "remove one")


def rewriting(name: str, trunk: Trunk, numbers: tuple[str, ...]) -> Iterator[Finding]:
    """Find rules of a trunk that cannot work, or that make an emergency number of another."""
    seen: set[str] = set()
    for position, rule in enumerate(trunk.rewrite):
        path: Path = ("trunks", name, "rewrite", position)
        if rule.match in seen:
            what = f'"{rule.match}" is matched by a rule before'
            yield Finding((*path, "match"), what, "remove one of the two")
        seen.add(rule.match)
        yield from _places(path, rule)
        if hit := [number for number in numbers if _may_be(rule.replace, number)]:
            yield Finding(
                (*path, "replace"),
                f'"{rule.replace}" may make {_several(hit)} of another number',
                "put digits in front; what people dial before numbers is outside_prefix",
            )


def _places(path: Path, rule: Rewrite) -> Iterator[Finding]:
    match, replace = rule.match.count("x"), rule.replace.count("x")
    if match != replace:
        what = f"has {replace} x where match has {match}"
        yield Finding((*path, "replace"), what, "write as many x in both")
    if rule.match.endswith(".") is not rule.replace.endswith("."):
        what = f'and match "{rule.match}" do not both end with a point'
        yield Finding((*path, "replace"), what, "end both with a point, or neither")


def _may_be(pattern: str, number: str) -> bool:
    """Whether ``pattern`` can stand for exactly ``number``."""
    same = len(pattern) == len(number) or pattern.endswith(".")
    return same and shadows(pattern, number)
