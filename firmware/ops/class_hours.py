"""Telling telephones when the hours of their class of service begin and end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

_LOOK_EVERY_S = 5.0  # hours are in minutes; the clock may be set at any moment


class ClassHours:
    """Which lines are outside their hours, told once after each change.

    ``look`` gives for each line whether it is outside its hours now; ``tell`` is called with
    the line and that. At the start every line is taken to be inside.
    """

    def __init__(
        self, look: Callable[[], Mapping[str, bool]], tell: Callable[[str, bool], None]
    ) -> None:
        self._look = look
        self._tell = tell
        self._told: dict[str, bool] = {}

    def update(self) -> None:
        """Look once, and tell what has changed."""
        for line, outside in self._look().items():
            if self._told.get(line, False) is not outside:
                self._told[line] = outside
                self._tell(line, outside)

    async def follow(self) -> None:
        """Go on looking until cancelled."""
        while True:
            self.update()
            await asyncio.sleep(_LOOK_EVERY_S)
