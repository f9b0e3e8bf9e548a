"""Deleting images, and bringing them back within a grace period."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from services.storage.errors import ImageNotFound
from services.storage.in_hand import InHand
from services.storage.model import Image
from services.storage.ports import Clock, Trash


class Deletion:
    """What a user does with the trash.

    Args:
        trash: Records in the trash and out of it.
        in_hand: Who works on which image.
        grace: How long an image can be brought back.
        clock: What time it is.
        changed: Told after each change, so that what follows starts at once.
    """

    def __init__(
        self,
        trash: Trash,
        *,
        in_hand: InHand,
        grace: timedelta,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self._trash = trash
        self._in_hand = in_hand
        self._grace = grace
        self._clock = clock
        self._changed = changed

    @property
    def grace(self) -> timedelta:
        """How long an image can be brought back."""
        return self._grace

    async def delete(self, user_id: UUID, image_id: UUID, *, permanently: bool) -> None:
        """Deletes an image; it is gone for every reader when this returns.

        Raises:
            ImageNotFound: There is no such image of this user, or it is deleted already and not
                to be removed permanently.
            ImageInHand: It is being completed; try again.
        """
        if not await self.delete_many(user_id, [image_id], permanently=permanently):
            raise ImageNotFound(f"there is no image {image_id}")

    async def delete_many(
        self, user_id: UUID, image_ids: Sequence[UUID], *, permanently: bool
    ) -> list[UUID]:
        """Deletes images; those that were, in the order asked for.

        Raises:
            ImageInHand: One is being completed; nothing was deleted.
        """

        async def work() -> set[UUID]:
            now = self._clock()
            purge_at = None if permanently or not self._grace else now + self._grace
            return await self._trash.delete(user_id, image_ids, now, purge_at)

        deleted = await self._in_hand.alone(image_ids, work)
        self._changed()
        return [image_id for image_id in dict.fromkeys(image_ids) if image_id in deleted]

    async def undelete(self, user_id: UUID, image_id: UUID) -> Image:
        """Brings an image back; one that is not deleted stays as it is.

        Raises:
            ImageNotFound: There is none to bring back.
            ImageInHand: Somebody has it in hand; try again.
        """
        found = await self.undelete_many(user_id, [image_id])
        if not found:
            raise ImageNotFound(f"there is no image {image_id}")
        return found[0]

    async def undelete_many(self, user_id: UUID, image_ids: Sequence[UUID]) -> list[Image]:
        """Brings images back; those that are there then, in the order asked for.

        Raises:
            ImageInHand: Somebody has one in hand; nothing was brought back.
        """
        found = await self._in_hand.alone(
            image_ids, lambda: self._trash.restore(user_id, image_ids, self._clock())
        )
        self._changed()
        return [found[image_id] for image_id in dict.fromkeys(image_ids) if image_id in found]
