import asyncio
import time
from pathlib import Path

import numpy as np
import pytest

from firmware.dsp.wav import read_wav, write_wav
from firmware.lines.callerid import CallSetup
from firmware.lines.callerid_message import Absence, Moment
from hw.ports import HookEdge, PortEvent
from hw.sim.board import SimBoard
from hw.sim.fxs import SimFxsPort
from hw.sim.orders import (
    Dial,
    Flash,
    Hear,
    OffHook,
    OnHook,
    Play,
    Record,
    Show,
    StopRecord,
)
from hw.sim.telephone import PhoneError

MS = 1_000_000


class Bench:
    """A board with one telephone, and a clock for its audio."""

    def __init__(self) -> None:
        self.port = SimFxsPort("fxs1")
        self.events: list[PortEvent] = []
        self.port.open(self.events.append)
        self.board = SimBoard({"fxs1": self.port})
        self.said: list[np.ndarray] = []

    @property
    def edges(self) -> list[tuple[float, bool]]:
        """Edges in ms from the first one, and whether the loop is closed after it."""
        found = [event for event in self.events if isinstance(event, HookEdge)]
        return [((e.at_ns - found[0].at_ns) / MS, e.closed) for e in found]

    async def audio(self) -> None:
        """Let audio flow, ten times as fast as real."""
        while True:
            self.said.append(self.port.audio.read())
            self.port.audio.write(np.full(160, 1000, np.int16))
            await asyncio.sleep(0.002)


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_the_handset_goes_up_and_down_once(bench: Bench) -> None:
    await bench.board.perform("fxs1", OffHook())
    with pytest.raises(PhoneError, match="already off-hook"):
        await bench.board.perform("fxs1", OffHook())
    await bench.board.perform("fxs1", OnHook())
    with pytest.raises(PhoneError, match="already on-hook"):
        await bench.board.perform("fxs1", OnHook())
    assert [closed for _, closed in bench.edges] == [True, False]


@pytest.mark.parametrize(
    "order", [Flash(), Dial("1"), Dial("1", pulse=True), Play(Path("/dev/null"))]
)
async def test_nothing_can_be_done_with_the_handset_down(
    bench: Bench, order: Flash | Dial | Play
) -> None:
    with pytest.raises(PhoneError):
        await bench.board.perform("fxs1", order)
    assert bench.edges == []


async def test_a_flash_is_exact_to_the_nanosecond(bench: Bench) -> None:
    await bench.board.perform("fxs1", OffHook())
    bench.events.clear()
    await bench.board.perform("fxs1", Flash(95))
    assert bench.edges == [(0.0, False), (95.0, True)]


async def test_rotary_pulses_carry_their_ideal_times_and_arrive_in_real_time(bench: Bench) -> None:
    await bench.board.perform("fxs1", OffHook())
    bench.events.clear()
    began = time.monotonic()
    await bench.board.perform("fxs1", Dial("2", pulse=True))
    assert time.monotonic() - began > 0.7  # 600 ms before the digit, then 160 ms
    assert bench.edges == [(0.0, False), (60.0, True), (100.0, False), (160.0, True)]


async def test_hanging_up_while_the_dial_turns_leaves_the_line_open(bench: Bench) -> None:
    await bench.board.perform("fxs1", OffHook())
    dialling = asyncio.create_task(bench.board.perform("fxs1", Dial("5", pulse=True)))
    await asyncio.sleep(0.7)
    await bench.board.perform("fxs1", OnHook())
    await dialling
    assert bench.edges[-1][1] is False
    assert len([edge for edge in bench.edges if edge[0] > 1100]) == 0


async def test_an_order_that_is_given_up_leaves_the_loop_closed(bench: Bench) -> None:
    await bench.board.perform("fxs1", OffHook())
    flashing = asyncio.create_task(bench.board.perform("fxs1", Flash(5000)))
    await asyncio.sleep(0.05)
    assert bench.edges[-1][1] is False
    flashing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await flashing
    assert bench.edges[-1][1] is True


async def test_keys_and_speech_go_out_one_after_the_other(bench: Bench, tmp_path: Path) -> None:
    wav = tmp_path / "speech.wav"
    write_wav(wav, np.full(1600, 5000, np.int16))
    await bench.board.perform("fxs1", OffHook())
    flow = asyncio.create_task(bench.audio())
    await asyncio.gather(
        bench.board.perform("fxs1", Dial("1")), bench.board.perform("fxs1", Play(wav))
    )
    flow.cancel()
    said = np.concatenate(bench.said)
    assert (said == 5000).sum() > 0 or (np.abs(said - 5000) < 600).sum() >= 1500


async def test_what_cannot_be_played_is_refused_with_its_name(bench: Bench, tmp_path: Path) -> None:
    await bench.board.perform("fxs1", OffHook())
    with pytest.raises(PhoneError, match=r"no\.wav: cannot be read"):
        await bench.board.perform("fxs1", Play(tmp_path / "no.wav"))
    text = tmp_path / "text.wav"
    text.write_text("this is no sound")
    with pytest.raises(PhoneError, match=r"text\.wav: not a WAV file"):
        await bench.board.perform("fxs1", Play(text))


async def test_a_recording_holds_every_frame_once_and_can_be_read_while_it_grows(
    bench: Bench, tmp_path: Path
) -> None:
    wav = tmp_path / "ear.wav"
    for _ in range(20):
        bench.port.audio.write(np.full(160, 9, np.int16))
    await bench.board.perform("fxs1", Record(wav))
    with pytest.raises(PhoneError, match="already recording"):
        await bench.board.perform("fxs1", Record(wav))
    for number in range(100):
        bench.port.audio.write(np.full(160, number, np.int16))
    await asyncio.sleep(0.15)
    assert len(read_wav(wav)) == 100 * 160
    for number in range(100, 120):
        bench.port.audio.write(np.full(160, number, np.int16))
    assert await bench.board.perform("fxs1", StopRecord()) == {"path": str(wav), "for_ms": 2400}
    assert np.array_equal(read_wav(wav), np.repeat(np.arange(120), 160))
    with pytest.raises(PhoneError, match="not recording"):
        await bench.board.perform("fxs1", StopRecord())


async def test_a_recording_for_a_time_ends_by_itself_or_with_who_asked(
    bench: Bench, tmp_path: Path
) -> None:
    flow = asyncio.create_task(bench.audio())
    done = await bench.board.perform("fxs1", Record(tmp_path / "a.wav", 0.2))
    assert done["for_ms"] == pytest.approx(len(read_wav(tmp_path / "a.wav")) / 8)
    waiting = asyncio.create_task(bench.board.perform("fxs1", Record(tmp_path / "b.wav", 60)))
    await asyncio.sleep(0.1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await bench.board.perform("fxs1", Record(tmp_path / "c.wav"))
    await bench.board.close()
    flow.cancel()
    assert len(read_wav(tmp_path / "b.wav")) > 0


async def test_a_place_that_cannot_be_written_is_refused(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(PhoneError, match="cannot be written"):
        await bench.board.perform("fxs1", Record(tmp_path / "no" / "ear.wav"))


async def test_the_ear_recognises_what_is_heard(bench: Bench) -> None:
    async def tone() -> None:
        wave = 8000 * np.sin(2 * np.pi * 425 * np.arange(8000 * 60) / 8000)
        for frame in wave.astype(np.int16).reshape(-1, 160):
            bench.port.audio.write(frame)
            await asyncio.sleep(0.001)

    flow = asyncio.create_task(tone())
    heard = await bench.board.perform("fxs1", Hear(0.3))
    flow.cancel()
    events = heard["events"]
    assert isinstance(events, list)
    assert any(event["kind"] in ("tone", "sound") for event in events)


async def test_the_telephone_shows_bell_and_display(bench: Bench) -> None:
    bench.port.ring(40, 25.0)
    assert (await bench.board.perform("fxs1", Show()))["ringing"] is True
    await asyncio.sleep(0.06)
    bench.port.stop_ringing()
    telephone = bench.port.telephone
    telephone.display = CallSetup(number="0571000100", name="Comune", at=Moment(3, 1, 9, 5))
    shown = await bench.board.perform("fxs1", Show())
    assert shown["off_hook"] is False
    assert shown["ringing"] is False
    (burst,) = shown["bell"]  # type: ignore[misc]
    assert (burst["for_ms"], burst["hz"]) == (40, 25.0)
    assert shown["display"] == {
        "number": "0571000100",
        "name": "Comune",
        "private": False,
        "at": "03-01 09:05",
    }
    telephone.display = CallSetup(number=Absence.PRIVATE)
    shown = await bench.board.perform("fxs1", Show())
    assert shown["display"] == {"number": None, "name": None, "private": True, "at": None}
