"""From a site file to the dial plan of each line. Pure."""

from __future__ import annotations

from datetime import datetime

from firmware.calls.dialplan import DialPlan
from firmware.calls.numbering import Leaving, Rewriting
from firmware.calls.service_class import ServiceClass
from firmware.site import schema
from firmware.site.schema import Site


def plan_of(site: Site, line: schema.Line) -> DialPlan:
    """The dialling rules of ``line``: those of the building, its class, its trunk."""
    return _plan(site, _service_class(site, line), _leaving(site, line.trunk))


def guide_plan(site: Site) -> DialPlan:
    """The dialling rules of calls that the voice guide makes for its callers."""
    return _plan(site, ServiceClass(), _leaving(site, next(iter(site.trunks), None)))


def _plan(site: Site, service_class: ServiceClass, leaving: Leaving) -> DialPlan:
    plan = site.dialplan
    lines = [each.extension for each in site.lines.values()]
    menus = [menu.extension for menu in site.menus.values() if menu.extension]
    groups = [group.extension for group in site.groups.values() if group.extension]
    return DialPlan(
        internal=plan.internal,
        extensions=(*lines, *menus, *groups),
        blocked=plan.blocked,
        outside_prefix=plan.outside_prefix,
        emergency=site.emergency.numbers,
        first_digit_ms=round(plan.first_digit_s * 1000),
        inter_digit_ms=round(plan.inter_digit_s * 1000),
        local=plan.local,
        service_class=service_class,
        leaving=leaving,
    )


def after_hours(plan: DialPlan, local: datetime) -> bool:
    """Whether the class of service is outside its hours at ``local`` time of the building."""
    minute = local.hour * 60 + local.minute
    return not plan.service_class.is_open(local.weekday(), minute)


def _service_class(site: Site, line: schema.Line) -> ServiceClass:
    if line.service_class is None:
        return ServiceClass()
    table = site.classes[line.service_class]
    return ServiceClass(
        name=line.service_class,
        categories=frozenset(table.allow) - frozenset(table.deny),
        allowed=table.allow_numbers,
        denied=table.deny_numbers,
        hours=table.hours,
    )


def _leaving(site: Site, name: str | None) -> Leaving:
    trunk = site.trunks.get(name or "")
    if trunk is None:
        return Leaving()
    rules = tuple(Rewriting(rule.match, rule.replace) for rule in trunk.rewrite)
    return Leaving(trunk.number_form, rules)
