"""What must hold between the keys and sections of a site file. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from firmware.site.choices import Need, Register, Transport
from firmware.site.problems import Finding, Path
from firmware.site.schema import DialPlan, Line, Sip, Trunk
from firmware.site.tables import Draft, names_in

PORTS_PER_LINE = 8  # 4 calls, also just ended ones, with RTP and RTCP each
_ALWAYS = ("112", "113", "115", "118")  # the numbers behind the single European number in Italy
_TLS_KEYS = ("verify_server", "ca_file")


def check(draft: Draft, raw: Mapping[str, object]) -> Iterator[Finding]:
    """Find what is wrong between the tables of ``draft``.

    ``raw`` is the parsed file: what must be unique is compared there, so that a line with
    another mistake counts too.
    """
    yield from _numbers_once(draft)
    for name, trunk in draft.trunks.items():
        yield from chain(_security(name, trunk), _accounts(name, trunk), _lists(name, trunk))
    for name, line in draft.lines.items():
        yield from _line_account(name, line, draft.trunks)
    for key in ("port", "extension"):
        yield from _unique(raw, key, "lines")
    yield from _users_once(draft)
    if draft.sip is not None:
        yield from _ports(draft.sip, max(1, len(names_in(raw, "lines"))), draft.trunks)
        yield from _families(draft.sip, draft.trunks)
    yield from _board(draft)
    if draft.emergency is not None:
        yield from _emergency(draft.emergency.numbers)
        yield from _never_shadowed(draft.emergency.numbers, draft.dialplan, draft.lines)
    if draft.dialplan is not None:
        yield from _dialplan(draft.dialplan, draft.lines)


def shadows(pattern: str, number: str) -> bool:
    """Tell whether ``pattern`` is complete before or with ``number`` on the same digits.

    ``x`` stands for any digit and a point at the end for any further digits.
    """
    body = pattern.removesuffix(".")
    return len(body) <= len(number) and _alike(body, number)


def _alike(pattern: str, digits: str) -> bool:
    """Tell whether the common length of a pattern and a number fits."""
    return all(p in ("x", d) for p, d in zip(pattern, digits, strict=False))


def _numbers_once(draft: Draft) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for name, number in draft.numbers.items():
        if number is None:
            continue
        other = first.setdefault(number.e164, name)
        if other != name:
            what = f'is the same number as "{other}"'
            yield Finding(("numbers", name), what, "keep one of the two names")


def _security(name: str, trunk: Trunk) -> Iterator[Finding]:
    tls = trunk.transport is Transport.TLS
    if trunk.srtp is not Need.OFF and not tls and not trunk.allow_keys_in_clear:
        yield Finding(
            ("trunks", name, "srtp"),
            f"the keys (SDES, RFC 4568) would be readable in SIP over {trunk.transport}",
            'set transport = "tls", or allow_keys_in_clear = true if the network is trusted',
        )
    for key in _TLS_KEYS:
        if not tls and key in trunk.model_fields_set:
            yield Finding(
                ("trunks", name, key),
                f'has no effect with transport = "{trunk.transport}"',
                'remove it, or set transport = "tls"',
            )


def _accounts(name: str, trunk: Trunk) -> Iterator[Finding]:
    path: Path = ("trunks", name)
    match trunk.registration:
        case Register.LINES:
            for key, value in (("user", trunk.user), ("secret", trunk.secret)):
                if value is not None:
                    what = 'is not used with register = "lines"'
                    yield Finding((*path, key), what, "remove it; each line has its own")
        case Register.TRUNK:
            yield from _both(path, trunk.user, trunk.secret, 'register = "trunk"')
        case Register.NONE:
            if trunk.secret is not None and trunk.user is None:
                yield Finding((*path, "user"), "is missing", "write the user of the secret")


def _line_account(name: str, line: Line, trunks: Mapping[str, Trunk]) -> Iterator[Finding]:
    path: Path = ("lines", name)
    trunk = trunks.get(line.trunk or "")
    if trunk is not None and trunk.registration is Register.LINES:
        yield from _both(
            path, line.user, line.secret, f'register = "lines" of trunk "{line.trunk}"'
        )
    elif trunk is not None or line.trunk is None:
        for key, value in (("user", line.user), ("secret", line.secret)):
            if value is not None:
                what = "is not used, its trunk does not register lines"
                yield Finding((*path, key), what, 'remove it, or set register = "lines" there')


def _both(path: Path, user: object, secret: object, because: str) -> Iterator[Finding]:
    for key, value in (("user", user), ("secret", secret)):
        if value is None:
            yield Finding((*path, key), f"is missing, {because} needs it", f"add {key} = …")


def _lists(name: str, trunk: Trunk) -> Iterator[Finding]:
    path: Path = ("trunks", name)
    yield from _once((*path, "servers"), map(str, trunk.servers))
    yield from _once((*path, "codecs"), trunk.codecs)


def _once(path: Path, values: Iterable[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for position, value in enumerate(values):
        if value in seen:
            yield Finding((*path, position), f'"{value}" is there twice', "remove one")
        seen.add(value)


def _unique(raw: Mapping[str, object], key: str, section: str) -> Iterator[Finding]:
    first: dict[str, str] = {}
    tables = raw.get(section)
    for name, table in tables.items() if isinstance(tables, dict) else ():
        value = table.get(key) if isinstance(table, dict) else None
        if not isinstance(value, str):
            continue
        other = first.setdefault(value, name)
        if other != name:
            what = f'is that of line "{other}" too'
            yield Finding((section, name, key), what, "give each line its own")


def _users_once(draft: Draft) -> Iterator[Finding]:
    first: dict[tuple[str | None, str], str] = {}
    for name, line in draft.lines.items():
        if line.user is None:
            continue
        other = first.setdefault((line.trunk, line.user), name)
        if other != name:
            what = f'is that of line "{other}" too'
            yield Finding(("lines", name, "user"), what, "give each line its own")


def _ports(sip: Sip, lines: int, trunks: Mapping[str, Trunk]) -> Iterator[Finding]:
    low, high = sip.rtp_ports
    path: Path = ("sip", "rtp_ports")
    if not 1024 <= low < high <= 65535 or low % 2 == 1 or high % 2 == 0:
        remedy = "write an even first and an odd last port from 1024 to 65535, as [10000, 10199]"
        yield Finding(path, f"[{low}, {high}] is not a range of port pairs", remedy)
        return
    if high - low + 1 < PORTS_PER_LINE * lines:
        yield Finding(
            path,
            f"{high - low + 1} ports are too few for {lines} lines",
            f"make it at least {PORTS_PER_LINE * lines} ports, as [{low}, "
            f"{low + PORTS_PER_LINE * lines - 1}]",
        )
    for key, port in (("port", sip.port), ("tls_port", sip.tls_port)):
        if low <= port <= high:
            yield Finding(("sip", key), f"{port} lies in rtp_ports", "choose another port or range")
    tls = any(trunk.transport is Transport.TLS for trunk in trunks.values())
    if tls and sip.port == sip.tls_port != 0:
        yield Finding(("sip", "tls_port"), "is the same as port", "give TLS a port of its own")
    if (sip.tls_cert is None) != (sip.tls_key is None):
        missing = "tls_cert" if sip.tls_cert is None else "tls_key"
        yield Finding(("sip", missing), "is missing", "certificate and key belong together")


def _families(sip: Sip, trunks: Mapping[str, Trunk]) -> Iterator[Finding]:
    for name, trunk in trunks.items():
        for position, server in enumerate(trunk.servers):
            if server.address is not None and server.address.version != sip.bind.version:
                yield Finding(
                    ("trunks", name, "servers", position),
                    f'"{server}" is IPv{server.address.version} '
                    f"and [sip] bind is IPv{sip.bind.version}",
                    'use one family: bind = "0.0.0.0" is IPv4, "::" is IPv6',
                )


def _board(draft: Draft) -> Iterator[Finding]:
    if draft.board is None:
        return
    for name, line in draft.lines.items():
        if int(line.port.removeprefix("fxs")) > draft.board.fxs:
            yield Finding(
                ("lines", name, "port"),
                f'"{line.port}" is not on the board, which ends at "fxs{draft.board.fxs}"',
                "correct it, or set fxs under [board] for a simulated board",
            )


def _emergency(numbers: tuple[str, ...]) -> Iterator[Finding]:
    path: Path = ("emergency", "numbers")
    for number in _ALWAYS:
        if number not in numbers:
            yield Finding(path, f"{number} is missing", f'add "{number}"')
    yield from _once(path, numbers)
    for position, number in enumerate(numbers):
        for other in numbers:
            if number != other and number.startswith(other):
                what = f"{number} can never be dialled, {other} is complete before it"
                yield Finding((*path, position), what, "remove one of the two")


def _never_shadowed(
    numbers: tuple[str, ...], plan: DialPlan | None, lines: Mapping[str, Line]
) -> Iterator[Finding]:
    """Nothing that is dialled may stand in the way of an emergency number."""
    for name, line in lines.items():
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


def _dialplan(plan: DialPlan, lines: Mapping[str, Line]) -> Iterator[Finding]:
    for position, pattern in enumerate(plan.internal):
        if plan.outside_prefix and _alike(pattern.removesuffix("."), plan.outside_prefix):
            what = f'"{pattern}" begins like outside_prefix "{plan.outside_prefix}"'
            yield Finding(("dialplan", "internal", position), what, "change one of them")
    for name, line in lines.items():
        for pattern in plan.blocked:
            if shadows(pattern, line.extension):
                what = f'"{line.extension}" is blocked by "{pattern}" under [dialplan]'
                yield Finding(("lines", name, "extension"), what, "make the pattern narrower")
