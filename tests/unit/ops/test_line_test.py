"""The test of a line, with a simulated telephone and a person at it who does as asked."""

import asyncio
import time

import numpy as np
import pytest

from firmware.dsp.tap import Tap, tone_level
from firmware.ops import line_test
from firmware.ops.stream import Stream
from hw.ports import HookEdge, RingTrip
from hw.sim.fxs import SimFxsPort


class Place:
    """A line with its telephone; time passes ten times as fast as the tests wait."""

    def __init__(self, monkeypatch) -> None:
        self.port = SimFxsPort("fxs1")
        self.events = Stream()
        self.port.open(self._told)
        self.tap = Tap(self.port.audio)
        self.noise = 0.0
        self.microphone = 1.0
        for name, seconds in (("_PAUSE_S", 0.2), ("_WAIT_S", 0.4), ("_SETTLE_S", 0.1)):
            monkeypatch.setattr(line_test, name, seconds)
        monkeypatch.setattr(line_test, "_LISTEN_S", 0.3)
        monkeypatch.setattr(line_test, "_QUIET_S", 0.8)
        self.does = {"lift": True, "press": True, "hang": True}
        self.dial_tone = True

    def _told(self, event) -> None:
        match event:
            case HookEdge(at_ns=at_ns, closed=closed):
                self.events.publish("line-edge", line="l1", at_ns=at_ns, closed=closed)
            case RingTrip(at_ns=at_ns):
                self.events.publish("line-trip", line="l1", at_ns=at_ns)

    async def audio(self) -> None:
        n, random = 0, np.random.default_rng(1)
        while True:
            tone = 5000 * np.sin(2 * np.pi * 425 * (np.arange(160) + 160 * n) / 8000)
            playing = self.dial_tone and self.port.telephone.off_hook
            self.tap.write((tone if playing else 0 * tone).astype(np.int16))
            heard = self.tap._stream.read()
            noisy = heard * self.microphone + self.noise * random.standard_normal(160)
            if self.tap._on:
                self.tap._from.append(noisy.astype(np.int16))
            n += 1
            await asyncio.sleep(0.002)

    async def person(self, ask: str) -> None:
        if "lift it" in ask and self.does["lift"]:
            await asyncio.sleep(0.05)
            self.port.hook(lifted=True)
        elif "press" in ask and self.does["press"]:
            self.dial_tone = False
            if self.does["press"] == "rotary":
                self.port.loop(closed=False, at_ns=time.monotonic_ns())
                self.port.loop(closed=True, at_ns=time.monotonic_ns())
            else:
                self.port.telephone.press("5")
                self.events.publish("line-digit", line="l1", at_ns=1, digit="5")
        elif "hang up" in ask and self.does["hang"]:
            self.port.hook(lifted=False)

    async def run(self) -> dict[str, dict]:
        line = line_test.Line(
            "l1",
            self.tap,
            ring=lambda ms: self.port.ring(ms, 25.0),
            stop_ringing=self.port.stop_ringing,
            look=lambda kind: (f"{kind} wires",),
        )
        results = {}
        flow = asyncio.create_task(self.audio())
        doing = []
        with self.events.subscribe() as events:
            async for step in line_test.run(line, events):
                if "ask" in step:
                    doing.append(asyncio.create_task(self.person(step["ask"])))
                else:
                    results[step["test"]] = step
        flow.cancel()
        return results


@pytest.fixture
def place(monkeypatch) -> Place:
    return Place(monkeypatch)


def outcomes(results: dict[str, dict]) -> dict[str, str]:
    return {name: result["outcome"].split()[0] for name, result in results.items()}


async def test_a_good_line_passes_everything_that_can_be_measured(place):
    results = await place.run()
    assert outcomes(results) == {
        "loop": "not",
        "ring": "pass",
        "hook": "pass",
        "tone to the telephone": "pass",
        "echo": "pass",
        "tone from the telephone": "pass",
        "levels": "pass",
        "noise": "pass",
        "hanging up": "pass",
    }
    assert results["loop"]["look"] == ["loop wires"]
    assert results["ring"]["look"] == []
    assert "dB below" in results["echo"]["seen"]
    assert not place.port.ringing


async def test_a_telephone_that_nobody_lifts_fails_with_the_wires_to_look_at(place):
    place.does["lift"] = False
    results = await place.run()
    assert outcomes(results) == {"loop": "not", "ring": "fail", "hook": "fail"}
    assert results["hook"]["look"] == ["hook wires"]
    assert results["ring"]["look"] == ["ring wires"]
    assert not place.port.ringing


async def test_a_voice_path_that_is_open_fails(place):
    place.microphone = 0.0
    results = await place.run()
    assert results["tone to the telephone"]["outcome"] == "fail"
    assert results["tone to the telephone"]["look"] == ["audio wires"]


async def test_a_missing_dial_tone_is_told(place):
    place.dial_tone = False
    results = await place.run()
    assert "no dial tone" in results["tone to the telephone"]["seen"]


async def test_a_line_that_hums_fails(place):
    place.noise = 300.0
    results = await place.run()
    assert results["noise"]["outcome"] == "fail"


async def test_an_echo_that_is_too_loud_fails(place):
    place.microphone = 12.0
    results = await place.run()
    assert results["echo"]["outcome"] == "fail"


async def test_a_rotary_telephone_has_no_tones_to_measure(place):
    place.does["press"] = "rotary"
    results = await place.run()
    assert outcomes(results)["tone from the telephone"] == "not"
    assert "pulses" in results["levels"]["seen"]


async def test_a_handset_that_stays_up_fails(place):
    place.does["hang"] = False
    results = await place.run()
    assert results["hanging up"]["outcome"] == "fail"


def test_a_tap_keeps_what_passes_and_changes_nothing():
    port = SimFxsPort("fxs1")
    tap = Tap(port.audio)
    frame = np.full(160, 7, np.int16)
    with port.telephone.ear.listening() as tape:
        tap.write(frame)
        tap.begin()
        tap.write(frame)
        tap.read()
        came, went = tap.end()
        tap.write(frame)
        assert len(tape.take()) == 480
    assert (len(came), len(went)) == (160, 160)


def test_the_level_of_a_tone_is_told_from_what_is_beside_it():
    time_s = np.arange(8000) / 8000
    tone = 3276.7 * np.sin(2 * np.pi * 425 * time_s)
    noise = 3000 * np.sin(2 * np.pi * 1000 * time_s)
    assert tone_level((tone + noise).astype(np.int16), 425.0) == pytest.approx(-16.86, abs=0.1)
    assert tone_level(noise.astype(np.int16), 425.0) < -60
