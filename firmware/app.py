"""The composition root: a site file in, a running gateway out."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib.metadata import version
from pathlib import Path

from firmware import assembly
from firmware.calls.effects import Effect, KeepMessage
from firmware.calls.events import Event, HoursChanged, TrunkChanged, WakeUp
from firmware.calls.features import Settings
from firmware.dial_plans import after_hours
from firmware.emergency_ways import ways_of
from firmware.gateway import Gateway
from firmware.guide.script import texts
from firmware.ops import control, line_test, views, wall_clock
from firmware.ops.class_hours import ClassHours
from firmware.ops.configuration import configuration_of
from firmware.ops.mail import Delivery
from firmware.ops.messages import Messages
from firmware.ops.network_watch import NetworkWatch
from firmware.ops.orders import NoSuchLine, OrderRefused, SimOrder
from firmware.ops.peers import resolve
from firmware.ops.recorder import Recorder, building
from firmware.ops.records import Records
from firmware.ops.service import Service
from firmware.ops.sockets import cache_directory
from firmware.ops.speech import Speech
from firmware.ops.stream import Stream
from firmware.ops.trace_file import TraceFile
from firmware.ops.trunk_watch import Change, TrunkWatch
from firmware.ops.user_settings import UserSettings
from firmware.ops.wake_ups import WakeUps
from firmware.ops.way_proofs import WayProofs
from firmware.sip.errors import SipError
from firmware.sip.events import (
    Intruder,
    LegQuality,
    RegistrationChanged,
    Report,
    ServerAnswered,
    SipMessage,
    TransportDown,
)
from firmware.site.load import load_site
from firmware.site.problems import SiteError
from firmware.site.schema import Site
from hw.boards.choice import chosen
from hw.boards.opening import open_ports
from hw.boards.wiring import places
from hw.sim.board import SimBoard
from hw.sim.telephone import PhoneError

log = logging.getLogger("derivato.app")

_SWITCH_INTERVAL_S = 0.0005  # at Python's 5 ms, one busy thread delays audio by several frames
_REFUSED_RETRY_S = 600.0  # at most; pjsip itself gives up on 401, 403, 404 …
_RETRIED_BY_PJSIP = {408, 480, 500, 502, 503, 504} | set(range(600, 700))
_RESOLVE_EVERY_S = 300.0
_CONFIRM_LOOK_S = 1.0


class Daemon:
    """A running gateway, as the control socket sees it."""

    def __init__(
        self, site: Site, site_path: Path, state_dir: Path, record: Path | None = None
    ) -> None:
        self.site = site
        self._site_path = site_path
        self._started = time.monotonic()
        self._loop = asyncio.get_running_loop()
        self._events = Stream()
        self._registrations: dict[str, RegistrationChanged] = {}
        self._refusals: dict[str, int] = {}  # in a row, by account
        self._records = Records(state_dir / "calls.sqlite")
        trace = site.sip.log_messages
        self._trace = TraceFile(state_dir / "sip-trace.jsonl") if trace else None
        wanted = assembly.ports(site)
        self._board_here = chosen(site.board.name.value, site.board.file, wanted, site_path)
        self._hardware = open_ports(self._board_here, wanted.values())
        self._ports = {name: self._hardware.fxs[line.port] for name, line in site.lines.items()}
        self._board = SimBoard(self._hardware.simulated)
        self._accounts = assembly.serving_accounts(site)
        self._trunks = TrunkWatch(
            assembly.watched(site),
            {account.name: account for account in self._accounts},
            self._trunk_changed,
        )
        self._network = NetworkWatch(site, self._network_changed)
        self._settings = UserSettings(state_dir / "settings.json")
        self._wake_ups = WakeUps(site.about.time_zone, self._wake)
        self._hours = ClassHours(self._outside_hours, self._tell_hours)
        self._messages = Messages(state_dir / "messages.sqlite", wall_clock.now)
        self._delivery = self._mailed()
        self.gateway = Gateway(
            site,
            self._ports,
            self._records,
            exchange={
                name: self._hardware.fxo[line.port] for name, line in site.exchange_lines.items()
            },
            report=self._report,
            kept=self._settings.all,
            keep=self._keep,
            watch=self._happened,
        )
        self.gateway.voices.deposit = self._deposit
        cache = cache_directory(os.environ, root=os.geteuid() == 0) / "speech"
        ways = ways_of(
            site,
            self._accounts,
            registration=self._registrations.get,
            probe=self.gateway.sip.probe,
            exchange=self.gateway.prove,
        )
        self._proofs = WayProofs(ways, state_dir / "emergency.json")
        own, said = site_path.parent / "prompts", texts(assembly.house(site))
        self._speech = Speech(cache, own, said, self.gateway.speak)
        self._record = record
        self._recorder: Recorder | None = None
        self.again = asyncio.Event()  # start anew with the site file as it is now

    async def open(self) -> None:
        """Start everything.

        Raises:
            StartError: SIP cannot serve.
            OSError: the recording cannot be made.
        """
        if self._record:
            place = building(self.site.about.id, self._site_path, self.gateway.config)
            self._recorder = Recorder(self._record, place, self.gateway.switch)
        self._trunks.open(self.gateway.sip)
        await self.gateway.open()
        for line, settings in self._settings.all.items():
            self._wake_ups.set(line, settings.wake_at)
        self._addresses = await asyncio.wrap_future(self.gateway.sip.addresses())
        log.info("%s serves on %s", self.site.about.id, ", ".join(self._addresses))

    async def close(self) -> None:
        """End calls and write what is left."""
        self._wake_ups.close()
        self._trunks.close()
        await self._board.close()
        await self.gateway.close()
        await asyncio.to_thread(self._hardware.close)
        await asyncio.to_thread(self._settings.close)
        await asyncio.to_thread(self._records.close)
        await asyncio.to_thread(self._messages.close)
        if self._trace:
            self._trace.close()
        if self._recorder:
            await asyncio.to_thread(self._recorder.close)

    async def follow_names(self) -> None:
        """Keep the addresses of servers written as names up to date: only they may call us."""
        named = assembly.named_peers(self.site)
        while any(named.values()):
            for trunk, hosts in named.items():
                networks = await asyncio.to_thread(resolve, hosts)
                fixed = [a.accept_from for a in self._accounts if a.trunk == trunk]
                if networks:
                    self.gateway.sip.allow(trunk, (*networks, *(fixed[0] if fixed else ())))
            await asyncio.sleep(_RESOLVE_EVERY_S)

    def _mailed(self) -> Delivery | None:
        """How messages leave, if they do."""
        post = assembly.mail(self.site)
        if post is None:
            return None
        days = self.site.guide.keep_days
        return Delivery(self._messages, post, assembly.mail_sender(self.site), days)

    def _deposit(self, order: KeepMessage, audio: bytes) -> None:
        """Keep what a caller left, and let it be sent (on the thread for that)."""
        who, office = order.caller, order.office
        self._messages.keep(
            office, number=who.number, name=who.name, call_back=order.number, audio=audio
        )
        if self._delivery is not None:
            self._loop.call_soon_threadsafe(self._delivery.wake)

    async def deliver(self) -> None:
        """Send what callers leave."""
        if self._delivery is not None:
            await self._delivery.run()

    def _keep(self, line: str, settings: Settings) -> None:
        self._settings.keep(line, settings)
        self._wake_ups.set(line, settings.wake_at)

    async def find_voice(self) -> None:
        """Let the box speak as soon as it can."""
        if self.site.about.speech:
            await self._speech.prepare()

    async def follow_network(self) -> None:
        """Know whether the box is in a network and where, at once."""
        await self._network.follow()

    def _network_changed(self, address: str, trouble: str) -> None:
        before = self.gateway.switch.box.address
        self.gateway.moved_to(address)
        if trouble:
            log.warning("network: %s", trouble)
        elif before and address != before:
            log.warning("the address of the box is %s now, was %s", address, before)
            self.gateway.sip.network_changed()
        self._trunks.network(up=not trouble, what=trouble)

    def _trunk_changed(self, change: Change) -> None:
        self._records.trunk_changed(change)
        self.gateway.post(
            TrunkChanged(time.monotonic_ns(), change.trunk, change.state, change.cause)
        )

    async def follow_configuration(self) -> None:
        """Go back to the configuration before when one was not confirmed in time."""
        store = configuration_of(self._site_path)
        while store is not None:
            if (version := await asyncio.to_thread(store.expire)) is not None:
                log.warning("not confirmed in time: back to configuration %d", version)
                self.take_site()
            await asyncio.sleep(_CONFIRM_LOOK_S)

    async def follow_hours(self) -> None:
        """Tell telephones when the hours of their class of service begin and end."""
        await self._hours.follow()

    async def follow_emergency(self) -> None:
        """Prove the ways of emergency calls once a day."""
        await self._proofs.follow(self.site.emergency.test_at, self.site.about.time_zone)

    def _outside_hours(self) -> dict[str, bool]:
        local = wall_clock.now().astimezone(self.site.about.time_zone)
        lines = self.gateway.config.lines.items()
        return {name: bool(line.plan and after_hours(line.plan, local)) for name, line in lines}

    def _tell_hours(self, line: str, outside: bool) -> None:  # noqa: FBT001 - the whole message
        self.gateway.post(HoursChanged(line, time.monotonic_ns(), after_hours=outside))

    def _wake(self, line: str) -> None:
        self.gateway.post(WakeUp(line, time.monotonic_ns()))

    # --- what happens --------------------------------------------------------------------------

    def _happened(self, event: Event, orders: tuple[Effect, ...]) -> None:
        if self._recorder:
            self._recorder.put(event, orders, self.gateway.switch)
        self._trunks.happened(event, orders)
        for thing in (event, *orders):
            kind, values = views.happening(thing)
            self._events.publish(kind, **values)

    def _report(self, report: Report) -> None:
        match report:
            case SipMessage():
                if self._trace:
                    self._trace.write(report)
                return
            case LegQuality():
                self._records.quality(report)
            case RegistrationChanged():
                self._registered(report)
                self._trunks.report(report)
            case ServerAnswered():
                self._trunks.report(report)
                return
            case TransportDown(transport, reason):
                log.warning("%s connection failed: %s", transport, reason)
                self._trunks.report(report)
            case Intruder(address, method):
                log.warning(
                    "%s refused from %s: not an address of a trunk (accept_from)", method, address
                )
        kind, values = views.happening(report)
        self._events.publish(kind, **values)

    def _registered(self, report: RegistrationChanged) -> None:
        before = self._registrations.get(report.account)
        self._registrations[report.account] = report
        trunk = {"trunk": report.account}
        if 200 <= report.code < 300:
            if before is None or not 200 <= before.code < 300:
                log.info("%s registered for %d s", report.account, report.expires_s, extra=trunk)
            self._refusals.pop(report.account, None)
            return
        log.warning(
            "%s not registered: %d %s", report.account, report.code, report.reason, extra=trunk
        )
        if report.code not in _RETRIED_BY_PJSIP:
            self._try_again(report.account)

    def _try_again(self, account: str) -> None:
        """Register after a refusal, ever more slowly."""
        settings = next(each for each in self._accounts if each.name == account)
        times = self._refusals[account] = self._refusals.get(account, 0) + 1
        pause_s = min(settings.retry_s * 2 ** min(times - 1, 10), _REFUSED_RETRY_S)
        asyncio.get_running_loop().call_later(pause_s, self.gateway.sip.register, account)

    # --- what the control socket asks --------------------------------------------------------

    def status(self) -> Mapping[str, object]:
        """How the whole is."""
        lines = self.lines()
        return {
            **views.site_view(self.site),
            "version": version("derivato"),
            "site_file": str(self._site_path),
            "uptime_s": round(time.monotonic() - self._started, 1),
            "addresses": self._addresses,
            "speech": self._speech.state.value,
            "lines": lines,
            "trunks": self.trunks(),
            "emergency": self._proofs.last,
            "active_calls": len(views.active_calls(self.gateway.switch)),
        }

    def lines(self) -> Sequence[Mapping[str, object]]:
        """How each line is."""
        switch = self.gateway.switch
        return [views.line_view(name, line, switch) for name, line in self.site.lines.items()]

    def calls(self, limit: int) -> Mapping[str, object]:
        """Calls that are up, and the last ones recorded."""
        recent = [views.happening(row)[1] for row in self._records.recent(limit)]
        return {"active": views.active_calls(self.gateway.switch), "recent": recent}

    def trunks(self) -> Sequence[Mapping[str, object]]:
        """How each trunk is."""
        rows = views.trunk_views(self._accounts, self._registrations)
        return [{**row, **self._trunks.view(str(row["trunk"]))} for row in rows]

    def trunk_changes(self) -> Sequence[Mapping[str, object]]:
        """The last changes of state of all trunks, the latest last."""
        return [views.happening(change)[1] for change in self._trunks.changes]

    async def sim(self, line: str, order: SimOrder) -> Mapping[str, object]:
        """Let what is simulated on ``line`` do something."""
        ports = assembly.ports(self.site)
        if line not in ports:
            raise NoSuchLine(f"no line called {line}; lines here: {', '.join(ports)}")
        port = ports[line]
        if port not in self._hardware.simulated:
            raise OrderRefused(f"line {line} is a real one; only simulated ones are driven")
        try:
            return await self._board.perform(port, order)
        except PhoneError as error:
            raise OrderRefused(str(error)) from error

    def test_line(self, line: str) -> AsyncIterator[Mapping[str, object]]:
        """Test the line of a telephone, with somebody there who does as told."""
        if line in self.site.exchange_lines:
            raise OrderRefused(f"{line} is an exchange line; only telephones are tested")
        if line not in self._ports:
            known = ", ".join(self._ports)
            raise NoSuchLine(f"no line called {line}; telephones here: {known}")
        desk = self.gateway.switch.desks[line]
        if not desk.station.in_service:
            raise OrderRefused(f"{line} is out of service; the log tells why")
        if desk.line.lifted or desk.station.legs():
            raise OrderRefused(f"{line} is in use; hang up and try again")
        port, hz = self._ports[line], float(self.site.lines[line].ring_hz)
        return self._tested(
            line_test.Line(
                line,
                self.gateway.taps[line],
                ring=lambda ms: port.ring(ms, hz),
                stop_ringing=port.stop_ringing,
                look=lambda kind: places(self._board_here, port.name, kind),
            )
        )

    async def _tested(self, line: line_test.Line) -> AsyncIterator[Mapping[str, object]]:
        with self.subscribe() as events:
            async for step in line_test.run(line, events):
                yield step

    async def prove_emergency(self) -> Mapping[str, object]:
        """Prove every way of emergency calls now, without calling."""
        return await self._proofs.run()

    def take_site(self) -> None:
        """Start anew with the site file as it is now, when no call is up.

        Raises:
            SiteError: it is not valid; nothing changes.
        """
        load_site(self._site_path)
        self.again.set()

    async def reload(self) -> str:
        """Read the site file again; say when it is put to work."""
        try:
            self.take_site()
        except SiteError as error:
            raise OrderRefused(str(error)) from error
        idle = not views.active_calls(self.gateway.switch)
        return "the daemon takes it now" if idle else "the daemon takes it when no call is up"

    def subscribe(self) -> AbstractContextManager[AsyncIterator[Mapping[str, object]]]:
        """Everything that happens from now on."""
        return self._events.subscribe()


def run(
    *,
    site_path: Path,
    socket: Path,
    state_dir: Path,
    hide: Callable[[Iterable[str]], None],
    record: Path | None = None,
) -> None:
    """Run the gateway of the site file until SIGTERM or SIGINT; SIGHUP reads the file again.

    ``hide`` is told the site's secrets, which must never be shown. Events and orders are
    recorded in ``record``, if it is given.

    Raises:
        SiteError: the site file is not valid.
        StartError: SIP cannot serve.
        SocketInUse: another daemon answers at ``socket``.
        SipError: SIP failed while running.
        OSError: the state directory or the socket cannot be made.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    store = configuration_of(site_path)
    if store is not None and (version := store.expire()) is not None:
        log.warning("not confirmed in time: back to configuration %d", version)
    site = load_site(site_path)
    hide(assembly.secrets(site))
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    if asyncio.run(_serve(site, site_path, socket=socket, state_dir=state_dir, record=record)):
        os.execv(sys.executable, [sys.executable, "-m", "firmware", *sys.argv[1:]])  # noqa: S606


async def _serve(
    site: Site, site_path: Path, *, socket: Path, state_dir: Path, record: Path | None
) -> bool:
    """Serve until told to stop; give whether to start again with a new configuration."""
    daemon = Daemon(site, site_path, state_dir, record)
    try:
        await daemon.open()
        return await _serve_open(daemon, socket)
    finally:
        await daemon.close()


async def _serve_open(daemon: Daemon, socket: Path) -> bool:
    sip = daemon.gateway.sip

    async def reload() -> None:
        daemon.take_site()

    async def restart_when_idle() -> None:
        await daemon.again.wait()
        await daemon.gateway.wait_idle()
        service.stop.set()

    async def stop_without_sip() -> None:
        await asyncio.to_thread(sip.join)
        service.stop.set()

    service = Service(ticks={"sip": lambda: sip.ticks}, reload=reload)
    work = (
        daemon.follow_names(),
        daemon.follow_hours(),
        daemon.follow_network(),
        daemon.deliver(),
        daemon.follow_configuration(),
        daemon.follow_emergency(),
        daemon.find_voice(),
        restart_when_idle(),
        stop_without_sip(),
    )
    tasks = [asyncio.create_task(each) for each in work]
    gc.freeze()  # what was made at start stays: collections need not look at it again
    try:
        async with (
            control.serve(daemon, socket),
            service.running(f"{daemon.site.about.name} in service"),
        ):
            await service.stop.wait()
            if not sip.alive:
                raise SipError("SIP failed while running; the log tells why")
    finally:
        for task in tasks:
            task.cancel()
    return daemon.again.is_set()
