"""The audio chain of a line: what reaches the bridge, what reaches the telephone."""

import numpy as np
import pytest

from firmware.dsp import chain as c
from firmware.dsp.chain import LineChain
from firmware.dsp.dtmf import DigitStart, DtmfReceiver
from firmware.dsp.dtmf_send import render
from firmware.dsp.frames import FRAME
from firmware.dsp.fsk_receiver import FskMessage, FskReceiver
from firmware.dsp.levels import level
from firmware.lines.callerid_message import CallSetup
from firmware.lines.callerid_plan import AFTER_RING, RingBurst, alert
from firmware.lines.tone_plans import ITALY
from firmware.lines.tones import ToneName


class Wires:
    """A line that says ``speech`` and keeps what it hears."""

    def __init__(self, speech=()):
        self.speech = np.asarray(speech, np.int16)
        self.heard = []

    def read(self):
        frame, self.speech = self.speech[:FRAME], self.speech[FRAME:]
        return np.pad(frame, (0, FRAME - len(frame)))

    def write(self, frame):
        assert frame.shape == (FRAME,)
        assert frame.dtype == np.int16
        self.heard.append(frame)


def run(wires, *orders, frames=100, bridge=None, **gains):
    """Give (what the bridge got, digits); ``bridge`` is what it sends."""
    digits = []
    chain = LineChain(wires, ITALY, digits.append, **gains)
    for order in orders:
        chain.order(order)
    got = []
    for n in range(frames):
        got.append(np.frombuffer(chain.capture(), np.int16))
        part = None if bridge is None else bridge[n * FRAME : (n + 1) * FRAME].tobytes()
        chain.playout(part)
    return np.concatenate(got), digits


def noise(ms, peak=3000):
    return np.random.default_rng(1).integers(-peak, peak, ms * 8).astype(np.int16)


def digits_in(samples):
    receiver = DtmfReceiver()
    events = (*receiver.feed(samples), *receiver.feed(np.zeros(800, np.int16)))
    return "".join(e.digit for e in events if isinstance(e, DigitStart))


def test_speech_passes_unchanged_both_ways():
    said, told = noise(2000), noise(2000, 2000)
    wires = Wires(said)
    got, digits = run(wires, c.Listening(on=True), frames=100)
    assert np.abs(got.astype(int) - said).max() <= 1
    assert digits == []
    wires = Wires()
    run(wires, bridge=told)
    assert np.array_equal(np.concatenate(wires.heard), told)


def test_nothing_leaves_a_line_that_is_on_hook():
    got, _ = run(Wires(noise(2000)))
    assert not got.any()


def test_a_tone_plays_until_told_otherwise():
    wires = Wires()
    chain = LineChain(wires, ITALY, lambda _: None)
    chain.order(c.Tone(ToneName.BUSY))
    chain.capture()
    for _ in range(100):
        chain.playout(None)
    assert level(np.concatenate(wires.heard)[: 500 * 8]) == pytest.approx(-13, abs=0.5)
    chain.order(c.Tone(None))
    chain.capture()
    wires.heard.clear()
    for _ in range(50):
        chain.playout(None)
    assert not np.concatenate(wires.heard).any()


def test_digits_are_heard_and_pass_in_the_audio():
    said = np.concatenate([noise(200, 30), render("159*"), noise(300, 30)])
    got, digits = run(Wires(said), c.Listening(on=True), frames=80)
    assert "".join(digits) == "159*"
    assert digits_in(got) == "159*"


def test_muted_digits_are_heard_once_and_never_leave():
    said = np.concatenate([noise(200, 30), render("1590D"), noise(300, 30)])
    got, digits = run(Wires(said), c.Listening(on=True), c.Muting(on=True), frames=80)
    assert "".join(digits) == "1590D"
    assert digits_in(got) == ""


def test_caller_id_goes_out_at_its_own_level():
    segments = alert(AFTER_RING, CallSetup(number="0571757707", name="Nido"))
    wires = Wires()
    run(wires, c.Signal(segments), frames=150, gain_out_db=-12)
    receiver = FskReceiver()
    messages = [e for e in receiver.feed(np.concatenate(wires.heard)) if isinstance(e, FskMessage)]
    assert len(messages) == 1
    assert messages[0].level_dbm0 == pytest.approx(-14, abs=1)
    assert any(isinstance(s, RingBurst) for s in segments), "bursts are the port's business"


def test_a_digit_of_the_far_end_is_audible():
    wires = Wires()
    run(wires, c.Digit("7"), frames=30)
    assert digits_in(np.concatenate(wires.heard)) == "7"


def test_gains_are_those_ordered():
    said = noise(2000)
    got, _ = run(Wires(said), c.Listening(on=True), gain_in_db=-6)
    assert level(got) - level(said) == pytest.approx(-6, abs=0.1)
    wires = Wires()
    run(wires, bridge=said, gain_out_db=6)
    assert level(np.concatenate(wires.heard)) - level(said) == pytest.approx(6, abs=0.3)


def test_the_echo_of_the_line_is_taken_away():
    told = noise(6000)

    class Hybrid(Wires):
        def read(self):
            return (0.2 * self.heard[-1]).astype(np.int16) if self.heard else super().read()

    got, _ = run(Hybrid(), c.Listening(on=True), bridge=told, frames=300)
    echo = level(told) - 14
    assert level(got[-8000:]) < echo - 20


def test_loud_sums_are_clipped_not_wrapped():
    wires = Wires()
    chain = LineChain(wires, ITALY, lambda _: None)
    chain.order(c.Tone(ToneName.DIAL))
    chain.capture()
    for _ in range(20):
        chain.playout(np.full(FRAME, 32767, np.int16).tobytes())
    assert np.concatenate(wires.heard).min() > 0


@pytest.mark.parametrize("reversals", [True, False], ids=["modem", "fax"])
def test_data_passes_untouched_once_a_fax_or_modem_answers(reversals):
    times = np.arange(3 * 8000)
    turns = np.where(times // 3600 % 2 & reversals, -1, 1)  # every 450 ms (ITU-T V.25)
    tone = (8000 * turns * np.sin(2 * np.pi * 2100 * times / 8000)).astype(np.int16)
    data = noise(2000)

    class Modem(Wires):
        def read(self):
            said = super().read()
            return said + (0.2 * self.heard[-1]).astype(np.int16) if self.heard else said

    wires = Modem(np.concatenate([np.zeros(len(tone), np.int16), data]))
    told = np.concatenate([tone, noise(2000)])
    answers = []
    orders = (c.Listening(on=True), c.Muting(on=True))
    got, digits = run(wires, *orders, bridge=told, frames=250, data=lambda: answers.append(1))
    assert answers == [1]
    assert digits == []
    echo = (0.2 * told[-FRAME * 51 : -FRAME]).astype(int)
    assert np.array_equal(got[-FRAME * 50 :].astype(int), data[-FRAME * 50 :] + echo[-FRAME * 50 :])
