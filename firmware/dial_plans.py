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
    plan = site.dialplan
    return DialPlan(
        internal=plan.internal,
        extensions=tuple(each.extension for each in site.lines.values()),
        blocked=plan.blocked,
        outside_prefix=plan.outside_prefix,
        emergency=site.emergency.numbers,
        first_digit_ms=round(plan.first_digit_s * 1000),
        inter_digit_ms=round(plan.inter_digit_s * 1000),
        local=plan.local,
        service_class=_service_class(site, line),
        leaving=_leaving(site, line),
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


def _leaving(site: Site, line: schema.Line) -> Leaving:
    trunk = site.trunks.get(line.trunk or "")
    if trunk is None:
        return Leaving()
    rules = tuple(Rewriting(rule.match, rule.replace) for rule in trunk.rewrite)
    return Leaving(trunk.number_form, rules)
