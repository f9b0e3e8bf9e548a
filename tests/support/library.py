"""Images and an embedder for the indexer alone, without storage and models, changed at will."""

import asyncio
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import cycle
from typing import Any
from uuid import uuid4

import numpy as np
import redis.asyncio

from services.clients.errors import EmbedderUnavailable
from services.clients.model import Crop, Embedded, ImageContent, Space, Vector
from services.search.errors import OtherModel, StreamBroke
from services.search.indexing.redis_events import IMAGES, INDEXED
from services.search.model import ImagePoint, Newcomer

USER = "11111111-1111-4111-8111-111111111111"
DIMENSION = 8


def space_of(version: str) -> Space:
    """The space of a version of a model."""
    return Space("model", version, DIMENSION)


def vector_of(image: bytes) -> Vector:
    """A vector that only this image has."""
    seed = int.from_bytes(hashlib.sha256(image).digest()[:4], "big")
    vector = np.random.default_rng(seed).standard_normal(DIMENSION)
    return [float(part) for part in vector / np.linalg.norm(vector)]


def crops_of(image: bytes) -> tuple[Crop, ...]:
    """The left and the right half of an image, which only it has."""
    left, right = vector_of(b"left " + image), vector_of(b"right " + image)
    return (Crop(0.0, 0.0, 0.5, 1.0, left), Crop(0.5, 0.0, 1.0, 1.0, right))


class Library:
    """Kept images and their bytes, and what was announced of them: `Contents`.

    Args:
        client: Redis, text in and out.
    """

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self.images: dict[str, bytes] = {}
        self.labels: dict[str, dict[str, str]] = {}
        self.replays = 0
        self.was_indexed: set[str] = set()
        """Images that search found before."""
        self.client = client

    async def add(self, image: bytes) -> str:
        """Keeps an image and announces it."""
        image_id = str(uuid4())
        self.images[image_id] = image
        await self.announce("uploaded", image_id)
        return image_id

    async def label(self, image_id: str, **labels: str) -> None:
        """Gives an image other labels and announces it."""
        self.labels[image_id] = labels
        await self.announce("updated", image_id)

    async def remove(self, image_id: str) -> bytes:
        """Deletes an image and announces it; its bytes, for it to be brought back."""
        image = self.images.pop(image_id)
        await self.announce("deleted", image_id)
        return image

    async def restore(self, image_id: str, image: bytes) -> None:
        """Brings an image back and announces it."""
        self.images[image_id] = image
        await self.announce("uploaded", image_id)

    async def outcomes(self) -> dict[str, str]:
        """What the indexer said last of each image: `indexed`, or the reason why not."""
        entries: Any = await self.client.xrange(INDEXED)
        events = [json.loads(fields["event"]) for _, fields in entries]
        return {event["image_id"]: event.get("reason", event["type"]) for event in events}

    async def backlog(self) -> int:
        """Events that are not finished."""
        return int(await self.client.xlen(IMAGES))

    async def resolve(
        self, image_ids: Sequence[str], *, inline_bytes: int = 0
    ) -> Mapping[str, ImageContent]:
        return {
            image_id: ImageContent(
                image_id,
                USER,
                "",
                "",
                len(self.images[image_id]),
                "image/png",
                "a.png",
                dict(self.labels.get(image_id, {})),
                was_indexed=image_id in self.was_indexed,
            )
            for image_id in image_ids
            if image_id in self.images
        }

    async def fetch(self, content: ImageContent) -> bytes:
        return self.images[content.image_id]

    async def replay(self) -> int:
        self.replays += 1
        for image_id in list(self.images):
            await self.announce("uploaded", image_id)
        return len(self.images)

    async def announce(self, kind: str, image_id: str) -> None:
        """Tells of an image, whatever is true of it."""
        event = json.dumps({"type": kind, "image_id": image_id})
        await self.client.xadd(IMAGES, {"event": event})


async def nothing_restored(_: Space) -> None:
    """What a restore has left for a space: nothing."""


class Awaited:
    """Remembers what the indexer says of images: `Arrivals`."""

    def __init__(self) -> None:
        self.changed: list[str] = []
        """Images that were about to change, in the order in which that was said."""
        self.newcomers: list[Newcomer] = []
        self.there: list[str] = []
        self.gone: list[str] = []

    async def before(self, space: Space, changed: Sequence[ImagePoint]) -> None:
        self.changed += [point.image_id for point in changed]

    async def after(
        self, newcomers: Sequence[Newcomer], *, there: Collection[str], gone: Collection[str]
    ) -> None:
        self.newcomers += newcomers
        self.there += there
        self.gone += gone


class TurningEmbedder:
    """Replicas behind one address that may run different models: `ImageEmbedder`.

    Args:
        version: The version that all of them run at first.
    """

    def __init__(self, version: str) -> None:
        self.asked = 0
        self.embedded = 0
        self.poison: set[bytes] = set()
        """Images that break the stream."""
        self.vectors: dict[bytes, Vector] = {}
        """Vectors of images that it sees otherwise."""
        self.others: list[Space] = []
        """Spaces of models that all of them have, besides their default."""
        self.down = False
        self._asks: Iterator[str]
        self._embeds: Iterator[str]
        self.run(version)

    def run(self, *versions: str) -> None:
        """From now on replicas of these versions answer, by turns."""
        self._asks = cycle(versions)
        self._embeds = cycle(versions)

    async def spaces(self) -> Sequence[Space]:
        self.asked += 1
        await asyncio.sleep(0)
        default = space_of(next(self._asks))
        return [default, *(one for one in self.others if one != default)]

    async def embed(
        self, image_id: str, image: bytes, space: Space, *, crops: bool = False
    ) -> Embedded:
        await asyncio.sleep(0)
        if self.down:
            raise EmbedderUnavailable("down")
        if image in self.poison:
            raise StreamBroke("broken")
        if space_of(next(self._embeds)) != space and space not in self.others:
            raise OtherModel("another model")
        self.embedded += 1
        parts = crops_of(image) if crops else ()
        return Embedded(space, self.vectors.get(image, vector_of(image)), crops=parts)
