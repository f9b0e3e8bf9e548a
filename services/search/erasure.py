"""Removing all that search has of a user whose account was deleted."""

from collections.abc import Mapping
from typing import Protocol

from services.runtime.deleted_accounts import DeletedAccount


class UserVectors(Protocol):
    """Vectors, by whose images they are of."""

    async def count_of_user(self, user_id: str) -> int:
        """How many points are a user's, in every space."""

    async def delete_of_user(self, user_id: str) -> None:
        """Forgets a user's points in every space."""


class UserMaps(Protocol):
    """Maps, by whose they are."""

    async def forget(self, user_id: str) -> int:
        """Removes a user's maps; how many there were."""


class UserSearches(Protocol):
    """Saved searches, by whose they are."""

    async def count_of_user(self, user_id: str) -> int:
        """How many saved searches a user has."""

    async def delete_of_user(self, user_id: str) -> None:
        """Forgets a user's saved searches, and what they found."""


class RemovalTally(Protocol):
    """Counts of what was removed, which survive a restart in between."""

    async def add(self, account: DeletedAccount, what: str, count: int) -> None:
        """Notes how many were found in a look; what was noted for it before stands."""

    async def removed(self, deletion_id: str) -> Mapping[str, int]:
        """How many of what were found, in all looks."""


class AccountErasure:
    """Removes a user's vectors, maps and saved searches.

    Storage purges the user's images at the same time, and search hears of each of them too: points
    that went that way are not counted here.

    Args:
        vectors: Of images.
        maps: Made of them.
        searches: Saved ones.
        tally: How much was found.
    """

    def __init__(
        self, vectors: UserVectors, maps: UserMaps, searches: UserSearches, tally: RemovalTally
    ) -> None:
        self._vectors = vectors
        self._maps = maps
        self._searches = searches
        self._tally = tally

    async def erase(self, account: DeletedAccount) -> Mapping[str, int]:
        """Removes all that there is; how much was found, in all.

        Raises:
            IndexUnavailable: The index does not answer.
            DatabaseUnavailable: PostgreSQL does not.
            RedisUnavailable: Redis does not.
        """
        # Noted before it is removed: whoever is killed in between finds less the next time.
        await self._tally.add(
            account, "vectors", await self._vectors.count_of_user(account.user_id)
        )
        await self._vectors.delete_of_user(account.user_id)
        await self._tally.add(account, "maps", await self._maps.forget(account.user_id))
        await self._tally.add(
            account, "saved_searches", await self._searches.count_of_user(account.user_id)
        )
        await self._searches.delete_of_user(account.user_id)
        return await self._tally.removed(account.deletion_id)
