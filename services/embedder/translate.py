"""Between protobuf and the embedder's own words."""

from argus.embedder.v1 import embedder_pb2

from services.embedder.model import ModelInfo, Vectors


def embedding_message(vector: Vectors, info: ModelInfo) -> embedder_pb2.Embedding:
    """A vector, [dimension], and what made it."""
    return embedder_pb2.Embedding(
        values=vector.tolist(), model=info.model, model_version=info.version
    )


def model_message(info: ModelInfo) -> embedder_pb2.Model:
    """A model that can be asked for."""
    return embedder_pb2.Model(
        model=info.model,
        version=info.version,
        dimension=info.dimension,
        image_size=info.image_size,
        context_length=info.context_length,
        runtime=info.runtime,
        default=True,
    )
