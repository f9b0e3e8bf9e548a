"""The vectors of an index as a snapshot."""

from collections.abc import AsyncGenerator

from argus.search.v1.operator_pb2 import SnapshotPart

from services.clients.model import Space
from services.search.ports import VectorIndex
from services.search.snapshots.parts import space_part, vector_parts

PAGE = 500


async def snapshot(index: VectorIndex, space: Space) -> AsyncGenerator[SnapshotPart, None]:
    """All vectors of a space, part by part, while the index is written and searched.

    Raises:
        IndexUnavailable: The index does not answer.
    """
    yield space_part(space)
    count, after = 0, ""
    while ids := await index.all_ids(space.name, limit=PAGE, after=after):
        after = ids[-1]
        found = await index.stored(space, ids, crops=True)
        count += len(found)
        for part in vector_parts(found):
            yield part
    yield SnapshotPart(image_count=count)
