import io
import logging
import os
import sys
from collections.abc import Iterator

import pytest

from firmware.ops import logs
from firmware.ops.logs import Log


class Clock:
    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(out: io.StringIO, clock: Clock) -> Iterator[Log]:
    handler = Log(logs.to_stream(out), secrets=["zitto-zitto"], now=clock)
    logger = logging.getLogger("derivato.test")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    yield handler
    logger.removeHandler(handler)


LOGGER = logging.getLogger("derivato.test")


def test_a_line_says_level_place_text_and_fields(log: Log, out: io.StringIO) -> None:
    LOGGER.warning("not registered: %d", 403, extra={"trunk": "pbx", "line": "nido-1"})
    line = out.getvalue()
    assert line.endswith(" warning derivato.test: not registered: 403 line=nido-1 trunk=pbx\n")


def test_a_flood_of_ten_thousand_packets_is_two_lines(
    log: Log, out: io.StringIO, clock: Clock
) -> None:
    for n in range(10_000):
        clock.s = n / 1000
        LOGGER.warning("%s refused from %s", "INVITE", "192.0.2.1")
    assert out.getvalue().count("\n") == 1
    clock.s = 100
    log.sweep()
    lines = out.getvalue().splitlines()
    assert len(lines) == 2
    assert "9999 more like this in 60 s: %s refused from %s" in lines[1]


def test_a_flood_from_ever_new_addresses_is_bounded(log: Log, out: io.StringIO) -> None:
    for n in range(10_000):
        LOGGER.warning("refused from %s", n, extra={"leg": f"in{n}"})
    assert out.getvalue().count("\n") <= 30


def test_debug_and_traces_that_were_asked_for_are_not_counted(log: Log, out: io.StringIO) -> None:
    for _ in range(50):
        LOGGER.debug("tick")
        LOGGER.info("message", extra={"every": True})
    assert out.getvalue().count("\n") == 100


@pytest.mark.parametrize(
    "text",
    [
        "password is zitto-zitto!",
        'Authorization: Digest username="nido", response="zitto0123456789"',
        "Proxy-Authorization: Digest zitto0123456789",
        "calling sip:nido:zitto0123456789@192.0.2.1",
        "password=zitto0123456789",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:zitto0123456789",
    ],
)
def test_secrets_are_masked(log: Log, out: io.StringIO, text: str) -> None:
    LOGGER.error("%s", text)
    assert "zitto" not in out.getvalue()
    assert "•••" in out.getvalue()


def test_secrets_are_masked_in_tracebacks_and_continuation_lines_are_indented(
    log: Log, out: io.StringIO
) -> None:
    try:
        int("wrong password zitto-zitto")
    except ValueError:
        LOGGER.exception("failed")
    assert "zitto" not in out.getvalue()
    assert all(line.startswith("    ") for line in out.getvalue().splitlines()[1:])


def test_close_tells_the_last_counts(log: Log, out: io.StringIO) -> None:
    for _ in range(3):
        LOGGER.warning("again")
    log.close()
    assert "2 more like this in 0 s: again" in out.getvalue()


def test_the_journal_gets_fields_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, dict[str, object]]] = []
    monkeypatch.setattr(logs.journal, "send", lambda text, **fields: sent.append((text, fields)))
    record = logging.LogRecord("derivato.sip", logging.WARNING, "f.py", 7, "text", None, None)
    record.line, record.leg = "nido-1", "in3"
    logs.to_journal(record, "text")
    ((text, fields),) = sent
    assert text == "text"
    assert fields["LINE"] == "nido-1"
    assert fields["LEG"] == "in3"
    assert fields["PRIORITY"] == "4"
    assert fields["LOGGER"] == "derivato.sip"
    assert "TRUNK" not in fields


def test_the_journal_is_used_only_where_stderr_goes_there() -> None:
    status = os.fstat(sys.__stderr__.fileno())
    here = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
    assert logs.in_journal(here, sys.__stderr__)
    assert not logs.in_journal({"JOURNAL_STREAM": "1:2"}, sys.__stderr__)
    assert not logs.in_journal({}, sys.__stderr__)
    assert not logs.in_journal(here, io.StringIO())


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="debug, info, warning, error"):
        logs.setup("chatty")
