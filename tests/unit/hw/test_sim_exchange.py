"""The simulated exchange, with the program's own machine and chain on our side of the line."""

from __future__ import annotations

import numpy as np
import pytest

from firmware.dsp.exchange_chain import ExchangeChain
from firmware.lines import fxo
from firmware.lines.fxo_state import Idle, Talking
from firmware.lines.fxo_times import FxoConfig
from firmware.lines.fxo_types import (
    Answer,
    Answered,
    Current,
    Dial,
    Ended,
    Fed,
    FedReversed,
    FlashHook,
    Hearken,
    Offered,
    PressR,
    Pulse,
    Refused,
    Release,
    Ring,
    RingsThere,
    Seize,
    SendKeys,
    Snoop,
    Through,
    UsedBeside,
    Wake,
    Works,
)
from firmware.lines.tones import ToneName
from hw.ports import Battery, LineInUse, LinePolarity, LoopCurrent, PortReady, RingSignal
from hw.sim.exchange import Caller, Doing, ExchangeError, Telling
from hw.sim.fxo import SimFxoPort
from hw.sim.rules import RuleBrokenError
from tests.unit.demo.sounds import speech

MS = 1_000_000
KEYS = FxoConfig()
_INPUTS = {
    PortReady: lambda e: Works(e.at_ns),
    RingSignal: lambda e: Ring(e.at_ns, e.on),
    LoopCurrent: lambda e: Current(e.at_ns, e.flows),
    LinePolarity: lambda e: FedReversed(e.at_ns, e.reversed),
    Battery: lambda e: Fed(e.at_ns, e.present),
    LineInUse: lambda e: UsedBeside(e.at_ns, e.in_use),
}


class Line:
    """Machine, chain, port and exchange on one clock of frames."""

    def __init__(self, config: FxoConfig = KEYS) -> None:
        self.ns, self.config, self.pending = 0, config, []
        self.state, self.said = fxo.initial(), []
        self.port = SimFxoPort("fxo1", now_ns=lambda: self.ns)
        self.exchange = self.port.exchange
        self.chain = ExchangeChain(self.port.audio, self.pending.append, now_ns=lambda: self.ns)
        self.port.open(lambda event: self.pending.append(_INPUTS[type(event)](event)))
        self.heard: list[bytes] = []
        self.run(0.02)

    def do(self, event: object) -> None:
        self.state, outputs = fxo.step(self.state, event, self.config)
        for out in outputs:
            match out:
                case Seize(off_hook=off_hook):
                    self.port.seize(off_hook=off_hook)
                    self.chain.order(out)
                case FlashHook(for_ms=for_ms):
                    self.port.flash(for_ms)
                case Pulse(digit=digit, break_ms=on, make_ms=off):
                    self.port.pulse(digit, break_ms=on, make_ms=off)
                case Snoop() | Hearken() | SendKeys():
                    self.chain.order(out)
                case _:
                    self.said.append(out)

    def run(self, seconds: float) -> list[object]:
        """Let time pass; give what was said of the call."""
        before = len(self.said)
        for _ in range(round(seconds * 50)):
            self.heard.append(self.chain.capture())
            self.chain.playout(None)
            self.ns += 20 * MS
            for event in sorted(self.pending, key=lambda each: each.at_ns):
                self.do(event)
            self.pending.clear()
            self.do(Wake(self.ns))
        return self.said[before:]

    def dialled(self, number: str = "0571757707") -> None:
        self.do(Dial(self.ns, number))
        assert self.run(6) == [Through()]
        assert self.exchange.digits == number


@pytest.mark.parametrize("pulse", [False, True])
def test_a_number_is_dialled_after_dial_tone(pulse: bool) -> None:
    line = Line(FxoConfig(pulse=pulse))
    line.do(Dial(line.ns, "0571"))
    said = line.run(9)
    assert said == [Through()]
    assert line.exchange.digits == "0571"
    assert line.exchange.doing is Doing.DIGITS


def test_ringback_an_answer_and_busy_tone_at_the_end() -> None:
    line = Line()
    line.dialled()
    line.exchange.play(ToneName.RINGBACK)
    assert line.run(11) == [RingsThere()]
    line.port.answer()
    line.exchange.mouth.say(speech(5))
    (answered,) = line.run(3)
    assert answered == Answered("speech")
    line.port.hang_up()
    (ended,) = line.run(4)
    assert ended == Ended(200, "busy tone")
    assert line.exchange.doing is Doing.REST


def test_reversal_tells_answer_and_end_at_once() -> None:
    line = Line(FxoConfig(reversal=True))
    line.dialled()
    line.port.answer(reversal=True)
    assert line.run(0.1) == [Answered("reversal")]
    line.port.hang_up(reversal=True)
    assert line.run(0.1) == [Ended(200, "reversal")]


def test_meters_disturb_nothing() -> None:
    line = Line()
    line.dialled()
    line.port.answer()
    line.exchange.mouth.say(speech(5))
    line.run(2)
    for _ in range(5):
        line.port.meter()
        assert line.run(1) == []
    assert isinstance(line.state.now, Talking)


@pytest.mark.parametrize("telling", [Telling.AFTER_RING, Telling.DTMF])
def test_a_caller_is_shown_and_answered(telling: Telling) -> None:
    line = Line(FxoConfig(snoop_always=telling is Telling.DTMF))
    line.exchange.call(Caller("0571000100", "ROSSI"), telling)
    (offered,) = line.run(5)
    assert isinstance(offered, Offered)
    assert offered.caller.number == "0571000100"
    line.do(Answer(line.ns))
    line.exchange.mouth.say(speech(4))
    line.heard.clear()
    line.run(2)
    assert np.abs(np.frombuffer(b"".join(line.heard), np.int16)).max() > 1000
    line.do(Release(line.ns))
    line.run(0.1)
    assert line.exchange.doing is Doing.REST


def test_who_tells_nothing_is_offered_without_a_number() -> None:
    line = Line()
    line.exchange.call(Caller("0571"), Telling.NOTHING)
    assert line.run(7) == [Offered(None)]
    line.exchange.give_up()
    assert line.run(8) == [Ended(487, "caller gave up")]


def test_a_cut_wire_is_told_and_mended() -> None:
    line = Line()
    line.port.cut(cut=True)
    line.run(1.1)
    line.do(Dial(line.ns, "0571"))
    assert isinstance(line.said[-1], Refused)
    line.port.cut(cut=False)
    line.run(0.1)
    line.dialled()


def test_no_dial_tone_while_a_parallel_telephone_talks() -> None:
    line = Line()
    line.port.parallel(on=True)
    line.run(0.1)
    line.do(Dial(line.ns, "0571"))
    assert line.said[-1] == Refused(503, "line used by a parallel telephone")


def test_r_reaches_the_exchange() -> None:
    line = Line()
    line.dialled()
    line.port.answer()
    line.run(1)
    line.do(PressR(line.ns))
    line.run(1)
    assert line.exchange.flashes == 1
    assert not isinstance(line.state.now, Idle)


def test_a_driver_that_breaks_a_rule_is_told_which() -> None:
    port = SimFxoPort("fxo1")
    with pytest.raises(RuleBrokenError, match="open already"):
        port.seize(off_hook=False)
    with pytest.raises(RuleBrokenError, match="open loop"):
        port.pulse("1", break_ms=60, make_ms=40)
    port.seize(off_hook=True)
    with pytest.raises(RuleBrokenError, match="closed already"):
        port.seize(off_hook=True)
    with pytest.raises(RuleBrokenError, match="20 to 75 ms"):
        port.pulse("1", break_ms=90, make_ms=40)
    with pytest.raises(RuleBrokenError, match="decadic"):
        port.pulse("*", break_ms=60, make_ms=40)


def test_what_the_exchange_cannot_do_now_is_refused() -> None:
    exchange = SimFxoPort("fxo1").exchange
    for act in (exchange.give_up, exchange.answer, exchange.hang_up):
        with pytest.raises(ExchangeError):
            act()
    exchange.call(Caller(), Telling.NOTHING)
    with pytest.raises(ExchangeError, match="not at rest"):
        exchange.call(Caller(), Telling.NOTHING)
