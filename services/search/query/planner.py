"""From what a user gives to the vector that is looked near."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.clients.errors import (
    ContentWrong,
    EmbedderUnavailable,
    ImageNotFound,
    ImageNotIndexed,
)
from services.clients.model import Embedded, Space, Vector
from services.clients.ports import Catalog, Contents, QueryEmbedder
from services.imaging.decode import ImageLimits
from services.runtime.concurrency import at_once
from services.search.model import Example, ImageQuery, StoredQuery, TextQuery
from services.search.ports import VectorIndex
from services.search.query.composition import compose, unit
from services.search.query.cropping import cropped

EMBEDDED_AT_ONCE = 4
"""Examples of one query that are embedded at the same time."""

REGIONS_AT_ONCE = 2
"""Regions that are cut out at the same time, of all queries: each takes a whole decoded image."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What orders the images."""

    space: Space
    vector: Vector
    vectors: Sequence[Vector]
    """One of each example, in their order, at unit length."""
    weights: Sequence[float]
    """How much of each example's cosine is in a score."""
    truncated: bool
    """Whether a text was longer than the model's context."""
    first: str
    """Id of the image that comes before all others; empty for none."""
    numbers: Sequence[int] = ()
    """Which of the request's examples these are; all, if empty."""


class Planner:
    """Embeds examples, and adds them up.

    Images by id must be the caller's own; the index is asked for nobody else's.

    Args:
        index: Vectors of the users' images.
        embedder: Turns words and pictures into vectors.
        catalog: Records, as the caller may see them.
        contents: Bytes of images, for regions of stored ones.
        limits: What an image may measure of which a region is looked for.
    """

    def __init__(
        self,
        index: VectorIndex,
        embedder: QueryEmbedder,
        catalog: Catalog,
        contents: Contents,
        limits: ImageLimits,
    ) -> None:
        self._index = index
        self._embedder = embedder
        self._catalog = catalog
        self._contents = contents
        self._limits = limits
        self._cutting = asyncio.Semaphore(REGIONS_AT_ONCE)

    async def plan(
        self, examples: Sequence[Example], user_id: str, *, checked_later: bool = False
    ) -> Plan:
        """The vector that these examples come to.

        Args:
            examples: At least one.
            user_id: Who looks for something like them.
            checked_later: Whether whoever asks makes sure, before anything is answered, that
                storage gives the caller the stored images among them.

        Raises:
            ExamplesCancelOut: Nothing is left to look for.
            ImageNotFound, ImageNotIndexed: A stored image is not the caller's, or has no
                vector yet.
            InvalidInput: An image cannot be read, or a region of it is too small.
            Unavailable: A part that is needed is down.
        """
        if not checked_later or any(one.region is not None for one in examples):
            await self._check_own(examples)
        by_vector = [example for example in examples if _is_indexed(example)]
        to_embed = [example for example in examples if not _is_indexed(example)]
        embedded = await at_once(
            to_embed, lambda example: self._embed(example, user_id), EMBEDDED_AT_ONCE
        )
        space = embedded[0].space if embedded else await self._embedder.space()
        if any(one.space != space for one in embedded):
            raise EmbedderUnavailable("the model was changed meanwhile", retry_after_s=1)
        await self._index.open(space)
        stored = await self._stored(by_vector, space, user_id) if by_vector else {}
        fresh = iter(embedded)
        vectors = [
            stored[example.of.image_id]
            if isinstance(example.of, StoredQuery) and _is_indexed(example)
            else next(fresh).vector
            for example in examples
        ]
        composed = compose(vectors, [example.weight for example in examples])
        only = examples[0].of if len(examples) == 1 and by_vector else None
        return Plan(
            space,
            composed.vector,
            [unit(vector) for vector in vectors],
            composed.weights,
            truncated=any(one.truncated for one in embedded),
            first=only.image_id if isinstance(only, StoredQuery) else "",
        )

    async def space(self) -> Space:
        """The space of the model in use, as far as is known."""
        return await self._embedder.space()

    async def without_meaning(self) -> Plan:
        """A plan that orders nothing, for what is ranked by words alone.

        Raises:
            IndexUnavailable: the index does not answer.
        """
        space = await self._embedder.space()
        await self._index.open(space)
        return Plan(space, [], [], [], truncated=False, first="")

    async def _check_own(self, examples: Sequence[Example]) -> None:
        # Storage knows first of new and of deleted images, and whose they are. Bytes are asked for
        # only of the caller's own, so that not even time tells of somebody else's; the index looks
        # for other people's images as for unknown ones.
        ids = [one.of.image_id for one in examples if isinstance(one.of, StoredQuery)]
        if not ids:
            return
        own = await self._catalog.images(list(dict.fromkeys(ids)))
        for example in examples:
            if isinstance(example.of, StoredQuery) and example.of.image_id not in own:
                raise ImageNotFound("there is no such image", field=example.field)

    async def _embed(self, example: Example, user_id: str) -> Embedded:
        of, region = example.of, example.region
        if isinstance(of, TextQuery):
            return await self._embedder.embed_text(of.text.strip())
        if isinstance(of, ImageQuery) and region is None:
            return await self._embedder.embed_image(of.image)
        async with self._cutting:
            if isinstance(of, ImageQuery):
                image = of.image
            else:
                image = await self._bytes_of(of.image_id, user_id, example.field)
            if region is not None:
                field = _beside(example.field, "region")
                image = await asyncio.to_thread(cropped, image, region, self._limits, field=field)
        return await self._embedder.embed_image(image)

    async def _bytes_of(self, image_id: str, user_id: str, field: str) -> bytes:
        content = (await self._contents.resolve([image_id])).get(image_id)
        if content is None or content.user_id != user_id:
            raise ImageNotIndexed(
                "the image is not indexed yet; try again when its state is INDEXED",
                field=field,
                retry_after_s=1,
            )
        try:
            return await self._contents.fetch(content)
        except ContentWrong:
            # It may have been deleted meanwhile; then it is not found now.
            if image_id in await self._catalog.images([image_id]):
                raise
            raise ImageNotFound("there is no such image", field=field) from None

    async def _stored(
        self, examples: Sequence[Example], space: Space, user_id: str
    ) -> Mapping[str, Vector]:
        fields = {one.of.image_id: one.field for one in examples if isinstance(one.of, StoredQuery)}
        stored = await self._index.own(space, user_id, list(fields))
        if len(stored) < len(fields):
            await self._check_own(examples)
        for image_id, field in fields.items():
            if image_id not in stored:
                raise ImageNotIndexed(
                    "the image is not indexed yet; try again when its state is INDEXED",
                    field=field,
                    retry_after_s=1,
                )
        return stored


def _is_indexed(example: Example) -> bool:
    """Whether the index has its vector."""
    return isinstance(example.of, StoredQuery) and example.region is None


def _beside(field: str, name: str) -> str:
    """Path of another field of the message that a field is of."""
    within, dot, _ = field.rpartition(".")
    return f"{within}{dot}{name}"
