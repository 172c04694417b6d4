"""Overlays and EEPROM texts: made of the boards, compiled, and applied to the Pis' own trees."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hw.boards.devicetree import eeprom, files, overlay
from hw.boards.load import load_board, names
from tests.kernel.packages import KernelTestError, base_trees

CACHE = Path(__file__).parents[4] / ".cache/kernel"
WITH_PINS = [name for name in names() if load_board(name).about.overlay]

needs_dtc = pytest.mark.skipif(not shutil.which("dtc"), reason="device-tree-compiler is missing")


@pytest.fixture(scope="session")
def trees() -> list[Path]:
    try:
        found = base_trees(CACHE)
    except (KernelTestError, OSError, subprocess.CalledProcessError, StopIteration) as error:
        pytest.skip(f"no device trees of Pis: {error}")
    return found


def compiled(name: str, folder: Path) -> Path:
    source, binary = folder / "overlay.dts", folder / "overlay.dtbo"
    source.write_text(overlay(load_board(name)))
    done = subprocess.run(
        ["dtc", "-@", "-I", "dts", "-O", "dtb", "-o", str(binary), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    return binary


def test_what_ships_is_what_the_boards_say():
    for path, text in files():
        assert path.read_text() == text, "python -m hw.boards.devicetree"
    shipped = {path for path, _ in files()}
    for folder in {path.parent for path in shipped}:
        assert {path for path in folder.iterdir() if path.is_file()} <= shipped


def test_boards_that_share_an_overlay_have_the_same_pins():
    texts: dict[str, set[str]] = {}
    for name in WITH_PINS:
        board = load_board(name)
        lines = overlay(board).splitlines()[1:]
        texts.setdefault(board.about.overlay, set()).add("\n".join(lines))
    assert all(len(versions) == 1 for versions in texts.values())


@needs_dtc
@pytest.mark.parametrize("name", WITH_PINS)
def test_an_overlay_applies_to_every_pi_up_to_the_4(name, tmp_path, trees):
    binary = compiled(name, tmp_path)
    pis = [tree for tree in trees if not tree.name.startswith("bcm2712")]  # Pi 5: RP1 has the pins
    assert {"bcm2711-rpi-4-b.dtb", "bcm2837-rpi-3-b.dtb"} <= {tree.name for tree in pis}
    for tree in pis:
        merged = tmp_path / tree.name
        subprocess.run(["fdtoverlay", "-i", str(tree), "-o", str(merged), str(binary)], check=True)
        gpio = _get(merged, "s", "/__symbols__", "gpio")
        pins = _get(merged, "i", f"{gpio}/derivato_pins", "brcm,pins").split()
        wanted = [pin for port in load_board(name).ports.values() for pin in port.pins.values()]
        assert sorted(map(int, pins)) == sorted(wanted)
        handle = _get(merged, "i", f"{gpio}/derivato_pins", "phandle")
        assert _get(merged, "i", gpio, "pinctrl-0") == handle


@pytest.mark.parametrize("name", WITH_PINS)
def test_an_eeprom_text_has_what_eepmake_wants(name):
    text = eeprom(load_board(name))
    keys = [line.split()[0] for line in text.splitlines() if not line.startswith("#")]
    assert keys[:5] == ["product_uuid", "product_id", "product_ver", "vendor", "product"]
    pins = re.findall(r"^setgpio (\d+) INPUT (UP|DOWN|DEFAULT)$", text, re.MULTILINE)
    assert len(pins) == keys.count("setgpio")
    wanted = [pin for port in load_board(name).ports.values() for pin in port.pins.values()]
    assert sorted(int(pin) for pin, _ in pins) == sorted(wanted)
    assert re.search(r"^product_id 0x[0-9a-f]{4}$", text, re.MULTILINE)


def test_no_two_boards_have_one_identity():
    texts = [eeprom(load_board(name)) for name in WITH_PINS]
    for key in ("product_uuid", "product_id"):
        found = [re.search(rf"^{key} (.*)$", text, re.MULTILINE)[1] for text in texts]
        assert len(set(found)) == len(found)


def _get(tree: Path, kind: str, node: str, key: str) -> str:
    done = subprocess.run(
        ["fdtget", "-t", kind, str(tree), node, key], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()
