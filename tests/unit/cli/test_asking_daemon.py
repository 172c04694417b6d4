"""`status`, `lines`, `calls`, `trunks` and `sim` against a daemon that is not there."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.cli.app import application
from firmware.ops import control
from firmware.ops.control import Json
from firmware.ops.orders import Dial, Flash, Hear, NoSuchLine, OrderRefused, Show, SimOrder
from firmware.ops.stream import Stream

RECENT = {
    "call": "out1",
    "line": "nido-1",
    "direction": "out",
    "peer_number": "+390571000100",
    "peer_name": None,
    "peer_private": False,
    "started_at": "2026-03-01T10:00:00.000Z",
    "answered_at": "2026-03-01T10:00:04.000Z",
    "ended_at": "2026-03-01T10:01:09.000Z",
    "code": 200,
    "reason": "OK",
    "codec": "PCMA",
    "rx_lost": 0,
    "interrupted": False,
}
LINE = {
    "line": "nido-1",
    "port": "fxs1",
    "extension": "201",
    "state": "talking",
    "tone": None,
    "legs": [{"peer_private": True, "stage": "up"}],
}
TRUNK = {
    "account": "pbx",
    "server": "192.0.2.1",
    "transport": "tls",
    "srtp": "required",
    "registration": "failed",
    "code": 403,
    "reason": "Forbidden",
}


PROOF = {
    "tested_at": "2026-03-01T04:15:00+00:00",
    "ok": True,
    "ways": [
        {"way": "pbx", "name": "pbx", "ok": True, "what": "the server answers OPTIONS (200)"},
        {"way": "exchange", "name": "esterna", "ok": False, "what": "no dial tone"},
    ],
}


class Building:
    def __init__(self) -> None:
        self.orders: list[SimOrder] = []
        self.stream = Stream()

    def status(self) -> Json:
        return {
            "site": "nido",
            "name": "Nido",
            "version": "0.1",
            "uptime_s": 3725.2,
            "active_calls": 1,
            "addresses": ["udp 192.0.2.9:5060"],
            "lines": [LINE],
            "trunks": [TRUNK],
            "emergency": PROOF,
        }

    def lines(self) -> list[Json]:
        return [LINE]

    def calls(self, limit: int) -> Json:
        return {"active": [], "recent": [RECENT] * min(limit, 2)}

    def trunks(self) -> list[Json]:
        return [TRUNK]

    async def prove_emergency(self) -> Json:
        return PROOF

    def trunk_changes(self) -> list[Json]:
        at = "2023-03-29T07:30:05+00:00"
        return [{"trunk": "pbx", "at": at, "state": "down", "cause": "silence", "server": "a"}]

    async def sim(self, line: str, order: SimOrder) -> Json:
        self.orders.append(order)
        if line != "nido-1":
            raise NoSuchLine(f"no line called {line}; lines here: nido-1")
        match order:
            case Flash():
                raise OrderRefused("cannot flash: the handset is on-hook; lift it first")
            case Hear():
                tone = {"at_ms": 20, "for_ms": 900, "kind": "tone", "tone": "dial"}
                return {"for_ms": 1000, "events": [tone]}
            case Show():
                display = {"number": "0571000100", "name": "Comune", "private": False, "at": None}
                return {
                    "off_hook": False,
                    "ringing": False,
                    "bell": [{}, {}],
                    "display": display,
                    "message_lamp": True,
                }
        return {}

    def subscribe(self) -> AbstractContextManager[AsyncIterator[Json]]:
        return self.stream.subscribe()


@pytest.fixture
def building() -> Building:
    return Building()


@pytest.fixture
def socket(building: Building, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "control.sock"
    loop = asyncio.new_event_loop()
    ready, stop = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with control.serve(building, path):
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()])
    thread.start()
    assert ready.wait(5)
    yield path
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


def derivato(socket: Path, *words: str, socket_by_environment: bool = True) -> tuple[int, str, str]:
    environment = {"DERIVATO_SOCKET": str(socket)} if socket_by_environment else {}
    environment["COLUMNS"] = "120"
    result = CliRunner().invoke(application(words), list(words), env=environment)
    return result.exit_code, result.stdout, result.stderr


def test_status_for_people_and_programs(socket: Path) -> None:
    code, out, _ = derivato(socket, "status")
    assert code == 0
    assert "Nido (nido), derivato 0.1, up 1:02:05, 1 calls" in out
    assert "udp 192.0.2.9:5060" in out
    assert "403 Forbidden" in out
    assert "emergency calls: dead: exchange esterna, proven 2026-03-01" in out
    code, out, _ = derivato(socket, "status", "--json")
    assert json.loads(out)["schema"] == "derivato.status/1"


def test_lines_and_trunks(socket: Path) -> None:
    code, out, _ = derivato(socket, "lines")
    assert code == 0
    assert "private (up)" in out
    assert json.loads(derivato(socket, "lines", "--json")[1])["lines"] == [LINE]
    code, out, _ = derivato(socket, "trunks")
    assert "failed" in out
    assert "silence" in out
    assert json.loads(derivato(socket, "trunks", "--json")[1])["schema"] == "derivato.trunks/1"


def test_calls(socket: Path) -> None:
    code, out, _ = derivato(socket, "calls")
    assert code == 0
    assert "+390571000100" in out
    assert "1:05" in out
    assert len(json.loads(derivato(socket, "calls", "--json", "--limit", "1")[1])["recent"]) == 1
    assert derivato(socket, "calls", "--limit", "-1")[0] == 2


def test_the_ways_of_emergency_calls_are_proven_and_a_dead_one_is_told(socket: Path) -> None:
    code, out, _ = derivato(socket, "emergency", "test")
    assert code == 1
    assert "no dial tone" in out
    code, out, _ = derivato(socket, "emergency", "test", "--json")
    assert code == 1
    assert json.loads(out) == {"schema": "derivato.emergency/1", **PROOF}


def test_sim_orders_arrive(socket: Path, building: Building) -> None:
    assert derivato(socket, "sim", "nido-1", "off-hook") == (0, "", "")
    assert derivato(socket, "sim", "nido-1", "dial", "*21#", "--pulse")[0] == 0
    assert building.orders[-1] == Dial("*21#", pulse=True)
    code, out, _ = derivato(socket, "sim", "nido-1", "hear", "--for", "0.5")
    assert (code, building.orders[-1]) == (0, Hear(0.5))
    assert "20 ms" in out
    assert "tone dial" in out
    code, out, _ = derivato(socket, "sim", "nido-1", "show")
    assert "rang 2 times" in out
    assert "0571000100 Comune" in out
    code, out, _ = derivato(socket, "sim", "--json", "nido-1", "show")
    assert json.loads(out)["display"]["name"] == "Comune"


def test_paths_are_made_absolute(socket: Path, building: Building) -> None:
    derivato(socket, "sim", "nido-1", "play", "speech.wav")
    assert building.orders[-1].path == Path.cwd() / "speech.wav"  # type: ignore[union-attr]
    derivato(socket, "sim", "nido-1", "record", "ear.wav", "--for", "0.2")
    assert building.orders[-1].for_s == 0.2  # type: ignore[union-attr]


def test_a_refused_order_ends_with_1_and_its_reason(socket: Path) -> None:
    code, out, err = derivato(socket, "sim", "nido-1", "flash")
    assert (code, out) == (1, "")
    assert err == "cannot flash: the handset is on-hook; lift it first\n"


@pytest.mark.parametrize(
    "words",
    [
        ["sim", "esterna", "off-hook"],
        ["sim", "nido-1", "flash", "--ms", "0"],
        ["sim", "nido-1", "hear", "--for", "nan"],
        ["sim", "nido-1", "dial", ""],
        ["sim", "nido-1", "dial"],
        ["sim", "nido-1", "jump"],
        ["lines", "--jsn"],
        ["nothing"],
    ],
)
def test_bad_input_ends_with_2(socket: Path, words: list[str]) -> None:
    code, out, err = derivato(socket, *words)
    assert (code, out) == (2, "")
    assert err


@pytest.mark.parametrize("words", [["status"], ["sim", "nido-1", "off-hook"], ["calls", "--json"]])
def test_no_daemon_ends_with_3_and_the_socket_that_was_tried(
    tmp_path: Path, words: list[str]
) -> None:
    code, out, err = derivato(tmp_path / "nobody", *words)
    assert (code, out) == (3, "")
    assert str(tmp_path / "nobody") in err


def test_the_socket_can_be_named(socket: Path, tmp_path: Path) -> None:
    assert derivato(tmp_path / "nobody", "lines", "--socket", str(socket))[0] == 0
