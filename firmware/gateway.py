"""The imperative shell of one building: feeds the switch events, carries out its orders.

Everything here runs on the asyncio loop's thread. Other threads (the SIP thread, the bridge's
clock, the ports) hand their events over with ``post``; the pure switch decides; what it orders
goes to ports, chains, SIP and records, which never answer by value.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from firmware import assembly
from firmware.calls import effects as fx
from firmware.calls import switch as core
from firmware.calls.events import (
    AddressChanged,
    ClockTold,
    DirectoryRead,
    Event,
    LegIncoming,
    LineData,
    LineDigit,
    LineEdge,
    LineFault,
    LineReady,
    LineTrip,
    MessagesWaiting,
    ProveLine,
    SpeechReady,
    TrunkChanged,
    Wake,
)
from firmware.calls.features import Settings
from firmware.dsp import chain
from firmware.dsp.chain import LineChain
from firmware.dsp.tap import Tap
from firmware.exchange_lines import ExchangeLines
from firmware.guide.prompts import Book
from firmware.guide_voices import GuideVoices
from firmware.lines.tone_plans import PLANS
from firmware.ops import wall_clock
from firmware.ops.records import Records
from firmware.sip.actor import SipActor
from firmware.sip.events import MessageSummary, Report
from firmware.site.schema import Site
from hw.ports import FxoPort, FxsPort, HookEdge, PortEvent, PortFault, PortReady, RingTrip

log = logging.getLogger("derivato.gateway")

_TELL_CLOCK_NS = 10_000_000_000
_MARGIN_S = 0.004  # edges stamped before a deadline may still be on their way when it passes


class Gateway:
    """The telephones of ``site`` on ``ports`` (by line), with calls recorded in ``records``.

    Its exchange lines are on ``exchange`` (by line).

    ``report`` receives what the SIP side tells beside call events, ``watch`` every event and the
    orders that followed it, for diagrams and live views. ``kept`` is what the users have set,
    ``keep`` is told when they change it.
    """

    def __init__(
        self,
        site: Site,
        ports: Mapping[str, FxsPort],
        records: Records,
        *,
        exchange: Mapping[str, FxoPort] = MappingProxyType({}),
        report: Callable[[Report], None],
        kept: Mapping[str, Settings] = MappingProxyType({}),
        keep: Callable[[str, Settings], None] = lambda _line, _settings: None,
        watch: Callable[[Event, tuple[fx.Effect, ...]], None] = lambda _event, _orders: None,
    ) -> None:
        self.config = assembly.switch_config(site)
        self.switch = core.initial(self.config, kept)
        self._ports = ports
        self._line_of = {port.name: line for line, port in ports.items()}
        self._records = records
        self._report = report
        self._keep = keep
        self._watch = watch
        self._loop = asyncio.get_running_loop()
        self._moved = asyncio.Event()
        self._zone = site.about.time_zone
        self._neighbours = {name: entry.extensions for name, entry in site.directory.items()}
        self._book = Book()
        self._timer: asyncio.TimerHandle | None = None
        plan = next(plan for plan in PLANS if plan.country == site.about.country.value)
        self.taps = {name: Tap(port.audio) for name, port in ports.items()}
        self._chains = {
            name: LineChain(
                self.taps[name],
                plan,
                self._digit_poster(name),
                data=self._data_poster(name),
                gain_in_db=site.lines[name].gain_in_db,
                gain_out_db=site.lines[name].gain_out_db,
            )
            for name, port in ports.items()
        }
        self.exchange = ExchangeLines(site.exchange_lines, exchange, self.post)
        channels = assembly.guide_channels(site)
        self.voices = GuideVoices(channels, self.post)
        self._told_ns = -_TELL_CLOCK_NS
        self.sip = SipActor(
            assembly.endpoint_settings(site),
            assembly.accounts(site),
            lines={**self._chains, **self.exchange.chains, **self.voices.channels},
            callers=assembly.callers(site),
            post=self.post,
        )

    async def open(self) -> None:
        """Start SIP, then the lines.

        Raises:
            StartError: SIP cannot serve (a port in use, a certificate that cannot be read).
        """
        await asyncio.wrap_future(self.sip.start())
        if self._neighbours:
            self._step(DirectoryRead(time.monotonic_ns(), self._neighbours))
        for port in self._ports.values():
            port.open(self._post_port)
        self.exchange.open()

    async def close(self) -> None:
        """End all calls, silence the lines, stop SIP."""
        for port in self._ports.values():
            port.close()
        self.exchange.close()
        if self._timer:
            self._timer.cancel()
        await asyncio.to_thread(self.sip.stop)
        await asyncio.to_thread(self.voices.close)

    def speak(self, book: Book) -> None:
        """Say what ``book`` has from now on (on the loop's thread)."""
        self._book = self.voices.book = book
        self._step(SpeechReady(time.monotonic_ns(), book.voice))

    def moved_to(self, address: str) -> None:
        """The box is reached at ``address`` now; "" is nowhere (on the loop's thread)."""
        self._step(AddressChanged(time.monotonic_ns(), address))

    async def prove(self, line: str) -> tuple[bool, str]:
        """Whether the exchange line ``line`` would carry a call, and by what we know."""
        proof = self.exchange.proof(line)
        self._step(ProveLine(line, time.monotonic_ns()))
        return await proof

    async def wait_idle(self) -> None:
        """Return when no telephone has a call and nobody is guided."""
        while self.switch.visits or any(d.station.legs() for d in self.switch.desks.values()):
            self._moved.clear()
            await self._moved.wait()

    # --- events in -------------------------------------------------------------------------

    def post(self, event: Event | Report) -> None:
        """Take an event from any thread."""
        self._loop.call_soon_threadsafe(self._take, event)

    def _digit_poster(self, line: str) -> Callable[[str], None]:
        return lambda digit: self.post(LineDigit(line, time.monotonic_ns(), digit))

    def _data_poster(self, line: str) -> Callable[[], None]:
        return lambda: self.post(LineData(line, time.monotonic_ns()))

    def _post_port(self, event: PortEvent) -> None:
        line = self._line_of[event.port]
        match event:
            case HookEdge(at_ns=at_ns, closed=closed):
                self.post(LineEdge(line, at_ns, closed))
            case RingTrip(at_ns=at_ns):
                self.post(LineTrip(line, at_ns))
            case PortFault(at_ns=at_ns, what=what):
                log.error("line %s is out of service: %s", line, what, extra={"line": line})
                self.post(LineFault(line, at_ns, what))
            case PortReady(at_ns=at_ns):
                self.post(LineReady(line, at_ns))

    def _take(self, event: Event | Report) -> None:
        if isinstance(event, Report):
            if isinstance(event, MessageSummary):
                self._messages(event)
            self._report(event)
            return
        if isinstance(event, TrunkChanged) and not event.stamp:
            event = replace(event, stamp=f"{wall_clock.now().astimezone(self._zone):%m%d%H%M}")
        if isinstance(event, LegIncoming):
            log.info("call for %s from %s", event.called, event.caller.number or "unknown")
        self._tell_clock()
        self._step(event)

    def _tell_clock(self) -> None:
        """Let the guide know the local time, for office hours."""
        now_ns = time.monotonic_ns()
        if self.voices.channels and now_ns - self._told_ns >= _TELL_CLOCK_NS:
            self._told_ns = now_ns
            local = wall_clock.now().astimezone(self._zone).replace(tzinfo=None)
            self._step(ClockTold(now_ns, local.isoformat(timespec="milliseconds")))

    def _messages(self, summary: MessageSummary) -> None:
        line = self.config.line_numbered(summary.user) or summary.line
        if line is not None:
            self._step(MessagesWaiting(line, time.monotonic_ns(), summary.new))

    def _step(self, event: Event) -> None:
        self.switch, orders = core.step(self.switch, event, self.config)
        for order in orders:
            self._carry_out(order)
        self._moved.set()
        self._watch(event, orders)
        self._arm()

    def _arm(self) -> None:
        if self._timer:
            self._timer.cancel()
        due = core.deadline(self.switch, self.config)
        self._timer = None
        if due is not None:
            self._timer = self._loop.call_at(due / 1e9 + _MARGIN_S, self._wake)

    def _wake(self) -> None:
        self._step(Wake(time.monotonic_ns() - round(_MARGIN_S * 1e9)))

    # --- orders out --------------------------------------------------------------------------

    def _carry_out(self, order: fx.Effect) -> None:
        match order:
            case fx.CallStarted() | fx.CallAnswered() | fx.CallEnded():
                self._records.apply(order, wall_time=wall_clock.now())
            case fx.SaveSettings(line, settings):
                self._keep(line, settings)
            case fx.RingBurst() | fx.StopRing() | fx.SetPolarity() | fx.BreakLoop():
                self._to_port(order)
            case (
                fx.GuideSay()
                | fx.GuideMusic()
                | fx.GuideListen()
                | fx.GuideRecord()
                | fx.KeepMessage()
            ):
                self.voices.carry_out(order)
            case fx.ToExchange() | fx.LineAlarm() | fx.LineProven():
                self.exchange.carry_out(order)
            case fx.SendSignal(line, segments):
                self._chains[line].order(chain.Signal(segments))
            case fx.Listen(line, on):
                self._chains[line].order(chain.Listening(on))
            case fx.PlayTone(line, tone):
                self._chains[line].order(chain.Tone(tone))
            case fx.Say(line, phrase):
                self._chains[line].order(chain.Say(self._book.samples(phrase) if phrase else None))
            case fx.PlayDigit(line, digit):
                self._chains[line].order(chain.Digit(digit))
            case fx.MuteDigits(line, on):
                self._chains[line].order(chain.Muting(on))
            case _:
                self.sip.perform(order)

    def _to_port(self, order: fx.RingBurst | fx.StopRing | fx.SetPolarity | fx.BreakLoop) -> None:
        port = self._ports[order.line]
        try:
            match order:
                case fx.RingBurst(on_ms=on_ms, hz=hz):
                    port.ring(on_ms, hz)
                case fx.StopRing():
                    port.stop_ringing()
                case fx.BreakLoop(for_ms=for_ms):
                    port.break_loop(for_ms)
                case fx.SetPolarity(reversed=reversed_):
                    port.set_polarity(reversed_=reversed_)
        except (OSError, RuntimeError) as error:
            self._post_port(PortFault(port.name, time.monotonic_ns(), str(error)))
