"""A snapshot's vectors as messages of the contract."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from argus.search.v1 import operator_pb2, vector_pb2
from argus.search.v1.operator_pb2 import SnapshotPart

from services.clients.model import Crop, Space, Vector
from services.search.errors import SnapshotDamaged
from services.search.index.vectors import check_vector
from services.search.model import StoredVector

PART_BYTES = 2**20
"""Bytes of vectors that a part has, or a little more."""
IMAGES_OF_PART = 500

_WHOLE, _CROP = np.dtype("<f4"), np.dtype("<f2")


@dataclass(frozen=True, slots=True)
class Kept:
    """An image's vector, and those of its parts; whose image it is says storage."""

    vector: Vector
    crops: tuple[Crop, ...] | None
    """As of `ImagePoint`."""


def space_part(space: Space) -> SnapshotPart:
    """The first part."""
    return SnapshotPart(
        space=vector_pb2.Space(
            model=space.model, model_version=space.version, dimension=space.dimension
        )
    )


def vector_parts(found: Mapping[str, StoredVector]) -> Iterator[SnapshotPart]:
    """Parts with these images' vectors, in the order of their ids."""
    images: list[operator_pb2.SnapshotVector] = []
    size = 0
    for image_id, stored in sorted(found.items()):
        image = _message(image_id, stored)
        images.append(image)
        size += image.ByteSize()
        if size >= PART_BYTES or len(images) == IMAGES_OF_PART:
            yield SnapshotPart(vectors=operator_pb2.SnapshotVectors(images=images))
            images, size = [], 0
    if images:
        yield SnapshotPart(vectors=operator_pb2.SnapshotVectors(images=images))


def space_of(part: SnapshotPart) -> Space:
    """What a first part says.

    Raises:
        SnapshotDamaged: It is no first part.
    """
    if not part.HasField("space"):
        raise SnapshotDamaged("a snapshot begins with its space")
    return Space(part.space.model, part.space.model_version, part.space.dimension)


def vectors_of(part: SnapshotPart, space: Space) -> Mapping[str, Kept]:
    """Vectors of a part, by the ids of their images.

    Raises:
        VectorWrong: One is not of the space.
        SnapshotDamaged: A part of an image lies outside of it.
    """
    found = {}
    for image in part.vectors.images:
        crops = tuple(_crop(crop, space) for crop in image.crops)
        vector = _numbers(image.vector, _WHOLE, space)
        found[image.image_id.lower()] = Kept(vector, crops if image.has_crops else None)
    return found


def _message(image_id: str, stored: StoredVector) -> operator_pb2.SnapshotVector:
    return operator_pb2.SnapshotVector(
        image_id=image_id,
        vector=np.asarray(stored.vector, _WHOLE).tobytes(),
        has_crops=stored.crops is not None,
        crops=[
            operator_pb2.SnapshotCrop(
                left=crop.left,
                top=crop.top,
                right=crop.right,
                bottom=crop.bottom,
                vector=np.asarray(crop.vector, _CROP).tobytes(),
            )
            for crop in stored.crops or ()
        ],
    )


def _crop(crop: operator_pb2.SnapshotCrop, space: Space) -> Crop:
    box = (crop.left, crop.top, crop.right, crop.bottom)
    if not all(math.isfinite(edge) and 0 <= edge <= 1 for edge in box):
        raise SnapshotDamaged("a part of an image lies outside of it")
    return Crop(*box, _numbers(crop.vector, _CROP, space))


def _numbers(content: bytes, kind: np.dtype, space: Space) -> Vector:
    if len(content) % kind.itemsize:
        raise SnapshotDamaged(f"a vector of {len(content)} bytes")
    vector: Vector = np.frombuffer(content, kind).astype(float).tolist()
    check_vector(vector, space)
    return vector
