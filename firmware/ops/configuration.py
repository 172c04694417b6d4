"""The configurations of a box: versions that are always whole, and confirmation in time.

A folder holds them::

    current -> versions/7        what the daemon runs with (``--site …/current/site.toml``)
    versions/7/                  site.toml, site.secrets.toml, about.json
    files/                       what site files refer to: certificates, prompts
    pending.json                 a version that goes back by itself unless it is confirmed

Each step is one rename: power can fail at any instant, and the old or the new configuration is
there, whole. One process at a time writes (``lock``).
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from firmware.ops import durable
from firmware.site.load import load_site
from firmware.site.problems import SiteError
from firmware.site.schema import Site

_KEPT = 50
_SITE, _SECRETS, _ABOUT = "site.toml", "site.secrets.toml", "about.json"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class ConfigurationError(Exception):
    """The configuration could not be changed, and was not; the text says why."""


@dataclass(frozen=True, slots=True)
class Version:
    """One configuration: who applied it and when (UTC, ISO 8601); ``confirmed`` or not yet."""

    number: int
    who: str
    at: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Pending:
    """``version`` goes back to ``back_to`` unless it is confirmed.

    That is at ``until_ns`` (CLOCK_BOOTTIME) of the boot with the id ``boot``, or at the next boot.
    """

    version: int
    back_to: int
    until_ns: int
    boot: str
    who: str

    @property
    def left_s(self) -> float:
        """Seconds until it goes back; 0 if its time is over, or the box was started anew."""
        if self.boot != _boot_id():
            return 0.0
        return max(0.0, (self.until_ns - time.clock_gettime_ns(time.CLOCK_BOOTTIME)) / 1e9)


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of an apply: the version now in force; ``changed`` False if it was so already."""

    version: int
    changed: bool
    before: Site | None
    after: Site


class Configuration:
    """The configurations in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._versions = folder / "versions"
        self._current = folder / "current"
        self._pending = folder / "pending.json"

    @property
    def site_file(self) -> Path:
        """The site file in force."""
        return self._current / _SITE

    # --- looking ------------------------------------------------------------------------------

    def current(self) -> int | None:
        """The version in force, or None."""
        with suppress(OSError, ValueError):
            return int(self._current.readlink().name)
        return None

    def history(self) -> list[Version]:
        """Every version that is kept, the latest first."""
        found = []
        for folder in self._versions.glob("[0-9]*"):
            with suppress(OSError, ValueError, TypeError):
                found.append(Version(**json.loads((folder / _ABOUT).read_text("utf-8"))))
        return sorted(found, key=lambda version: version.number, reverse=True)

    def pending(self) -> Pending | None:
        """The version that waits for its confirmation."""
        try:
            found = Pending(**json.loads(self._pending.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return found if found.version == self.current() else None

    def check(self, site: bytes, secrets: bytes | None) -> tuple[Site | None, Site]:
        """Read a configuration as it would be in force; give the one in force and this.

        Raises:
            SiteError: it cannot be used.
            ConfigurationError: there is no room to look at it.
        """
        with self._prepared(site, secrets) as folder:
            return self._in_force(), _read(folder)

    # --- changing -----------------------------------------------------------------------------

    def apply(
        self, site: bytes, secrets: bytes | None, *, who: str, confirm_s: float | None
    ) -> Applied:
        """Put a configuration in force; without ``secrets`` those in force stay.

        With ``confirm_s`` it goes back after this time unless it is confirmed.

        Raises:
            SiteError: it cannot be used; nothing was changed.
            ConfigurationError: it could not be written; nothing was changed.
        """
        with self._locked(), self._prepared(site, secrets) as folder:
            after, before, now = _read(folder), self._in_force(), self.current()
            if (waiting := self.pending()) is not None:
                raise ConfigurationError(
                    f"version {waiting.version} by {waiting.who} waits for its confirmation, "
                    f"{waiting.left_s:.0f} s more; confirm it or roll it back first"
                )
            if now is not None and _same(folder, self._versions / str(now)):
                return Applied(now, changed=False, before=before, after=after)
            number = max((version.number for version in self.history()), default=0) + 1
            about = Version(number, who, _now(), confirmed=confirm_s is None)
            durable.write(folder / _ABOUT, json.dumps(asdict(about)).encode())
            durable.sync(folder)
            folder.rename(self._versions / str(number))
            durable.sync(self._versions)
            if confirm_s is not None and now is not None:
                until = time.clock_gettime_ns(time.CLOCK_BOOTTIME) + round(confirm_s * 1e9)
                waits = Pending(number, now, until, _boot_id(), who)
                durable.replace(self._pending, json.dumps(asdict(waits)).encode())
            self._switch_to(number)
            self._forget_old()
            return Applied(number, changed=True, before=before, after=after)

    def confirm(self) -> int:
        """Keep the version that waits; give its number.

        Raises:
            ConfigurationError: none waits.
        """
        with self._locked():
            if (waiting := self.pending()) is None or not waiting.left_s:
                raise ConfigurationError("nothing waits for a confirmation")
            about = self._versions / str(waiting.version) / _ABOUT
            confirmed = {**json.loads(about.read_text("utf-8")), "confirmed": True}
            durable.replace(about, json.dumps(confirmed).encode())
            self._pending.unlink(missing_ok=True)
            durable.sync(self.folder)
            return waiting.version

    def rollback(self, number: int | None = None) -> int:
        """Put version ``number`` in force again; None is the one before. Give its number.

        Raises:
            ConfigurationError: there is no such version, or it cannot be used any more.
        """
        with self._locked():
            waiting, now = self.pending(), self.current()
            if number is None:
                older = [v.number for v in self.history() if now and v.number < now]
                number = waiting.back_to if waiting else max(older, default=None)
            if number is None or not (self._versions / str(number) / _SITE).is_file():
                known = ", ".join(str(version.number) for version in self.history()) or "none"
                raise ConfigurationError(f"no version to go back to; versions here: {known}")
            try:
                _read(self._versions / str(number))
            except SiteError as error:
                raise ConfigurationError(f"version {number} cannot be used:\n{error}") from error
            self._switch_to(number)
            self._pending.unlink(missing_ok=True)
            durable.sync(self.folder)
            return number

    def expire(self) -> int | None:
        """Go back if the time for a confirmation is over; give the version gone back to."""
        if (waiting := self.pending()) is None or waiting.left_s:
            return None
        with suppress(ConfigurationError):
            return self.rollback(waiting.back_to)
        return None

    # --- inside -------------------------------------------------------------------------------

    def _in_force(self) -> Site | None:
        with suppress(SiteError):
            return load_site(self.site_file)
        return None

    @contextmanager
    def _prepared(self, site: bytes, secrets: bytes | None) -> Iterator[Path]:
        """A folder with the configuration in it, removed unless it was renamed."""
        try:
            self._versions.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=".new-", dir=self._versions))
        except OSError as error:
            raise ConfigurationError(f"{self.folder}: {error.strerror}") from error
        try:
            folder.chmod(0o750)
            durable.write(folder / _SITE, site)
            if secrets is None and (kept := self._current / _SECRETS).is_file():
                secrets = kept.read_bytes()
            if secrets is not None:
                durable.write(folder / _SECRETS, secrets, mode=0o600)
            for entry in (self.folder / "files").glob("*"):
                (folder / entry.name).symlink_to(f"../../files/{entry.name}")
            yield folder
        except OSError as error:
            raise ConfigurationError(f"{self.folder}: {error.strerror}; nothing changed") from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise ConfigurationError(f"{self.folder}: {error.strerror}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError as error:
            raise ConfigurationError("somebody else is changing the configuration") from error
        finally:
            os.close(lock)

    def _switch_to(self, number: int) -> None:
        new = self.folder / ".current.new"
        new.unlink(missing_ok=True)
        new.symlink_to(f"versions/{number}")
        new.rename(self._current)
        durable.sync(self.folder)

    def _forget_old(self) -> None:
        in_use = {self.current()} | ({w.back_to} if (w := self.pending()) else set())
        for version in self.history()[_KEPT:]:
            if version.number not in in_use:
                shutil.rmtree(self._versions / str(version.number), ignore_errors=True)


def configuration_of(site_file: Path) -> Configuration | None:
    """The configurations that ``site_file`` is the one in force of, if it is such."""
    folder = site_file.parent
    if folder.name == "current" and folder.is_symlink() and (folder.parent / "versions").is_dir():
        return Configuration(folder.parent)
    return None


def _read(folder: Path) -> Site:
    return load_site(folder / _SITE)


def _same(one: Path, other: Path) -> bool:
    def content(path: Path) -> bytes | None:
        return path.read_bytes() if path.is_file() else None

    return all(content(one / name) == content(other / name) for name in (_SITE, _SECRETS))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _boot_id() -> str:
    return _BOOT_ID.read_text("ascii").strip()
