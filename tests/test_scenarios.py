"""The scenarios: the executable description of the product, run against the real program."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import pytest

from firmware.assembly import switch_config
from firmware.calls.switch import Config
from firmware.demo import speech
from firmware.lab.junit import story
from firmware.lab.program import recordings
from firmware.lab.runner import Outcome, Pbx, run
from firmware.lab.scenario import load_scenario
from firmware.ops.recording import Building, read
from firmware.ops.replay import replay
from firmware.site.load import site_of

AT_ONCE = 2
"""Each keeps a core half busy; measured, no more of them fail than one by one."""

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.toml"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not importlib.util.find_spec("pjsua2"), reason="pjsua2 is not installed"),
]


@pytest.fixture(scope="session")
def speech_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("speech")
    try:
        speech.phrase_book(cache)
    except speech.NoVoiceError as error:
        pytest.skip(str(error))
    return cache


@dataclass(frozen=True, slots=True)
class Told:
    """What a scenario that was run says of itself."""

    passed: bool
    story: str
    outcomes: tuple[Outcome, ...]


def perform(file: Path, out: Path, speech_cache: Path) -> Told:
    result = run(load_scenario(file), out=out, speech_cache=speech_cache)
    return Told(result.passed, story(result), tuple(step.outcome for step in result.steps))


@pytest.fixture(scope="session")
def performances(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, speech_cache: Path
) -> Iterator[Mapping[Path, tuple[Path, Future[Told]]]]:
    """Every scenario that is asked for, and where it leaves its files; two are run at a time."""
    asked = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    files = [params["file"] for params in asked if params.get("file") in SCENARIOS]
    pool = ProcessPoolExecutor(AT_ONCE, mp_context=get_context("spawn"))
    out = {file: tmp_path_factory.mktemp(file.stem) for file in files}
    yield {file: (out[file], pool.submit(perform, file, out[file], speech_cache)) for file in out}
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_scenario(file: Path, performances: Mapping[Path, tuple[Path, Future[Told]]]) -> None:
    out, performance = performances[file]
    told = performance.result()
    assert told.passed, "\n" + told.story
    assert set(told.outcomes) == {Outcome.PASSED}
    assert_replayed(out)


def assert_replayed(out: Path) -> None:
    """The core gives the same orders again for what it was told."""
    recorded = recordings(out)
    assert recorded
    for recording in recorded:
        steps = list(replay(read(recording), config_of))
        assert any(step.orders for step in steps)
        assert all(step.same for step in steps), f"{recording.name}: other orders"


def config_of(building: Building) -> Config:
    return switch_config(site_of(building.tables, building.secrets, origin="recording"))


WRONG = """
[scenario]
name = "The extension that is busy is expected to be unknown"
site = "{site}"
[[step]]
actor = "phone.1"
do = "off-hook"
[[step]]
actor = "phone.1"
expect = "tone"
tone = "dial"
[[step]]
actor = "phone.1"
do = "dial"
digits = "300"
[[step]]
actor = "phone.1"
expect = "tone"
tone = "sit"
within = 4
[[step]]
actor = "phone.1"
do = "on-hook"
"""


def test_a_scenario_that_is_not_so_fails_and_says_what_was_heard_instead(
    tmp_path: Path, speech_cache: Path
) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(WRONG.format(site=SCENARIOS[0].parent / "sites" / "nido.toml"))
    result = run(load_scenario(file), out=tmp_path, speech_cache=speech_cache)
    assert not result.passed
    assert len(result.steps) == 4, "the step after the one that failed is not taken"
    failed = result.steps[-1]
    assert failed.outcome is Outcome.FAILED
    assert "busy tone" in failed.found


def test_with_another_switchboard_only_the_telephones_are_asked(
    tmp_path: Path, speech_cache: Path
) -> None:
    """Nobody answers at this address: the call goes nowhere, which is heard."""
    file = tmp_path / "nobody.toml"
    text = WRONG.format(site=SCENARIOS[0].parent / "sites" / "nido.toml")
    text = text.replace('"sit"', '"congestion"').replace("within = 4", "within = 45")
    file.write_text(text + '[[step]]\nactor = "pbx"\nexpect = "call"\nnumber = "300"\n')
    result = run(
        load_scenario(file), out=tmp_path, speech_cache=speech_cache, pbx=Pbx("127.0.0.1:9")
    )
    assert result.passed, "\n" + story(result)
    assert result.steps[-1].outcome is Outcome.SKIPPED
