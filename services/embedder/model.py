"""What the embedder speaks of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Rows of unit length, [n, dimension]."""

Pixels = NDArray[np.generic]
"""One prepared image, of the model's own layout; alike in shape for all images."""


@dataclass(frozen=True)
class ModelInfo:
    """A model that embeds."""

    model: str
    """Id, such as `compact` or `ViT-B-32/laion2b_s34b_b79k`."""
    version: str
    """Digest of weights, architecture and preprocessing; vectors of two versions do not compare."""
    dimension: int
    """Length of its vectors."""
    image_size: int
    """Side of the square that it sees, in pixels."""
    context_length: int
    """Longest text in tokens, start and end marks included."""
    runtime: str
    """What runs it, such as `openvino` or `torch`."""


@dataclass(frozen=True)
class Tokens:
    """A prepared text."""

    ids: NDArray[np.int64]
    """Token ids, [length], start and end marks included, at most `context_length`."""
    truncated: bool
    """True if the text was longer, and its end was cut."""


@dataclass(frozen=True)
class TextVector:
    """An embedded text."""

    vector: Vectors
    """[dimension], of unit length."""
    truncated: bool
    """True if the text was longer than the model's context, and its end was cut."""
