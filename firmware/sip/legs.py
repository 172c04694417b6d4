"""One SIP dialog: pjsua2's call with callbacks that copy plain values and post events."""

from __future__ import annotations

import time
from typing import Any, Protocol

import pjsua2 as pj

from firmware.calls.events import (
    DigitPath,
    LegAnswered,
    LegDigit,
    LegEnded,
    LegEvent,
    LegMedia,
    LegProgress,
    LegReplaced,
    LegTrying,
    Media,
    TransferRefused,
)
from firmware.sip import wire
from firmware.sip.events import LegQuality, LegRedirected
from firmware.sip.guard import guarded
from firmware.sip.media import Bridge
from firmware.sip.settings import AccountSettings, Digits

_DATA_DELAY_MS = 100  # twice the jitter of a good network; T.30 waits 3 s
_FLOWING = (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD)


class Owner(Protocol):
    """What a leg needs from the actor that owns it."""

    bridge: Bridge
    obey_transfers: bool

    def post(self, event: LegEvent | LegQuality | LegRedirected) -> None:
        """Hand an event to the outside."""
        ...

    def adopt(
        self, account: Any, settings: AccountSettings, call_id: int = pj.PJSUA_INVALID_ID
    ) -> Leg:
        """Make a leg for a dialog that pjsua2 opens by itself, or has opened as ``call_id``."""
        ...

    def bury(self, leg: Leg) -> None:
        """Release a leg once no callback is running."""
        ...


class Leg(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    """A dialog called ``name``, on the account ``settings`` describes."""

    def __init__(
        self,
        owner: Owner,
        account: Any,
        settings: AccountSettings,
        *,
        name: str,
        call_id: int = pj.PJSUA_INVALID_ID,
    ) -> None:
        super().__init__(account, call_id)
        self.name = name
        self.settings = settings
        self._owner = owner
        self._account = account
        self._audio: int | None = None
        self._answered = False
        self._tried = False
        self._hold_wanted: bool | None = None
        self._data = False
        self._data_wanted = False
        self._quality: LegQuality | None = None

    # --- orders ---------------------------------------------------------------------------

    def hold(self, *, held: bool) -> None:
        """Put the far end on hold or take it off; see ``settle`` for when that cannot be yet."""
        self._hold_wanted = held
        self.settle()

    def pass_data(self) -> None:
        """Go on with G.711 and a fixed delay: a fax or modem speaks. See ``settle`` for when."""
        self._data = self._data_wanted = True
        self.settle()

    def settle(self) -> bool:
        """Ask the far end for what is wanted; False while an earlier request is under way.

        RFC 3261 §14.1: no new offer may be sent while one is pending in either direction.
        """
        try:
            if self._hold_wanted is not None:
                self._ask_hold(held=self._hold_wanted)
                self._hold_wanted = None
            elif self._data_wanted and self._answered:
                # Otherwise a stream in the right codec already would keep its adaptive delay.
                self._reinvite(pj.PJSUA_CALL_REINIT_MEDIA)
                self._data_wanted = False
        except pj.Error:
            return False
        return self._hold_wanted is None

    def _ask_hold(self, *, held: bool) -> None:
        if held:
            order = pj.CallOpParam(True)
            order.opt.textCount = order.opt.videoCount = 0
            self.setHold(order)
        else:
            self._reinvite(pj.PJSUA_CALL_UNHOLD)

    def _reinvite(self, flag: int) -> None:
        order = pj.CallOpParam(True)
        order.opt.textCount = order.opt.videoCount = 0
        order.opt.flag = flag
        self.reinvite(order)

    def send_digit(self, digit: str) -> None:
        """Send a key press as the account says; RFC 4733 falls back to INFO."""
        events = self.settings.digits in (Digits.AUTO, Digits.EVENTS) and self._takes_events()
        order = pj.CallSendDtmfParam()
        order.digits, order.duration = digit, 100
        order.method = pj.PJSUA_DTMF_METHOD_RFC2833 if events else pj.PJSUA_DTMF_METHOD_SIP_INFO
        self.sendDtmf(order)

    def _takes_events(self) -> bool:
        return self._audio is not None and self.getStreamInfo(self._audio).audTxEventPt > 0

    def _digit_path(self) -> DigitPath:
        match self.settings.digits:
            case Digits.INBAND:
                return DigitPath.AUDIO
            case Digits.AUTO:
                return DigitPath.EVENTS if self._takes_events() else DigitPath.AUDIO
            case Digits.EVENTS | Digits.INFO:
                return DigitPath.EVENTS

    # --- callbacks --------------------------------------------------------------------------

    @guarded
    def onCallState(self, _prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Report progress, answer and end."""
        info = self.getInfo()
        now = time.monotonic_ns()
        match info.state:
            case pj.PJSIP_INV_STATE_EARLY if info.role == pj.PJSIP_ROLE_UAC:
                self._owner.post(LegProgress(self.name, now, info.lastStatusCode))
            case pj.PJSIP_INV_STATE_CONFIRMED if not self._answered:
                self._answered = True
                self._owner.post(LegAnswered(self.name, now))
            case pj.PJSIP_INV_STATE_DISCONNECTED:
                if self._quality:
                    self._owner.post(self._quality)
                self._owner.bridge.forget(self.name)
                code = info.lastStatusCode or 487
                self._owner.post(LegEnded(self.name, now, code, info.lastReason))
                self._owner.bury(self)
            case _:
                pass

    @guarded
    def onCallTsxState(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Report that somebody works on our call (100 without a dialog is no state of it)."""
        if self._tried or prm.e.type != pj.PJSIP_EVENT_TSX_STATE:
            return
        request = prm.e.body.tsxState.tsx
        ours = request.role == pj.PJSIP_ROLE_UAC and request.method == "INVITE"
        if ours and request.state == pj.PJSIP_TSX_STATE_PROCEEDING:
            self._tried = True
            self._owner.post(LegTrying(self.name, time.monotonic_ns()))

    @guarded
    def onCallSdpCreated(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Offer and accept the codecs of this account only, in its order."""
        codecs = self.settings.codecs
        if self._data:
            codecs = tuple(codec for codec in codecs if codec in wire.G711) or wire.G711
        prm.sdp.wholeSdp = wire.with_codecs(prm.sdp.wholeSdp, codecs)

    @guarded
    def onStreamPreCreate(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Give data a delay that does not change: a modem loses its line at a slip."""
        if self._data:
            info = prm.streamInfo
            info.jbInit = info.jbMinPre = info.jbMaxPre = _DATA_DELAY_MS
            info.jbDiscardAlgo = pj.PJMEDIA_JB_DISCARD_NONE

    @guarded
    def onCallMediaState(self, _prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Connect the stream (again) and report whether anything is heard."""
        info = self.getInfo()  # owns the entries of .media: keep it while they are read
        streams = [m for m in info.media if m.type == pj.PJMEDIA_TYPE_AUDIO]
        flowing = next((m for m in streams if m.status in _FLOWING), None)
        self._audio = flowing.index if flowing else None
        media, digits = Media.NONE, DigitPath.EVENTS
        if flowing:
            self._owner.bridge.set_leg(self.name, self.getAudioMedia(flowing.index))
            held = flowing.status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD
            media = Media.HELD_BY_THEM if held else Media.ACTIVE
            digits = self._digit_path()
        else:
            self._owner.bridge.set_leg(self.name, None)
        self._owner.post(LegMedia(self.name, time.monotonic_ns(), media, digits))

    @guarded
    def onStreamDestroyed(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Keep the figures of the stream while they can still be read."""
        index = prm.streamIdx
        stat, info = self.getStreamStat(index), self.getStreamInfo(index)
        rtcp = stat.rtcp
        before = self._quality  # of the streams before the last re-INVITE
        self._quality = LegQuality(
            leg=self.name,
            codec=info.codecName,
            encrypted=self._encrypted(),
            rx_packets=rtcp.rxStat.pkt + (before.rx_packets if before else 0),
            rx_lost=rtcp.rxStat.loss + (before.rx_lost if before else 0),
            rx_jitter_ms=rtcp.rxStat.jitterUsec.mean / 1000,
            tx_packets=rtcp.txStat.pkt + (before.tx_packets if before else 0),
            tx_lost=rtcp.txStat.loss + (before.tx_lost if before else 0),
            round_trip_ms=rtcp.rttUsec.mean / 1000,
        )

    def _encrypted(self) -> bool:
        """Whether SRTP runs; the profile in SDP does not tell (optional SRTP is offered as AVP)."""
        return "SRTP status: Active" in str(self.dump(True, ""))

    @guarded
    def onDtmfDigit(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Report a key press of the far end."""
        self._owner.post(LegDigit(self.name, time.monotonic_ns(), prm.digit))

    def onCallRedirected(self, prm: Any) -> int:  # noqa: N802 - pjsua2's name
        """Report where the far end would send the call, which then ends."""
        self._redirected(prm.targetUri)
        return int(pj.PJSIP_REDIRECT_STOP)

    @guarded
    def _redirected(self, target: str) -> None:
        number = wire.address(f"<{target}>").number or ""
        self._owner.post(LegRedirected(self.name, number))

    @guarded
    def onCallTransferRequest(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Follow a REFER: the new dialog takes this one's place."""
        if not self._owner.obey_transfers:
            prm.statusCode = pj.PJSIP_SC_DECLINE
            return
        successor = self._owner.adopt(self._account, self.settings)
        prm.newCall = successor
        prm.statusCode = pj.PJSIP_SC_ACCEPTED
        self._owner.post(LegReplaced(self.name, time.monotonic_ns(), successor.name))

    @guarded
    def onCallTransferStatus(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Leave once the far end has connected those we transferred, or report that it did not."""
        if not prm.finalNotify:
            return
        prm.cont = False
        if prm.statusCode < 300:
            self.hangup(pj.CallOpParam())
        else:
            self._owner.post(TransferRefused(self.name, time.monotonic_ns()))

    @guarded
    def onCallReplaced(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Go on with the dialog that replaced this one (INVITE with Replaces, RFC 3891)."""
        successor = self._owner.adopt(self._account, self.settings, prm.newCallId)
        prm.newCall = successor
        self._owner.post(LegReplaced(self.name, time.monotonic_ns(), successor.name))
