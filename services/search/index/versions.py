"""What stands for a user's images in the index: it is another one after each write of any of them.

Whoever keeps what the index said asks for the version before the index, and again before what was
kept is given out. A write makes the version another one before it is acknowledged, so nothing that
was read before is taken for what is there after it.
"""

import itertools
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

MOST_USERS = 10_000
"""Users whose versions are remembered; others get a new one, as if something had been written."""


class Versions(Protocol):
    """Versions of users' images, for all processes that write and read one index."""

    async def of(self, user_id: str) -> str | None:
        """The version; None if it is not known, or a write is under way."""

    def writing(self, user_ids: Collection[str]) -> AbstractAsyncContextManager[None]:
        """Around a write: at its end, also if it fails, the users' versions are others.

        Raises:
            IndexUnavailable: that cannot be said to the other processes now. What was written is
                then not acknowledged, and is written again.
        """


class OwnVersions:
    """Of an index that only this process reads and writes."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._versions: OrderedDict[str, str] = OrderedDict()

    async def of(self, user_id: str) -> str | None:
        """The version."""
        if user_id not in self._versions:
            self._versions[user_id] = str(next(self._numbers))
            while len(self._versions) > MOST_USERS:
                self._versions.popitem(last=False)
        self._versions.move_to_end(user_id)
        return self._versions[user_id]

    @asynccontextmanager
    async def writing(self, user_ids: Collection[str]) -> AsyncIterator[None]:
        """Around a write."""
        try:
            yield
        finally:
            for user_id in user_ids:
                self._versions.pop(user_id, None)


class NoVersions:
    """Of an index that others write, too, and nobody says when."""

    async def of(self, user_id: str) -> str | None:  # noqa: ARG002 - no user's
        """None."""
        return None

    @asynccontextmanager
    async def writing(self, user_ids: Collection[str]) -> AsyncIterator[None]:  # noqa: ARG002 - no user's
        """Around a write."""
        yield
