"""What a scorer sees of an image, and what it finds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from services.inspection.model import (
    Alignment,
    BankChoice,
    CalibrationSettings,
    FloatArray,
    FrameChecks,
    FrameProblem,
    MarkScore,
    NearestImage,
    NearestPatch,
    PartsKnown,
    WholeFrame,
)

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Patches:
    """An image's patches, most anomalous first."""

    features: FloatArray = field(repr=False)
    """Reduced, [p, k]."""
    residuals: FloatArray = field(repr=False)
    """What each has that the nearest normal patch has not, [p, k]."""
    anomaly: FloatArray = field(repr=False)
    """[p]"""
    cells: NDArray[np.intp] = field(repr=False)
    """Where in the image each is, row by row, [p]."""
    rows: int = 1
    columns: int = 1

    def described(self, which: slice | NDArray[np.bool_] = slice(None)) -> FloatArray:
        """What a head knows of some of them, [p, 3 k + 1]."""
        residuals = self.residuals[which]
        return np.concatenate(
            [
                residuals,
                np.abs(residuals),
                self.features[which],
                np.log1p(self.anomaly[which])[:, None],
            ],
            axis=1,
        ).astype(np.float32)


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

    patches: Callable[[], Patches] | None = field(default=None, repr=False)
    """What a head that looks at patches goes by; None if the scorer knows no patches."""

    alignment: Alignment | None = None
    """How the image lies against the reference, in whose place the map and the patches are; None
    without registration."""

    misplaced: tuple[FrameProblem, float] | None = None
    """That it cannot be aligned, and the share of normal images like it; it is looked at as it is
    then."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a scorer sees of an image."""

    features: Any = field(repr=False)
    """What `find` takes it by: the scorer's own."""
    frame: WholeFrame | None = None
    """What it looks like as a whole; None if that was not told."""
    alignment: Alignment | None = None
    """How it lies against the reference; None without registration."""


class ImageScorer(Protocol):
    """Scores images by what one version learnt. Knows no thresholds."""

    async def look(self, image: bytes, *, interactive: bool = True) -> Seen:
        """What there is to see in an encoded image, for `find`.

        Args:
            image: JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC.
            interactive: Whether a caller waits (then on the caller's behalf and in the caller's
                time), or a job does (then as this service).

        Raises:
            InvalidInput: it cannot be seen.
            ModelVersionChanged: the model is not the one that the version learnt with.
            Unavailable, ResourceExhausted: not now.
        """

    async def find(self, seen: Seen, *, nearest_limit: int) -> Finding:
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
    parts: Sequence[int] = field(default=(), repr=False)
    """Number of the part that each held-out image shows; empty if each is a part of its own."""
    known: PartsKnown | None = field(default=None, repr=False)
    """What images score by others of their own parts as well; None if no part has several."""
    marks: Sequence[MarkScore] = field(default=(), repr=False)
    """What defects painted into the images score by what did not learn from those."""
    frame_checks: FrameChecks | None = None
    """What frames must be like to be inspected."""
    banks: BankChoice | None = None
    reference_image_id: str = ""
    """The image that others are aligned to; empty without registration."""
