"""What a workload needs."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mesh.capacity.coefficients import value_of
from mesh.capacity.prices import Prices
from mesh.capacity.workload import Model, Quantization, Workload

MILLION = 1e6
GB = 1e9
_DAY_S = 86_400.0
_MS = 1e-3

_QUANTIZED = {Quantization.SCALAR: "scalar_bytes", Quantization.BINARY: "binary_bytes"}
_SERVICES = ("edge", "auth", "storage", "search", "inspection")


class Resource(StrEnum):
    """What is needed, and priced."""

    OBJECTS = "objects"
    """Bytes of the object store."""

    DISK = "disk"
    """Bytes of fast disks."""

    MEMORY = "memory"
    """Bytes."""

    CORES = "cores"


@dataclass(frozen=True)
class Line:
    """A part of what is needed."""

    resource: Resource
    what: str
    amount: float
    """In the unit of the resource, all copies together."""


@dataclass(frozen=True)
class Cost:
    """What a resource costs a month."""

    resource: Resource
    amount: float
    money: float


@dataclass(frozen=True)
class Estimate:
    """What a workload needs, and what that costs."""

    workload: Workload
    lines: tuple[Line, ...]
    costs: tuple[Cost, ...]

    def total(self, resource: Resource) -> float:
        """Of all lines."""
        return sum(line.amount for line in self.lines if line.resource is resource)

    @property
    def money(self) -> float:
        """A month."""
        return sum(cost.money for cost in self.costs)

    def per_million(self, amount: float) -> float:
        """For each million images."""
        return amount * MILLION / self.workload.images


def estimate(workload: Workload, prices: Prices) -> Estimate:
    """Reckons; proportional to what was measured, however large."""
    lines = (
        *_objects(workload),
        *_disk(workload),
        *_cores(workload),
        *_memory(workload),
    )
    unpriced = Estimate(workload, lines, ())
    each = {
        Resource.OBJECTS: prices.object_gb / GB,
        Resource.DISK: prices.disk_gb / GB,
        Resource.MEMORY: prices.memory_gb / GB,
        Resource.CORES: prices.core,
    }
    costs = []
    for resource, price in each.items():
        amount = unpriced.total(resource)
        # There are no halves of them to be had.
        bought = _cores_bought(workload, amount) if resource is Resource.CORES else amount
        costs.append(Cost(resource, bought, bought * price))
    return Estimate(workload, lines, tuple(costs))


def _objects(asked: Workload) -> Iterator[Line]:
    kept = asked.images * asked.replication
    objects = value_of("objects_per_image")
    yield Line(Resource.OBJECTS, "originals", kept * asked.image_bytes)
    yield Line(Resource.OBJECTS, "thumbnails and renditions", kept * _rendition_bytes(asked))
    yield Line(
        Resource.OBJECTS,
        "the store's own",
        kept * objects * value_of("object_overhead_bytes"),
    )
    yield Line(
        Resource.OBJECTS,
        "archived log of the database",
        asked.uploads_per_day * asked.log_days * value_of("wal_bytes"),
    )


def _disk(asked: Workload) -> Iterator[Line]:
    kept = asked.images * asked.replication
    yield Line(Resource.DISK, "database, rows", kept * value_of("row_bytes"))
    yield Line(Resource.DISK, "database, indexes", kept * value_of("row_index_bytes"))
    floats = asked.dimensions * value_of("float_bytes")
    spare = value_of("vector_spare")
    yield Line(Resource.DISK, "vectors", kept * (floats + _quantized_bytes(asked)) * spare)
    if asked.parts:
        of_parts = asked.dimensions * value_of("part_float_bytes") * value_of("parts_per_image")
        yield Line(Resource.DISK, "vectors of parts", kept * of_parts * spare)
    yield Line(
        Resource.DISK,
        "graph, ids, names and labels beside vectors",
        kept * (value_of("graph_bytes") + value_of("vector_disk_overhead_bytes")) * spare,
    )


def _memory(asked: Workload) -> Iterator[Line]:
    kept = asked.images * asked.replication
    spare = value_of("vector_spare")
    if asked.quantization is Quantization.NONE:
        # Qdrant's own rule; the spare half has the graph in it.
        in_memory = asked.dimensions * value_of("float_bytes") * spare
    else:
        beside = value_of("graph_bytes") + value_of("tracker_bytes")
        in_memory = (_quantized_bytes(asked) + beside) * spare
    yield Line(Resource.MEMORY, f"vectors, quantization {asked.quantization}", kept * in_memory)
    yield Line(
        Resource.MEMORY,
        "database, hot part of the indexes",
        kept * value_of("row_index_bytes") * value_of("hot_index_share"),
    )
    yield Line(
        Resource.MEMORY,
        "the object store's index",
        kept * value_of("objects_per_image") * value_of("needle_bytes"),
    )
    cached = value_of("cached_vectors") * value_of("cached_vector_bytes")
    yield Line(
        Resource.MEMORY, "Redis", (value_of("redis_base_bytes") + cached) * asked.replication
    )
    yield Line(
        Resource.MEMORY,
        "database and object store beside that",
        asked.replication * (value_of("postgres_memory_bytes") + value_of("store_memory_bytes")),
    )
    services = _processes(asked, _calls_cores(asked))
    yield Line(
        Resource.MEMORY,
        "edge and services",
        services * sum(value_of(f"{part}_memory_bytes") for part in _SERVICES),
    )
    embedders = _processes(asked, _embedding_cores(asked) / value_of("cores_per_embedder"))
    yield Line(Resource.MEMORY, "embedders", embedders * value_of("embedder_memory_bytes"))


def _cores(asked: Workload) -> Iterator[Line]:
    busy = value_of("busy_share")
    uploads = _uploads_per_second(asked)
    yield Line(Resource.CORES, "embedding uploads", _embedding_cores(asked))
    yield Line(
        Resource.CORES,
        "uploads: edge, services, stores",
        uploads * _by_size(asked, "upload_cpu_ms") * _MS / busy,
    )
    yield Line(
        Resource.CORES,
        "building the graph",
        uploads * value_of("graph_build_cpu_ms") * _MS * asked.replication / busy,
    )
    per_search = max(value_of("search_by_words_cpu_ms"), value_of("search_by_example_cpu_ms"))
    yield Line(
        Resource.CORES,
        "searches: edge, services, stores, embedding words",
        asked.searches_per_second * per_search * _MS / busy,
    )
    yield Line(
        Resource.CORES,
        "searching the graph",
        asked.searches_per_second * _graph_ms(asked) * _MS / busy,
    )


def _cores_bought(asked: Workload, needed: float) -> int:
    return max(math.ceil(needed), math.ceil(value_of("least_cores") * asked.replication))


def _uploads_per_second(asked: Workload) -> float:
    """In the busiest hour."""
    return asked.uploads_per_day / _DAY_S * asked.peak


def _embedding_cores(asked: Workload) -> float:
    per_image_ms = _by_size(asked, "embedding_cpu_ms")
    if asked.model is Model.VIT_B_32:
        per_image_ms += value_of("vit_b_32_more_cpu_ms")
    if asked.parts:
        per_image_ms *= value_of("parts_embedding")
    return _uploads_per_second(asked) * per_image_ms * _MS / value_of("busy_share")


def _calls_cores(asked: Workload) -> float:
    """Of edge and services; stores are in it, so there are rather too many processes than few."""
    uploads = _uploads_per_second(asked) * _by_size(asked, "upload_cpu_ms")
    searches = asked.searches_per_second * value_of("search_by_words_cpu_ms")
    return (uploads + searches) * _MS / value_of("busy_share")


def _processes(asked: Workload, needed: float) -> int:
    """As many as there are copies of everything, or as are needed."""
    return max(asked.replication, math.ceil(needed))


def _graph_ms(asked: Workload) -> float:
    """A search's time in the graph: a logarithm of a shard's size, in each shard."""
    shards = math.ceil(asked.images / value_of("shard_vectors"))
    measured = value_of("graph_search_vectors")
    longer = max(1.0, math.log(max(2.0, asked.images / shards)) / math.log(measured))
    wider = asked.dimensions / value_of("graph_dimensions")
    return shards * value_of("graph_search_cpu_ms") * longer * wider


def _by_size(asked: Workload, name: str) -> float:
    """Between what small and large images were measured to cost, on a straight line; not beyond."""
    small, large = value_of("small_image_bytes"), value_of("image_bytes")
    part = min(1.0, max(0.0, (asked.image_bytes - small) / (large - small)))
    least, most = value_of(f"small_{name}"), value_of(name)
    return least + part * (most - least)


def _rendition_bytes(asked: Workload) -> float:
    """Of the images that were measured; of smaller ones in proportion."""
    return value_of("rendition_bytes") * min(1.0, asked.image_bytes / value_of("image_bytes"))


def _quantized_bytes(asked: Workload) -> float:
    """Of a vector's smaller copy; 0 if there is none."""
    if asked.quantization is Quantization.NONE:
        return 0.0
    return asked.dimensions * value_of(_QUANTIZED[asked.quantization])
