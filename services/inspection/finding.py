"""What a scorer sees of an image, and what it finds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from numpy.typing import NDArray

from services.inspection.model import (
    CalibrationSettings,
    FloatArray,
    MarkScore,
    NearestImage,
    NearestPatch,
)

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a scorer says of an image."""

    score: float
    """How far the image is from normal; at least 0."""

    descriptor: FloatArray = field(repr=False)
    """What the image looks like, of unit length, [k]."""

    nearest: Sequence[NearestImage] = ()
    """The nearest normal images, nearest first."""

    strangeness: float = 1.0
    """Share of normal images that are as unlike the references on the whole; never 0."""

    anomaly_map: FloatArray | None = field(default=None, repr=False)
    """Anomaly of each patch in the unit of `score`, [rows, columns]; None if it says no where."""

    region_threshold: float = 0.0
    """Anomaly above which a patch belongs to a region."""

    nearest_patch: Callable[[int, int], NearestPatch] | None = field(default=None, repr=False)
    """The normal patch that the patch in a row and column is nearest to."""


class ImageScorer(Protocol):
    """Scores images by what one version learnt. Knows no thresholds."""

    async def look(self, image: bytes, *, interactive: bool = True) -> NDArray[Any]:
        """What there is to see in an encoded image, for `find`.

        Args:
            image: JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF.
            interactive: Whether a caller waits (then on the caller's behalf and in the caller's
                time), or a job does (then as this service).

        Raises:
            InvalidInput: it cannot be seen.
            ModelVersionChanged: the model is not the one that the version learnt with.
            Unavailable, ResourceExhausted: not now.
        """

    async def find(self, seen: NDArray[Any], *, nearest_limit: int) -> Finding:
        """What it finds; the same for the same image, alone or among others."""

    @property
    def size_bytes(self) -> int:
        """Memory that it holds."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a calibration learnt, ready to be kept."""

    settings: CalibrationSettings
    model_version: str
    arrays: Arrays = field(repr=False)
    """What the scorer is made of again."""
    image_ids: Sequence[str] = field(repr=False)
    held_out: Sequence[float] = field(repr=False)
    """Score of each image by what did not learn from it."""
    coreset_size: int = 0
    base_version: int = 0
    marks: Sequence[MarkScore] = field(default=(), repr=False)
    """What defects painted into the images score by what did not learn from those."""
