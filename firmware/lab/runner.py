"""Runs a scenario: starts the program and the switchboard, then step by step in real time."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Protocol

from firmware.demo import speech
from firmware.guide import prompts, script
from firmware.guide.prompts import Book
from firmware.guide.script import House
from firmware.lab import exchange, phone, steps, switchboard
from firmware.lab.exchange import Exchange
from firmware.lab.failure import Failure
from firmware.lab.phone import Phone
from firmware.lab.program import Addresses, Program
from firmware.lab.scenario import Scenario, actor_line
from firmware.ops.client import NotReachable
from firmware.ops.sockets import cache_directory
from firmware.site.load import load_site

_RTP_LOW, _RTP_BLOCKS, _RTP_BLOCK = 20_000, 30, 400  # below the ports that Linux gives away


class Outcome(Enum):
    """How a step or a scenario ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step: its line in the file, what was wanted, what was found (or was there instead).

    ``at_s`` is when it ended, in seconds from the start of the scenario.
    """

    place: int
    actor: str
    what: str
    outcome: Outcome
    found: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Result:
    """One scenario; ``trouble`` is what went wrong outside of steps, or ""."""

    scenario: Scenario
    steps: tuple[StepResult, ...]
    for_s: float
    trouble: str = ""

    @property
    def passed(self) -> bool:
        """Whether everything came true."""
        return not self.trouble and all(s.outcome is not Outcome.FAILED for s in self.steps)


class Board(Protocol):
    """A switchboard that can be told what to do, and asked what happened there."""

    def mark(self) -> None:
        """Forget what happened so far: somebody does something now."""
        ...

    def act(self, step: switchboard.Action) -> None:
        """Do what ``step`` says; Failure if it cannot be done."""
        ...

    def expect(self, step: switchboard.Expectation) -> str:
        """Wait until ``step`` has come true and say what was found; Failure if it has not."""
        ...


@dataclass(frozen=True, slots=True)
class Pbx:
    """A real switchboard at ``address`` (``host:port``) instead of the embedded one.

    Without ``board`` it is told and asked nothing: those steps are skipped. ``port`` is where it
    finds the program (None: any), ``prefix`` goes before the program's command.
    """

    address: str
    board: Board | None = None
    port: int | None = None
    prefix: tuple[str, ...] = ()


def run(
    scenario: Scenario,
    *,
    out: Path,
    speech_cache: Path,
    pbx: Pbx | None = None,
    tell: Callable[[StepResult], None] = lambda _: None,
) -> Result:
    """Run ``scenario`` to its first failure; logs and what each telephone heard go to ``out``.

    ``pbx`` is a real switchboard instead of the embedded one. ``tell`` gets each step as it ends.
    """
    out.mkdir(parents=True, exist_ok=True)
    done: list[StepResult] = []
    began = time.monotonic()

    def finished(result: StepResult) -> None:
        done.append(result)
        tell(result)

    trouble = ""
    try:
        with _stage(scenario, out, speech_cache, pbx) as (box, board):
            _Play(scenario, box, board, out, speech_cache).run(finished)
    except Failure as failure:
        trouble = f"{failure.what}: {failure.instead}"
    except (NotReachable, speech.NoVoiceError) as error:
        trouble = str(error)
    return Result(scenario, tuple(done), time.monotonic() - began, trouble)


@contextmanager
def _stage(
    scenario: Scenario, out: Path, speech_cache: Path, pbx: Pbx | None
) -> Iterator[tuple[Program, Board | None]]:
    """Start the switchboard, then the program."""
    port, rtp = (pbx and pbx.port) or _free_port(), _rtp_block()
    with ExitStack() as stack:
        if pbx is None:
            board = stack.enter_context(
                switchboard.running(
                    gateway_port=port,
                    first_rtp=rtp + _RTP_BLOCK // 2,
                    speech=speech_cache,
                    log=out / "switchboard.log",
                )
            )
            pbx = Pbx(board.address, board)
        # Not in ``out``: the path of a socket must be short.
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="derivato-lab-"))
        where = Addresses(port, pbx.address, rtp)
        box = Program(
            scenario.site,
            scenario.secrets,
            where,
            folder=Path(folder),
            out=out,
            clock=scenario.clock,
            prefix=pbx.prefix,
        )
        yield stack.enter_context(box.running()), pbx.board


def _hears(out: Path, line: str) -> Path:
    """Where what is heard on ``line`` is written."""
    return (out / f"{line}-hears.wav").absolute()


class _Play:
    """One performance of a scenario."""

    def __init__(
        self,
        scenario: Scenario,
        box: Program,
        board: Board | None,
        out: Path,
        speech_cache: Path,
    ) -> None:
        self._scenario = scenario
        self._box = box
        self._board = board
        self._speech_cache = speech_cache
        self._phones = {
            line: Phone(
                box.client, line, (out / f"{line}-hears.wav").absolute(), self._sound, self._book
            )
            for line in (*scenario.lines, *scenario.exchange)
        }
        self._exchange = {line: Exchange(self._phones[line]) for line in scenario.exchange}
        self._began = time.monotonic()

    def run(self, finished: Callable[[StepResult], None]) -> None:
        """Take the steps in turn; the first that fails is the last."""
        for step, place in zip(self._scenario.steps, self._scenario.places, strict=True):
            self._pause(step)
            try:
                outcome, found = self._take(step)
            except Failure as failure:
                finished(self._result(step, place, Outcome.FAILED, failure.instead))
                return
            finished(self._result(step, place, outcome, found))

    def _pause(self, step: steps.Step) -> None:
        now = time.monotonic()
        due = now + step.after if step.at is None else self._began + step.at
        time.sleep(max(due - now, 0))

    def _take(self, step: steps.Step) -> tuple[Outcome, str]:
        if isinstance(step, steps.Action):
            for one in self._phones.values():
                one.mark()
            if self._board:
                self._board.mark()
        if isinstance(step, steps.Restart):
            self._box.restart(cut=step.cut)
            for one in self._phones.values():
                one.begin_anew()
            return Outcome.PASSED, ""
        if step.actor.startswith("exchange."):
            return Outcome.PASSED, self._by_exchange(step)
        if step.actor != "pbx":
            return Outcome.PASSED, self._by_phone(step)
        if self._board is None:
            return Outcome.SKIPPED, "only the embedded switchboard can"
        if isinstance(step, switchboard.Action):
            self._board.act(step)
            return Outcome.PASSED, ""
        assert isinstance(step, switchboard.Expectation)  # noqa: S101 - the loader saw to it
        return Outcome.PASSED, self._board.expect(step)

    def _by_phone(self, step: steps.Step) -> str:
        line = actor_line(step.actor, self._scenario.lines)
        assert line  # noqa: S101 - the loader saw to it
        if isinstance(step, phone.Action):
            self._phones[line].act(step)
            return ""
        assert isinstance(step, phone.Expectation)  # noqa: S101 - the loader saw to it
        return self._phones[line].expect(step)

    def _by_exchange(self, step: steps.Step) -> str:
        line = actor_line(step.actor, self._scenario.exchange)
        assert line  # noqa: S101 - the loader saw to it
        if isinstance(step, exchange.Deed | steps.Play):
            self._exchange[line].act(step)
            return ""
        assert isinstance(step, exchange.Sight | phone.Expectation)  # noqa: S101 - as above
        return self._exchange[line].expect(step)

    def _sound(self, sentence: steps.Sentence) -> Path:
        """The file of what is to be said or heard."""
        if sentence.file:
            return sentence.file
        files = sorted(self._speech_cache.glob(f"{sentence.phrase}-????????.wav"))
        if not files:
            speech.phrase_book(self._speech_cache)
            files = sorted(self._speech_cache.glob(f"{sentence.phrase}-????????.wav"))
        if not files:
            known = ", ".join(name for name in speech.PHRASES if len(name) > 1)
            raise Failure(f"phrase {sentence.phrase}", f"there is none; there are {known}")
        return files[0]

    @cache  # noqa: B019 - one performance, and the play ends with it
    def _book(self) -> Book:
        """What the program says, from the cache that it has filled."""
        site = load_site(self._box.site)
        texts = script.texts(House(site.menus, site.hours, site.groups))
        cached = cache_directory(os.environ, root=os.geteuid() == 0) / "speech"
        return prompts.prepare(cached, texts=texts)

    def _result(self, step: steps.Step, place: int, outcome: Outcome, found: str) -> StepResult:
        at_s = time.monotonic() - self._began
        return StepResult(place, step.actor, in_words(step), outcome, found, at_s)


def in_words(step: steps.Step) -> str:
    """Say what a step is: ``dial digits 100``, ``expects tone dial``."""
    values = step.model_dump(
        mode="json", exclude={"actor", "at", "after", "within"}, exclude_defaults=True
    )
    first = values.pop("do", None) or f"expects {values.pop('expect')}"
    rest = " ".join(f"{key} {value}" for key, value in values.items())
    return f"{first} {rest}".strip()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _rtp_block() -> int:
    """RTP ports that laboratories running beside each other do not share, as a rule."""
    return _RTP_LOW + os.getpid() % _RTP_BLOCKS * _RTP_BLOCK
