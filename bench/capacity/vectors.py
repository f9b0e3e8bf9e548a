"""Bytes and processor time of a vector, in Qdrant's engine."""

import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import numpy as np
import qdrant_edge as edge

from bench.capacity.disk import taken_bytes
from bench.capacity.found import Found
from services.clients.model import Space
from services.search.index.conditions import VECTOR_NAME, payload_of
from services.search.model import ImagePoint

DIMENSION = 512
_CHUNK = 500
_QUERIES = 200
_LIMIT = 50
_CLUSTERS, _SPREAD = 500, 0.6
"""Vectors of images are not spread evenly; on even ones a graph takes longer."""

_SPACE = Space("bench", "bench", DIMENSION)


def measured(folder: Path, vectors: int) -> Iterator[Found]:
    """Fills shards as search's are, without and with a graph and a quantization.

    Args:
        folder: Empty.
        vectors: How many, of 512 dimensions, with names and labels.
    """
    plain = _shard(folder)
    half = vectors // 2
    around = _Around()
    _fill(plain, around, range(half))
    before = taken_bytes(folder)
    _fill(plain, around, range(half, vectors))
    taken = (taken_bytes(folder) - before) / (vectors - half)
    yield Found(
        "vector_disk_overhead_bytes",
        round(taken - 4 * DIMENSION),
        "bytes per vector",
        f"what {vectors - half:,} vectors of {DIMENSION} dimensions with name, type and 3 labels "
        f"add to Qdrant Edge's folder without a graph, {taken:.0f}, less 4 bytes a dimension",
    )
    began = time.process_time()
    plain.optimize()
    built_s = time.process_time() - began
    yield Found(
        "graph_bytes",
        round(_files_bytes(folder, "links", "graph") / vectors),
        "bytes per vector",
        f"the files of the HNSW graph (m 16, ef_construct 200) of {vectors:,} vectors, compressed",
    )
    yield Found(
        "tracker_bytes",
        round(_files_bytes(folder, "id_tracker") / vectors),
        "bytes per vector",
        f"the files that tell ids and versions of {vectors:,} vectors",
    )
    yield Found(
        "graph_build_cpu_ms",
        round(1e3 * built_s / vectors, 3),
        "ms of processor per vector",
        f"the graph of {vectors:,} vectors of {DIMENSION} dimensions, built at once",
    )
    cpu_ms = _query_cpu_ms(plain, around)
    yield Found(
        "graph_search_cpu_ms",
        round(cpu_ms, 3),
        "ms of processor per query",
        f"the {_LIMIT} nearest of {vectors:,} vectors of {DIMENSION} dimensions by the graph",
    )
    yield Found("graph_search_vectors", float(vectors), "vectors", "of which these are")
    yield Found("graph_dimensions", float(DIMENSION), "dimensions", "that they have")
    plain.close()


def _files_bytes(folder: Path, *named: str) -> int:
    """Of files whose names have one of these words in them."""
    return sum(
        path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and any(word in path.name for word in named)
    )


class _Around:
    """Vectors around some centres, as those of photographs of some kinds of things."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)
        self._centres = self._random.standard_normal((_CLUSTERS, DIMENSION))

    def drawn(self, count: int) -> list[list[float]]:
        centres = self._centres[self._random.integers(0, _CLUSTERS, count)]
        apart = _SPREAD * self._random.standard_normal((count, DIMENSION))
        return [list(vector) for vector in centres + apart]


def _shard(folder: Path) -> edge.EdgeShard:
    """As search makes them (`services/search/index/qdrant_edge.py`)."""
    folder.mkdir(parents=True)
    return edge.EdgeShard.create(
        str(folder),
        edge.EdgeConfig(
            vectors={
                VECTOR_NAME: edge.EdgeVectorParams(size=DIMENSION, distance=edge.Distance.Cosine)
            },
            hnsw_config=edge.HnswIndexConfig(m=16, ef_construct=200, full_scan_threshold=10_000),
            wal_enabled=True,
        ),
    )


def _fill(shard: edge.EdgeShard, around: _Around, numbers: range) -> None:
    user_id = str(uuid4())
    for start in range(numbers.start, numbers.stop, _CHUNK):
        drawn = around.drawn(min(_CHUNK, numbers.stop - start))
        points = []
        for number, vector in enumerate(drawn, start):
            point = ImagePoint(
                str(uuid4()),
                user_id,
                vector,
                f"line-{number}-camera-04.jpg",
                "image/jpeg",
                {"line": str(number % 12), "lot": f"L{number // 1000}", "camera": "2"},
            )
            points.append(
                edge.Point(point.image_id, {VECTOR_NAME: vector}, payload_of(point, _SPACE))
            )
        shard.update(edge.UpdateOperation.upsert_points(points))
        shard.flush()


def _query_cpu_ms(shard: edge.EdgeShard, around: _Around) -> float:
    requests = [
        edge.QueryRequest(
            limit=_LIMIT, query=edge.Query.Nearest(vector, using=VECTOR_NAME), with_payload=False
        )
        for vector in around.drawn(_QUERIES)
    ]
    for request in requests[: _QUERIES // 10]:
        shard.query(request)
    began = time.process_time()
    for request in requests:
        shard.query(request)
    return 1e3 * (time.process_time() - began) / _QUERIES
