"""A recording through the pure core again: the same events, the orders of this version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from firmware.calls import switch as core
from firmware.calls.building import Config, Switch
from firmware.calls.events import Event
from firmware.ops.codec import KIND, Plain, encode
from firmware.ops.recording import Beginning, Building, Happened, RecordingError


@dataclass(frozen=True, slots=True)
class Replayed:
    """One event, what it orders now and what it ordered when it was recorded in line ``place``."""

    place: int
    event: Event
    orders: list[Plain]
    recorded: list[Plain]

    @property
    def same(self) -> bool:
        """Whether both are equal."""
        return self.orders == self.recorded


def replay(
    items: Iterable[Beginning | Happened], config_of: Callable[[Building], Config]
) -> Iterator[Replayed]:
    """Feed the events of a recording through the switch of the building that it is of.

    Raises:
        RecordingError: the building has other lines than the recording.
    """
    config: Config | None = None
    state: Switch | None = None
    for item in items:
        if isinstance(item, Beginning):
            config, state = config_of(item.building), item.state
            if other := set(config.lines) ^ set(state.desks):
                named = ", ".join(sorted(other))
                raise RecordingError(f"line {named}: only in one of site and recording")
            continue
        assert config  # noqa: S101 - a recording begins with its beginning
        assert state  # noqa: S101
        state, orders = core.step(state, item.event, config)
        recorded = item.orders if isinstance(item.orders, list) else []
        yield Replayed(item.place, item.event, [encode(order) for order in orders], recorded)


def in_words(thing: Plain) -> str:
    """An encoded event or order for people: ``dial-leg leg=out1 line=nido number=100``."""
    if not isinstance(thing, dict):
        return str(thing)
    values = [f"{name}={_value(value)}" for name, value in thing.items() if name != KIND]
    return " ".join([str(thing[KIND]), *values] if KIND in thing else values)


def _value(value: Plain) -> str:
    if isinstance(value, dict):
        return "{" + in_words(value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return "-" if value is None else str(value)
