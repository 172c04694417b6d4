"""A recording gives the same orders again, keeps no PIN, and stays within its size."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware import assembly
from firmware.calls import switch as core
from firmware.calls.building import Config
from firmware.calls.events import LineDigit, LineEdge, LineReady, Wake
from firmware.calls.station import Collecting
from firmware.ops.recorder import Recorder, building
from firmware.ops.recording import (
    Beginning,
    Building,
    Happened,
    RecordingError,
    masked_digits,
    read,
)
from firmware.ops.replay import in_words, replay
from firmware.site.load import load_site, site_of

MS = 1_000_000
PIN = "4711"
SITE = """\
[site]
id = "nido"
name = "Nido"
time_zone = "Europe/Rome"
[sip]
tls_cert = "cert.pem"
tls_key = "key.pem"
[trunks.pbx]
servers = ["127.0.0.1"]
register = "lines"
[lines.nido-1]
port = "fxs1"
extension = "201"
user = "u201"
secret = "pw"
lock_pin = "pin"
[lines.nido-2]
port = "fxs2"
extension = "202"
user = "u202"
secret = "pw"
[board]
name = "sim"
[dialplan]
internal = ["2xx"]
"""


class House:
    """A building with a recorder, fed by hand."""

    def __init__(self, folder: Path, *, largest: int = 10_000_000, pin: str = PIN) -> None:
        self.site_file = folder / "nido.toml"
        self.site_file.write_text(re.sub("tls_.*\n", "", SITE))
        secrets = folder / "nido.secrets.toml"
        secrets.touch(0o600)
        secrets.write_text(f'pin = "{pin}"\npw = "correct horse"\n')
        self.file = folder / "recording.jsonl"
        self.config = assembly.switch_config(load_site(self.site_file))
        self.switch = core.initial(self.config)
        place = building("nido", self.site_file, self.config)
        self.recorder = Recorder(self.file, place, self.switch, largest=largest)
        self.now = 10**12
        for line in self.config.lines:
            self.feed(LineReady(line, self.now))

    def feed(self, event) -> None:
        self.switch, orders = core.step(self.switch, event, self.config)
        self.recorder.put(event, orders, self.switch)

    def wait(self, ms: int) -> None:
        self.now += ms * MS
        self.feed(Wake(self.now))

    def hook(self, *, closed: bool, line: str = "nido-1") -> None:
        self.feed(LineEdge(line, self.now, closed))
        self.wait(500)

    def dial(self, digits: str, line: str = "nido-1") -> None:
        for digit in digits:
            self.now += 100 * MS
            self.feed(LineDigit(line, self.now, digit))

    def set(self, code: str) -> None:
        self.hook(closed=True)
        self.dial(code)
        self.hook(closed=False)


def config_of(place: Building) -> Config:
    return assembly.switch_config(site_of(place.tables, place.secrets, origin="recording"))


def differences(file: Path) -> list[int]:
    return [step.place for step in replay(read(file), config_of) if not step.same]


def test_the_same_events_give_the_same_orders(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.set("*51*7*202#")
    house.set("*21*202#")
    house.hook(closed=True)
    house.dial("202")
    house.wait(25_000)
    house.hook(closed=False)
    house.recorder.close()
    steps = list(replay(read(house.file), config_of))
    assert len(steps) > 30
    assert sum(len(step.orders) for step in steps) > 10
    assert all(step.same for step in steps)
    assert any("dial-leg leg=out1 line=nido-1" in in_words(o) for s in steps for o in s.orders)


def test_an_order_that_differs_is_found(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.set("202")
    house.recorder.close()
    text = house.file.read_text()
    place = next(n for n, row in enumerate(text.splitlines(), 1) if '"DIAL"' in row)
    house.file.write_text(text.replace('"DIAL"', '"BUSY"', 1))
    assert differences(house.file) == [place]


@pytest.mark.parametrize("typed", [PIN, "1234", "47", "47119", "4*711", "4712", "", "4711*4711"])
def test_a_pin_is_masked_and_still_opens_or_not(tmp_path: Path, typed: str) -> None:
    house = House(tmp_path)
    house.set(f"*33*{typed}#")
    locked = house.switch.desks["nido-1"].station.settings.locked
    assert locked is (typed == PIN)
    house.hook(closed=True)
    house.dial("*33*471")  # left unfinished
    house.recorder.close()
    text = house.file.read_text()
    said = re.findall(r'"digit": "(.)"', text)
    *_, last = replay(read(house.file), config_of)
    assert differences(house.file) == []
    assert ("LOCKED" in text.upper()) is True
    assert PIN not in "".join(said)
    assert "correct horse" not in text
    assert PIN not in re.sub(r'"at_ns": \d+', "", text)
    assert last.same


def test_the_pin_in_the_state_from_which_a_new_part_begins_is_masked(tmp_path: Path) -> None:
    house = House(tmp_path, largest=1)  # every event turns the file over
    house.hook(closed=True)
    house.dial("*33*471")
    house.recorder.close()
    (beginning,) = read(house.file)
    assert isinstance(beginning, Beginning)
    now = beginning.state.desks["nido-1"].station.now
    assert isinstance(now, Collecting)
    assert now.digits == "*33*000"


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789", max_size=6), st.text("0123456789*", max_size=8))
def test_masking_keeps_right_and_wrong_apart(pin: str, typed: str) -> None:
    masked = masked_digits(f"*33*{typed}", pin)
    assert (masked == "*33*" + "0" * len(pin)) is (typed == pin)
    assert set(masked.removeprefix("*33*")) <= set("01*")
    assert len(masked) == 4 + len(typed)


@pytest.mark.parametrize("number", ["0571", "*21*4711#", "**7", "112", "*33", "*330*47", ""])
def test_other_numbers_are_kept(number: str) -> None:
    assert masked_digits(number, PIN) == number


def test_the_file_is_for_its_owner_and_an_older_one_is_put_aside(tmp_path: Path) -> None:
    House(tmp_path).recorder.close()
    first = (tmp_path / "recording.jsonl").read_text()
    house = House(tmp_path)
    house.recorder.close()
    assert (house.file.stat().st_mode & 0o777) == 0o600
    assert (tmp_path / "recording.jsonl.1").read_text() == first


def test_the_files_stay_small_and_the_last_part_can_be_replayed(tmp_path: Path) -> None:
    house = House(tmp_path, largest=20_000)
    for _ in range(60):
        house.set("*21*202#")
    house.recorder.close()
    parts = [house.file, tmp_path / "recording.jsonl.1"]
    assert sorted(tmp_path.glob("recording*")) == parts
    for part in parts:
        assert part.stat().st_size < 30_000
        assert differences(part) == []
    first, *_ = read(house.file)
    assert isinstance(first, Beginning)
    assert first.state.desks["nido-1"].station.settings.forwards, "it goes on from the state then"


def test_events_that_a_hanging_disk_costs_are_counted_and_the_rest_replays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path)
    while not house.recorder._entries.empty():
        pass
    monkeypatch.setattr("firmware.ops.recorder._QUEUED", 0)
    house.set("*21*202#")
    monkeypatch.undo()
    house.set("#21#")
    house.recorder.close()
    again = [item for item in read(house.file) if isinstance(item, Beginning)][1:]
    assert [item.lost for item in again] == [12]
    assert again[0].state.desks["nido-1"].station.settings.forwards
    assert differences(house.file) == []


def test_what_names_files_of_this_machine_is_left_out(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.recorder.close()
    house.site_file.write_text(SITE)
    place = building("nido", house.site_file, house.config)
    assert place.tables["sip"] == {}
    assert place.secrets == {"pin": "0000", "pw": "masked"}
    assert place.pins["nido-1"] == PIN
    assert set(config_of(place).lines) == {"nido-1", "nido-2"}


def test_a_last_line_that_was_cut_is_left_out(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.set("202")
    house.recorder.close()
    whole = len(list(read(house.file)))
    text = house.file.read_text()
    house.file.write_text(text[:-20])
    assert len(list(read(house.file))) == whole - 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda rows: [], "is empty"),
        (lambda rows: rows[1:], ":1: is no recording; its beginning is gone"),
        (lambda rows: ["{", *rows], ":1: is no JSON"),
        (lambda rows: ["[]", *rows], ":1: is no object"),
        (lambda rows: ["{}", *rows], ":1: schema is None"),
        (lambda rows: [rows[0].replace("recording/1", "recording/9")], "recording/9"),
        (lambda rows: [*rows, '{"event": {"kind": "x"}, "orders": []}'], "'x' is not known here"),
        (lambda rows: [rows[0], '{"event": {"kind": "wake", "at_ns": 1}}'], ":2: 'orders' is"),
        (lambda rows: [json.dumps({"schema": "derivato.recording/1"})], "'tables' is missing"),
    ],
)
def test_what_is_no_recording_is_refused_with_its_line(tmp_path: Path, change, says) -> None:
    house = House(tmp_path)
    house.recorder.close()
    rows = house.file.read_text().splitlines()
    house.file.write_text("".join(row + "\n" for row in change(rows)))
    with pytest.raises(RecordingError, match=re.escape(says)) as caught:
        list(read(house.file))
    assert str(caught.value).startswith(str(house.file))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot be read"):
        list(read(tmp_path / "none"))


def test_a_site_with_other_lines_is_refused(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.recorder.close()
    lines = {name: line for name, line in house.config.lines.items() if name == "nido-1"}
    other = Config(house.config.office, lines)
    with pytest.raises(RecordingError, match="line nido-2: only in one of site and recording"):
        list(replay(read(house.file), lambda _: other))


def test_events_are_read_as_they_were(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.recorder.close()
    events = [item.event for item in read(house.file) if isinstance(item, Happened)]
    assert events == [LineReady("nido-1", 10**12), LineReady("nido-2", 10**12)]
