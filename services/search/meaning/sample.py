"""Some of a user's images, as the index has them, for what unrelated queries score there."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from services.clients.model import Space
from services.search.meaning.reference_vectors import Vectors, unit
from services.search.model import Scope
from services.search.ports import VectorIndex

MOST_IMAGES = 2000
"""Images that are looked at, of however many."""
VECTORS_AT_ONCE = 100
"""Vectors that are read at once; an embedded index is read on the event loop."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Images that stand for a collection.

    Attributes:
        ids: Them: all, or those with the smallest ids. An image's id is drawn by chance, so these
            are a fair sample, and the same one as long as none of them comes or goes.
        collection_size: How many images there are; of more than `MOST_IMAGES` an estimate, from
            how close the ids are to each other, by 2 % in the standard deviation.
    """

    ids: tuple[str, ...]
    collection_size: int


async def listed(index: VectorIndex, space: Space, user_id: str) -> Listed:
    """A user's images, at most `MOST_IMAGES`.

    Raises:
        IndexUnavailable: the index does not answer.
    """
    ids = tuple(await index.image_ids(space, Scope(user_id), limit=MOST_IMAGES))
    return Listed(ids, collection_size(ids))


def collection_size(ids: tuple[str, ...]) -> int:
    """How many images there are of which these have the smallest ids."""
    if len(ids) < MOST_IMAGES:
        return len(ids)
    share = (UUID(ids[-1]).int + 1) / 2**128
    return max(len(ids), round(len(ids) / share))


async def vectors_of(
    index: VectorIndex, space: Space, user_id: str, ids: tuple[str, ...]
) -> Vectors:
    """[n, dimension] of unit length: those of the images that are still there and the user's.

    Raises:
        IndexUnavailable: the index does not answer.
    """
    rows: list[Vectors] = []
    for start in range(0, len(ids), VECTORS_AT_ONCE):
        some = await index.stored(space, ids[start : start + VECTORS_AT_ONCE])
        # Asked for by id, so that it is checked once more whose they are.
        rows += [
            np.asarray(some[image_id].vector, np.float32)
            for image_id in sorted(some)
            if some[image_id].user_id == user_id
        ]
        await asyncio.sleep(0)
    return unit(np.stack(rows)) if rows else np.empty((0, space.dimension), np.float32)
