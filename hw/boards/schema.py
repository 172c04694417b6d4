"""A board description: what is on it, and how it is wired to the computer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field, PlainValidator

from firmware.site.problems import Wrong
from firmware.site.table import Lax, Table
from firmware.site.values import Form, Label, text_of


def _words(value: object) -> str:
    text = text_of(value)
    if not 1 <= len(text) <= 100 or not text.isprintable():
        raise Wrong("does not fit", "write 1 to 100 printable characters")
    return text


Words = Annotated[str, Form("1 to 100 printable characters"), PlainValidator(_words)]


class Driver(StrEnum):
    """What drives a port."""

    SIM = "sim"
    SLIC = "slic"
    SIM_SLIC = "sim-slic"
    DAA = "daa"
    CX93010 = "cx93010"
    QUECTEL = "quectel"
    SIMCOM = "simcom"


class Bus(StrEnum):
    """A bus on the header, and the pins that it takes."""

    I2C = "i2c1"
    SPI = "spi0"
    UART = "uart0"
    I2S = "i2s"


class About(Table):
    """The board as a whole."""

    title: Words = Field(description="What it is for people.")
    computer: Words = Field(description="Computers that it is for.")
    buses: Annotated[tuple[Annotated[Bus, Lax], ...], Lax] = Field(
        default=(), description="Buses of the header in use, whose pins no port may take."
    )
    gpiochip: Words | None = Field(
        default=None, description="Label of the gpiochip, where it is not the header of a Pi."
    )
    overlay: Label | None = Field(
        default=None, description="Device-tree overlay in hw/overlays, without .dts."
    )


class Supply(Table):
    """A power supply."""

    title: Words = Field(description="What feeds it.")
    volts: Annotated[float, Field(ge=3, le=60)] = Field(description="Its voltage.")
    amps: Annotated[float, Field(gt=0, le=100)] = Field(description="What it can give.")
    loaded_amps: Annotated[float, Field(ge=0, le=100)] = Field(
        default=0.0, description="What it gives to others than ports: the computer, for example."
    )
    feeds_from: Label | None = Field(
        default=None, alias="from", description="Supply that feeds it, for a regulator."
    )
    efficiency: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.85, description="Share of what it takes that it gives on."
    )


class Codec(Table):
    """The sound device of a port: a card by its place, so that no two are ever swapped."""

    usb: Label | None = Field(
        default=None, description="USB path of the card, as 1-1.2 (/sys/bus/usb/devices)."
    )
    card: Label | None = Field(default=None, description="ALSA name of a card that is not on USB.")
    channel: Annotated[int, Field(ge=0, le=1)] = Field(
        default=0, description="Channel of a stereo card: 0 left, 1 right."
    )


class Port(Table):
    """A line card."""

    driver: Annotated[Driver, Lax] = Field(description="What drives it.")
    chip: Label | None = Field(default=None, description="Kind of SLIC or DAA.")
    supply: Label | None = Field(default=None, description="Supply under [supplies].")
    amps: Annotated[float, Field(ge=0, le=10)] = Field(
        default=0.0, description="Most that it takes, where the chip's data do not tell."
    )
    pins: Mapping[Label, Annotated[int, Field(ge=0, le=27)]] = Field(
        default={}, description="GPIO number of each signal."
    )
    forward_high: bool | None = Field(
        default=None, description="Level of F/R that feeds forward, where this module differs."
    )
    device: Label | None = Field(
        default=None, description="Modem: USB path, as 1-1.3, or device file, as /dev/ttyUSB2."
    )
    codec: Codec | None = Field(default=None, description="Its sound device.")


class Part(Table):
    """A line of the parts list."""

    part: Words = Field(description="What to buy.")
    count: Annotated[int, Field(ge=1, le=100)] = Field(default=1, description="How many.")
    note: Words | None = Field(default=None, description="What to look at when buying it.")


@dataclass(frozen=True, slots=True)
class Board:
    """A board description, read and checked; names are those of its file."""

    name: str
    about: About
    supplies: Mapping[str, Supply]
    ports: Mapping[str, Port]
    parts: tuple[Part, ...]
