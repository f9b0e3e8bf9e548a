"""How vectors are searched: the graph, quantization, copies in a cluster."""

from dataclasses import dataclass
from enum import StrEnum


class Quantization(StrEnum):
    """In what form vectors are compared first; the best are compared again as they are."""

    NONE = "none"
    SCALAR = "scalar"
    """A byte for each dimension."""
    BINARY = "binary"
    """A bit for each dimension."""


@dataclass(frozen=True, slots=True)
class GraphTuning:
    """An HNSW graph (Malkov and Yashunin 2018) and what is compared on the way through it."""

    m: int = 16
    """Edges of a vector; twice as many on the lowest level."""

    ef_construct: int = 200
    """Candidates that are kept while a vector is put in."""

    ef: int = 128
    """Candidates that a query keeps, or as many as it wants hits if that is more."""

    full_scan_kb: int = 10_000
    """Vectors that a filter leaves, in KiB, below which they are scanned and no graph is walked."""

    quantization: Quantization = Quantization.NONE

    oversampling: float = 8.0
    """How many times the hits that are wanted are compared again, if vectors are quantized."""


@dataclass(frozen=True, slots=True)
class BuildTuning:
    """When Edge's graph is built, and with how much of the machine."""

    from_points: int = 20_000
    """Points without a graph above which one is built; 0: never."""

    threads: int = 1
    """Threads that build."""


@dataclass(frozen=True, slots=True)
class ClusterTuning:
    """How a collection is spread over a Qdrant cluster; 0 is what the cluster itself is set to."""

    shards: int = 0
    """Parts of a collection; fixed when it is made."""

    replication_factor: int = 0
    """Copies of each part."""

    write_consistency: int = 0
    """Copies that must have taken a write before it is acknowledged."""
