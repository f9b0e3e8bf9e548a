"""Removing all that storage has of a user whose account was deleted."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.runtime.deleted_accounts import DeletedAccount
from services.storage.errors import ImageInHand, ObjectStoreUnavailable
from services.storage.object_keys import folders_of
from services.storage.ports import Clock

BATCH = 200
LISTED_AT_ONCE = 1_000

Removed = Mapping[str, int]


class UserRecords(Protocol):
    """All records of a user."""

    async def purge_some(
        self, user_id: UUID, deletion_id: UUID, now: datetime, limit: int
    ) -> tuple[int, int]:
        """Purges images that nobody has in hand; how many, and how many are left."""

    async def forget_rest(self, user_id: UUID) -> None:
        """Forgets what is left beside images."""

    async def removed(self, deletion_id: UUID) -> Removed:
        """How much was removed for a deletion, in all."""


class UserObjects(Protocol):
    """Objects by the folder that they are in."""

    async def listed(self, folder: str, limit: int) -> Sequence[str]:
        """Keys of objects in a folder, at most so many."""

    async def remove(self, keys: Sequence[str]) -> set[str]:
        """Removes objects; the keys that are still there."""


class AccountErasure:
    """Removes a user's images, whatever their state, and proves that no object is left.

    Images are purged like others: search and inspection are told of each by the outbox. Objects are
    removed here, too, by what the object store lists and not by what records say, and again by the
    janitor when no transfer can be under way any more.

    Args:
        records: Of users.
        objects: In the object store.
        clock: What time it is.
        changed: Told when images were purged, so that what follows starts at once.
    """

    def __init__(
        self,
        records: UserRecords,
        objects: UserObjects,
        *,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self._records = records
        self._objects = objects
        self._clock = clock
        self._changed = changed

    async def erase(self, account: DeletedAccount) -> Removed:
        """Removes all that there is; how much was, in all.

        Raises:
            ImageInHand: An image is being completed; the others are gone.
            ObjectStoreUnavailable: It does not answer, or does not remove something.
        """
        user_id, deletion_id = UUID(account.user_id), UUID(account.deletion_id)
        left = 1
        while left:
            purged, left = await self._records.purge_some(
                user_id, deletion_id, self._clock(), BATCH
            )
            if purged:
                self._changed()
            elif left:
                raise ImageInHand
        await self._records.forget_rest(user_id)
        for folder in folders_of(user_id):
            await self._empty(folder)
        return await self._records.removed(deletion_id)

    async def _empty(self, folder: str) -> None:
        while keys := await self._objects.listed(folder, LISTED_AT_ONCE):
            if await self._objects.remove(keys):
                raise ObjectStoreUnavailable("objects could not be removed", retry_after_s=1)
