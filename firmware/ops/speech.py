"""Finding the box its voice: speech is made ready beside the calls, which go on with tones."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

from firmware.guide import prompts
from firmware.guide.prompts import Book
from firmware.guide.script import Text

log = logging.getLogger("derivato.speech")


class Readiness(StrEnum):
    """Whether the box can speak."""

    OFF = "off"
    PREPARING = "preparing"
    READY = "ready"


class Speech:
    """The voice of a box; ``cache`` keeps what is rendered, ``own`` holds the site's recordings,
    ``texts`` are what its voice guide says.

    ``speak`` is given the book on the asyncio loop's thread when it is ready. ``state`` is for
    people and their programs.
    """

    def __init__(
        self, cache: Path, own: Path, texts: Mapping[str, Text], speak: Callable[[Book], None]
    ) -> None:
        self.state = Readiness.OFF
        self._cache = cache
        self._own = own
        self._texts = texts
        self._speak = speak

    async def prepare(self) -> None:
        """Read or render everything; cancelling it ends the rendering at the next phrase."""
        self.state = Readiness.PREPARING
        over = threading.Event()
        try:
            book = await asyncio.to_thread(
                prompts.prepare, self._cache, self._own, texts=self._texts, stop=over.is_set
            )
        except OSError as error:
            self.state = Readiness.OFF
            log.error("nothing is spoken, tones stand for it: %s", error)  # noqa: TRY400 - it is all
            return
        finally:
            over.set()
        self._speak(book)
        self.state = Readiness.READY if book.pieces else Readiness.OFF
