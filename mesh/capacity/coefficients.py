"""What one image, one upload, one search and one process cost, each with its source.

What was measured is in `measured.json`, which `make bench ARGS='capacity --write'` renews.
"""

import json
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

MEASURED_FILE = Path(__file__).with_name("measured.json")


class Kind(Enum):
    """How a coefficient is known."""

    MEASURED = "measured"
    DOCUMENTED = "documented"
    """By whoever made the part; not run here."""

    ASSUMED = "assumed"


@dataclass(frozen=True)
class Coefficient:
    """One number that estimates are made of."""

    name: str
    value: float
    unit: str
    kind: Kind
    source: str
    """Where it is from: a command and what it did, a link, or why it is assumed."""


CAPACITY = "[benchmarks/capacity.md](benchmarks/capacity.md)"
EMBEDDER = "[benchmarks/embedder.md](benchmarks/embedder.md)"
PARTS = "[decision 66](decisions/0066-parts-of-images.md)"
QDRANT = "[Qdrant, capacity planning](https://qdrant.tech/documentation/capacity-planning/)"
QUANTIZATION = "[Qdrant, quantization](https://qdrant.tech/documentation/guides/quantization/)"

_STATED = (
    Coefficient(
        "vit_b_32_more_cpu_ms",
        42.1,
        "ms of processor per image",
        Kind.MEASURED,
        f"{EMBEDDER}: embedder and its workers through the edge, 53.6 with ViT-B-32 and 11.5 with "
        "compact, photographs of 109 kB, cores of AMD EPYC with bf16",
    ),
    Coefficient(
        "parts_per_image",
        6.6,
        "vectors per image",
        Kind.MEASURED,
        f"{PARTS}: tiles of 48 photographs",
    ),
    Coefficient(
        "parts_embedding",
        87 / 14,
        "times the processor time of the whole",
        Kind.MEASURED,
        f"{PARTS}: whole and tiles, 87 ms of a core an image in place of 14",
    ),
    Coefficient(
        "part_float_bytes",
        2,
        "bytes per dimension",
        Kind.DOCUMENTED,
        f"{PARTS}: vectors of parts are kept in half precision, and scanned from the disk",
    ),
    Coefficient(
        "float_bytes",
        4,
        "bytes per dimension",
        Kind.DOCUMENTED,
        f"{QDRANT}; vectors are sent and kept as 32-bit floats",
    ),
    Coefficient(
        "vector_spare",
        1.5,
        "times the vectors' bytes",
        Kind.DOCUMENTED,
        f"{QDRANT}: for indexes, versions of points, and segments that optimization makes",
    ),
    Coefficient(
        "scalar_bytes",
        1,
        "bytes per dimension",
        Kind.DOCUMENTED,
        f"{QUANTIZATION}: int8; originals stay on disk",
    ),
    Coefficient(
        "binary_bytes",
        1 / 8,
        "bytes per dimension",
        Kind.DOCUMENTED,
        f"{QUANTIZATION}: one bit; originals stay on disk",
    ),
    Coefficient(
        "needle_bytes",
        16,
        "bytes of memory per object",
        Kind.DOCUMENTED,
        "[SeaweedFS, README](https://github.com/seaweedfs/seaweedfs#readme): a volume server's "
        "index, which is in memory",
    ),
    Coefficient(
        "shard_vectors",
        20e6,
        "vectors",
        Kind.ASSUMED,
        "of a shard, all of which a search asks; some tens of gigabytes of memory",
    ),
    Coefficient(
        "postgres_memory_bytes",
        100e6,
        "bytes",
        Kind.MEASURED,
        "[benchmarks/mesh.md](benchmarks/mesh.md): PostgreSQL with 1,000 images",
    ),
    Coefficient(
        "least_cores",
        2,
        "cores",
        Kind.ASSUMED,
        "of each copy of everything, however little it does",
    ),
    Coefficient(
        "cores_per_embedder",
        4,
        "cores",
        Kind.ASSUMED,
        "of one embedder, whose memory is counted as often",
    ),
    Coefficient(
        "hot_index_share",
        0.25,
        "of the indexes' bytes",
        Kind.ASSUMED,
        "what PostgreSQL keeps in memory of its indexes: lists begin with the newest images, and "
        "most look at few users' at a time",
    ),
    Coefficient(
        "busy_share",
        0.6,
        "of a core",
        Kind.ASSUMED,
        "how busy cores may be on the mean of the busiest hour, so that queues stay short",
    ),
    Coefficient(
        "peak",
        3,
        "times the mean",
        Kind.ASSUMED,
        "uploads of the busiest hour beside those of a day's mean; `--peak`",
    ),
    Coefficient(
        "redis_base_bytes",
        64e6,
        "bytes",
        Kind.ASSUMED,
        "streams of events, closed sessions and the edge's counters, beside the vector cache",
    ),
    Coefficient(
        "cached_vectors",
        29_127,
        "vectors",
        Kind.DOCUMENTED,
        "places of the vector cache by its default, `ARGUS_EMBEDDER_CACHE_BYTES` of 64 MiB",
    ),
)


@cache
def coefficients() -> dict[str, Coefficient]:
    """All of them, by name."""
    measured = [
        Coefficient(
            one["name"],
            float(one["value"]),
            one["unit"],
            Kind.MEASURED,
            f"{CAPACITY}: {one['how']}",
        )
        for one in json.loads(MEASURED_FILE.read_text(encoding="utf-8"))
    ]
    return {one.name: one for one in (*measured, *_STATED)}


def value_of(name: str) -> float:
    """The value of a coefficient.

    Raises:
        KeyError: There is none of that name.
    """
    return coefficients()[name].value
