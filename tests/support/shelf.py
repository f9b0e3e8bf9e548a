"""Images of several users as search's queries meet them: their vectors in a real index, and peers
that are as small as can be.

An image is its vector: what the embedder makes of bytes and of words is read out of them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

import numpy as np
from argus.storage.v1.image_pb2 import Image

from services.clients.model import Embedded, ImageContent, Space, Vector
from services.imaging.decode import ImageLimits
from services.search.model import ImagePoint
from services.search.ports import VectorIndex
from services.search.query.export import Export
from services.search.query.kept_pages import KeptPages
from services.search.query.planner import Planner
from services.search.query.searcher import Searcher
from tests.support.no_cutoffs import no_cutoffs

DIMENSION = 8
SPACE = Space("shelf", "v1", DIMENSION)

ANA = "11111111-1111-4111-8111-111111111111"
BEN = "22222222-2222-4222-8222-222222222222"

_caller: ContextVar[str] = ContextVar("caller", default=ANA)


def unit(values: Sequence[float]) -> Vector:
    """These numbers at unit length."""
    vector = np.array(values, float)
    return [float(part) for part in vector / np.linalg.norm(vector)]


def words(vector: Sequence[float]) -> str:
    """Words that mean a vector."""
    return json.dumps([float(part) for part in vector])


class Shelf:
    """What storage and the embedder know, and search over it.

    Args:
        index: Open, and empty.
        pages: What was found lately; None keeps nothing.
    """

    def __init__(self, index: VectorIndex, pages: KeptPages | None = None) -> None:
        self.index = index
        self.owners: dict[str, str] = {}
        self.records = 0
        """How many records were asked for."""
        self._numbers = np.random.default_rng(7)
        planner = Planner(index, self, self, self, ImageLimits())
        self.searcher = Searcher(index, planner, self, no_cutoffs(index), pages)
        self.export = Export(self.searcher)

    async def add(self, vector: Sequence[float], user_id: str = ANA) -> str:
        """Indexes an image."""
        image_id = str(UUID(bytes=self._numbers.bytes(16), version=4))
        self.owners[image_id] = user_id
        point = ImagePoint(image_id, user_id, unit(vector), "a.png", "image/png", {})
        await self.index.upsert(SPACE, [point])
        return image_id

    async def delete(self, image_id: str, *, index: bool = True) -> None:
        """Deletes an image; search may not have heard of it yet."""
        del self.owners[image_id]
        if index:
            await self.index.delete([image_id])

    @contextmanager
    def calling(self, user_id: str) -> Iterator[None]:
        """Has somebody else call."""
        token = _caller.set(user_id)
        try:
            yield
        finally:
            _caller.reset(token)

    async def images(self, image_ids: Sequence[str]) -> Mapping[str, Image]:
        """`Catalog`."""
        assert 0 < len(image_ids) <= 500
        self.records += len(image_ids)
        return {
            image_id: Image(image_id=image_id, filename="a.png", content_type="image/png")
            for image_id in image_ids
            if self.owners.get(image_id) == _caller.get()
        }

    async def space(self) -> Space:
        """`QueryEmbedder`."""
        return SPACE

    async def embed_text(self, text: str) -> Embedded:
        """`QueryEmbedder`."""
        return Embedded(SPACE, unit(json.loads(text)))

    async def embed_image(self, image: bytes) -> Embedded:
        """`QueryEmbedder`."""
        return Embedded(SPACE, unit(json.loads(image)))

    async def resolve(
        self, image_ids: Sequence[str], *, inline_bytes: int = 0
    ) -> Mapping[str, ImageContent]:
        """`Contents`; none are kept."""
        return {}

    async def fetch(self, content: ImageContent) -> bytes:
        """`Contents`."""
        raise AssertionError(content)

    async def replay(self) -> int:
        """`Contents`."""
        return 0
