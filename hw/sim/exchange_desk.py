"""Carries out orders to a simulated exchange line."""

from __future__ import annotations

from typing import assert_never

from hw.sim.exchange import Caller, Doing
from hw.sim.fxo import SimFxoPort
from hw.sim.listening import Listening, hear, samples_of, until_said
from hw.sim.orders import (
    Answer,
    Cut,
    ExchangeOrder,
    Hear,
    Meter,
    Parallel,
    Play,
    PlayTone,
    Record,
    RemoteHangUp,
    Ring,
    Show,
    StopRecord,
    StopRing,
)
from hw.sim.telephone import PhoneError


async def perform(port: SimFxoPort, order: ExchangeOrder, ears: Listening) -> dict[str, object]:
    """Carry out ``order``; give what came of it as a JSON object.

    Raises:
        ExchangeError: the exchange cannot do that now.
        PhoneError: a file cannot be used.
    """
    exchange = port.exchange
    match order:
        case Play(path=path):
            if exchange.doing is not Doing.TALKING:
                raise PhoneError("cannot speak: there is no call on the line")
            await until_said(exchange.mouth.say(await samples_of(path)))
        case Record():
            return await ears.record(port.name, exchange.ear, order)
        case StopRecord():
            return await ears.stop(port.name)
        case Hear(for_s=for_s):
            return await hear(exchange.ear, for_s)
        case Show():
            return show(port)
        case _:
            _act(port, order)
    return {}


def _act(
    port: SimFxoPort,
    order: Ring | StopRing | Answer | RemoteHangUp | PlayTone | Cut | Parallel | Meter,
) -> None:
    match order:
        case Ring(number=number, name=name, private=private, telling=telling):
            port.exchange.call(Caller(number, name, private), telling)
        case StopRing():
            port.exchange.give_up()
        case Answer(reversal=reversal):
            port.answer(reversal=reversal)
        case RemoteHangUp(break_ms=break_ms, reversal=reversal):
            port.hang_up(break_ms=break_ms, reversal=reversal)
        case PlayTone(tone=tone):
            port.exchange.play(tone)
        case Cut(on=on):
            port.cut(cut=on)
        case Parallel(on=on):
            port.parallel(on=on)
        case Meter():
            port.meter()
        case _:
            assert_never(order)


def show(port: SimFxoPort) -> dict[str, object]:
    """What the exchange does on the line, and what was dialled."""
    exchange = port.exchange
    return {
        "off_hook": exchange.off_hook,
        "doing": exchange.doing.value,
        "digits": exchange.digits,
        "flashes": exchange.flashes,
    }
