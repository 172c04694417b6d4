"""The 40-pin header of a Raspberry Pi: which GPIO is where, and what it does at power-on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hw.boards.schema import Bus

POSITIONS: Mapping[int, str] = MappingProxyType(
    {
        1: "3V3", 2: "5V", 3: "GPIO2", 4: "5V", 5: "GPIO3", 6: "GND", 7: "GPIO4", 8: "GPIO14",
        9: "GND", 10: "GPIO15", 11: "GPIO17", 12: "GPIO18", 13: "GPIO27", 14: "GND",
        15: "GPIO22", 16: "GPIO23", 17: "3V3", 18: "GPIO24", 19: "GPIO10", 20: "GND",
        21: "GPIO9", 22: "GPIO25", 23: "GPIO11", 24: "GPIO8", 25: "GND", 26: "GPIO7",
        27: "GPIO0", 28: "GPIO1", 29: "GPIO5", 30: "GND", 31: "GPIO6", 32: "GPIO12",
        33: "GPIO13", 34: "GND", 35: "GPIO19", 36: "GPIO16", 37: "GPIO26", 38: "GPIO20",
        39: "GND", 40: "GPIO21",
    }
)  # fmt: skip
"""What is at each of the 40 positions."""

POSITION_OF: Mapping[int, int] = MappingProxyType(
    {int(name[4:]): at for at, name in POSITIONS.items() if name.startswith("GPIO")}
)
"""Position of each GPIO."""

EEPROM = (0, 1)
"""GPIOs of the HAT's identity EEPROM."""

BUS_PINS: Mapping[Bus, tuple[int, ...]] = MappingProxyType(
    {
        Bus.I2C: (2, 3),
        Bus.SPI: (7, 8, 9, 10, 11),
        Bus.UART: (14, 15),
        Bus.I2S: (18, 19, 20, 21),
    }
)

PULLED_UP = frozenset(range(9))
"""GPIOs that are pulled up from power-on until a program sets them (BCM2835 ARM Peripherals,
table 6-31); all others are pulled down."""
