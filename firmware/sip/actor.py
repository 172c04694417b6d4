"""The one thread that owns pjsua2.

Orders come in through a queue that is emptied between two rounds of ``libHandleEvents``; events
go out through ``post``, from this thread. Every pjsua2 object is made, used and dropped here.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import logging
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pjsua2 as pj

from firmware.calls.effects import AudioEffect, LegEffect
from firmware.calls.events import LegEvent, LegIncoming
from firmware.sip import endpoint
from firmware.sip.accounts import Account, account_config, select
from firmware.sip.events import Report
from firmware.sip.legs import Leg
from firmware.sip.media import Bridge, LineAudio, LinePort
from firmware.sip.orders import UNAVAILABLE, Orders
from firmware.sip.settings import AccountSettings, EndpointSettings, LineIdentity, Network

log = logging.getLogger("derivato.sip")

POLL_MS = 10
_SETTLE_TICKS = 10  # of 10 ms: how often a hold that had to wait is tried again
_CLOSING_S = 2.0
_PROXY_LIFE_S = 0.2  # a clock thread may still wait for a port's Python half


class SipActor:
    """A running SIP endpoint with its accounts and the lines on its bridge.

    ``post`` receives every event, on the SIP thread: it must only pass it on. ``callers`` says
    who each line is to those it calls.
    """

    def __init__(
        self,
        settings: EndpointSettings,
        accounts: Sequence[AccountSettings],
        *,
        lines: Mapping[str, LineAudio],
        callers: Mapping[str, LineIdentity],
        post: Callable[[LegEvent | LegIncoming | Report], None],
    ) -> None:
        self.post = post
        self.bridge = Bridge()
        self.ticks = 0
        self.obey_transfers = True
        self._settings = settings
        self._account_settings = accounts
        self._line_audio = lines
        self._core = Orders(self, callers, settings.location)
        self._names = (f"in{n}" for n in itertools.count(1))
        self.accounts: dict[str, Account] = {}
        self._transports: Mapping[str, int] = {}
        self._certificates: dict[int, str] = {}
        self.legs: dict[str, Leg] = {}
        self._grave: list[Leg] = []
        self._probes: dict[str, list[Future[int]]] = {}
        self._ports: list[LinePort] = []
        self._orders: queue.SimpleQueue[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]]
        self._orders = queue.SimpleQueue()
        self._stop = threading.Event()
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="sip")

    # --- from any thread ----------------------------------------------------------------------

    def start(self) -> Future[None]:
        """Start the thread; the future is done when the endpoint serves, or holds StartError."""
        self._thread.start()
        return self._ready

    def stop(self) -> None:
        """End all calls and release everything; returns when the thread is gone."""
        self._stop.set()
        if self._thread.ident:
            self._thread.join()

    def join(self) -> None:
        """Wait until the thread has ended."""
        self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def perform(self, effect: LegEffect | AudioEffect) -> None:
        """Carry out an order of the core; a leg order that fails ends its leg."""
        self._submit(self._core.perform, effect)

    def register(self, account: str) -> None:
        """Register ``account`` (again) now."""
        self._submit(self._register, account)

    def probe(self, account: str) -> Future[int]:
        """Ask the server of ``account`` whether it lives; gives the SIP status of its answer.

        Nobody answered: 408 after 32 s (RFC 3261 timer F), or 503 at once.
        """
        future: Future[int] = Future()
        self._submit(self._probe, account, future)
        return future

    def ask_server(self, trunk: str, place: int) -> None:
        """Ask the server at ``place`` of ``trunk`` whether it is there; ServerAnswered tells."""
        self._submit(self._ask_server, trunk, place)

    def use_server(self, trunk: str, place: int) -> None:
        """Call and register through the server at ``place`` of ``trunk`` from now on."""
        self._submit(self._use_server, trunk, place)

    def network_changed(self) -> None:
        """The box has another address: registrations and calls follow it (RFC 3261 §10)."""
        self._submit(self._network_changed)

    def tell_messages(self, account: str, user: str, new: int) -> None:
        """Tell the far side unasked that ``new`` voice messages wait for ``user`` (RFC 3842)."""
        self._submit(self._tell_messages, account, user, new)

    def allow(self, trunk: str, networks: tuple[Network, ...]) -> None:
        """Accept calls of ``trunk`` from ``networks``, from now on only."""
        self._submit(self._allow, trunk, networks)

    def addresses(self) -> Future[list[str]]:
        """Local addresses in use, as ``transport host:port``."""
        return self._submit(self._addresses)

    def _submit(self, order: Callable[..., Any], *args: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._orders.put((future, order, args))
        return future

    # --- on the SIP thread ----------------------------------------------------------------------

    def _run(self) -> None:
        lib = endpoint.Endpoint(self.post, self._select, self._certificates)
        try:
            self._open(lib)
            self._ready.set_result(None)
            while not self._stop.is_set():
                lib.libHandleEvents(POLL_MS)
                self.ticks += 1
                self._grave.clear()
                self._drain()
                if self.ticks % _SETTLE_TICKS == 0:
                    self._settle()
        except Exception as error:
            if self._ready.done():
                log.exception("SIP thread failed")
            else:
                self._ready.set_exception(endpoint.start_error(error))
        finally:
            self._close(lib)

    def _settle(self) -> None:
        # Not in _run: its frame would hold the last leg, and pjsua2's destructor hangs up whatever
        # call has the dead one's slot by then.
        for leg in self.legs.values():
            leg.settle()

    def _open(self, lib: Any) -> None:
        ids = endpoint.open_endpoint(lib, self._settings, self._account_settings)
        for settings in self._account_settings:
            account = Account(self, settings)
            account.create(self._configured(settings, ids))
            self.accounts[settings.name] = account
        self._transports = ids
        self.bridge.drain = lib.audDevManager().getPlaybackDevMedia()
        for name, audio in self._line_audio.items():
            port = LinePort(name, audio)
            self._ports.append(port)
            self.bridge.set_media(name, port)

    def _configured(self, settings: AccountSettings, ids: Mapping[str, int]) -> Any:
        transport = ids.get(settings.trunk)
        return account_config(settings, transport_id=transport, endpoint=self._settings)

    def _drain(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                future, order, args = self._orders.get_nowait()
                try:
                    future.set_result(order(*args))
                except pj.Error as error:
                    future.set_exception(endpoint.sip_error(error))
                except Exception as error:
                    future.set_exception(error)
                    log.exception("order %s failed", order.__name__)

    def _close(self, lib: Any) -> None:
        for leg in list(self.legs.values()):
            with contextlib.suppress(pj.Error):
                leg.hangup(pj.CallOpParam(True))
        end = time.monotonic() + _CLOSING_S
        while self.legs and time.monotonic() < end:
            lib.libHandleEvents(POLL_MS)
        self.bridge.clear()
        self.legs.clear()
        self._grave.clear()
        with contextlib.suppress(pj.Error):
            lib.audDevManager().setNoDev()
        for port in self._ports:
            pj.AudioMediaPort.__swig_destroy__(port)
        time.sleep(_PROXY_LIFE_S if self._ports else 0)
        self._ports.clear()
        for account in self.accounts.values():
            account.shutdown()
        self.accounts.clear()
        sys.last_exc = None  # type: ignore[attr-defined]  # it may pin a leg; typeshed: 3.12
        gc.collect()
        with contextlib.suppress(pj.Error):
            lib.libDestroy()

    # --- what legs and accounts ask for -----------------------------------------------------------

    def incoming(self, account: Account, call_id: int) -> Leg:
        """Make the leg of an incoming call."""
        return self._keep(
            Leg(self, account, account.settings, name=next(self._names), call_id=call_id)
        )

    def open_leg(self, account: Account, name: str) -> Leg:
        """Make the leg of an outgoing call."""
        return self._keep(Leg(self, account, account.settings, name=name))

    def adopt(
        self, account: Any, settings: AccountSettings, call_id: int = pj.PJSUA_INVALID_ID
    ) -> Leg:
        """Make a leg for a dialog that pjsua2 opens by itself, or has opened as ``call_id``."""
        name = next(self._names)
        return self._keep(Leg(self, account, settings, name=name, call_id=call_id))

    def _keep(self, leg: Leg) -> Leg:
        self.legs[leg.name] = leg
        return leg

    def certificate_of(self, transport: int) -> str:
        """SHA-256 of the certificate that the peer of a TLS transport has shown, or ""."""
        return self._certificates.get(transport, "")

    def _select(self, source: str, transport: int, message: str) -> int | None:
        return select(self.accounts.values(), source, transport, message)

    def bury(self, leg: Leg) -> None:
        """Release a leg once no callback is running."""
        if self.legs.pop(leg.name, None):
            self._grave.append(leg)

    # --- orders beside calls ------------------------------------------------------------------

    def _register(self, account: str) -> None:
        self.accounts[account].setRegistration(True)

    def _probe(self, account: str, future: Future[int]) -> None:
        asked = self._probes.setdefault(account, [])
        asked.append(future)
        if len(asked) > 1:
            return  # one request on its way answers all who ask
        try:
            self.accounts[account].probe()
        except pj.Error:
            self.probed(account, UNAVAILABLE)

    def probed(self, account: str, code: int) -> None:
        """Tell everybody who asked for the state of the server."""
        for future in self._probes.pop(account, ()):
            if not future.cancelled():
                future.set_result(code)

    def _ask_server(self, trunk: str, place: int) -> None:
        for account in self.accounts.values():
            mine = account.settings.trunk == trunk and account.settings.line is None
            if mine and account.settings.place == place:
                account.probe()

    def _use_server(self, trunk: str, place: int) -> None:
        for account in self.accounts.values():
            if account.settings.trunk == trunk and account.settings.place is None:
                server, domain = account.settings.servers[place]
                account.settings = replace(account.settings, server=server, domain=domain)
                account.modify(self._configured(account.settings, self._transports))

    def _network_changed(self) -> None:
        pj.Endpoint.instance().handleIpChange(pj.IpChangeParam())

    def _tell_messages(self, account: str, user: str, new: int) -> None:
        self.accounts[account].tell_messages(user, new)

    def _allow(self, trunk: str, networks: tuple[Network, ...]) -> None:
        for account in self.accounts.values():
            if account.settings.trunk == trunk:
                account.allowed = networks

    def _addresses(self) -> list[str]:
        lib = pj.Endpoint.instance()
        infos = [lib.transportGetInfo(number) for number in lib.transportEnum()]
        return [f"{info.typeName.lower()} {info.localName}" for info in infos]
