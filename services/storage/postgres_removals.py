"""Objects are not removed while a backup copies them.

A backup takes `LOCK` for itself, reads the rows, and then copies the objects that they name. Who
removes objects shares the lock while it does. So no removal is under way when the rows are read,
and none begins until the copy is done; rows go meanwhile as always, and what they had waits. The
lock ends with the backup's connection, however that ends.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg

from services.storage.account_erasure import UserObjects
from services.storage.errors import ObjectStoreUnavailable

LOCK = "argus:removals"
"""Name of the advisory lock, as `hashtext` has it."""

TRY_AGAIN_S = 10


async def may_remove(connection: Any) -> bool:  # noqa: ANN401 - a pool's proxy of a connection
    """Whether no backup is made; if so, none begins before the transaction ends."""
    found = await connection.fetchval("SELECT pg_try_advisory_xact_lock_shared(hashtext($1))", LOCK)
    return bool(found)


class RestrainedRemovals:
    """`remove` and `listed` of an object store, for whoever removes at once and not by the janitor.

    Args:
        pool: Connections to the database that backups are made of.
        store: The objects.
    """

    def __init__(self, pool: asyncpg.Pool, store: UserObjects) -> None:
        self._pool = pool
        self._store = store

    async def listed(self, folder: str, limit: int) -> Sequence[str]:
        """Keys of objects in a folder, at most so many."""
        return await self._store.listed(folder, limit)

    async def remove(self, keys: Sequence[str]) -> set[str]:
        """Removes objects; the keys that are still there.

        Raises:
            ObjectStoreUnavailable: The store does not answer, or a backup is made.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            if not await may_remove(connection):
                raise ObjectStoreUnavailable(
                    "nothing is removed while a backup is made; try again",
                    retry_after_s=TRY_AGAIN_S,
                )
            return await self._store.remove(keys)
