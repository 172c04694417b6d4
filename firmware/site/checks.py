"""What must hold between the keys and sections of a site file. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from firmware.site import cutover_checks, dial_checks, guide_checks
from firmware.site.choices import BOARD_PORTS, BoardName, Need, Register, Transport, WayOut
from firmware.site.problems import Finding, Path, repeated
from firmware.site.schema import Line, Sip, Trunk
from firmware.site.tables import Draft, names_in
from firmware.site.values import meant

PORTS_PER_LINE = 8  # 4 calls, also just ended ones, with RTP and RTCP each
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
    yield from _exchange(draft)
    if draft.emergency is not None:
        numbers = draft.emergency.numbers
        yield from dial_checks.emergency(numbers)
        out = any(line.outbound for line in draft.exchange_lines.values())
        has = {
            WayOut.PBX: bool(draft.trunks),
            WayOut.EXCHANGE: out,
            WayOut.NEIGHBOURS: draft.neighbours is not None,
        }
        there = frozenset(way for way, is_there in has.items() if is_there)
        yield from dial_checks.emergency_ways(draft.emergency.ways, there)
        yield from dial_checks.never_shadowed(numbers, draft.dialplan, draft.lines)
        for name, trunk in draft.trunks.items():
            yield from dial_checks.rewriting(name, trunk, numbers)
    if draft.dialplan is not None:
        yield from dial_checks.dialplan(draft.dialplan, draft.lines)
    yield from guide_checks.guide(draft)
    if draft.location is not None:
        yield from dial_checks.location(draft.location)
    if draft.cutover is not None:
        yield from cutover_checks.cutover(draft.cutover, draft)
    for name, table in draft.classes.items():
        yield from dial_checks.service_class(name, table, draft.dialplan)


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
    yield from repeated((*path, "servers"), map(str, trunk.servers))
    yield from repeated((*path, "codecs"), trunk.codecs)


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
    own = draft.board.name is BoardName.CUSTOM
    if own is (draft.board.file is None):
        what = "is missing" if own else f'is for the board "custom", not "{draft.board.name}"'
        yield Finding(("board", "file"), what, "name your description" if own else "remove it")
    if own:
        return  # which ports there are stands in that file
    fixed = BOARD_PORTS.get(draft.board.name)
    counts = {"fxs": draft.board.fxs, "fxo": draft.board.fxo}
    for kind in counts:
        if fixed and kind in draft.board.model_fields_set:
            what = f'is for the board "sim", this one has {", ".join(fixed)}'
            yield Finding(("board", kind), what, "remove it")
    for name, port in _ports_of(draft):
        kind = port[:3]
        known = fixed or tuple(f"{kind}{n}" for n in range(1, counts[kind] + 1))
        if port not in known:
            ends = f', which ends at "{known[-1]}"' if known else ""
            remedy = f"correct it, or set {kind} under [board] for a simulated board"
            yield Finding(
                ("lines", name, "port"),
                f'"{port}" is not on the board{ends}',
                meant(port, known) if fixed else remedy,
            )


def _ports_of(draft: Draft) -> Iterator[tuple[str, str]]:
    yield from ((name, line.port) for name, line in draft.lines.items())
    yield from ((name, line.port) for name, line in draft.exchange_lines.items())


def _exchange(draft: Draft) -> Iterator[Finding]:
    """Find exchange lines whose calls would go nowhere."""
    for name, line in draft.exchange_lines.items():
        path: Path = ("lines", name)
        if line.inbound == "pbx" and not draft.trunks:
            what = "names the switchboard, but there is no trunk"
            yield Finding((*path, "inbound"), what, "describe it under [trunks.NAME]")
        guided = [*(f"menu {each}" for each in draft.menus), *(f"group {g}" for g in draft.groups)]
        inside = [*draft.lines, *guided]
        for key, target in (("inbound", line.inbound), ("alone", line.alone)):
            if target is not None and target not in ("pbx", *inside):
                known = ["pbx", *inside] if key == "inbound" else inside
                what = f'"{target}" is not a telephone, menu or group of this file'
                yield Finding((*path, key), what, meant(target, known))
            elif key == "alone" and target == "pbx":
                what = "is for when there is no switchboard"
                yield Finding((*path, key), what, "name a telephone")
