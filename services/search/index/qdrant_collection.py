"""Settings of a collection on a Qdrant server: as it is made, and as they are changed later."""

from collections.abc import Mapping

from pydantic import BaseModel
from qdrant_client import AsyncQdrantClient, models

from services.search.index.conditions import VECTOR_NAME
from services.search.index.tuning import ClusterTuning, GraphTuning, Quantization


def hnsw(graph: GraphTuning) -> models.HnswConfigDiff:
    """The graph's."""
    return models.HnswConfigDiff(
        m=graph.m, ef_construct=graph.ef_construct, full_scan_threshold=graph.full_scan_kb
    )


def quantization(
    graph: GraphTuning,
) -> models.ScalarQuantization | models.BinaryQuantization | None:
    """That of vectors, kept in memory; None if there is none."""
    match graph.quantization:
        case Quantization.SCALAR:
            return models.ScalarQuantization(
                scalar=models.ScalarQuantizationConfig(
                    type=models.ScalarType.INT8, quantile=0.99, always_ram=True
                )
            )
        case Quantization.BINARY:
            return models.BinaryQuantization(
                binary=models.BinaryQuantizationConfig(always_ram=True)
            )
        case Quantization.NONE:
            return None


def is_on_disk(graph: GraphTuning) -> bool:
    """True if vectors as they are need not be in memory: quantized ones are compared first."""
    return graph.quantization is not Quantization.NONE


def crops_config(dimension: int) -> models.DenseVectorNameConfig:
    """That of the vectors of images' parts; half precision halves them."""
    return models.DenseVectorNameConfig(
        dense=models.DenseVectorConfig(
            size=dimension,
            distance=models.Distance.COSINE,
            multivector_config=models.MultiVectorConfig(
                comparator=models.MultiVectorComparator.MAX_SIM
            ),
            datatype=models.VectorStorageDatatype.FLOAT16,
        )
    )


def crops_settings() -> models.VectorParamsDiff:
    """How they are kept: without a graph, and on the disk, as they take more than all else."""
    return models.VectorParamsDiff(hnsw_config=models.HnswConfigDiff(m=0), on_disk=True)


def search_params(graph: GraphTuning, *, exact: bool = False) -> models.SearchParams:
    """How a query walks the graph.

    Args:
        graph: The settings.
        exact: Without the graph and without quantized vectors.
    """
    if exact:
        return models.SearchParams(
            exact=True, quantization=models.QuantizationSearchParams(ignore=True)
        )
    if graph.quantization is Quantization.NONE:
        return models.SearchParams(hnsw_ef=graph.ef)
    return models.SearchParams(
        hnsw_ef=graph.ef,
        quantization=models.QuantizationSearchParams(rescore=True, oversampling=graph.oversampling),
    )


async def update(
    client: AsyncQdrantClient, name: str, graph: GraphTuning, cluster: ClusterTuning
) -> bool:
    """Gives a collection of before today's settings, where they differ.

    The server builds anew by itself what they change, while it answers. How many shards there
    are is fixed, quantization is not taken away, and a higher replication factor is that of
    shards that come: whoever runs the cluster has the others copied.

    Returns:
        Whether something differed.
    """
    found = (await client.get_collection(name)).config
    changes: dict[str, object] = {}
    wanted = hnsw(graph)
    if _parts(found.hnsw_config, wanted) != wanted.model_dump(exclude_none=True):
        changes["hnsw_config"] = wanted
    quantized = quantization(graph)
    if quantized is not None:
        if not isinstance(found.quantization_config, type(quantized)):
            changes["quantization_config"] = quantized
        if not _on_disk(found.params.vectors):
            changes["vectors_config"] = {VECTOR_NAME: models.VectorParamsDiff(on_disk=True)}
    copies = models.CollectionParamsDiff(
        replication_factor=cluster.replication_factor or None,
        write_consistency_factor=cluster.write_consistency or None,
    )
    if _parts(found.params, copies) != copies.model_dump(exclude_none=True):
        changes["collection_params"] = copies
    if changes:
        await client.update_collection(name, **changes)  # type: ignore[arg-type] # by name
    return bool(changes)


def _parts(found: BaseModel, wanted: BaseModel) -> dict[str, object]:
    """What a model has of the fields that another has."""
    return {field: getattr(found, field) for field in wanted.model_dump(exclude_none=True)}


def _on_disk(vectors: models.VectorsConfig | None) -> bool:
    params = vectors.get(VECTOR_NAME) if isinstance(vectors, Mapping) else None
    return bool(params is not None and params.on_disk)
