"""A mesh with many images of one user: rows and vectors as imports leave them, but no bytes."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
from argus.auth.v1 import auth_pb2
from argus.embedder.v1 import embedder_pb2

from bench.running import running_mesh
from bench.search.index import ALL, Asked, asked, fill, is_in, point
from bench.search.vectors import DIMENSION, Vectors, nearest
from mesh.backup.stores import stores_of
from mesh.client.account import AccountFile
from mesh.client.connection import connect
from mesh.layout import Layout
from services.clients.model import Space
from services.search.index.qdrant_edge import EdgeIndex
from services.search.index.tuning import BuildTuning, GraphTuning
from services.search.model import Scope

EMAIL, PASSWORD = "bench@example.org", "a long password"
MODEL = "compact"
_AT_ONCE = 1_000

_ROWS = """
INSERT INTO storage.image_uploads (image_id, user_id, filename, content_type, size_bytes, sha256,
    labels, state, created_at, put_expires_at, expires_at, updated_at, completed_at, announced_at,
    indexed_at, width, height, format, phash, thumbhash, renditions, render_at,
    header_read, page_count)
SELECT id, $1, number || '.jpg', 'image/jpeg', 512345, encode(sha256(id::text::bytea), 'hex'),
    jsonb_build_object('lot', (number % 100)::text), 'INDEXED', now(), now(),
    now() + interval '1 hour', now(), now(), now(), now(), 2048, 1536, 'jpeg', '0123456789abcdef',
    decode(repeat('ab', 24), 'hex'), '{512,2048}', NULL,
    true, 1
FROM unnest($2::uuid[], $3::int[]) AS one (id, number)
"""


@dataclass(frozen=True)
class Library:
    """A stopped mesh, and what it has."""

    data_dir: Path
    accounts: Path
    user_id: str
    image_ids: list[str]
    """Of all vectors; every hundredth is of another user, whom nobody knows here."""
    vectors: Vectors
    engine: Asked
    """The library's own shard, asked without a service before it."""


async def filled(
    folder: Path,
    vectors: Vectors,
    settings: Mapping[str, str],
    threads: int,
    say: Callable[[str], None],
) -> Library:
    """Starts a mesh once, for a user and a space, and fills it while it is stopped.

    Args:
        folder: For the mesh's data and the account.
        vectors: What it is filled with.
        settings: `ARGUS_*` variables of the mesh.
        threads: That build the graph.
        say: Told of progress.
    """
    data_dir, accounts = folder / "data", folder / "accounts"
    with running_mesh(data_dir, model=MODEL, settings=settings) as mesh:
        async with connect(mesh.server, AccountFile(accounts)) as connection:
            await connection.sign_in(EMAIL, PASSWORD, name="")
            me = await connection.call(connection.auth.GetMe, auth_pb2.GetMeRequest())
            listed = await connection.call(
                connection.embedder.ListModels, embedder_pb2.ListModelsRequest()
            )
    model = next(one for one in listed.models if one.default)
    space = Space(model.model, model.version, model.dimension)
    if space.dimension != DIMENSION:
        raise RuntimeError(f"{model.model} has {space.dimension} dimensions, not {DIMENSION}")
    user_id = str(me.user_id)
    image_ids = [point(number, row).image_id for number, row in enumerate(vectors.kept)]
    layout = Layout.of(data_dir)
    await _rows(layout, user_id, image_ids)
    say(f"{len(image_ids):,} rows")
    index = EdgeIndex(
        data_dir / "vectors", graph=GraphTuning(), build=BuildTuning(from_points=0, threads=threads)
    )
    try:
        await index.open(space)
        await fill(index, vectors, space=space, owner=user_id)
        began = time.monotonic()
        await index.build_graph(space)
        say(f"{len(image_ids):,} vectors, a graph in {time.monotonic() - began:.0f} s")
        true = nearest(vectors, is_in(ALL, len(image_ids)))
        engine = await asked(index, vectors, Scope(user_id), true, space=space)
    finally:
        await index.close()
    return Library(data_dir, accounts, user_id, image_ids, vectors, engine)


async def _rows(layout: Layout, user_id: str, image_ids: list[str]) -> None:
    async with stores_of(layout) as stores:
        connection = await asyncpg.connect(stores.postgres_url)
        try:
            for start in range(0, len(image_ids), _AT_ONCE):
                numbers = range(start, min(start + _AT_ONCE, len(image_ids)))
                own = [number for number in numbers if number % 100]
                ids = [UUID(image_ids[number]) for number in own]
                await connection.execute(_ROWS, UUID(user_id), ids, own)
            await connection.execute("VACUUM ANALYZE storage.image_uploads")
        finally:
            await connection.close()
