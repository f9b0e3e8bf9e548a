"""Other libraries with the same vectors and the same parameters, one thread."""

import importlib.util
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.search.vectors import DIMENSION, LIMIT, Floats, Vectors, nearest, recall
from services.search.index.tuning import GraphTuning

MOST_LOCAL = 20_000
"""The client's local mode compares all vectors in Python objects' memory; more take minutes."""


@dataclass(frozen=True)
class Peer:
    """One library at one size."""

    name: str
    size: int
    build_s: float
    p50_ms: float
    recall: float


def measured(vectors: Vectors, graph: GraphTuning, threads: int) -> Iterator[Peer]:
    """Those that are installed."""
    true = nearest(vectors)
    if importlib.util.find_spec("faiss"):
        yield _peer("faiss HNSW", vectors, true, lambda: _faiss(vectors.kept, graph, threads))
    if importlib.util.find_spec("hnswlib"):
        yield _peer("hnswlib", vectors, true, lambda: _hnswlib(vectors.kept, graph, threads))
    if len(vectors.kept) <= MOST_LOCAL:
        yield _peer("qdrant-client, local mode", vectors, true, lambda: _local(vectors.kept))


Ask = Callable[[Floats], list[int]]


def _peer(name: str, vectors: Vectors, true: list[set[int]], make: Callable[[], Ask]) -> Peer:
    began = time.perf_counter()
    ask = make()
    built_s = time.perf_counter() - began
    spent, found = [], []
    for query in vectors.queries:
        ask(query)
        began = time.perf_counter()
        found.append(ask(query))
        spent.append(1e3 * (time.perf_counter() - began))
    return Peer(
        name, len(vectors.kept), built_s, float(np.quantile(spent, 0.5)), recall(found, true)
    )


def _faiss(kept: Floats, graph: GraphTuning, threads: int) -> Ask:
    faiss: Any = importlib.import_module("faiss")
    faiss.omp_set_num_threads(threads)
    index = faiss.IndexHNSWFlat(DIMENSION, graph.m, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = graph.ef_construct
    index.hnsw.efSearch = graph.ef
    index.add(kept)

    def ask(query: Floats) -> list[int]:
        return [int(n) for n in index.search(query[None], LIMIT)[1][0]]

    return ask


def _hnswlib(kept: Floats, graph: GraphTuning, threads: int) -> Ask:
    hnswlib: Any = importlib.import_module("hnswlib")
    index = hnswlib.Index(space="cosine", dim=DIMENSION)
    index.init_index(max_elements=len(kept), M=graph.m, ef_construction=graph.ef_construct)
    index.add_items(kept, num_threads=threads)
    index.set_ef(graph.ef)

    def ask(query: Floats) -> list[int]:
        return [int(n) for n in index.knn_query(query, k=LIMIT, num_threads=1)[0][0]]

    return ask


def _local(kept: Floats) -> Ask:
    client_module: Any = importlib.import_module("qdrant_client")
    models = client_module.models
    client = client_module.QdrantClient(":memory:")
    params = models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE)
    client.create_collection("bench", vectors_config=params)
    client.upload_collection("bench", vectors=kept, ids=range(len(kept)))

    def ask(query: Floats) -> list[int]:
        points = client.query_points("bench", query=query, limit=LIMIT).points
        return [int(point.id) for point in points]

    return ask
