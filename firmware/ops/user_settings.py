"""What users have set on their telephones, kept in one small file that is always whole."""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from firmware.calls.features import Feature, Settings
from firmware.ops import durable

log = logging.getLogger("derivato.settings")

_VERSION = "derivato.settings/1"


class UserSettings:
    """The settings of every line in ``path``; written by a thread of its own.

    Each change replaces the file in one step (write, fsync, rename), so that a power cut leaves
    the old or the new one. A file that cannot be read is moved aside and said in the log.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.all: dict[str, Settings] = _load(path)
        self._changes: queue.SimpleQueue[dict[str, Settings] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name="settings")
        self._thread.start()

    def keep(self, line: str, settings: Settings) -> None:
        """Keep the settings of ``line``; returns at once."""
        self.all[line] = settings
        self._changes.put(dict(self.all))

    def close(self) -> None:
        """Write what is queued and end the thread."""
        self._changes.put(None)
        self._thread.join()

    def _write_all(self) -> None:
        while (state := self._changes.get()) is not None:
            try:
                self._write(state)
            except OSError as error:
                log.error("user settings not kept: %s; check the disk", error)  # noqa: TRY400

    def _write(self, state: Mapping[str, Settings]) -> None:
        content = {"schema": _VERSION, "lines": {name: _plain(s) for name, s in state.items()}}
        text = json.dumps(content, ensure_ascii=False, indent=1)
        durable.replace(self._path, text.encode())


def _load(path: Path) -> dict[str, Settings]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {name: _settings(raw) for name, raw in content["lines"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        aside = path.with_name(path.name + ".damaged")
        log.error("user settings cannot be read (%s): moved to %s, all begin anew", error, aside)  # noqa: TRY400
        path.replace(aside)
        return {}


def _plain(settings: Settings) -> dict[str, object]:
    return {
        "forwards": {when.value: target for when, target in settings.forwards.items()},
        "on": sorted(feature.value for feature in settings.on),
        "waiting_off": settings.waiting_off,
        "groups_off": settings.groups_off,
        "locked": settings.locked,
        "short": dict(settings.short),
        "wake_at": settings.wake_at,
        "last_dialled": settings.last_dialled,
        "last_caller": settings.last_caller,
    }


def _settings(raw: Mapping[str, object]) -> Settings:
    forwards, on, short = raw["forwards"], raw["on"], raw["short"]
    if not isinstance(forwards, dict) or not isinstance(on, list) or not isinstance(short, dict):
        raise TypeError("settings of a line are not of the known form")
    return Settings(
        forwards=MappingProxyType({Feature(when): str(to) for when, to in forwards.items()}),
        on=frozenset(Feature(name) for name in on),
        waiting_off=raw["waiting_off"] is True,
        groups_off=raw.get("groups_off") is True,  # files of before have none
        locked=raw["locked"] is True,
        short=MappingProxyType({str(name): str(number) for name, number in short.items()}),
        wake_at=str(raw["wake_at"]),
        last_dialled=str(raw["last_dialled"]),
        last_caller=str(raw["last_caller"]),
    )
