"""The shell of the exchange lines: ports and audio under the pure machine of each."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from firmware.calls.effects import LineAlarm, LineProven, ToExchange
from firmware.calls.events import OnExchange
from firmware.dsp.exchange_chain import ExchangeChain
from firmware.lines.fxo_types import (
    CallerSeen,
    Current,
    Failed,
    Fed,
    FedReversed,
    FlashHook,
    Happening,
    HeardTone,
    Hearken,
    PortOrder,
    Pulse,
    Ring,
    Seize,
    SendKeys,
    Snoop,
    ToneHeard,
    UsedBeside,
    Works,
)
from firmware.lines.fxs import Caller
from firmware.site.exchange_schema import ExchangeLine
from hw.ports import (
    Battery,
    CallerShown,
    FxoEvent,
    FxoPort,
    LineInUse,
    LinePolarity,
    LoopCurrent,
    PortFault,
    PortReady,
    RingSignal,
    ToneSensed,
)

log = logging.getLogger("derivato.exchange")


class ExchangeLines:
    """The exchange lines ``lines`` on ``ports``, by name of the line.

    What happens goes to ``post``, from any thread. ``chains`` are for the bridge.
    """

    def __init__(
        self,
        lines: Mapping[str, ExchangeLine],
        ports: Mapping[str, FxoPort],
        post: Callable[[OnExchange], None],
    ) -> None:
        self._ports = ports
        self._line_of = {port.name: line for line, port in ports.items()}
        self._post = post
        self.alarms: dict[str, str] = {}
        self._proofs: dict[str, list[asyncio.Future[tuple[bool, str]]]] = {}
        self.chains = {
            name: ExchangeChain(
                port.audio,
                self._teller(name),
                gain_in_db=lines[name].gain_in_db,
                gain_out_db=lines[name].gain_out_db,
            )
            for name, port in ports.items()
        }

    def open(self) -> None:
        """Begin."""
        for port in self._ports.values():
            port.open(self._happened)

    def close(self) -> None:
        """Let go of all lines."""
        for port in self._ports.values():
            port.close()

    def proof(self, line: str) -> asyncio.Future[tuple[bool, str]]:
        """Whether ``line`` works and by what we know, once that is told."""
        future: asyncio.Future[tuple[bool, str]] = asyncio.get_running_loop().create_future()
        self._proofs.setdefault(line, []).append(future)
        return future

    def carry_out(self, effect: ToExchange | LineAlarm | LineProven) -> None:
        """Carry out ``effect``; a port that fails is told as `Failed`."""
        match effect:
            case LineProven(line=line, works=works, what=what):
                for future in self._proofs.pop(line, ()):
                    if not future.cancelled():
                        future.set_result((works, what))
            case LineAlarm(line=line, what=what):
                self._alarm(line, what)
            case ToExchange(line=line, order=order):
                port = self._ports[line]
                try:
                    self._order(port, self.chains[line], order)
                except (OSError, RuntimeError) as error:
                    self._happened(PortFault(port.name, time.monotonic_ns(), str(error)))

    def _order(self, port: FxoPort, chain: ExchangeChain, order: PortOrder) -> None:
        match order:
            case Seize(off_hook=off_hook):
                chain.order(order)
                port.seize(off_hook=off_hook)
            case FlashHook(for_ms=for_ms):
                port.flash(for_ms)
            case Pulse(digit=digit, break_ms=break_ms, make_ms=make_ms):
                port.pulse(digit, break_ms=break_ms, make_ms=make_ms)
            case Snoop(on=on):
                chain.order(order)
                port.snoop(on=on)
            case Hearken() | SendKeys():
                chain.order(order)

    def _alarm(self, line: str, what: str) -> None:
        if what:
            log.warning("exchange line %s cannot be used: %s", line, what, extra={"line": line})
            self.alarms[line] = what
        else:
            log.info("exchange line %s can be used again", line, extra={"line": line})
            self.alarms.pop(line, None)

    def _teller(self, line: str) -> Callable[[Happening], None]:
        return lambda what: self._post(OnExchange(line, what))

    def _happened(self, event: FxoEvent) -> None:
        line = self._line_of[event.port]
        if (what := _happening(event)) is not None:
            self._post(OnExchange(line, what))


def _happening(event: FxoEvent) -> Happening | None:
    match event:
        case RingSignal(at_ns=at_ns, on=on):
            return Ring(at_ns, on)
        case LoopCurrent(at_ns=at_ns, flows=flows):
            return Current(at_ns, flows)
        case LinePolarity(at_ns=at_ns, reversed=reversed_):
            return FedReversed(at_ns, reversed_)
        case Battery(at_ns=at_ns, present=present):
            return Fed(at_ns, present)
        case LineInUse(at_ns=at_ns, in_use=in_use):
            return UsedBeside(at_ns, in_use)
        case CallerShown(at_ns=at_ns, number=number, name=name, private=private):
            return CallerSeen(at_ns, Caller(number, name, private, ""))
        case ToneSensed(at_ns=at_ns, tone=tone):
            known = {each.value: each for each in HeardTone}
            return ToneHeard(at_ns, known[tone]) if tone in known else None
        case PortFault(at_ns=at_ns, what=what):
            return Failed(at_ns, what)
        case PortReady(at_ns=at_ns):
            return Works(at_ns)
