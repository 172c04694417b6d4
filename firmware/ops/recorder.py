"""Writes a recording of what the switch is told and orders (`firmware.ops.recording`)."""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TextIO

from firmware.calls.building import Config, Switch
from firmware.calls.effects import Effect
from firmware.calls.events import Event
from firmware.ops.codec import CodecError, encode
from firmware.ops.recording import (
    SCHEMA,
    Building,
    masked_event,
    masked_pins,
    masked_switch,
)
from firmware.site.portable import portable, secret_names
from firmware.site.reading import read_toml

log = logging.getLogger("derivato.recording")

LARGEST = 16 * 1024 * 1024
"""Bytes after which the file is put aside as ``NAME.1`` (replacing the last one)."""

_QUEUED = 10_000  # events; a disk that hangs must not eat the memory


def building(site_id: str, site_file: Path, config: Config) -> Building:
    """Describe the building of ``site_file``, which the switch runs as ``config``.

    Raises:
        Unreadable: the file is gone or no longer valid.
    """
    tables = portable(read_toml(site_file)[0])
    pins = {name: line.permissions.pin for name, line in config.lines.items()}
    stand_ins = dict.fromkeys(secret_names(tables), "masked") | masked_pins(tables, pins)
    return Building(version("derivato"), site_id, tables, stand_ins, pins)


_Entry = tuple[Event, tuple[Effect, ...], Switch]


class Recorder:
    """Writes a recording to ``path``, by a thread of its own; an older one is put aside.

    At most ``largest`` bytes are in the file and about as many in ``NAME.1``. A disk that fails
    costs the recording, nothing else.

    Raises:
        OSError: the file cannot be made.
    """

    def __init__(
        self, path: Path, building: Building, switch: Switch, *, largest: int = LARGEST
    ) -> None:
        self._path = path
        self._building = building
        self._largest = largest
        self._last = switch
        self._lost = 0
        self._entries: queue.SimpleQueue[_Entry | tuple[int, Switch] | None] = queue.SimpleQueue()
        self._file = self._begin(switch)
        self._thread = threading.Thread(target=self._write_all, name="recording")
        self._thread.start()

    def put(self, event: Event, orders: tuple[Effect, ...], switch: Switch) -> None:
        """Record an event, its orders and the state they led to; returns at once."""
        if self._entries.qsize() >= _QUEUED:
            self._lost += 1
        else:
            if self._lost:
                self._entries.put((self._lost, self._last))
                self._lost = 0
            self._entries.put((event, orders, switch))
        self._last = switch

    def close(self) -> None:
        """Write what is queued and close the file."""
        self._entries.put(None)
        self._thread.join()
        self._file.close()

    # --- the thread --------------------------------------------------------------------------

    def _write_all(self) -> None:
        failed = False
        while (entry := self._entries.get()) is not None:
            try:
                self._write(entry)
                failed = False
            except (OSError, CodecError) as error:
                if not failed:
                    log.warning("events not recorded: %s", error)
                failed = True

    def _write(self, entry: _Entry | tuple[int, Switch]) -> None:
        if len(entry) == 2:
            self._line(self._file, self._beginning(entry[1], lost=entry[0]))
            return
        event, orders, switch = entry
        event = masked_event(event, switch, self._building.pins)
        self._line(self._file, {"event": encode(event), "orders": encode(orders)})
        if self._entries.empty():
            self._file.flush()
        if self._file.tell() >= self._largest:
            self._file.close()
            self._file = self._begin(switch)

    def _begin(self, switch: Switch) -> TextIO:
        if self._path.exists():
            self._path.replace(self._path.with_name(self._path.name + ".1"))
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        file = os.fdopen(descriptor, "w", encoding="utf-8")
        self._line(file, self._beginning(switch))
        file.flush()
        return file

    def _beginning(self, switch: Switch, *, lost: int = 0) -> dict[str, object]:
        building = self._building
        return {
            "schema": SCHEMA,
            "version": building.version,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "site": building.site,
            "lost": lost,
            "tables": building.tables,
            "secrets": building.secrets,
            "state": encode(masked_switch(switch, building.pins)),
        }

    def _line(self, file: TextIO, content: Mapping[str, object]) -> None:
        file.write(json.dumps(content, ensure_ascii=False, default=str) + "\n")
