"""Wakes those who watch what is a user's, when it changes."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID


class Alarm:
    """Wakes those who wait for something of a user's to change."""

    def __init__(self) -> None:
        self._sleepers: dict[UUID, set[asyncio.Event]] = {}

    def ring(self, user_id: UUID) -> None:
        """Says that something of a user's changed."""
        for sleeper in self._sleepers.get(user_id, ()):
            sleeper.set()

    def ring_all(self) -> None:
        """Says that anybody's may have changed."""
        for sleepers in self._sleepers.values():
            for sleeper in sleepers:
                sleeper.set()

    @contextmanager
    def sleeper(self, user_id: UUID) -> Iterator[asyncio.Event]:
        """An event that is set whenever something of a user's changed."""
        event = asyncio.Event()
        sleepers = self._sleepers.setdefault(user_id, set())
        sleepers.add(event)
        try:
            yield event
        finally:
            sleepers.discard(event)
            if not sleepers and self._sleepers.get(user_id) is sleepers:
                del self._sleepers[user_id]
