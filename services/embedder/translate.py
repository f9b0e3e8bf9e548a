"""Between protobuf and the embedder's own words."""

from collections.abc import Iterable
from dataclasses import asdict

import numpy as np
from argus.embedder.v1 import embedder_pb2
from argus.type.v1 import geometry_pb2

from services.embedder.item import Embedded, Item, Kind, Priority
from services.embedder.model import Box, Modality, PatchInfo
from services.embedder.ports import ModelStatus, Residency
from services.imaging.frame_stats import FrameStats

_VALUES_TAG = b"\x0a"
"""Field 1, length-delimited: `values` in both messages that have vectors of one model."""

_CROP_VALUES_TAG = b"\x12"
"""Field 2, length-delimited: `values` of a Crop."""

_FLOAT_BYTES = 4

_MODALITIES = {
    Modality.IMAGE: embedder_pb2.MODALITY_IMAGE,
    Modality.TEXT: embedder_pb2.MODALITY_TEXT,
    Modality.PATCHES: embedder_pb2.MODALITY_PATCHES,
}
_RESIDENCIES = {
    Residency.NOT_LOADED: embedder_pb2.RESIDENCY_NOT_LOADED,
    Residency.LOADING: embedder_pb2.RESIDENCY_LOADING,
    Residency.RESIDENT: embedder_pb2.RESIDENCY_RESIDENT,
}
_PRIORITIES = {
    embedder_pb2.PRIORITY_BULK: Priority.BULK,
    embedder_pb2.PRIORITY_INTERACTIVE: Priority.INTERACTIVE,
}


def image_item(
    request: embedder_pb2.EmbedImagesRequest | embedder_pb2.EmbedImageRequest, caller: str
) -> Item:
    """An image to embed."""
    return Item(
        _kind(request),
        request.image,
        request.model,
        caller,
        _PRIORITIES.get(request.priority, Priority.BULK),
    )


def _kind(request: embedder_pb2.EmbedImagesRequest | embedder_pb2.EmbedImageRequest) -> Kind:
    if request.tiles:
        return Kind.TILES
    return Kind.CROPS if request.crops else Kind.IMAGE


def text_item(
    request: embedder_pb2.EmbedTextsRequest | embedder_pb2.EmbedTextRequest, caller: str
) -> Item:
    """A text to embed."""
    return Item(
        Kind.TEXT,
        request.text.encode(),
        request.model,
        caller,
        _PRIORITIES.get(request.priority, Priority.INTERACTIVE),
    )


def patches_item(request: embedder_pb2.ExtractPatchesRequest, caller: str) -> Item:
    """An image to take patch features of."""
    return Item(
        Kind.PATCHES,
        request.image,
        request.model,
        caller,
        _PRIORITIES.get(request.priority, Priority.BULK),
        request.size,
        request.scale,
        request.standard_levels,
    )


def fill_embedding(into: embedder_pb2.Embedding, embedded: Embedded) -> None:
    """Writes the first vector of what came of an item."""
    vector = embedded.values[: embedded.info.dimension * _FLOAT_BYTES]
    # Floats lie on the wire as they lie in memory; one by one they take ten times as long.
    into.ParseFromString(_VALUES_TAG + _length(len(vector)) + vector)
    into.model = embedded.info.model
    into.model_version = embedded.info.version


def crop_messages(embedded: Embedded) -> Iterable[embedder_pb2.Crop]:
    """The vectors behind the first, and what each shows."""
    size = embedded.info.dimension * _FLOAT_BYTES
    for index, box in enumerate(embedded.boxes, start=1):
        vector = embedded.values[index * size : (index + 1) * size]
        crop = embedder_pb2.Crop.FromString(_CROP_VALUES_TAG + _length(size) + vector)
        crop.box.CopyFrom(box_message(box))
        yield crop


def box_message(box: Box) -> geometry_pb2.Box:
    """A part of an image."""
    return geometry_pb2.Box(left=box.left, top=box.top, right=box.right, bottom=box.bottom)


def patches_message(embedded: Embedded) -> embedder_pb2.Patches:
    """Patch features."""
    count = embedded.rows * embedded.columns
    return embedder_pb2.Patches(
        rows=embedded.rows,
        columns=embedded.columns,
        dimension=len(embedded.values) // (count * np.dtype(np.float16).itemsize),
        values=embedded.values,
        model=embedded.info.model,
        model_version=embedded.info.version,
        frame=frame_message(embedded.frame) if embedded.frame else None,
    )


def frame_message(frame: FrameStats) -> embedder_pb2.FrameStatistics:
    """What a picture looks like as a whole."""
    return embedder_pb2.FrameStatistics(**asdict(frame))


def model_message(status: ModelStatus) -> embedder_pb2.Model:
    """A model that can be asked for."""
    info, runtime, patches = status.info, status.runtime, status.info.patches
    return embedder_pb2.Model(
        model=info.model,
        version=info.version,
        dimension=info.dimension,
        image_size=info.image_size,
        context_length=info.context_length,
        runtime=runtime.name if runtime else "",
        default=status.default,
        modalities=[_MODALITIES[modality] for modality in info.modalities],
        preprocessing=info.preprocessing,
        runtime_reason=runtime.reason if runtime else "",
        residency=_RESIDENCIES[status.residency],
        memory_bytes=status.memory_bytes,
        patches=patch_features_message(patches) if patches else None,
    )


def patch_features_message(patches: PatchInfo) -> embedder_pb2.PatchFeatures:
    """The patch features that a model gives."""
    return embedder_pb2.PatchFeatures(
        dimension=patches.dimension,
        stride=patches.stride,
        size=patches.size,
        min_size=patches.min_size,
        max_size=patches.max_size,
    )


def _length(count: int) -> bytes:
    """A protobuf varint."""
    out = bytearray()
    while count > 0x7F:
        out.append(count & 0x7F | 0x80)
        count >>= 7
    out.append(count)
    return bytes(out)
