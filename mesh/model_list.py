"""What is known of models: from the disk, and from a mesh that runs."""

from collections.abc import Iterable
from dataclasses import dataclass

from argus.embedder.v1 import embedder_pb2

from services.embedder.models.store import Installed

_MODALITIES = {
    embedder_pb2.MODALITY_IMAGE: "image",
    embedder_pb2.MODALITY_TEXT: "text",
    embedder_pb2.MODALITY_PATCHES: "patches",
}
_RESIDENCIES = {
    embedder_pb2.RESIDENCY_NOT_LOADED: "not loaded",
    embedder_pb2.RESIDENCY_LOADING: "loading",
    embedder_pb2.RESIDENCY_RESIDENT: "in memory",
}


@dataclass(frozen=True)
class ListedModel:
    """One model, as it is shown."""

    model: str
    version: str
    dimension: int
    """Length of its vectors."""
    image_size: int
    """Side of the square that it sees, in pixels."""
    context_length: int
    """Longest text in tokens; 0 if it reads none."""
    modalities: tuple[str, ...]
    memory_bytes: int
    """That its process takes, or is expected to take."""
    state: str
    """Where it is: on disk, or in the memory of a mesh."""
    runtime: str = ""
    """What runs it; empty if that is not known."""
    reason: str = ""
    """Why that runs it."""


def on_disk(found: Installed) -> ListedModel:
    """A model as its manifest describes it."""
    info = found.manifest.info
    return ListedModel(
        model=info.model,
        version=info.version,
        dimension=info.dimension,
        image_size=info.image_size,
        context_length=info.context_length,
        modalities=tuple(modality.value for modality in info.modalities),
        memory_bytes=found.manifest.memory_bytes,
        state="on disk",
    )


def in_mesh(model: embedder_pb2.Model) -> ListedModel:
    """A model as a mesh describes it."""
    return ListedModel(
        model=model.model,
        version=model.version,
        dimension=model.dimension,
        image_size=model.image_size,
        context_length=model.context_length,
        modalities=tuple(_MODALITIES[one] for one in model.modalities if one in _MODALITIES),
        memory_bytes=model.memory_bytes,
        state=_RESIDENCIES.get(model.residency, ""),
        runtime=model.runtime,
        reason=model.runtime_reason,
    )


def merged(
    installed: Iterable[Installed], running: Iterable[embedder_pb2.Model]
) -> list[ListedModel]:
    """Every model once, by id; what a mesh says of it counts."""
    found = {one.manifest.info.model: on_disk(one) for one in installed}
    found |= {one.model: in_mesh(one) for one in running}
    return [found[model] for model in sorted(found)]
