"""What an exchange line's audio tells: callers, tones, speech; and what we put on it."""

from __future__ import annotations

import numpy as np
import pytest

from firmware.dsp import dtmf_send, fsk
from firmware.dsp.dtmf import DigitStart, DtmfReceiver
from firmware.dsp.exchange_chain import ExchangeChain
from firmware.dsp.frames import FRAME
from firmware.dsp.tones import TonePlayer
from firmware.lines.callerid import CallSetup, encode
from firmware.lines.callerid_message import Absence
from firmware.lines.fxo_types import (
    CallerSeen,
    HeardTone,
    Hearken,
    Seize,
    SendKeys,
    Snoop,
    SpeechHeard,
    ToneHeard,
)
from firmware.lines.tone_plans import ITALY
from firmware.lines.tones import ToneName
from tests.unit.demo.sounds import speech

RATE = 8000


class Wire:
    def __init__(self) -> None:
        self.coming = np.zeros(0, np.int16)
        self.went: list[np.ndarray] = []

    def read(self) -> np.ndarray:
        frame, self.coming = self.coming[:FRAME], self.coming[FRAME:]
        return np.pad(frame, (0, FRAME - len(frame)))

    def write(self, frame: np.ndarray) -> None:
        self.went.append(frame)


class Line:
    def __init__(self, *orders: object) -> None:
        self.wire, self.told, self.ms = Wire(), [], 0
        self.chain = ExchangeChain(self.wire, self.told.append, now_ns=lambda: self.ms * 1_000_000)
        for order in orders:
            self.chain.order(order)

    def hear(self, samples: np.ndarray) -> list[object]:
        """Let the exchange send ``samples``; give what was told."""
        self.wire.coming = samples.astype(np.int16)
        self.told.clear()
        for _ in range(-(-len(samples) // FRAME)):
            self.chain.capture()
            self.chain.playout(None)
            self.ms += 20
        return list(self.told)


def noise(seconds: float, dbm0: float = -55.0) -> np.ndarray:
    rng = np.random.default_rng(7)
    rms = 32767 / 10 ** (3.14 / 20) / np.sqrt(2) * 10 ** (dbm0 / 20)
    return rng.normal(0, rms, round(seconds * RATE))


def tone(name: ToneName, seconds: float) -> np.ndarray:
    return TonePlayer(ITALY[name]).read(round(seconds * RATE)) + noise(seconds)


def call(**values: object) -> np.ndarray:
    data = fsk.modulate(encode(CallSetup(**values)))
    return np.concatenate([noise(0.8), data, noise(0.3)])


IN_CALL = (Seize(off_hook=True), Hearken(on=True))


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        (ToneName.DIAL, HeardTone.DIAL),
        (ToneName.RINGBACK, HeardTone.RINGBACK),
        (ToneName.BUSY, HeardTone.BUSY),
        (ToneName.CONGESTION, HeardTone.CONGESTION),
        (ToneName.SIT, HeardTone.SIT),
    ],
)
def test_a_tone_is_told_and_is_no_speech(name: ToneName, heard: HeardTone) -> None:
    told = Line(*IN_CALL).hear(np.concatenate([noise(1), tone(name, 16)]))
    assert [each.tone for each in told if isinstance(each, ToneHeard)] == [heard]
    assert not [each for each in told if isinstance(each, SpeechHeard) and each.on]


def test_speech_after_ringback_is_told_when_it_begins() -> None:
    line = Line(*IN_CALL)
    line.hear(tone(ToneName.RINGBACK, 12))
    told = line.hear(speech(3))
    assert ToneHeard(told[0].at_ns, None) == told[0]
    begin = next(each for each in told if isinstance(each, SpeechHeard))
    assert begin.on
    assert begin.at_ns < 12_000_000_000 + 1_000_000_000


def test_at_rest_only_caller_id_is_told_and_nothing_reaches_the_bridge() -> None:
    line = Line(Snoop(on=True))
    told = line.hear(call(number="0571000100", name="ROSSI"))
    (seen,) = told
    assert isinstance(seen, CallerSeen)
    assert (seen.caller.number, seen.caller.name) == ("0571000100", "ROSSI")
    assert Line().hear(call(number="0571")) == []


def test_a_private_caller_is_private() -> None:
    (seen,) = Line(Snoop(on=True)).hear(call(number=Absence.PRIVATE))
    assert seen.caller.private
    assert seen.caller.number is None


def test_a_damaged_message_is_never_told() -> None:
    samples = call(number="0571000100")
    late = len(samples) - 2400 - 700  # in the number, before the noise at the end
    samples[late : late + 200] = 0
    assert Line(Snoop(on=True)).hear(samples) == []


def test_dtmf_caller_id() -> None:
    keys = dtmf_send.render("A0571000100C")
    (seen,) = Line(Snoop(on=True)).hear(np.concatenate([noise(0.2), keys, noise(0.2)]))
    assert seen.caller.number == "0571000100"


def test_what_we_dial_is_on_the_line_whatever_the_bridge_says() -> None:
    line = Line(*IN_CALL, SendKeys("0571", 100, 100))
    loud = speech(3)
    for at in range(0, RATE, FRAME):
        line.chain.capture()
        line.chain.playout(loud[at : at + FRAME].tobytes())
    receiver = DtmfReceiver()
    events = receiver.feed(np.concatenate(line.wire.went))
    assert "".join(e.digit for e in events if isinstance(e, DigitStart)) == "0571"


def test_a_released_line_carries_nothing() -> None:
    line = Line(*IN_CALL)
    line.wire.coming = speech(3)
    assert any(line.chain.capture() != bytes(320) for _ in range(100))
    line.chain.order(Seize(off_hook=False))
    assert {line.chain.capture() for _ in range(50)} == {bytes(320)}
    line.chain.playout(b"\x10\x27" * FRAME)
    assert not line.wire.went[-1].any()
