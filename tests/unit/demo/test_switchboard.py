"""Two switchboards call each other over real sockets on loopback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO, cast

import numpy as np
import pytest

from firmware.demo import sound
from firmware.demo.actors import SwitchboardLink
from firmware.demo.hearing import match
from firmware.demo.speech import NoVoiceError, phrase_book

pytest.importorskip("pjsua2")

SECONDS = 15.0


class Board:
    """A switchboard process and its link."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "firmware.demo.switchboard", "--voices", "4", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        lines, orders = cast("TextIO", self.process.stdout), cast("TextIO", self.process.stdin)
        self.link = SwitchboardLink(lines, orders)
        ready = self.link.wait("listening", 20)
        assert ready, "it did not start"
        self.address = str(ready["address"])


@pytest.fixture(scope="module")
def boards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Board, Board]]:
    directory = tmp_path_factory.mktemp("switchboards")
    try:
        phrase_book(directory / "speech")
    except NoVoiceError as error:
        pytest.skip(str(error))
    common = ["--speech", str(directory / "speech"), "--record", str(directory)]
    far = Board(*common)
    near = Board("--speech", str(directory / "speech"), "--peer", far.address, "--rtp", "23000")
    yield near, far
    for board in (near, far):
        board.link.order("stop")
        assert board.process.wait(10) == 0


def test_a_busy_and_an_unknown_extension_refuse(boards: tuple[Board, Board]) -> None:
    near, _ = boards
    for number, code in (("300", 486), ("301", 503), ("12345", 404)):
        near.link.order("call", line=number, number="0571000999", name="Prova")
        calling = near.link.wait("calling", SECONDS, line=number)
        assert calling
        ended = near.link.wait("ended", SECONDS, call=calling["call"])
        assert ended
        assert ended["code"] == code


def test_the_announcement_is_heard_early_and_then_refused(
    boards: tuple[Board, Board], tmp_path: Path
) -> None:
    near, far = boards
    near.link.order("call", line="201", number="0571000999", name='Prova "x"')
    calling = near.link.wait("calling", SECONDS, line="201")
    assert calling
    near.link.order("record", call=str(calling["call"]), stem=str(tmp_path / "early"))
    offered = far.link.wait("offered", SECONDS, extension="201")
    assert offered
    assert (offered["caller"], offered["name"]) == ("0571000999", 'Prova "x"')
    ended = near.link.wait("ended", SECONDS, call=calling["call"])
    assert ended
    assert ended["code"] == 410
    assert not near.link.seen(event="answered", call=calling["call"])
    assert near.link.wait("recorded", SECONDS, call=calling["call"])
    recorded = far.link.wait("recorded", SECONDS, call=offered["call"])
    assert recorded
    heard = sound.read(tmp_path / "early-to-pbx.wav")
    said = sound.read(Path(str(recorded["from_pbx"])))
    assert match(heard, np.trim_zeros(said)).score > 0.8


def test_the_collector_reports_each_digit_once(boards: tuple[Board, Board]) -> None:
    near, far = boards
    near.link.order("call", line="500", number="1", name="")
    calling = near.link.wait("calling", SECONDS, line="500")
    assert calling
    assert near.link.wait("answered", SECONDS, call=calling["call"])
    offered = far.link.wait("offered", SECONDS, extension="500")
    assert offered
    near.link.order("send", call=str(calling["call"]), digits="44#")
    digits = far.link.wait("digits", SECONDS, call=offered["call"])
    assert digits
    assert digits["digits"] == "44#"
    near.link.order("hang-up", call=str(calling["call"]))
    assert far.link.wait("ended", SECONDS, call=offered["call"])


@pytest.mark.parametrize(
    "order",
    [{"do": "call"}, {"do": "hang-up", "call": "none"}, {"do": "dance"}, {"call": "x"}],
)
def test_wrong_orders_are_answered(boards: tuple[Board, Board], order: dict[str, str]) -> None:
    near, _ = boards
    near.link.order(**{"do": "", **order})
    error = near.link.wait("error", SECONDS)
    assert error
    assert error["text"]
