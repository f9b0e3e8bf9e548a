"""What learning a cut-off costs: reading vectors from Edge, and the arithmetic."""

import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np

from bench.quality.refusal import Asked
from services.clients.model import Space
from services.search.index.qdrant_edge import EdgeIndex
from services.search.meaning.learning import learn
from services.search.meaning.model import Kind
from services.search.meaning.sample import listed, vectors_of
from services.search.model import ImagePoint

IMAGES = 5000
USER = "11111111-1111-4111-8111-111111111111"


@dataclass(frozen=True)
class Cost:
    """Milliseconds."""

    read_ms: float
    """Of reading 2,000 ids and vectors from Edge."""
    words_ms: float
    pictures_ms: float


def cost(asked: Asked) -> Cost:
    """Learns from a collection of random vectors."""
    return asyncio.run(_cost(asked))


async def _cost(asked: Asked) -> Cost:
    dimension = asked.captions.shape[1]
    space = Space("bench", "1", dimension)
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        index = EdgeIndex(Path(folder), keep_free_bytes=0)
        await index.open(space)
        for _ in range(IMAGES // 500):
            points = [
                ImagePoint(
                    str(UUID(bytes=rng.bytes(16))),
                    USER,
                    vector.tolist(),
                    "",
                    "",
                    {},
                )
                for vector in rng.normal(size=(500, dimension))
            ]
            await index.upsert(space, points)
        began = time.perf_counter()
        there = await listed(index, space, USER)
        images = await vectors_of(index, space, USER, there.ids)
        read = time.perf_counter()
        learn(Kind.WORDS, asked.captions, images, there.collection_size)
        words = time.perf_counter()
        learn(Kind.PICTURE, asked.pictures, images, there.collection_size)
        pictures = time.perf_counter()
        await index.close()
    return Cost(1000 * (read - began), 1000 * (words - read), 1000 * (pictures - words))
