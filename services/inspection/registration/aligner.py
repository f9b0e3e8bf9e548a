"""Images in the reference's place, before a network sees them."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import cos, radians, sin
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.imaging.decode import Decoded, ImageLimits, decode
from services.imaging.resize import enough_for, resized
from services.inspection.artifact import array_text, text_array
from services.inspection.errors import ArtifactWrong
from services.inspection.model import (
    Alignment,
    FloatArray,
    FrameLimit,
    FrameReason,
    Registration,
    View,
    WholeFrame,
)
from services.inspection.registration.search import SIDE, Search
from services.inspection.verdict.placement import placement_limit

FINER = 2
"""Pixels of an aligned image for each that the model sees, so that moving it blurs little."""

MOST_ASPECT = 4
"""Longer references are compared squeezed to it, as the model sees them."""

_PREFIX = "registration."
_REFERENCE, _SIZE, _LIMIT, _IMAGE, _KIND = (
    _PREFIX + name for name in ("reference", "size", "limit", "image", "turns")
)


@dataclass(frozen=True, slots=True)
class Placed:
    """An image in the reference's place."""

    content: bytes = field(repr=False)
    """Encoded; what it does not show is the reference's."""
    alignment: Alignment
    """With the confidence alone, and nothing moved, if it is misplaced."""
    misplaced: bool
    width: int
    """Pixels of the image as it was sent."""
    height: int
    """Pixels of the image as it was sent."""

    def frame(self, seen: WholeFrame | None) -> WholeFrame | None:
        """What the network's frame is of the image as it was sent."""
        return seen and replace(seen, width=self.width, height=self.height)


@dataclass(frozen=True)
class Aligner:
    """Aligns images to a reference."""

    kind: Registration
    image_id: str
    """Of the reference."""
    picture: Image.Image = field(repr=False)
    """The reference at the size that images are aligned at; mode RGB."""
    size: tuple[int, int]
    """Width and height of the reference in pixels."""
    limit: FrameLimit
    """Least confidence."""

    @classmethod
    def to(cls, decoded: Decoded, image_id: str, kind: Registration, *, side: int) -> "Aligner":
        """To a reference, with the limit of who knows no others.

        Args:
            decoded: The reference.
            image_id: Its id.
            kind: TRANSLATION or RIGID.
            side: Pixels of the shorter side that the model sees.
        """
        size = (decoded.width, decoded.height)
        scale = min(1.0, FINER * side / min(size))
        width, height = (max(1, round(length * scale)) for length in size)
        picture = Image.fromarray(resized(decoded.image, width, height))
        return cls(kind, image_id, picture, size, placement_limit([]))

    def found(self, grey: FloatArray) -> Alignment:
        """Where a picture of `compared_size`, grey levels, shows the reference best."""
        found = self._search(grey)
        height, width = grey.shape
        return Alignment(
            shift_x=found.move.across / width,
            shift_y=found.move.down / height,
            rotation_degrees=found.move.degrees,
            confidence=found.confidence,
            aspect=width / height,
        )

    def place(self, image: bytes, limits: ImageLimits) -> Placed:
        """An encoded image in the reference's place; as it is, if that is misplaced.

        Raises:
            InvalidInput: it breaks a limit or cannot be read.
        """
        side = min(self.picture.size)
        decoded = decode(image, limits, short_side=enough_for(side))
        alignment = self.found(compared(decoded.image, self.compared_size))
        misplaced = alignment.confidence < self.limit.limit
        if misplaced:
            alignment = replace(alignment, shift_x=0.0, shift_y=0.0, rotation_degrees=0.0)
        picture = Image.fromarray(resized(decoded.image, *self.picture.size))
        moved = picture if misplaced else self._moved(picture, alignment)
        return Placed(_encoded(moved), alignment, misplaced, decoded.width, decoded.height)

    def view(self, view: View) -> View:
        """What a view of images as they are sent is of aligned ones."""
        return replace(view, scale=view.scale * self.enlarged)

    @property
    def enlarged(self) -> float:
        """How many times as large images are than aligned ones."""
        return min(self.size) / min(self.picture.size)

    @property
    def size_bytes(self) -> int:
        """Memory that it holds, roughly."""
        width, height = self.picture.size
        return 3 * width * height + 2**22

    @cached_property
    def compared_size(self) -> tuple[int, int]:
        """Width and height that pictures are compared at."""
        return compared_size(self.size)

    @cached_property
    def _search(self) -> Search:
        grey = compared(self.picture, self.compared_size)
        return Search(grey, turns=self.kind is Registration.RIGID)

    def _moved(self, picture: Image.Image, alignment: Alignment) -> Image.Image:
        width, height = picture.size
        # Turned in the shape that the alignment was found in.
        c, s = cos(radians(alignment.rotation_degrees)), sin(radians(alignment.rotation_degrees))
        by_x, by_y = width / alignment.aspect, float(height)
        a, b, d, e = c, -s * by_x / by_y, s * by_y / by_x, c
        x, y = width / 2, height / 2
        matrix = (
            a, b, x + alignment.shift_x * width - a * x - b * y,
            d, e, y + alignment.shift_y * height - d * x - e * y,
        )  # fmt: skip
        moved = picture.transform(
            picture.size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC
        )
        inside = Image.new("L", picture.size, 255).transform(
            picture.size, Image.Transform.AFFINE, matrix, Image.Resampling.NEAREST
        )
        return self._completed(np.asarray(moved), np.asarray(inside) > 0)

    def _completed(self, moved: NDArray[np.uint8], inside: NDArray[np.bool_]) -> Image.Image:
        """With the reference, in the picture's light, where the picture shows nothing."""
        if inside.all():
            return Image.fromarray(moved)
        reference = np.asarray(self.picture, np.float32)
        lighter = moved[inside].mean() / max(float(reference[inside].mean()), 1.0)
        filled = (reference * np.clip(lighter, 0.25, 4.0)).clip(0, 255).astype(np.uint8)
        return Image.fromarray(np.where(inside[..., np.newaxis], moved, filled))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """As arrays for an artifact."""
        out = io.BytesIO()
        self.picture.save(out, "PNG")
        limit = self.limit
        return {
            _REFERENCE: np.frombuffer(out.getvalue(), np.uint8),
            _SIZE: np.array(self.size, np.int32),
            _LIMIT: np.array([limit.limit, limit.typical, limit.deviation, limit.freedom]),
            _IMAGE: text_array([self.image_id]),
            _KIND: np.array([self.kind is Registration.RIGID]),
        }


def aligner_of(arrays: Mapping[str, NDArray[Any]]) -> Aligner | None:
    """What `to_arrays` made; None of a version without registration.

    Raises:
        ArtifactWrong: a part is missing.
    """
    if _REFERENCE not in arrays:
        return None
    try:
        limit, typical, deviation, freedom = arrays[_LIMIT].tolist()
        width, height = arrays[_SIZE].tolist()
        with Image.open(io.BytesIO(arrays[_REFERENCE].tobytes())) as opened:
            picture = opened.convert("RGB")
        return Aligner(
            Registration.RIGID if arrays[_KIND].all() else Registration.TRANSLATION,
            array_text(arrays[_IMAGE])[0],
            picture,
            (width, height),
            FrameLimit(FrameReason.MISPLACED, limit, typical, deviation, freedom),
        )
    except KeyError:
        raise ArtifactWrong(
            "the version was made by another release; calibrate from scratch"
        ) from None


def compared_size(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height that images of a size are compared at."""
    width, height = size
    long = round(SIDE * min(max(size) / min(size), MOST_ASPECT))
    return (long, SIDE) if width >= height else (SIDE, long)


def compared(picture: Image.Image, size: tuple[int, int]) -> FloatArray:
    """A picture's grey levels at a size, [height, width]."""
    return np.asarray(resized(picture.convert("L"), *size)[..., 0], np.float32)


def _encoded(picture: Image.Image) -> bytes:
    # Uncompressed: it goes to the network beside and is dropped.
    out = io.BytesIO()
    picture.save(out, "BMP")
    return out.getvalue()
