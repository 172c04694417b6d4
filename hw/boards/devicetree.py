"""What the kernel and the firmware are told of a board: overlay and identity EEPROM. Pure.

``python -m hw.boards.devicetree`` writes hw/overlays and hw/eeprom anew. The overlay sets pulls
before any program runs; it claims no pin (the Pi's pin controller lets GPIO users share them).
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

from hw.boards.load import load_board, names
from hw.boards.schema import Board
from hw.boards.signals import PINOUTS, Signal, Way

_PULLS = {"none": 0, "down": 1, "up": 2}
_NAMESPACE = uuid.UUID("6f1d2c8e-0a53-4c1b-9d6b-3c1a5d0e7f42")  # ours, for uuid5

_OVERLAY = """\
// Made by `python -m hw.boards.devicetree` from hw/boards/{file}.toml: {title}.
// Pulls of the line cards' pins, from the first moment of the kernel on.
/dts-v1/;
/plugin/;

/ {{
	compatible = "brcm,bcm2835";

	fragment@0 {{
		target = <&gpio>;
		__overlay__ {{
			pinctrl-names = "default";
			pinctrl-0 = <&derivato_pins>;

			derivato_pins: derivato_pins {{
				// {comment}
				brcm,pins = <{pins}>;
				brcm,function = <{functions}>;
				brcm,pull = <{pulls}>;
			}};
		}};
	}};
}};
"""
_EEPROM = """\
# Made by `python -m hw.boards.devicetree` from hw/boards/{file}.toml: input of eepmake.
product_uuid {uuid}
product_id 0x{id:04x}
product_ver 0x0001
vendor "Derivato"
product "{title}"
gpio_drive 0
gpio_slew 0
gpio_hysteresis 0
back_power 0
{lines}
dt_blob "{overlay}"
"""


def overlay(board: Board) -> str:
    """The device-tree source of the board's overlay."""
    pins = list(_pins(board))
    return _OVERLAY.format(
        file=board.name,
        title=board.about.title,
        comment=", ".join(f"{gpio} {port} {role}" for gpio, port, role, _ in pins),
        pins=" ".join(str(gpio) for gpio, _, _, _ in pins),
        functions=" ".join("0" for _ in pins),  # inputs, until the driver takes them
        pulls=" ".join(str(_PULLS[pull(signal)]) for _, _, _, signal in pins),
    )


def eeprom(board: Board) -> str:
    """The text of the board's identity EEPROM, for eepmake of Raspberry Pi's utilities."""
    lines = [
        f"setgpio {gpio} INPUT {'DEFAULT' if pull(signal) == 'none' else pull(signal).upper()}"
        for gpio, _, _, signal in _pins(board)
    ]
    identity = uuid.uuid5(_NAMESPACE, board.name)
    return _EEPROM.format(
        file=board.name,
        uuid=identity,
        id=identity.int & 0xFFFF,
        title=board.about.title,
        lines="\n".join(lines),
        overlay=board.about.overlay,
    )


def pull(signal: Signal) -> str:
    """Which way the pin is pulled while nobody drives it."""
    match signal.way, signal.idle_high:
        case Way.OUT, True:
            return "up"
        case Way.OUT, False:
            return "down"
        case Way.IN, _ if signal.number is None:
            return "up"  # optocouplers and open outputs of DAAs
        case _:
            return "none"


def _pins(board: Board) -> Iterator[tuple[int, str, str, Signal]]:
    for name, port in board.ports.items():
        if port.chip is not None:
            signals = PINOUTS[port.chip].signals
            for role, gpio in sorted(port.pins.items(), key=lambda item: item[1]):
                yield gpio, name, role, signals[role]


def files() -> Iterator[tuple[Path, str]]:
    """Every file that ships, and what is in it: one overlay for all boards of the same pins."""
    hw = Path(__file__).parents[1]
    done: set[str] = set()
    for name in names():
        board = load_board(name)
        if board.about.overlay is None:
            continue
        if board.about.overlay not in done:
            done.add(board.about.overlay)
            yield hw / "overlays" / f"{board.about.overlay}.dts", overlay(board)
        yield hw / "eeprom" / f"{name}.txt", eeprom(board)


if __name__ == "__main__":
    for path, text in files():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.name}\n")
