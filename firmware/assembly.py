"""From a site file to the settings of every part. Pure: no part is started here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_network

from firmware import exchange_plans
from firmware.calls.building import Config
from firmware.calls.desk import LineConfig
from firmware.calls.dialplan import DialPlan
from firmware.calls.features import Permissions
from firmware.calls.office import Office, Timers
from firmware.calls.routes import Routes
from firmware.calls.visit import GuideConfig
from firmware.dial_plans import guide_plan, plan_of
from firmware.guide.script import House
from firmware.lines import callerid_plan, hook_profile, ringing
from firmware.lines.callerid_dtmf import DtmfCode
from firmware.ops.mail import Post, Sender
from firmware.sip import settings
from firmware.site import schema
from firmware.site.choices import Dialing, DisplaySignal, Register, Service, WayOut
from firmware.site.guide_schema import Group, Menu
from firmware.site.guide_values import Goal, Target
from firmware.site.numbers import display
from firmware.site.schema import Site
from firmware.trunk.health import HealthTimes, Watched

_USES = {
    "off": settings.Use.OFF,
    "optional": settings.Use.SUPPORTED,
    "supported": settings.Use.SUPPORTED,
    "required": settings.Use.REQUIRED,
}
_HOOKS = {
    Dialing.BOTH: hook_profile.BOTH,
    Dialing.PULSE: hook_profile.ROTARY,
    Dialing.DTMF: hook_profile.DTMF,
}
_DISPLAYS = {
    DisplaySignal.DUAL_TONE: callerid_plan.DUAL_TONE,
    DisplaySignal.REVERSAL: callerid_plan.REVERSAL,
    DisplaySignal.RING_PULSE: callerid_plan.PULSE,
    DisplaySignal.DTMF: callerid_plan.dtmf_plan(DtmfCode.A_TO_C),
}
_MOST_CALLS = 64  # what pjsua2 is built for
_CALLS_PER_LINE = 4  # ended calls keep their slot for up to 32 s (RFC 3261 timer H)


def endpoint_settings(site: Site) -> settings.EndpointSettings:
    """What the SIP endpoint of ``site`` needs."""
    sip = site.sip
    parties = len(site.lines) + len(guide_channels(site))
    codecs = dict.fromkeys(codec.value for trunk in site.trunks.values() for codec in trunk.codecs)
    codecs |= dict.fromkeys(("pcma", "pcmu")) if site.directory else {}
    return settings.EndpointSettings(
        bind=str(sip.bind),
        port=sip.port,
        rtp_ports=sip.rtp_ports,
        codecs=tuple(codecs),
        nameservers=tuple(str(server) for server in sip.nameservers),
        user_agent=sip.user_agent,
        max_calls=min(_MOST_CALLS, max(8, _CALLS_PER_LINE * parties)),
        log_messages=sip.log_messages,
        location=location(site),
    )


def accounts(site: Site) -> list[settings.AccountSettings]:
    """Every account of ``site`` that goes with the server in use, and those of each server."""
    found = serving_accounts(site)
    for name, trunk in site.trunks.items():
        several = trunk.registration is Register.LINES and len(trunk.servers) > 1
        own = [each for each in found if each.trunk == name and each.line is not None]
        whole = _account(site, name, trunk, None, None)
        for each in (whole, *(own if several else ())):
            found += [_at_server(each, place) for place in range(len(trunk.servers))]
    return found + neighbours(site)


def neighbours(site: Site) -> list[settings.AccountSettings]:
    """The account for the box of each other site; all are served on one port."""
    table, pins = site.neighbours, [entry.pem for entry in site.directory.values()]
    if table is None or not pins:
        return []
    tls = settings.TlsSettings(
        authorities="".join(pins),
        clients=True,
        certificate=site.sip.tls_cert,
        key=site.sip.tls_key,
        port=table.port,
    )
    return [
        settings.AccountSettings(
            name=f"neighbour {name}",
            trunk=f"neighbour {name}",
            server=str(entry.server),
            user=site.about.id,
            domain=str(entry.server),
            transport=settings.Transport.TLS,
            srtp=settings.Srtp.REQUIRED,
            tls=tls,
            neighbour=name,
            fingerprint=entry.fingerprint,
        )
        for name, entry in site.directory.items()
    ]


def _at_server(account: settings.AccountSettings, place: int) -> settings.AccountSettings:
    """The account by which one server is probed, and called when the one in use fails."""
    server, domain = account.servers[place]
    return replace(
        account,
        name=f"{account.name}#{place + 1}",
        server=server,
        domain=domain,
        place=place,
        register=False,
        message_waiting=False,
        accept_from=(),
    )


def serving_accounts(site: Site) -> list[settings.AccountSettings]:
    """The accounts that serve ``site``: one for each trunk, or one for each of its lines."""
    found = []
    for name, trunk in site.trunks.items():
        if trunk.registration is Register.LINES:
            for line_name, line in site.lines.items():
                if line.trunk == name:
                    found.append(_account(site, name, trunk, line_name, line))
        else:
            found.append(_account(site, name, trunk, None, None))
    return found


def _account(
    site: Site,
    name: str,
    trunk: schema.Trunk,
    line_name: str | None,
    line: schema.Line | None,
) -> settings.AccountSettings:
    server = trunk.servers[0]
    user = (line.user or line.extension) if line else (trunk.user or site.about.id)
    secret = line.secret if line else trunk.secret
    return settings.AccountSettings(
        name=f"{name}/{line_name}" if line_name else name,
        trunk=name,
        server=str(server),
        user=user,
        domain=trunk.domain or str(server),
        transport=settings.Transport(trunk.transport.value),
        line=line_name,
        outbound_proxy=str(trunk.outbound_proxy) if trunk.outbound_proxy else None,
        register=trunk.registration is not Register.NONE,
        register_s=trunk.register_s,
        retry_s=trunk.retry_s,
        auth_user=user,
        password=secret.get_secret_value() if secret else "",
        codecs=tuple(codec.value for codec in trunk.codecs),
        srtp=settings.Srtp(trunk.srtp.value),
        keys_in_clear=trunk.allow_keys_in_clear,
        digits=settings.Digits(trunk.dtmf.value),
        reliable=_USES[trunk.reliable_provisional.value],
        session_timer=_USES[trunk.session_timer.value],
        session_expires_s=trunk.session_expires_s,
        keep_alive_s=trunk.keep_alive_s,
        identity=settings.Identity(trunk.identity.value),
        message_waiting=trunk.message_waiting,
        tls=_tls(site, trunk),
        accept_from=_known_peers(trunk),
        servers=tuple((str(each), trunk.domain or str(each)) for each in trunk.servers),
    )


def watched(site: Site) -> dict[str, Watched]:
    """What is watched of each trunk; a trunk whose servers are not asked is left alone."""
    found = serving_accounts(site)
    return {
        name: Watched(
            servers=tuple(map(str, trunk.servers)),
            accounts=tuple(each.name for each in found if each.trunk == name and each.register),
            times=HealthTimes(
                probe_ms=round(trunk.probe_s * 1000),
                return_ms=round(trunk.return_s * 1000),
            ),
        )
        for name, trunk in site.trunks.items()
        if trunk.probe_s
    }


def _tls(site: Site, trunk: schema.Trunk) -> settings.TlsSettings:
    return settings.TlsSettings(
        verify=trunk.verify_server,
        ca_file=trunk.ca_file,
        certificate=site.sip.tls_cert,
        key=site.sip.tls_key,
        port=site.sip.tls_port,
    )


def _known_peers(trunk: schema.Trunk) -> tuple[settings.Network, ...]:
    """Networks that may call us, as far as they are written as addresses."""
    if trunk.accept_from:
        return trunk.accept_from
    peers = [*trunk.servers, *([trunk.outbound_proxy] if trunk.outbound_proxy else [])]
    return tuple(ip_network(peer.address) for peer in peers if peer.address)


def named_peers(site: Site) -> dict[str, list[str]]:
    """Host names that may call us by trunk; they must be resolved to be recognised."""
    return {
        name: [
            peer.host
            for peer in (*trunk.servers, trunk.outbound_proxy)
            if peer is not None and peer.address is None
        ]
        for name, trunk in site.trunks.items()
        if not trunk.accept_from
    }


def location(site: Site) -> settings.Location | None:
    """Where the building is, for emergency calls."""
    place = site.location
    if place is None:
        return None
    return settings.Location(
        country=site.about.country.value,
        street=place.street,
        house_number=place.house_number,
        postal_code=place.postal_code,
        city=place.city,
        province=place.province,
        region=place.region,
        place=place.place,
        name=site.about.name,
        latitude=place.latitude,
        longitude=place.longitude,
    )


def secrets(site: Site) -> set[str]:
    """Every password and PIN of ``site``: texts that no log may show."""
    lines = site.lines.values()
    kept = [line.lock_pin for line in lines] + [line.secret for line in lines]
    kept += [trunk.secret for trunk in site.trunks.values()]
    kept += [site.mail.secret] if site.mail else []
    return {secret.get_secret_value() for secret in kept if secret is not None}


def ports(site: Site) -> dict[str, str]:
    """The port of each line of ``site``, telephones and exchange lines alike."""
    telephones = {name: line.port for name, line in site.lines.items()}
    return telephones | {name: line.port for name, line in site.exchange_lines.items()}


def callers(site: Site) -> dict[str, settings.LineIdentity]:
    """Who each line is to those it calls."""
    return (
        {
            name: settings.LineIdentity(
                number=line.number.sip_user if line.number else line.extension,
                name=line.caller_name or site.about.name,
                trunk=line.trunk,
            )
            for name, line in site.lines.items()
        }
        | {
            name: settings.LineIdentity(number=line.number.sip_user, name=site.about.name)
            for name, line in site.exchange_lines.items()
        }
        | {"": _guide_identity(site)}
    )


def _guide_identity(site: Site) -> settings.LineIdentity:
    """Who calls where a caller of the guide is unknown: the building."""
    doors = [door for tables in (site.menus, site.groups) for door in tables.values()]
    numbers = [number.sip_user for door in doors for number in door.numbers]
    known = [*numbers, *(door.extension for door in doors if door.extension), site.about.id]
    return settings.LineIdentity(known[0], site.about.name, next(iter(site.trunks), None))


def switch_config(site: Site) -> Config:
    """What the switch of ``site`` needs."""
    lines = {name: _line(site, line) for name, line in site.lines.items()}
    timers = Timers(
        keep_ms=site.emergency.keep_s * 1000, callback_ms=site.emergency.callback_s * 1000
    )
    exchange = exchange_plans.exchange_configs(site)
    office = Office(DialPlan(), timers)
    return Config(office, lines, site.board.rings_at_once, _routes(site), exchange, guide(site))


def guide(site: Site) -> GuideConfig:
    """The voice guide of ``site``."""
    tables = (*_doors(Goal.MENU, site.menus), *_doors(Goal.GROUP, site.groups))
    return GuideConfig(
        house=house(site),
        doors=dict(tables),
        numbers={name: display(number).replace(" ", "") for name, number in site.numbers.items()},
        channels=guide_channels(site),
        plan=guide_plan(site),
        trunk=next(iter(site.trunks), None),
        message_ms=site.guide.message_s * 1000,
    )


def mail(site: Site) -> Post | None:
    """How messages leave, if the site says so."""
    table = site.mail
    if table is None:
        return None
    return Post(
        server=table.server,
        port=table.port,
        sender=table.sender,
        security=table.security,
        user=table.user,
        password=table.secret.get_secret_value() if table.secret else "",
        ca_file=str(table.ca_file) if table.ca_file else None,
    )


def mail_sender(site: Site) -> Sender:
    """Who sends messages, and where each office reads them."""
    addresses = {name: office.email for name, office in site.hours.items() if office.email}
    return Sender(site.about.id, site.about.name, site.about.time_zone, addresses)


def guide_channels(site: Site) -> tuple[str, ...]:
    """The names of the guide's voices; none if there is nothing to be guided to."""
    if not site.menus and not site.groups:
        return ()
    return tuple(f"guide{n}" for n in range(1, site.guide.channels + 1))


def _doors(
    goal: Goal, tables: Mapping[str, Menu] | Mapping[str, Group]
) -> Iterator[tuple[str, Target]]:
    for name, table in tables.items():
        target = Target(goal, name)
        yield str(target), target  # for exchange lines, which call it by its name
        if table.extension:
            yield table.extension, target
        for number in table.numbers:
            yield from ((form, target) for form in (number.e164, number.digits, number.e164[3:]))


def house(site: Site) -> House:
    """What the voice guide of ``site`` knows."""
    return House(site.menus, site.hours, site.groups)


def _routes(site: Site) -> Routes:
    return Routes(
        trunks=tuple(site.trunks),
        servers={n: len(t.servers) for n, t in site.trunks.items() if len(t.servers) > 1},
        exchange=exchange_plans.ways_out(site),
        emergency=site.emergency.ways,
        trying_ms=round(site.dialplan.next_way_s * 1000),
        neighbours_always=site.neighbours is not None and site.neighbours.always,
    )


def _caller_id(site: Site, line: schema.Line) -> callerid_plan.CountryPlans:
    country = callerid_plan.COUNTRIES[site.about.country.value]
    if line.caller_id_signal is DisplaySignal.AFTER_RING:
        return country
    return replace(country, call=_DISPLAYS[line.caller_id_signal])


def _permissions(line: schema.Line) -> Permissions:
    return Permissions(
        allowed=frozenset(Service) - frozenset(line.services_off),
        pin=line.lock_pin.get_secret_value() if line.lock_pin else "",
        hotline=line.hotline or "",
        hotline_ms=round(line.hotline_s * 1000),
        no_answer_ms=line.no_answer_s * 1000,
    )


def _ways(site: Site, line: schema.Line) -> frozenset[WayOut]:
    """The ways that the class of service of ``line`` lets it use."""
    named = line.service_class
    allowed = frozenset(site.classes[named].ways if named is not None else WayOut)
    return allowed if line.trunk is not None else allowed - {WayOut.PBX}


def _line(site: Site, line: schema.Line) -> LineConfig:
    names = dict(ringing.DISTINCTIVE)
    for alert, cadence in line.distinctive.items():
        names[alert.lower()] = ringing.DISTINCTIVE.get(cadence.value, ringing.NORMAL)
    rules = [
        ringing.CallerRule(prefix, ringing.DISTINCTIVE.get(cadence.value, ringing.NORMAL))
        for prefix, cadence in line.distinctive_callers.items()
    ]
    default = ringing.NORMAL.at(float(line.ring_hz))

    def choose(alert_info: str, number: str | None) -> ringing.Cadence:
        return ringing.choose(alert_info, number, rules=rules, names=names, default=default)

    number = line.number
    aliases = [] if number is None else [number.e164, number.digits, number.e164[3:]]
    return LineConfig(
        extension=line.extension,
        hook=_HOOKS[line.dialing],
        ringing=choose,
        caller_id=_caller_id(site, line) if line.caller_id else None,
        splash=line.ring_splash,
        aliases=(*aliases, *([line.user] if line.user else [])),
        number=display(number).replace(" ", "") if number else "",
        call_waiting=line.call_waiting,
        ring_ms=line.ring_s * 1000,
        refused_ms=line.left_off_s * 1000,
        howler_ms=line.howler_s * 1000,
        permissions=_permissions(line),
        plan=plan_of(site, line),
        reversal=line.reverse_on_answer,
        break_ms=line.disconnect_ms,
        name=line.caller_name or site.about.name,
        trunk=line.trunk,
        ways=_ways(site, line),
    )
