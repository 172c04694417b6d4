"""Accounts: our identity at a switchboard, and who may call us through it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from ipaddress import ip_address
from itertools import chain
from typing import Any, Protocol

import pjsua2 as pj

from firmware.calls.events import LegIncoming
from firmware.sip import wire
from firmware.sip.endpoint import transport_of
from firmware.sip.events import Intruder, MessageSummary, RegistrationChanged, ServerAnswered
from firmware.sip.guard import guarded
from firmware.sip.legs import Leg
from firmware.sip.settings import (
    AccountSettings,
    EndpointSettings,
    Identity,
    LineIdentity,
    Network,
    Srtp,
    Transport,
    Use,
)

_PRACK = {
    Use.OFF: pj.PJSUA_100REL_NOT_USED,
    Use.SUPPORTED: pj.PJSUA_100REL_OPTIONAL,
    Use.REQUIRED: pj.PJSUA_100REL_MANDATORY,
}
_TIMER = {
    Use.OFF: pj.PJSUA_SIP_TIMER_INACTIVE,
    Use.SUPPORTED: pj.PJSUA_SIP_TIMER_OPTIONAL,
    Use.REQUIRED: pj.PJSUA_SIP_TIMER_REQUIRED,
}
_SRTP = {
    Srtp.OFF: pj.PJMEDIA_SRTP_DISABLED,
    Srtp.OPTIONAL: pj.PJMEDIA_SRTP_OPTIONAL,
    Srtp.REQUIRED: pj.PJMEDIA_SRTP_MANDATORY,
}


class Owner(Protocol):
    """What an account needs from the actor that owns it."""

    def post(
        self,
        event: LegIncoming | RegistrationChanged | Intruder | MessageSummary | ServerAnswered,
    ) -> None:
        """Hand an event to the outside."""
        ...

    def incoming(self, account: Account, call_id: int) -> Leg:
        """Make the leg of an incoming call."""
        ...

    def certificate_of(self, transport: int) -> str:
        """SHA-256 of the certificate that the peer of a TLS transport has shown, or ""."""
        ...

    def probed(self, account: str, code: int) -> None:
        """The server answered an OPTIONS request, or nobody did (408, 503)."""
        ...


class Account(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    """An account described by ``settings``."""

    def __init__(self, owner: Owner, settings: AccountSettings) -> None:
        super().__init__()
        self.settings = settings
        self.allowed: tuple[Network, ...] = settings.accept_from
        self._owner = owner

    def allows(self, source: str, transport: int) -> bool:
        """Whether a request from ``source`` ("address:port") comes from this trunk.

        A neighbour is known by the certificate shown on the ``transport`` of the request.
        """
        if self.settings.neighbour:
            return self._owner.certificate_of(transport) == self.settings.fingerprint
        try:
            peer = ip_address(_host(source).partition("%")[0])
        except ValueError:
            return False
        return any(peer in network for network in self.allowed)

    def tell_messages(self, user: str, new: int) -> None:
        """Send an unsolicited NOTIFY of ``new`` voice messages for ``user`` (RFC 3842 §3.5)."""
        order = pj.SendRequestParam()
        order.method = "NOTIFY"
        order.txOption.targetUri = target_uri(self.settings, user)
        order.txOption.contentType = "application/simple-message-summary"
        order.txOption.msgBody = wire.message_summary_body(target_uri(self.settings, user), new)
        for name, value in (("Event", "message-summary"), ("Subscription-State", "active")):
            field = pj.SipHeader()
            field.hName, field.hValue = name, value
            order.txOption.headers.append(field)
        self.sendRequest(order)

    def probe(self) -> None:
        """Ask the server whether it lives (OPTIONS, RFC 3261 §11); see ``Owner.probed``."""
        order = pj.SendRequestParam()
        order.method = "OPTIONS"
        order.txOption.targetUri = f"sip:{self.settings.domain}{_via(self.settings)}"
        self.sendRequest(order)

    @guarded
    def onSendRequest(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Report what became of a request outside calls."""
        change = prm.e.body.tsxState
        place, code = self.settings.place, int(change.tsx.statusCode)
        if place is None and change.tsx.method == "OPTIONS":
            self._owner.probed(self.settings.name, code)
        elif place is not None and change.type == pj.PJSIP_EVENT_RX_MSG:
            # What pjsip says itself when none came is no answer.
            self._owner.post(ServerAnswered(self.settings.trunk, place, code))

    @guarded
    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Offer the call, or refuse who may not call."""
        leg = self._owner.incoming(self, prm.callId)
        if not self.allows(prm.rdata.srcAddress, transport_of(prm.rdata)):
            refusal = pj.CallOpParam()
            refusal.statusCode = pj.PJSIP_SC_FORBIDDEN
            leg.hangup(refusal)
            self._owner.post(Intruder(_host(prm.rdata.srcAddress), "INVITE"))
            return
        message = prm.rdata.wholeMsg
        self._owner.post(
            LegIncoming(
                leg=leg.name,
                at_ns=time.monotonic_ns(),
                trunk=self.settings.trunk,
                called=wire.request_user(message),
                caller=wire.caller(message),
                to=wire.address(wire.first(message, "To")).number or "",
                line=self.settings.line,
                redirecting=wire.address(wire.first(message, "Diversion")).number or "",
                alert_info=wire.first(message, "Alert-Info"),
                stamp=time.strftime("%m%d%H%M"),
                neighbour=self.settings.neighbour,
            )
        )

    @guarded
    def onRegState(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Report what the registrar said."""
        self._owner.post(
            RegistrationChanged(self.settings.name, prm.code, prm.reason, prm.expiration)
        )

    @guarded
    def onMwiInfo(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Report messages kept at the switchboard, asked for or told unasked."""
        body = prm.rdata.wholeMsg.replace("\r\n", "\n").partition("\n\n")[2]
        if summary := wire.message_summary(body):
            user, new = summary
            line = self.settings.line
            self._owner.post(MessageSummary(self.settings.name, line, user, new))


def select(accounts: Iterable[Account], source: str, transport: int, message: str) -> int | None:
    """Index of the account that a request from ``source`` is for; None leaves it to pjsua.

    pjsua looks at names in the request, which two trunks may share; the address a request comes
    from tells them apart. Among the accounts of lines, the user called decides.
    """
    allowed = [account for account in accounts if account.allows(source, transport)]
    called = wire.request_user(message)
    own = (a for a in allowed if a.settings.line and a.settings.user == called)
    found = next(chain(own, allowed), None)
    return None if found is None else int(found.getId())


def _host(source: str) -> str:
    """The address in ``address:port``; the port of an intruder says nothing, and changes."""
    return source.rsplit(":", 1)[0].strip("[]")


def target_uri(settings: AccountSettings, number: str) -> str:
    """SIP address of ``number`` at the account's switchboard."""
    return f"sip:{number}@{settings.domain}{_via(settings)}"


def from_address(settings: AccountSettings, line: LineIdentity) -> str:
    """Our From: the registered user, by whom registrars know us, else the line's number.

    With ``Identity.FROM`` it is the number in any case: that is where it is looked for.
    """
    registered = settings.register and settings.identity is not Identity.FROM
    user = settings.user if registered else line.number
    return wire.name_addr(line.name, f"sip:{user}@{settings.domain}")


def identity_headers(settings: AccountSettings, number: str, name: str) -> list[tuple[str, str]]:
    """Headers that assert the caller (RFC 3325), as (name, value)."""
    value = wire.name_addr(name, f"sip:{number}@{settings.domain}")
    match settings.identity:
        case Identity.ASSERTED:
            return [("P-Asserted-Identity", value)]
        case Identity.PREFERRED:
            return [("P-Preferred-Identity", value)]
        case Identity.FROM:
            return []


def _via(settings: AccountSettings) -> str:
    return "" if settings.transport is Transport.UDP else f";transport={settings.transport.value}"


def _route(settings: AccountSettings) -> str | None:
    """Where requests go when the domain alone does not say it."""
    hop = settings.outbound_proxy or settings.server
    if hop == settings.domain:
        return None
    return f"<sip:{hop}{_via(settings)};lr>"


def account_config(
    settings: AccountSettings, *, transport_id: int | None, endpoint: EndpointSettings
) -> Any:
    """Translate ``settings`` for pjsua2, every default that hurts a gateway set."""
    config = pj.AccountConfig()
    config.idUri = f"sip:{settings.user}@{settings.domain}"
    if transport_id is not None:
        config.sipConfig.transportId = transport_id
    if route := _route(settings):
        config.sipConfig.proxies.append(route)
    if settings.password:
        credential = pj.AuthCredInfo("digest", "*", settings.auth_user, 0, settings.password)
        config.sipConfig.authCreds.append(credential)
    _set_registration(config.regConfig, settings)
    config.callConfig.prackUse = _PRACK[settings.reliable]
    config.callConfig.timerUse = _TIMER[settings.session_timer]
    config.callConfig.timerSessExpiresSec = settings.session_expires_s
    config.natConfig.udpKaIntervalSec = settings.keep_alive_s
    family = pj.PJSUA_IPV6_ENABLED_USE_IPV6_ONLY if ":" in endpoint.bind else pj.PJSUA_IPV6_DISABLED
    config.sipConfig.ipv6Use = config.mediaConfig.ipv6Use = family
    _set_media(config.mediaConfig, settings, endpoint)
    config.mwiConfig.enabled = settings.message_waiting
    return config


def _set_registration(config: Any, settings: AccountSettings) -> None:
    if not settings.register:
        config.registerOnAdd = False
        return
    config.registrarUri = f"sip:{settings.domain}{_via(settings)}"
    config.timeoutSec = settings.register_s
    config.retryIntervalSec = settings.retry_s
    config.firstRetryIntervalSec = min(5, settings.retry_s)
    config.randomRetryIntervalSec = 10
    config.unregWaitMsec = 1000


def _set_media(config: Any, settings: AccountSettings, endpoint: EndpointSettings) -> None:
    config.srtpUse = _SRTP[settings.srtp]
    config.srtpSecureSignaling = 0 if settings.keys_in_clear or settings.srtp is Srtp.OFF else 1
    config.lockCodecEnabled = False
    first, last = endpoint.rtp_ports
    config.transportConfig.port = first
    config.transportConfig.portRange = last - first
    if not ip_address(endpoint.bind).is_unspecified:
        config.transportConfig.boundAddress = endpoint.bind
    config.transportConfig.qosType = pj.PJ_QOS_TYPE_VOICE
