"""What an object costs beside its bytes."""

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import numpy as np

from bench.capacity.disk import taken_bytes
from bench.capacity.found import Found
from mesh.backup.bucket import THREADS, Bucket
from mesh.backup.parallel import in_threads

_BYTES = 10_000
"""Of each object."""


async def measured(
    bucket: Bucket, folder: Path, objects: int, memory_bytes: Callable[[], int]
) -> list[Found]:
    """Puts objects into an empty store, and sees what its folder takes.

    Args:
        bucket: Of the store; it is made.
        folder: Where the store keeps all it knows.
        objects: How many.
        memory_bytes: What the store's processes take now.
    """
    bucket.make()

    def put(number: int) -> None:
        content = np.random.default_rng(number).bytes(_BYTES)
        bucket.put(f"bench/{number:08d}/original", content, len(content), "image/jpeg")

    before = taken_bytes(folder)
    await _done(put, range(objects))
    taken = (taken_bytes(folder) - before) / objects
    return [
        Found(
            "object_overhead_bytes",
            round(max(0.0, taken - _BYTES)),
            "bytes per object",
            f"SeaweedFS's folder after {objects:,} objects of {_BYTES:,} random bytes, less these",
        ),
        Found(
            "store_memory_bytes",
            float(memory_bytes()),
            "bytes",
            f"SeaweedFS's processes after {objects:,} objects, proportional set size",
        ),
    ]


async def _done(put: Callable[[int], None], numbers: range) -> None:
    async with aclosing(in_threads(put, numbers, THREADS)) as puts:
        async for _ in puts:
            pass
