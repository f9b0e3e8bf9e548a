"""One call at a time works on an image; those that wait for it hold no connection."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar
from uuid import UUID

from services.runtime.request import remaining_s
from services.storage.errors import ImageInHand

WAIT_S = 5.0
"""How long to wait for whoever has an image in hand."""

FIRST_LOOK_S = 0.02
LAST_LOOK_S = 0.5

T = TypeVar("T")


class InHand:
    """The images that this process works on."""

    def __init__(self) -> None:
        self._images: set[UUID] = set()

    async def alone(self, image_ids: Collection[UUID], work: Callable[[], Awaitable[T]]) -> T:
        """Does some work on images once nobody has any of them in hand, and returns its result.

        Args:
            image_ids: The images.
            work: Raises `ImageInHand` if another process has one of them in hand; it is called
                again a little later.

        Raises:
            ImageInHand: Somebody else has had one of them in hand for `WAIT_S`.
        """
        now = asyncio.get_running_loop().time
        give_up_at = now() + remaining_s(WAIT_S)
        wait_s = FIRST_LOOK_S
        while True:
            try:
                return await self._try(frozenset(image_ids), work)
            except ImageInHand:
                if now() >= give_up_at:
                    raise
            await asyncio.sleep(min(wait_s, max(0.0, give_up_at - now())))
            wait_s = min(2 * wait_s, LAST_LOOK_S)

    async def _try(self, image_ids: frozenset[UUID], work: Callable[[], Awaitable[T]]) -> T:
        if not self._images.isdisjoint(image_ids):
            raise ImageInHand
        self._images |= image_ids
        try:
            return await work()
        finally:
            self._images -= image_ids
