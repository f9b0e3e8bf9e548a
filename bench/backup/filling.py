"""Fills the stores of a mesh with images that nobody uploaded: rows and objects, nothing else."""

import hashlib
import time
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import numpy as np

from mesh.backup.bucket import THREADS
from mesh.backup.parallel import in_threads
from mesh.backup.stores import Stores
from services.runtime.migrations import migrate
from services.runtime.postgres import open_pool
from services.storage.object_keys import content_key, thumbnail_key

SERVICES = ("auth", "storage", "inspection")
THUMBNAIL_BYTES = 6_000


@dataclass(frozen=True)
class Filled:
    """What was written."""

    object_count: int
    object_bytes: int
    objects_s: float
    """Seconds that the object store took for it."""


async def fill(stores: Stores, images: int, mean_bytes: int) -> Filled:
    """Writes images of random bytes, half as large to one and a half times as the mean.

    Args:
        stores: An empty mesh's.
        images: How many.
        mean_bytes: Of an image without its thumbnail.
    """
    random = np.random.default_rng(0)
    user_id = uuid4()
    sizes = random.integers(mean_bytes // 2, mean_bytes * 3 // 2, images)
    ids = [uuid4() for _ in range(images)]
    digests = [""] * images
    stores.bucket.make()

    def put(number: int) -> int:
        content = np.random.default_rng(number).bytes(int(sizes[number]))
        digests[number] = hashlib.sha256(content).hexdigest()
        image_id = ids[number]
        stores.bucket.put(content_key(user_id, image_id), content, len(content), "image/jpeg")
        thumbnail = content[: min(THUMBNAIL_BYTES, len(content))]
        stores.bucket.put(thumbnail_key(user_id, image_id), thumbnail, len(thumbnail), "image/webp")
        return len(content) + len(thumbnail)

    began, written = time.perf_counter(), 0
    async with aclosing(in_threads(put, range(images), THREADS)) as puts:
        async for size in puts:
            written += size
    objects_s = time.perf_counter() - began
    async with await open_pool(stores.postgres_url) as pool:
        for service in SERVICES:
            await migrate(pool, schema=service, package=f"services.{service}")
    await _add_rows(stores.postgres_url, user_id, ids, digests, [int(size) for size in sizes])
    return Filled(2 * images, written, objects_s)


async def _add_rows(
    url: str, user_id: UUID, ids: list[UUID], digests: list[str], sizes: list[int]
) -> None:
    now = datetime.now(UTC)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "INSERT INTO storage.image_uploads (image_id, user_id, filename, content_type, "
            "size_bytes, sha256, phash, width, height, format, state, created_at, "
            "put_expires_at, expires_at, completed_at, render_at) "
            "SELECT id, $1, 'picture.jpg', 'image/jpeg', size, digest, '0123456789abcdef', 512, "
            "512, 'jpeg', 'INDEXED', $2, $2, $2, $2, NULL "
            "FROM unnest($3::uuid[], $4::text[], $5::bigint[]) AS one (id, digest, size)",
            user_id,
            now,
            ids,
            digests,
            sizes,
        )
    finally:
        await connection.close()
