"""What the embedder speaks of: models, and what becomes of pictures and words in them."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Rows of unit length, [n, dimension]."""

Pixels = NDArray[np.generic]
"""One prepared image, of the model's own layout; alike in shape for all images."""

PatchGrid = NDArray[np.float16]
"""Patch features of one image, [rows, columns, dimension], not normalised."""


class Modality(StrEnum):
    """What a model can take in or give."""

    IMAGE = "image"
    TEXT = "text"
    PATCHES = "patches"


@dataclass(frozen=True)
class PatchInfo:
    """Patch features that a model gives."""

    dimension: int
    """Length of one patch's features."""
    stride: int
    """Side of the square that one patch stands for, in pixels of the resized image."""
    size: int
    """Shorter side that images are resized to if none is asked for, in pixels."""
    min_size: int
    """Least shorter side that may be asked for."""
    max_size: int
    """Greatest shorter side that may be asked for; equal to `min_size` if it is fixed."""


@dataclass(frozen=True)
class ModelInfo:
    """A model that embeds; the same on every machine."""

    model: str
    """Id, such as `compact` or `ViT-B-32/laion2b_s34b_b79k`."""
    version: str
    """Digest of weights, architecture and preprocessing; vectors of two versions do not compare."""
    preprocessing: str
    """Version of what happens to pixels and words before the network, such as `compact/1`."""
    dimension: int
    """Length of its vectors."""
    image_size: int
    """Side of the square that it sees, in pixels."""
    context_length: int
    """Longest text in tokens, start and end marks included; 0 if it reads no text."""
    patches: PatchInfo | None = None
    """Its patch features; None if it gives none."""

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """What it takes in or gives; images always."""
        found = [Modality.IMAGE]
        if self.context_length:
            found.append(Modality.TEXT)
        if self.patches:
            found.append(Modality.PATCHES)
        return tuple(found)


@dataclass(frozen=True)
class Runtime:
    """What runs a model on this machine, and why."""

    name: str
    """Such as `openvino bf16` or `torch cuda bf16`; the image network's where towers differ."""
    reason: str
    """For a person: what was measured, in one sentence."""


@dataclass(frozen=True)
class Tokens:
    """A prepared text."""

    ids: NDArray[np.int64]
    """Token ids, [length], start and end marks included, at most `context_length`."""
    truncated: bool
    """True if the text was longer, and its end was cut."""


@dataclass(frozen=True)
class Box:
    """A part of an image; fractions of its width and height as seen (EXIF applied), 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class PreparedCrops:
    """The crops of one image."""

    pixels: tuple[Pixels, ...]
    """One prepared image for each crop."""
    boxes: tuple[Box, ...]
    """What each crop shows."""
