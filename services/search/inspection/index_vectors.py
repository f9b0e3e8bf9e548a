"""Whole images' vectors, from the index that search keeps."""

import asyncio
from collections.abc import Mapping, Sequence

from services.search.model import Embedded, Scope, Space
from services.search.ports import QueryEmbedder, VectorIndex

MOST_AT_ONCE = 250
"""Vectors that are read at once; an embedded index is read on the event loop."""


class IndexVectors:
    """`ImageVectors` over search's own index and embedder.

    Args:
        index: Vectors of the users' images.
        embedder: Embeds what is inspected, with the caller's token and time.
    """

    def __init__(self, index: VectorIndex, embedder: QueryEmbedder) -> None:
        self._index = index
        self._embedder = embedder

    async def space(self) -> Space:
        """The space of the model in use."""
        return await self._embedder.space()

    async def embed_image(self, image: bytes) -> Embedded:
        """An encoded image's vector."""
        return await self._embedder.embed_image(image)

    async def nearest(
        self, space: Space, vector: Sequence[float], user_id: str, within: Sequence[str], limit: int
    ) -> Sequence[tuple[str, float]]:
        """Ids and cosines of the user's images nearest to a vector, among those named.

        None if none is named.
        """
        if not within:
            return []
        await self._index.open(space)
        hits = await self._index.search(
            space, list(vector), Scope(user_id, within=within), offset=0, limit=limit
        )
        return [(hit.image_id, hit.score) for hit in hits]

    async def stored(self, space: Space, image_ids: Sequence[str]) -> Mapping[str, Sequence[float]]:
        """Vectors of those images that the index has, whoever's they are."""
        await self._index.open(space)
        vectors: dict[str, Sequence[float]] = {}
        for start in range(0, len(image_ids), MOST_AT_ONCE):
            some = await self._index.stored(space, image_ids[start : start + MOST_AT_ONCE])
            vectors.update((image_id, stored.vector) for image_id, stored in some.items())
            await asyncio.sleep(0)
        return vectors
