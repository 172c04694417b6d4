"""Carrying out the core's orders on legs and bridge; on the SIP thread only."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any, Protocol

import pjsua2 as pj

from firmware.calls.effects import (
    AlertLeg,
    AnswerLeg,
    AudioEffect,
    DialLeg,
    EndLeg,
    HoldLeg,
    Join,
    LegEffect,
    Part,
    PassData,
    ProgressLeg,
    RedirectLeg,
    ResumeLeg,
    SendDigit,
    SendOnLeg,
    TransferLeg,
)
from firmware.calls.events import LegEnded, TransferRefused
from firmware.calls.ways import ViaNeighbour, ViaTrunk
from firmware.sip import location, wire
from firmware.sip.accounts import Account, from_address, identity_headers, target_uri
from firmware.sip.endpoint import sip_error
from firmware.sip.errors import SipError
from firmware.sip.legs import Leg
from firmware.sip.media import Bridge
from firmware.sip.settings import LineIdentity, Location

log = logging.getLogger("derivato.sip")

UNAVAILABLE, TERMINATED = 503, 487


class Owner(Protocol):
    """What orders need from the actor that owns legs and accounts."""

    bridge: Bridge
    post: Callable[[Any], None]
    legs: dict[str, Leg]
    accounts: dict[str, Account]

    def open_leg(self, account: Account, name: str) -> Leg:
        """Make and keep the leg of an outgoing call."""
        ...


class Orders:
    """Carries out one order at a time; what fails comes back as an event.

    ``lines`` says who each line is to those it calls, and which trunk it uses; ``where`` is told
    with emergency calls.
    """

    def __init__(
        self, owner: Owner, lines: Mapping[str, LineIdentity], where: Location | None
    ) -> None:
        self._owner = owner
        self._lines = lines
        self._location = where

    def perform(self, effect: LegEffect | AudioEffect) -> None:
        """Carry out ``effect``."""
        try:
            self._carry_out(effect)
        except (pj.Error, SipError, KeyError) as error:
            self._failed(effect, error)

    def _carry_out(self, effect: LegEffect | AudioEffect) -> None:  # noqa: C901 - one arm an order
        legs, bridge = self._owner.legs, self._owner.bridge
        match effect:
            case Join(a, b):
                bridge.join(a, b)
            case Part(a, b):
                bridge.part(a, b)
            case DialLeg():
                self._dial(effect)
            case AlertLeg(leg):
                legs[leg].answer(with_status(pj.PJSIP_SC_RINGING))
            case ProgressLeg(leg):
                legs[leg].answer(with_status(pj.PJSIP_SC_PROGRESS))
            case AnswerLeg(leg):
                legs[leg].answer(with_status(pj.PJSIP_SC_OK))
            case EndLeg(leg, code):
                if leg in legs:
                    legs[leg].hangup(with_status(code))
            case RedirectLeg(leg, number):
                self._redirect(legs[leg], number)
            case HoldLeg(leg):
                legs[leg].hold(held=True)
            case ResumeLeg(leg):
                legs[leg].hold(held=False)
            case SendDigit(leg, digit):
                legs[leg].send_digit(digit)
            case TransferLeg(leg, to):
                legs[leg].xferReplaces(legs[to], pj.CallOpParam(True))
            case SendOnLeg(leg, number):
                legs[leg].xfer(target_uri(legs[leg].settings, number), pj.CallOpParam(True))
            case PassData(leg):
                legs[leg].pass_data()

    def _failed(self, effect: LegEffect | AudioEffect, error: Exception) -> None:
        what = error if isinstance(error, SipError) else SipError("leg gone")
        if isinstance(error, pj.Error):
            what = sip_error(error)
        legs, now = self._owner.legs, time.monotonic_ns()
        match effect:
            case DialLeg(leg):
                if isinstance(error, KeyError):
                    what = SipError(f"no account for line {effect.line}")
                legs.pop(leg, None)
                self._owner.post(LegEnded(leg, now, UNAVAILABLE, str(what)))
            case TransferLeg(leg) | SendOnLeg(leg):
                self._owner.post(TransferRefused(leg, now))
            case AnswerLeg(leg) | ResumeLeg(leg) if leg not in legs:
                self._owner.post(LegEnded(leg, now, TERMINATED, "caller gone"))
            case _:
                log.info("%s not carried out: %s", type(effect).__name__, what)

    def _dial(self, effect: DialLeg) -> None:
        line = self._lines[effect.line]
        match effect.via:
            case ViaTrunk(trunk=trunk, server=place):
                account = self._account_for(effect.line, trunk, place)
            case ViaNeighbour(site=site):
                account = self._account_to(site)
            case None:
                account = self._account_for(effect.line, line.trunk, None)
            case _:
                raise KeyError(effect.line)
        settings = account.settings
        leg = self._owner.open_leg(account, effect.leg)
        order = with_status(0)
        who, hidden = _shown(effect, line)
        anonymous = wire.name_addr("Anonymous", "sip:anonymous@anonymous.invalid")
        order.txOption.localUri = anonymous if hidden else from_address(settings, who)
        fields = identity_headers(settings, who.number, who.name)
        if hidden:
            fields.append(("Privacy", "id"))
        if effect.redirecting:  # RFC 5806: who sent the call on
            fields.append(("Diversion", f"<sip:{effect.redirecting}@{settings.domain}>"))
        if effect.emergency:
            fields.append(("Priority", "emergency"))  # RFC 3261 §20.26
            if self._location:
                entity = f"sip:{who.number}@{settings.domain}"
                fields += location.HEADERS
                _add_part(order, location.document(self._location, entity))
        for header, value in fields:
            order.txOption.headers.append(_header(header, value))
        leg.makeCall(target_uri(settings, effect.number), order)

    def _redirect(self, leg: Leg, number: str) -> None:
        order = with_status(pj.PJSIP_SC_MOVED_TEMPORARILY)
        order.txOption.headers.append(_header("Contact", f"<{target_uri(leg.settings, number)}>"))
        leg.answer(order)

    def _account_for(self, line: str, trunk: str | None, place: int | None) -> Account:
        """The line's own account, else that of its trunk; at the server ``place`` if given."""
        accounts = [
            account
            for account in self._owner.accounts.values()
            if trunk in (None, account.settings.trunk)
            and account.settings.place == place
            and not account.settings.neighbour
        ]
        own = (a for a in accounts if a.settings.line == line)
        shared = (a for a in accounts if a.settings.line is None)
        found = next(chain(own, shared), None)
        if found is None:
            raise KeyError(line)
        return found

    def _account_to(self, site: str) -> Account:
        """The account for the box of another site."""
        accounts = self._owner.accounts.values()
        found = next((each for each in accounts if each.settings.neighbour == site), None)
        if found is None:
            raise SipError(f"no neighbour called {site}")
        return found


def with_status(code: int) -> Any:
    """Parameters of an order, with neither text nor video (RFC 4103 is on by default)."""
    order = pj.CallOpParam(True)
    order.opt.textCount = order.opt.videoCount = 0
    order.statusCode = code
    return order


def _header(name: str, value: str) -> Any:
    field = pj.SipHeader()
    field.hName, field.hValue = name, value
    return field


def _add_part(order: Any, document: str) -> None:
    """Send ``document`` beside the SDP (RFC 5621 §3)."""
    part = pj.SipMultipartPart()
    part.contentType = _media_type(*location.CONTENT_TYPE)
    part.headers.append(_header("Content-ID", f"<{location.CONTENT_ID}>"))
    part.body = document
    order.txOption.multipartContentType = _media_type("multipart", "mixed")
    order.txOption.multipartParts.append(part)


def _media_type(kind: str, subtype: str) -> Any:
    media = pj.SipMediaType()
    media.type, media.subType = kind, subtype
    return media


def _shown(effect: DialLeg, line: LineIdentity) -> tuple[LineIdentity, bool]:
    """Whom the called sees, and whether that is withheld."""
    caller = effect.caller
    if caller is None:
        return line, effect.anonymous
    number = caller.number or line.number
    return LineIdentity(number, caller.name or number), effect.anonymous or caller.private
