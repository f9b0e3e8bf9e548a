"""Points as the index kept them before it knew of words, times and sizes (layout 1)."""

from collections.abc import Sequence
from pathlib import Path

import qdrant_edge as edge
from qdrant_client import AsyncQdrantClient, models

from services.clients.model import Space
from services.search.model import ImagePoint

_FIELDS = ("labels", "label_keys", "filename", "content_type")


def former_shard(folder: Path, space: Space, points: Sequence[ImagePoint]) -> None:
    """Makes a shard of Qdrant Edge as the former code did, and closes it."""
    path = folder / space.name
    path.mkdir(parents=True)
    vector = edge.EdgeVectorParams(size=space.dimension, distance=edge.Distance.Cosine)
    shard = edge.EdgeShard.create(
        str(path),
        edge.EdgeConfig(
            vectors={"clip_global": vector},
            hnsw_config=edge.HnswIndexConfig(m=16, ef_construct=200, full_scan_threshold=10_000),
            wal_enabled=True,
        ),
    )
    shard.update(
        edge.UpdateOperation.create_field_index("user_id", edge.KeywordIndexParams(is_tenant=True))
    )
    for field in _FIELDS:
        shard.update(edge.UpdateOperation.create_field_index(field, edge.PayloadSchemaType.Keyword))
    kept = [
        edge.Point(one.image_id, {"clip_global": one.vector}, _payload(one, space))
        for one in points
    ]
    shard.update(edge.UpdateOperation.upsert_points(kept))
    shard.flush()
    shard.close()


async def former_collection(
    client: AsyncQdrantClient, space: Space, points: Sequence[ImagePoint]
) -> None:
    """Makes a collection of a server as the former code did."""
    vector = models.VectorParams(size=space.dimension, distance=models.Distance.COSINE)
    await client.create_collection(
        space.name,
        vectors_config={"clip_global": vector},
        hnsw_config=models.HnswConfigDiff(m=16, ef_construct=200),
    )
    await client.upsert(
        space.name,
        [
            models.PointStruct(
                id=one.image_id, vector={"clip_global": one.vector}, payload=_payload(one, space)
            )
            for one in points
        ],
        wait=True,
    )


def _payload(point: ImagePoint, space: Space) -> dict[str, object]:
    return {
        "user_id": point.user_id,
        "labels": [f"{key}={value}" for key, value in point.labels.items()],
        "label_keys": list(point.labels),
        "filename": point.filename,
        "content_type": point.content_type,
        "model_version": space.version,
    }
