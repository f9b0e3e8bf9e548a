"""Stored vectors and their neighbours, for services that compare images themselves."""

import asyncio
from collections.abc import Mapping, Sequence

from services.clients.model import Space, Vector
from services.search.index.vectors import check_vector
from services.search.model import Hit, Scope
from services.search.ports import VectorIndex

MOST_AT_ONCE = 250
"""Vectors that are read at once; an embedded index is read on the event loop."""


class Neighbours:
    """Reads the index for other services.

    Args:
        index: Vectors of the users' images.
    """

    def __init__(self, index: VectorIndex) -> None:
        self._index = index

    async def stored(self, space: Space, image_ids: Sequence[str]) -> Mapping[str, Vector]:
        """Vectors of those images that the space has, whoever's they are.

        Raises:
            IndexUnavailable: the index does not answer.
        """
        await self._index.open(space)
        vectors: dict[str, Vector] = {}
        for start in range(0, len(image_ids), MOST_AT_ONCE):
            some = await self._index.stored(space, image_ids[start : start + MOST_AT_ONCE])
            vectors.update((image_id, stored.vector) for image_id, stored in some.items())
            await asyncio.sleep(0)
        return vectors

    async def nearest(
        self, space: Space, vector: Vector, user_id: str, within: Sequence[str], limit: int
    ) -> list[Hit]:
        """The user's images nearest to a vector, among those named; nearest first.

        Raises:
            VectorWrong: the vector is not of the space.
            IndexUnavailable: the index does not answer.
        """
        check_vector(vector, space)
        await self._index.open(space)
        return await self._index.search(space, vector, Scope(user_id, within=within), limit=limit)
