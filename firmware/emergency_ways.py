"""How each way of emergency calls of a building is proven, in their order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from functools import partial

from firmware.exchange_plans import ways_out
from firmware.ops.way_proofs import Outcome, Way
from firmware.sip.events import RegistrationChanged
from firmware.sip.settings import AccountSettings
from firmware.site.choices import WayOut
from firmware.site.schema import Site

_NOBODY = (408, 503)  # what pjsip says by itself when no answer came

Registration = Callable[[str], RegistrationChanged | None]
"""What the registrar of an account said last."""

Probe = Callable[[str], Future[int]]
"""Ask the server of an account; the status of its answer."""


def ways_of(
    site: Site,
    accounts: Sequence[AccountSettings],
    *,
    registration: Registration,
    probe: Probe,
    exchange: Callable[[str], Awaitable[Outcome]],
) -> list[Way]:
    """The ways of ``site``, as emergency calls try them; ``exchange`` proves an exchange line."""
    found: list[Way] = []
    for kind in site.emergency.ways:
        match kind:
            case WayOut.PBX:
                for trunk in site.trunks:
                    own = [account for account in accounts if account.trunk == trunk]
                    prove = partial(_trunk, own, registration, probe)
                    found.append(Way(kind, trunk, prove))
            case WayOut.EXCHANGE:
                lines = ways_out(site)
                found += [Way(kind, line, partial(exchange, line)) for line in lines]
            case WayOut.NEIGHBOURS:
                for name in site.directory:
                    found.append(Way(kind, name, partial(_neighbour, name, probe)))
            case WayOut.MOBILE:
                pass  # no site has one yet
    return found


async def _neighbour(site: str, probe: Probe) -> Outcome:
    """The box of another site answers, with its certificate; how it fares is not told."""
    code = await asyncio.wrap_future(probe(f"neighbour {site}"))
    return (False, "does not answer") if code in _NOBODY else (True, f"answers OPTIONS ({code})")


async def _trunk(
    accounts: Sequence[AccountSettings], registration: Registration, probe: Probe
) -> Outcome:
    """A switchboard: every account registered, and its server answers."""
    for account in accounts:
        last = registration(account.name)
        if account.register and (last is None or not 200 <= last.code < 300):
            why = f"{last.code} {last.reason}" if last else "no answer yet"
            return False, f"{account.name} is not registered: {why}"
    answers = [await asyncio.wrap_future(probe(account.name)) for account in accounts[:1]]
    if not answers:
        return False, "no line uses it"
    code = answers[0]
    if code in _NOBODY:
        return False, "the server does not answer"
    registered = "registered; " if any(account.register for account in accounts) else ""
    return True, f"{registered}the server answers OPTIONS ({code})"
