"""One call at a time works on an image; those that wait for it hold no connection."""

import asyncio
from collections.abc import Awaitable, Callable
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

    async def alone(self, image_id: UUID, work: Callable[[], Awaitable[T]]) -> T:
        """Does some work on an image once nobody has it in hand, and returns its result.

        Args:
            image_id: The image.
            work: Raises `ImageInHand` if another process has the image in hand; it is called
                again a little later.

        Raises:
            ImageInHand: Somebody else has had the image in hand for `WAIT_S`.
        """
        now = asyncio.get_running_loop().time
        give_up_at = now() + remaining_s(WAIT_S)
        wait_s = FIRST_LOOK_S
        while True:
            try:
                return await self._try(image_id, work)
            except ImageInHand:
                if now() >= give_up_at:
                    raise
            await asyncio.sleep(min(wait_s, max(0.0, give_up_at - now())))
            wait_s = min(2 * wait_s, LAST_LOOK_S)

    async def _try(self, image_id: UUID, work: Callable[[], Awaitable[T]]) -> T:
        if image_id in self._images:
            raise ImageInHand
        self._images.add(image_id)
        try:
            return await work()
        finally:
            self._images.discard(image_id)
