"""Deleting images, and bringing them back within a grace period."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from services.runtime.filters import Filter
from services.storage.errors import CountChanged, ImageNotFound
from services.storage.in_hand import InHand
from services.storage.model import Image, Listing
from services.storage.ports import Catalog, Clock, Overview, Trash

BATCH = 500
"""Images that are deleted in one transaction."""

MOST_AT_ONCE = 10_000
"""Images that one call deletes by a filter."""


class Deletion:
    """What a user does with the trash.

    Args:
        trash: Records in the trash and out of it.
        listed: Finds images by filters.
        counted: Counts them.
        in_hand: Who works on which image.
        grace: How long an image can be brought back.
        clock: What time it is.
        changed: Told after each change, so that what follows starts at once.
    """

    def __init__(
        self,
        trash: Trash,
        *,
        listed: Catalog,
        counted: Overview,
        in_hand: InHand,
        grace: timedelta,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self._trash = trash
        self._listed = listed
        self._counted = counted
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
        self,
        user_id: UUID,
        image_ids: Sequence[UUID],
        *,
        permanently: bool,
        only: Callable[[Image], bool] | None = None,
    ) -> list[UUID]:
        """Deletes images; those that were, in the order asked for.

        Args:
            user_id: Whose.
            image_ids: Which.
            permanently: Whether nothing is kept of them.
            only: Those alone that it says yes to, as they are when nobody else can change them.

        Raises:
            ImageInHand: One is being completed; nothing was deleted.
        """

        async def work() -> set[UUID]:
            now = self._clock()
            purge_at = None if permanently or not self._grace else now + self._grace
            return await self._trash.delete(user_id, image_ids, now, purge_at, only)

        deleted = await self._in_hand.alone(image_ids, work)
        self._changed()
        return [image_id for image_id in dict.fromkeys(image_ids) if image_id in deleted]

    async def delete_found(
        self, user_id: UUID, where: Filter, *, expected: int | None, permanently: bool
    ) -> tuple[int, int]:
        """Deletes images that a filter finds, `MOST_AT_ONCE` at most; how many, and what is left.

        Args:
            user_id: Whose.
            where: Which; those in the trash are not found.
            expected: How many there have to be; None if that does not matter.
            permanently: Whether nothing is kept of them.

        Raises:
            CountChanged: There are more or fewer; nothing was deleted.
            ImageInHand: One is being completed; others may be deleted.
        """
        listing = Listing(where)
        found = await self.count_found(user_id, where)
        if expected is not None and found != expected:
            raise CountChanged(
                f"the filter finds {found} images, not {expected}; nothing was deleted",
                metadata={"image_count": str(found)},
            )
        deleted = 0
        while deleted < MOST_AT_ONCE:
            page = await self._listed.page(user_id, listing, None, BATCH)
            ids = [image.image_id for image in page]
            if not ids:
                break
            # Of those that somebody else deleted meanwhile, none is found again.
            deleted += len(await self.delete_many(user_id, ids, permanently=permanently))
        return deleted, await self.count_found(user_id, where)

    async def count_found(self, user_id: UUID, where: Filter) -> int:
        """How many images a filter finds; those in the trash are not found."""
        return await self._counted.count(user_id, Listing(where))

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
