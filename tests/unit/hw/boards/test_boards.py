"""Board descriptions: those that ship are right, and every mistake is told with its line."""

import xml.etree.ElementTree as ET

import pytest

from firmware.site.choices import BOARD_PORTS, BoardName
from firmware.site.problems import SiteError
from hw.boards.choice import chosen
from hw.boards.drawing import draw
from hw.boards.header import POSITION_OF, POSITIONS
from hw.boards.load import FOLDER, load_board, names, read_board
from hw.boards.opening import open_ports
from hw.boards.power import draws
from hw.boards.schema import Driver
from hw.boards.signals import PINOUTS
from hw.boards.wiring import as_json, wires
from hw.daa.profiles import PROFILES as DAAS
from hw.slic.profiles import PROFILES as SLICS

ONE = (FOLDER / "pi-1fxs-1fxo.toml").read_text()


@pytest.mark.parametrize("name", names())
def test_a_board_that_ships_is_right_and_can_be_shown(name):
    board = load_board(name)
    assert board.name == name
    assert all(draw.amps <= draw.most_amps for draw in draws(board))
    every = list(wires(board))
    gpios = [wire.gpio for wire in every if wire.gpio is not None]
    assert len(gpios) == len(set(gpios))
    assert sorted(gpios) == sorted(pin for p in board.ports.values() for pin in p.pins.values())
    assert all(POSITIONS[wire.header] == f"GPIO{wire.gpio}" for wire in every if wire.header)
    picture = ET.fromstring(draw(board))
    text = " ".join("".join(node.itertext()) for node in picture.iter())
    for wire in every:
        assert wire.signal in text
    assert as_json(board)["board"] == name


@pytest.mark.parametrize("name", [n for n in names() if not n.startswith("sim")])
def test_a_bill_of_material_has_every_chip_and_modem_and_a_card_for_every_port(name):
    board = load_board(name)
    counts = {part.part.lower(): part.count for part in board.parts}
    ports = list(board.ports.values())

    def bought(word: str) -> int:
        return sum(count for part, count in counts.items() if word in part)

    assert bought("ag1171") == sum(port.driver is Driver.SLIC for port in ports)
    assert bought("cx93010") == sum(port.driver is Driver.CX93010 for port in ports)
    assert bought("ec25") == sum(port.driver is Driver.QUECTEL for port in ports)
    listed = sum(part.count for part in board.parts if "sound stick" in part.part)
    assert listed == sum(port.codec is not None for port in ports)


def test_the_site_file_knows_the_same_boards_and_the_ports_that_can_be_driven():
    assert {name.value for name in BoardName} == {*names(), "custom"}
    drivable = {Driver.SIM_SLIC, Driver.SLIC, Driver.DAA}
    for name in set(BoardName) - {BoardName.SIM, BoardName.CUSTOM}:
        ports = load_board(name.value).ports.items()
        assert BOARD_PORTS[name] == tuple(p for p, port in ports if port.driver in drivable)


def test_a_board_of_ones_own_is_used_and_its_mistakes_are_told(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(ONE)
    assert chosen("custom", path, {"ufficio": "fxs1"}, tmp_path / "nido.toml").name == "own"
    with pytest.raises(SiteError, match=r'nido\.toml: lines\.sala\.port: "fxs2" is not in own'):
        chosen("custom", path, {"sala": "fxs2"}, tmp_path / "nido.toml")
    path.write_text(ONE.replace("hook = 17", "hook = 27"))
    with pytest.raises(SiteError, match=r"own\.toml:.*GPIO27 belongs to"):
        chosen("custom", path, {"ufficio": "fxs1"}, tmp_path / "nido.toml")


def test_ports_of_real_boards_are_made_without_their_hardware():
    ports = open_ports(load_board("pi-1fxs-daa"), ["fxs1", "fxo1"])
    told = []
    try:
        assert set(ports.fxs) == {"fxs1"}
        assert set(ports.fxo) == {"fxo1"}
        assert len(ports.cards) == 2
        ports.fxs["fxs1"].open(told.append)
        (fault,) = told
        assert "gpiochip" in fault.what  # no Pi here
    finally:
        ports.fxs["fxs1"].close()
        ports.close()


def test_a_board_may_name_another_gpiochip(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(ONE.replace('computer = "', 'gpiochip = "another-chip"\ncomputer = "', 1))
    ports, told = open_ports(read_board(path), ["fxs1"]), []
    try:
        ports.fxs["fxs1"].open(told.append)
        assert "no gpiochip called another-chip" in told[0].what
    finally:
        ports.fxs["fxs1"].close()
        ports.close()


def test_the_header_is_that_of_a_pi():
    assert len(POSITIONS) == 40
    assert len(POSITION_OF) == 28
    assert (POSITION_OF[17], POSITION_OF[27], POSITION_OF[2]) == (11, 13, 3)


def test_every_chip_has_a_pinout():
    assert set(PINOUTS) == set(SLICS) | set(DAAS)
    for name, profile in DAAS.items():
        assert PINOUTS[name].signals["off_hook"].idle_high is not profile.off_hook_high


def test_a_slic_at_5_v_is_shifted_both_ways_and_pd_is_never_driven_high():
    through = {w.signal: w.through for w in wires(load_board("pi-1fxs-1fxo")) if w.gpio}
    assert "74HCT" in through["RM"]
    assert "74HCT" in through["F/R"]
    assert "divider" in through["SHK"]
    assert "never driven high" in through["PD"]


MISTAKES = {
    "a pin twice": (
        ("reverse = 27", "reverse = 17"),
        "ports.fxs1.pins.reverse: GPIO17 belongs to hook of fxs1; choose another GPIO",
    ),
    "a pin of the EEPROM": (("hook = 17", "hook = 0"), "GPIO0 belongs to the identity EEPROM"),
    "a pin of a bus": (
        ('overlay = "derivato-1fxs"', 'overlay = "derivato-1fxs"\nbuses = ["i2c1"]'),
        None,
    ),
    "RM rings at power-on": (
        ("ring_mode = 22", "ring_mode = 5"),
        "pulled up from power-on until the program runs, which RM takes for an order; take one of",
    ),
    "a misspelt signal": (("hook = 17", "hok = 17"), 'no such signal; did you mean "hook"?'),
    "a misspelt chip": (('chip = "ag1171"', 'chip = "ag1711"'), 'did you mean "ag1171"?'),
    "a misspelt key": (("supply = ", "suply = "), 'unknown key; did you mean "supply"?'),
    "a misspelt section": (("[supplies.main]", "[supplys.main]"), "unknown section; did you mean"),
    "no such supply": (('supply = "slic"', 'supply = "sclic"'), 'did you mean "slic"?'),
    "too weak a supply": (
        ("amps = 1.0\nfrom", "amps = 0.4\nfrom"),
        "supplies.slic.amps: 0.4 A are too few: 0.50 A with every line ringing",
    ),
    "a chain of supplies that is too weak": (
        ("amps = 3.0\n", "amps = 2.0\n"),
        "supplies.main.amps: 2 A are too few: 2.33 A with every line ringing",
    ),
    "no codec": (('codec = { usb = "1-1.2" }', ""), "ports.fxs1.codec: is missing"),
    "a GPIO that no Pi has": (("hook = 17", "hook = 41"), "41 does not fit"),
    "a strange name": (("[ports.fxo1]", "[ports.linea]"), 'call it "fxo1"'),
    "no overlay": (('overlay = "derivato-1fxs"', ""), "board.overlay: is missing"),
    "no TOML": (("[board]", "[board"), "is not valid TOML"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_what_to_do(name, tmp_path):
    (old, new), message = MISTAKES[name]
    assert old in ONE
    path = tmp_path / "board.toml"
    path.write_text(ONE.replace(old, new, 1))
    if message is None:
        read_board(path)  # I2C takes pins that no port has
        return
    with pytest.raises(SiteError) as error:
        read_board(path)
    assert message in str(error.value)
    assert str(error.value).startswith(f"{path}:")
    assert all(problem.line > 0 for problem in error.value.problems)
