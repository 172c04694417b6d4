"""What happens, told to whoever listens; a slow listener loses events, never holds others up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager

Event = Mapping[str, object]

_WAITING = 1000  # events a listener may be behind


class Stream:
    """Events to any number of subscribers; used on one asyncio loop only."""

    def __init__(self) -> None:
        self._listeners: set[_Listener] = set()

    def publish(self, event: str, /, **values: object) -> None:
        """Tell everybody; returns at once."""
        for listener in self._listeners:
            listener.put({"event": event, **values})

    @contextmanager
    def subscribe(self) -> Iterator[AsyncIterator[Event]]:
        """Give every event from now on; ``{"event": "lost", "count": n}`` is for missing ones."""
        listener = _Listener()
        self._listeners.add(listener)
        try:
            yield listener.events()
        finally:
            self._listeners.discard(listener)


class _Listener:
    """The events that one subscriber has not read yet."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(_WAITING)
        self._lost = 0

    def put(self, event: Event) -> None:
        if self._waiting.full():
            self._lost += 1
        else:
            self._waiting.put_nowait(event)

    async def events(self) -> AsyncIterator[Event]:
        while True:
            if self._lost and self._waiting.empty():
                lost, self._lost = self._lost, 0
                yield {"event": "lost", "count": lost}
            yield await self._waiting.get()
