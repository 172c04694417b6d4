"""The scenarios of the product against a real Asterisk 22, driven as the actor `pbx`.

By default a few; `pytest tests/peers/test_scenarios_asterisk.py --all-scenarios` tries every other
one too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware.demo import speech
from firmware.lab.junit import story
from firmware.lab.runner import Outcome, Pbx, run
from firmware.lab.scenario import load_scenario

from .asterisk import Asterisk, Endpoint
from .asterisk_board import AsteriskBoard, dialplan
from .netns import Namespace

GATEWAY_PORT = 5066
GATEWAY = f"127.0.0.1:{GATEWAY_PORT}"
SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*.toml"))
USUAL = ("call-waiting", "forwarding")
NOT_THERE = {
    "transfer": "who is transferred cannot be heard by this board; test_capacity hears them",
    "transfer-refused": "needs a switchboard that refuses REFER; it has a test of its own",
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def speech_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("speech")
    try:
        speech.phrase_book(cache)
    except speech.NoVoiceError as error:
        pytest.skip(str(error))
    return cache


def pbx_of(namespace: Namespace, root: Path, *, transfers: bool) -> Asterisk:
    box = Endpoint(name="box", host=GATEWAY, codecs=("g722", "alaw"), transfers=transfers)
    return Asterisk(
        namespace,
        root,
        address="127.0.0.1",
        endpoints=[box],
        dialplan=dialplan(),
        rtp_ports=(36000, 36999),
    )


def perform(file: Path, pbx: Asterisk, namespace: Namespace, out: Path, speech_cache: Path) -> None:
    board = AsteriskBoard(pbx, namespace, GATEWAY, speech_cache)
    try:
        result = run(
            load_scenario(file),
            out=out,
            speech_cache=speech_cache,
            pbx=Pbx(
                "127.0.0.1:5060",
                board,
                port=GATEWAY_PORT,
                prefix=("ip", "netns", "exec", namespace.name),
            ),
        )
    finally:
        board.close()
    assert result.passed, "\n" + story(result)
    assert all(step.outcome is Outcome.PASSED for step in result.steps)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play a few, or those that make sense."""
    if "file" in metafunc.fixturenames:
        wanted = metafunc.config.getoption("all_scenarios")
        files = [f for f in SCENARIOS if f.stem not in NOT_THERE and (wanted or f.stem in USUAL)]
        metafunc.parametrize("file", files, ids=lambda file: file.stem)


# before the others: its server has their addresses
def test_transfers_that_asterisk_refuses(
    namespace: Namespace, root: Path, tmp_path: Path, speech_cache: Path
) -> None:
    file = next(file for file in SCENARIOS if file.stem == "transfer-refused")
    with pbx_of(namespace, root, transfers=False) as pbx:
        perform(file, pbx, namespace, tmp_path, speech_cache)


@pytest.fixture(scope="module")
def pbx(namespace: Namespace, root: Path) -> Iterator[Asterisk]:
    with pbx_of(namespace, root, transfers=True) as running:
        yield running


def test_scenario(
    file: Path, pbx: Asterisk, namespace: Namespace, tmp_path: Path, speech_cache: Path
) -> None:
    perform(file, pbx, namespace, tmp_path, speech_cache)
