"""The stage of a demonstration: what was expected, what was heard, and what went on over time.

A story tells the stage what it does and what it heard; the stage passes each line on while it
happens and keeps it all for the files. The first step that was not heard to work ends the story.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from firmware.demo.ladder import Rung, Way

Figure = float | int | str | bool | None


class Kind(Enum):
    """What a line of the story is."""

    CHAPTER = "chapter"
    ACTION = "action"
    HEARD = "heard"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the story, ``at_s`` seconds after its start.

    ``text`` says what was done or checked; of a check, ``expected`` and ``heard`` say what
    should have come and what came, ``figures`` the numbers (units in their names).
    """

    at_s: float
    kind: Kind
    text: str
    chapter: str = ""
    expected: str = ""
    heard: str = ""
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something recognised in the audio of ``lane``, from ``at_ns`` for ``for_ms`` ms."""

    lane: str
    at_ns: int
    for_ms: float
    kind: str
    label: str


class StepFailedError(Exception):
    """A step was not heard to work; the text names it and says what was heard instead."""

    def __init__(self, step: Told) -> None:
        super().__init__(f"{step.text}: expected {step.expected}; heard instead: {step.heard}")
        self.step = step


class Stage:
    """Collects a story; ``tell`` is given every line at once, ``now_ns`` is CLOCK_MONOTONIC."""

    def __init__(self, tell: Callable[[Told], None], now_ns: Callable[[], int]) -> None:
        self._tell = tell
        self._now_ns = now_ns
        self.began_ns = now_ns()
        self.told: list[Told] = []
        self.marks: list[Mark] = []
        self.rungs: list[Rung] = []
        self._chapter = ""

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self._chapter = title
        self._add(Kind.CHAPTER, title)

    def act(self, text: str, *, who: str = "", arrow: str = "") -> None:
        """Tell that something is done; ``arrow`` puts what ``who`` does on the ladder."""
        if arrow:
            self.rung(f"{who}: {arrow}", Way.PHONE_TO_GATEWAY)
        self._add(Kind.ACTION, text)

    def rung(self, text: str, way: Way, at_ns: int | None = None) -> None:
        """Put what went over the two wires on the ladder."""
        self.rungs.append(Rung(self._now_ns() if at_ns is None else at_ns, way, text))

    def check(self, text: str, *, expected: str, heard: str, ok: bool, **figures: Figure) -> None:
        """Tell the outcome of a step.

        Raises:
            StepFailedError: it did not work.
        """
        kind = Kind.HEARD if ok else Kind.FAILED
        told = self._add(kind, text, expected=expected, heard=heard, figures=figures)
        if not ok:
            raise StepFailedError(told)

    def mark(self, lane: str, at_ns: int, for_ms: float, *, kind: str, label: str) -> None:
        """Note what was recognised where, for the picture."""
        self.marks.append(Mark(lane, at_ns, for_ms, kind, label))

    def _add(
        self,
        kind: Kind,
        text: str,
        *,
        expected: str = "",
        heard: str = "",
        figures: Mapping[str, Figure] | None = None,
    ) -> Told:
        at_s = round((self._now_ns() - self.began_ns) / 1e9, 3)
        told = Told(at_s, kind, text, self._chapter, expected, heard, figures or {})
        self.told.append(told)
        self._tell(told)
        return told
