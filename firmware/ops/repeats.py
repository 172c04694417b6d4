"""When to stop saying the same thing. Pure: the time comes with each question.

Within a window, an identical message is admitted once, and messages of one template with
different content a limited number of times. What is not admitted is counted and reported when
the window ends. Memory is bounded: beyond ``most`` templates the oldest window ends early.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

Template = tuple[str, int, str]
"""Logger, level and message before its values are filled in."""


@dataclass(frozen=True, slots=True)
class Counted:
    """``template`` came ``times`` times more within ``for_s`` seconds than was said."""

    template: Template
    times: int
    for_s: float


@dataclass(slots=True)
class _Window:
    since_s: float
    said: set[int] = field(default_factory=set)  # hashes: a message may be long
    kept_back: int = 0


class Repeats:
    """Decides what is said. Times are in seconds of any clock that does not run backwards."""

    def __init__(self, *, window_s: float = 60.0, different: int = 30, most: int = 500) -> None:
        self._window_s = window_s
        self._different = different
        self._most = most
        self._windows: dict[Template, _Window] = {}
        self._over: list[Counted] = []

    def admit(self, template: Template, content: str, *, at_s: float) -> bool:
        """Tell whether a message is to be said; counts it otherwise."""
        window = self._windows.get(template)
        if window is None:
            if len(self._windows) >= self._most:
                self._end(next(iter(self._windows)), at_s)
            window = self._windows[template] = _Window(at_s)
        identity = hash(content)
        if identity in window.said or len(window.said) >= self._different:
            window.kept_back += 1
            return False
        window.said.add(identity)
        return True

    def sweep(self, at_s: float, *, finish: bool = False) -> Iterator[Counted]:
        """End the windows whose time is over (all, to ``finish``); give what was counted."""
        while self._windows:
            template, oldest = next(iter(self._windows.items()))
            if at_s - oldest.since_s < self._window_s and not finish:
                break
            self._end(template, at_s)
        over, self._over = self._over, []
        yield from over

    def _end(self, template: Template, at_s: float) -> None:
        window = self._windows.pop(template)
        if window.kept_back:
            for_s = min(at_s - window.since_s, self._window_s)
            self._over.append(Counted(template, window.kept_back, for_s))
