"""A snapshot's vectors into an index."""

from collections.abc import Mapping
from dataclasses import dataclass

from argus.search.v1.operator_pb2 import SnapshotPart

from services.clients.model import ImageContent, Space
from services.clients.ports import Contents
from services.search.errors import SnapshotDamaged
from services.search.indexing.image_worker import point_of
from services.search.model import ImagePoint
from services.search.ports import VectorIndex
from services.search.snapshots.parts import Kept, vectors_of


@dataclass
class Imported:
    """What became of a snapshot's images."""

    taken: int = 0
    """They got their vector."""
    present: int = 0
    """They had one."""
    unknown: int = 0
    """Storage has them not."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.taken + self.present + self.unknown


class VectorImport:
    """Takes one snapshot in, part by part.

    Storage says which images there are, whose, and with which labels; of the snapshot nothing
    counts but vectors. What the index has stays.

    Args:
        index: Gets the vectors.
        contents: Storage's images.
        space: The snapshot's, which is open.
    """

    def __init__(self, index: VectorIndex, contents: Contents, space: Space) -> None:
        self._index = index
        self._contents = contents
        self._space = space
        self._last = ""
        self._is_whole = False
        self.imported = Imported()

    async def take(self, part: SnapshotPart) -> None:
        """Takes the next part in; it can be given again if it raises.

        Raises:
            SnapshotDamaged: Parts are in no order, or some are missing.
            VectorWrong: A vector is not of the space.
            IndexUnavailable, StorageUnavailable: Try again.
        """
        if self._is_whole or not (part.HasField("vectors") or part.HasField("image_count")):
            raise SnapshotDamaged("after a snapshot's space come vectors, and their number last")
        if part.HasField("image_count"):
            if part.image_count != self.imported.total:
                raise SnapshotDamaged(
                    f"the snapshot had {part.image_count} images, and {self.imported.total} came"
                )
            self._is_whole = True
            return
        kept = vectors_of(part, self._space)
        ids = [image.image_id.lower() for image in part.vectors.images]
        if any(one >= other for one, other in zip([self._last, *ids], ids, strict=False)):
            raise SnapshotDamaged("the snapshot's images are in no order")
        present = await self._present(kept)
        taken = await self._write({i: one for i, one in kept.items() if i not in present})
        self.imported.present += len(present)
        self.imported.taken += taken
        self.imported.unknown += len(kept) - len(present) - taken
        self._last = ids[-1]

    def finish(self) -> Imported:
        """What became of all images.

        Raises:
            SnapshotDamaged: Its end did not come.
        """
        if not self._is_whole:
            raise SnapshotDamaged("the snapshot was cut off")
        return self.imported

    async def _present(self, kept: Mapping[str, Kept]) -> set[str]:
        """Images of which nothing is wanted: as good as the snapshot's are in the index."""
        crops = self._index.keeps_crops
        stored = await self._index.stored(self._space, list(kept), crops=crops)
        return {
            image_id
            for image_id, one in stored.items()
            if not crops or one.crops is not None or kept[image_id].crops is None
        }

    async def _write(self, kept: Mapping[str, Kept]) -> int:
        """Writes points of those images that storage has; how many.

        Storage is asked again after the writing, until it says what was written: what happens to an
        image meanwhile may have been worked on before its point was there.
        """
        written: dict[str, ImagePoint] = {}
        while True:
            contents = await self._contents.resolve(list(kept)) if kept else {}
            if gone := [image_id for image_id in written if image_id not in contents]:
                await self._index.delete(gone)
            points = {i: self._point(content, kept[i]) for i, content in contents.items()}
            fresh = [point for i, point in points.items() if written.get(i) != point]
            if not fresh:
                return len(points)
            await self._index.upsert(self._space, fresh)
            written = points

    def _point(self, content: ImageContent, kept: Kept) -> ImagePoint:
        crops = kept.crops if self._index.keeps_crops else None
        return point_of(content, kept.vector, crops)
