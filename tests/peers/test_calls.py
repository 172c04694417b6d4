"""Handset to PBX and back: what people hear, through the whole gateway and a real Asterisk."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware.ops.orders import OrderRefused

from .asterisk import Asterisk, Endpoint
from .asterisk_files import ANNOUNCEMENT, EARLY_ANNOUNCEMENT
from .gateway import Gateway, Telephone
from .hearing import RATE, Samples, assert_heard, hear, level_dbm0, read_wav, write_wav
from .netns import Namespace, wait_until
from .tones import beats, is_rhythm, keys, rhythm

PBX = "10.77.0.2"
BOX = "10.77.0.10"
LINE = "nido"

DIAL = (200, 200, 600, 1000)
RINGBACK = (1000, 4000)
BUSY = (500, 500)
CONGESTION = (200, 200)


@pytest.fixture(scope="module")
def pbx(namespace: Namespace, root: Path) -> Iterator[Asterisk]:
    endpoints = [Endpoint(name="box", host=f"{BOX}:5060")]
    with Asterisk(namespace, root, endpoints=endpoints) as running:
        yield running


@pytest.fixture(scope="module")
def box(namespace: Namespace, pbx: Asterisk) -> Iterator[Gateway]:
    gateway = Gateway(
        namespace,
        trunks={"pbx": {"servers": [PBX]}},
        lines={
            LINE: {"port": "fxs1", "extension": "601", "caller_name": "Nido Melograno"},
            "cucina": {"port": "fxs2", "extension": "602", "caller_name": "Cucina"},
        },
        sip={"bind": BOX},
    )
    with gateway:
        yield gateway


@pytest.fixture
def phone(box: Gateway, pbx: Asterisk) -> Iterator[Telephone]:
    """The telephone of the nursery; on-hook and without calls before and after."""
    telephone = box.telephone(LINE)
    box.wait_state(LINE, "idle")
    yield telephone
    pbx.hang_up()
    if telephone.look()["off_hook"]:
        telephone.hang_up()
    box.wait_state(LINE, "idle")
    wait_until(lambda: not pbx.channels(), 3.0, lambda: f"calls stay: {pbx.channels()}")
    assert box.process.exit_code is None
    assert "Traceback" not in box.log


@pytest.fixture(scope="module")
def speech(root: Path, namespace: Namespace) -> Path:
    whole = read_wav(root / "usr/share/asterisk/sounds/it_IT_m_Carlo/demo-instruct.wav")
    return write_wav(namespace.work / "speech.wav", whole[: 4 * RATE])


def announced(pbx: Asterisk, name: str = ANNOUNCEMENT, seconds: float = 3.0) -> Samples:
    return read_wav(pbx.sound(name))[: int(seconds * RATE)]


def test_dial_tone_is_italian_and_ends_with_the_first_digit(phone: Telephone) -> None:
    phone.lift()
    heard = phone.listen(4.5)
    assert is_rhythm(heard, *DIAL), rhythm(heard)
    loud = heard[abs(heard) > 1000]
    assert -16 < level_dbm0(loud) < -8  # -13 dBm0 in the tone plan
    phone.dial("9")
    assert rhythm(phone.listen(2.0)) == []


@pytest.mark.parametrize("pulse", [False, True], ids=["keypad", "rotary"])
def test_the_pbx_records_what_the_handset_says(
    phone: Telephone, box: Gateway, pbx: Asterisk, speech: Path, pulse: bool
) -> None:
    phone.lift()
    phone.dial("9003", pulse=pulse)
    box.wait_state(LINE, "talking")
    time.sleep(0.3)
    phone.say(speech)
    time.sleep(0.3)
    phone.hang_up()
    wait_until(lambda: not pbx.channels(), 3.0, "the PBX still records")
    assert_heard(pbx.recordings()[-1], speech)
    assert pbx.journal()[-1] == "9003|601|Nido Melograno|"
    record = box.calls()[0]
    assert record["peer_number"] == "9003"
    assert (record["direction"], record["code"]) == ("out", 200)
    assert record["answered_at"] is not None
    assert record["ended_at"] is not None


def test_the_handset_hears_the_pbx_and_then_busy(
    phone: Telephone, box: Gateway, pbx: Asterisk
) -> None:
    phone.lift()
    with phone.recording() as sound:
        phone.dial("9002")
        box.wait_state(LINE, "talking")
        time.sleep(4.0)
        pbx.hang_up()
        time.sleep(4.0)
    assert_heard(sound[0], announced(pbx))
    assert is_rhythm(sound[0][-int(3.5 * RATE) :], *BUSY)


def test_a_call_from_the_pbx_rings_shows_and_is_heard(
    phone: Telephone, box: Gateway, pbx: Asterisk, speech: Path
) -> None:
    pbx.originate("601@box", number="0571757611", name="Asilo Stacciaburatta")
    phone.wait_ringing()
    time.sleep(5.5)
    seen = phone.look()
    assert seen["display"]["number"] == "0571757611"
    assert seen["display"]["name"] == "Asilo Stacciaburatta"
    bursts = [burst for burst in seen["bell"] if burst["for_ms"] > 900]
    assert bursts, seen["bell"]
    assert all(burst["hz"] == 25 for burst in bursts)
    phone.lift()
    box.wait_state(LINE, "talking")
    with phone.recording() as sound:
        phone.say(speech)
        time.sleep(0.5)
    assert_heard(sound[0], speech)  # 9001 sends it back
    pbx.hang_up()
    assert is_rhythm(phone.listen(3.5), *BUSY)


def test_ringing_stops_when_the_caller_gives_up(
    phone: Telephone, box: Gateway, pbx: Asterisk
) -> None:
    pbx.originate("601@box", number="0571757611")
    phone.wait_ringing()
    pbx.hang_up()
    box.wait_state(LINE, "idle", 2.0)
    assert not phone.look()["ringing"]
    wait_until(lambda: box.calls()[0]["code"] == 487, 2.0, lambda: str(box.calls()[0]))


@pytest.mark.parametrize(
    ("number", "code", "cycle"),
    [("9004", 486, BUSY), ("9005", 503, CONGESTION), ("9010", 486, BUSY)],
)
def test_a_refusal_is_heard_as_its_tone(
    phone: Telephone, box: Gateway, pbx: Asterisk, number: str, code: int, cycle: tuple[int, ...]
) -> None:
    phone.lift()
    with phone.recording() as sound:
        phone.dial(number)
        wait_until(lambda: box.calls()[0]["code"] == code, 8.0, lambda: str(box.calls()[0]))
        time.sleep(4.0)
    assert is_rhythm(sound[0][-int(3.5 * RATE) :], *cycle), rhythm(sound[0])
    if number == "9010":  # the reason was spoken before the refusal
        assert_heard(sound[0], announced(pbx, EARLY_ANNOUNCEMENT, 2.5))


@pytest.mark.parametrize(("number", "code"), [("7777", 404), ("9014", 403), ("9015", 410)])
def test_what_trying_again_cannot_cure_is_special_information(
    phone: Telephone, box: Gateway, number: str, code: int
) -> None:
    phone.lift()
    phone.dial(number)
    wait_until(lambda: box.calls()[0]["code"] == code, 8.0, lambda: str(box.calls()[0]))
    pitches = [beat.hertz for beat in beats(phone.listen(4.5))[1:]]
    cycle = [950.0, 1400.0, 1800.0, None]
    starts = pitches.index(950.0)
    assert pitches[starts : starts + 4] == cycle, pitches


def test_ringing_back_is_heard_and_the_call_given_up(
    phone: Telephone, box: Gateway, pbx: Asterisk
) -> None:
    phone.lift()
    phone.dial("9006")
    heard = phone.listen(12.0)
    assert is_rhythm(heard, *RINGBACK), rhythm(heard)
    assert len(pbx.channels()) == 1
    phone.hang_up()
    wait_until(lambda: not pbx.channels(), 2.0, "no CANCEL came")
    wait_until(lambda: box.calls()[0]["code"] == 487, 2.0, lambda: str(box.calls()[0]))
    assert box.calls()[0]["answered_at"] is None


def test_early_media_is_heard_before_the_answer(
    phone: Telephone, box: Gateway, pbx: Asterisk
) -> None:
    phone.lift()
    with phone.recording() as sound:
        phone.dial("9007")
        time.sleep(5.0)
        assert box.line(LINE)["state"] == "calling"
    assert_heard(sound[0], announced(pbx))
    # The PBX's sound only, no tone of ours under it: a vowel may sound like 425 Hz, briefly.
    assert max(rhythm(sound[0][-4 * RATE :])[::2], default=0) < 300


def test_digits_reach_the_pbx(phone: Telephone, box: Gateway, pbx: Asterisk) -> None:
    before = len(pbx.digits())
    phone.lift()
    phone.dial("9008")
    box.wait_state(LINE, "talking")
    time.sleep(0.5)
    phone.dial("0123456789*#")
    wait_until(lambda: len(pbx.digits()) > before, 6.0, "the PBX read no digits")
    assert pbx.digits()[before:] == ["0123456789*"]


def test_digits_of_the_pbx_are_heard(phone: Telephone, box: Gateway) -> None:
    phone.lift()
    with phone.recording() as sound:
        phone.dial("9011")
        box.wait_state(LINE, "talking")
        mark = time.monotonic()
        time.sleep(5.0)
    spent = int((time.monotonic() - mark) * RATE)
    assert keys(sound[0][-spent:]) == "1590*#"


def test_two_calls_at_once_do_not_leak_into_each_other(
    phone: Telephone, box: Gateway, pbx: Asterisk, speech: Path
) -> None:
    other = box.telephone("cucina")
    pbx.originate("602@box", number="601", name="Nido", extension="9013")
    other.wait_ringing()
    other.lift()
    box.wait_state("cucina", "talking")
    phone.lift()
    phone.dial("9001")
    box.wait_state(LINE, "talking")
    with phone.recording() as mine, other.recording() as theirs:
        phone.say(speech)
        time.sleep(0.4)
    assert_heard(mine[0], speech)
    assert hear(theirs[0], speech).figure < 0.2
    other.hang_up()
    box.wait_state("cucina", "idle")


def test_an_impossible_order_is_refused_with_the_reason(phone: Telephone) -> None:
    with pytest.raises(OrderRefused, match="on-hook"):
        phone.flash()
    with pytest.raises(OrderRefused, match="on-hook"):
        phone.dial("1")
    phone.lift()
    with pytest.raises(OrderRefused, match="already off-hook"):
        phone.lift()
