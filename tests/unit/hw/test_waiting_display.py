"""Caller ID during a call, between a line's chain and the virtual telephone."""

import numpy as np
import pytest

from firmware.dsp import chain as c
from firmware.dsp.chain import LineChain
from firmware.dsp.dtmf import DigitStart, DtmfReceiver
from firmware.dsp.frames import FRAME
from firmware.lines.callerid_message import CallSetup
from firmware.lines.callerid_plan import COUNTRIES, Silence, alert
from firmware.lines.tone_plans import ITALY
from firmware.lines.tones import ToneName
from hw.sim.fxs import SimFxsPort

MESSAGE = CallSetup(number="0571757707", name="Polizia Municipale")


@pytest.mark.parametrize("understands", [True, False])
def test_a_waiting_caller_is_shown_and_nobody_else_hears_of_it(understands):
    port, digits = SimFxsPort("fxs1"), []
    chain = LineChain(port.audio, ITALY, digits.append)
    chain.order(c.Listening(on=True))
    port.hook(lifted=True)
    if not understands:
        port.telephone._alert.feed = lambda _: ()
    speech = np.random.default_rng(3).integers(-2000, 2000, 200 * FRAME).astype(np.int16)
    chain.order(c.Tone(ToneName.CALL_WAITING))
    chain.order(c.Signal((Silence(1000), *alert(COUNTRIES["it"].waiting, MESSAGE))))
    to_bridge = []
    for n in range(200):
        to_bridge.append(np.frombuffer(chain.capture(), np.int16))
        chain.playout(speech[n * FRAME : (n + 1) * FRAME].tobytes())
    far = DtmfReceiver()
    heard_far = [e for e in far.feed(np.concatenate(to_bridge)) if isinstance(e, DigitStart)]
    assert heard_far == []
    assert digits == []
    shown = port.telephone.display
    assert (
        (shown.number, shown.name) == (MESSAGE.number, MESSAGE.name) if understands else not shown
    )
