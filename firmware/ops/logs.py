"""The log: to the journal under systemd, to stderr otherwise; floods counted, secrets masked.

Records may carry ``extra={"line": …, "leg": …, "trunk": …}``: fields of their own in the
journal, a suffix elsewhere. What repeats is said a few times and then counted, so that a peer
that sends ten thousand wrong packets does not fill the disk. ``extra={"every": True}`` exempts
a record (a SIP trace that was asked for), and DEBUG is never counted.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TextIO

from systemd import journal

from firmware.ops.repeats import Repeats

FIELDS = ("line", "leg", "trunk")
LEVELS = ("debug", "info", "warning", "error")

Sink = Callable[[logging.LogRecord, str], None]

_MASK = "•••"
_SHORTEST_SECRET = 4  # masking shorter ones would make the log unreadable
_CREDENTIALS = (
    (re.compile(r"(?im)^((?:Proxy-)?Authorization:[ \t]*).*$"), rf"\1{_MASK}"),
    (re.compile(r"(?i)(sips?:[^\s:@<>]*):[^\s@<>]+@"), rf"\1:{_MASK}@"),
    (re.compile(r"""(?i)\b((?:password|passwd|secret)["']?\s*[=:]\s*)[^\s,;]+"""), rf"\1{_MASK}"),
    (re.compile(r"(?i)(inline:)[A-Za-z0-9+/=]+"), rf"\1{_MASK}"),  # SRTP keys, RFC 4568 §9.2
)
# sd-daemon(3): numbers of syslog(3)
_PRIORITIES = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))


def setup(
    level: str = "info",
    *,
    secrets: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Log:
    """Send every log record of this process to the right place; close the result at the end.

    ``level`` is one of LEVELS, ``secrets`` are texts that must never be shown. Raises
    ValueError for an unknown level.
    """
    if level not in LEVELS:
        raise ValueError(f"no log level {level!r}: use one of {', '.join(LEVELS)}")
    here = os.environ if environment is None else environment
    sink = to_journal if in_journal(here, sys.stderr) else to_stream(sys.stderr)
    log = Log(sink, secrets=secrets)
    root = logging.getLogger()
    root.setLevel(level.upper())
    root.addHandler(log)
    return log


class Log(logging.Handler):
    """Writes records to ``sink`` after counting repetitions and masking secrets."""

    def __init__(
        self,
        sink: Sink,
        *,
        secrets: Iterable[str] = (),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._sink = sink
        self._now = now
        self._repeats = Repeats()
        self._secrets: tuple[str, ...] = ()
        self.hide(secrets)

    def hide(self, secrets: Iterable[str]) -> None:
        """Never show these texts from now on (beside those already given)."""
        known = {*self._secrets, *(text for text in secrets if len(text) >= _SHORTEST_SECRET)}
        self._secrets = tuple(sorted(known, key=len, reverse=True))

    def emit(self, record: logging.LogRecord) -> None:
        """Write ``record``, or count it."""
        try:
            self._tell_counts()
            if _exempt(record) or self._repeats.admit(*_keys(record), at_s=self._now()):
                self._write(record)
        except Exception:  # noqa: BLE001 - logging must never stop what is logged
            self.handleError(record)

    def sweep(self) -> None:
        """Say how often counted records came, once their time is over; call it now and then."""
        self.acquire()
        try:
            self._tell_counts()
        finally:
            self.release()

    def close(self) -> None:
        """Say the last counts and detach."""
        self.acquire()
        try:
            self._tell_counts(finish=True)
        finally:
            self.release()
        logging.getLogger().removeHandler(self)
        super().close()

    def _tell_counts(self, *, finish: bool = False) -> None:
        for counted in self._repeats.sweep(self._now(), finish=finish):
            name, level, template = counted.template
            text = f"{counted.times} more like this in {counted.for_s:.0f} s: {template}"
            self._write(logging.LogRecord(name, level, "", 0, text, None, None))

    def _write(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
        self._sink(record, self._masked(text))

    def _masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        for pattern, replacement in _CREDENTIALS:
            text = pattern.sub(replacement, text)
        return text


def in_journal(environment: Mapping[str, str], stream: TextIO) -> bool:
    """Tell whether ``stream`` goes to the journal (systemd.exec(5), ``$JOURNAL_STREAM``)."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environment.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def to_journal(record: logging.LogRecord, text: str) -> None:
    """Write to the journal with structured fields (systemd.journal-fields(7))."""
    journal.send(
        text,
        PRIORITY=str(_priority(record.levelno)),
        LOGGER=record.name,
        SYSLOG_IDENTIFIER="derivato",
        CODE_FILE=record.pathname,
        CODE_LINE=record.lineno,
        CODE_FUNC=record.funcName or "",
        **{name.upper(): value for name, value in _fields(record).items()},
    )


def to_stream(stream: TextIO) -> Sink:
    """Write readable lines to ``stream``: time, level, where, what, fields."""

    def write(record: logging.LogRecord, text: str) -> None:
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        head = f"{clock}.{int(record.msecs):03d} {record.levelname.lower():7} {record.name}: "
        tail = "".join(f" {name}={value}" for name, value in _fields(record).items())
        first, *more = text.splitlines() or [""]
        stream.write("\n    ".join([head + first + tail, *more]) + "\n")
        stream.flush()

    return write


def _fields(record: logging.LogRecord) -> dict[str, str]:
    values = {name: getattr(record, name, None) for name in FIELDS}
    return {name: str(value) for name, value in values.items() if value is not None}


def _exempt(record: logging.LogRecord) -> bool:
    return record.levelno < logging.INFO or getattr(record, "every", False)


def _keys(record: logging.LogRecord) -> tuple[tuple[str, int, str], str]:
    fields = sorted(_fields(record).items())
    return (record.name, record.levelno, str(record.msg)), f"{record.args!r} {fields!r}"


def _priority(level: int) -> int:
    return next((priority for least, priority in _PRIORITIES if level >= least), 7)
