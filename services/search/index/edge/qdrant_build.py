"""What a builder does: a shard with a graph, from a copy of one."""

import json
import shutil
from pathlib import Path
from typing import Any

import qdrant_edge as edge

from services.search.index.crops import CROPS_NAME
from services.search.index.edge.folders import OWN_PREFIX
from services.search.index.edge.order import BuildOrder
from services.search.index.edge.sparse_copy import copy_written
from services.search.index.qdrant_layout import renew_indexes
from services.search.index.tuning import GraphTuning, Quantization

_CONFIG = "edge_config.json"
_MOST_SEGMENT_KB = 2**40
"""All points are in one segment with one graph: every further one is another to be asked."""

_BYTES_OF_A_NUMBER = 4


def copy(order: BuildOrder) -> None:
    """Copies the shard; nobody writes to it meanwhile."""
    shutil.copytree(
        order.source,
        order.target,
        ignore=shutil.ignore_patterns(f"{OWN_PREFIX}*"),
        copy_function=copy_written,
    )


def build(order: BuildOrder) -> None:
    """Builds the copy's graph.

    What has neither graph nor deleted points enough for another stays as it is.
    """
    configure(order)
    shard = edge.EdgeShard.load(str(order.target))
    renew_indexes(shard)
    shard.optimize()
    shard.flush()
    shard.close()


def configure(order: BuildOrder) -> None:
    """Writes settings into the copy's configuration, and leaves all others as they are.

    They are a file of Edge's, which its own `load` can only change when it is told anew
    which vectors there are.
    """
    path = order.target / _CONFIG
    config: dict[str, Any] = json.loads(path.read_text())
    config["hnsw_config"] = {
        **(config.get("hnsw_config") or {}),
        "m": order.graph.m,
        "ef_construct": order.graph.ef_construct,
        "full_scan_threshold": order.graph.full_scan_kb,
        "max_indexing_threads": order.threads,
    }
    config["optimizers"] = {
        **(config.get("optimizers") or {}),
        "default_segment_number": 1,
        "max_segment_size": _MOST_SEGMENT_KB,
        "indexing_threshold": _indexing_threshold_kb(config, order.from_points),
    }
    config.pop("quantization_config", None)
    if quantized := _quantization(order.graph):
        config["quantization_config"] = quantized
    for name, vector in config.get("vectors", {}).items():
        # Vectors that are compared last only need not stay in memory, and parts of images take more
        # than all else.
        vector["memory"] = "cold" if quantized or name == CROPS_NAME else "cached"
        if name == CROPS_NAME:
            vector["hnsw_config"] = {**config["hnsw_config"], "m": 0}
    _write(path, config)


def _indexing_threshold_kb(config: dict[str, Any], from_points: int) -> int:
    """Less than what the points take that a graph is built from."""
    smallest = min(
        (int(vector["size"]) for vector in config.get("vectors", {}).values()), default=1
    )
    return max(1, from_points * smallest * _BYTES_OF_A_NUMBER // 2048)


def _quantization(graph: GraphTuning) -> dict[str, Any] | None:
    match graph.quantization:
        case Quantization.SCALAR:
            return {"scalar": {"type": "int8", "quantile": 0.99, "memory": "pinned"}}
        case Quantization.BINARY:
            return {"binary": {"memory": "pinned"}}
        case Quantization.NONE:
            return None


def _write(path: Path, config: dict[str, Any]) -> None:
    path.write_text(json.dumps(config))
