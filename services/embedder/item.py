"""One item to embed, and what came of it."""

from enum import IntEnum
from typing import NamedTuple

from services.embedder.model import Box, ModelInfo
from services.imaging.frame_stats import FrameStats


class Kind(IntEnum):
    """What is asked of an item."""

    IMAGE = 1
    """One vector of an encoded image."""
    TEXT = 2
    """One vector of a text."""
    CROPS = 3
    """The vector of an encoded image and one of each of its crops."""
    PATCHES = 4
    """Patch features of an encoded image."""
    TILES = 5
    """The vector of an encoded image and one of each of its tiles."""


class Priority(IntEnum):
    """Who waits for an item; the lower goes first where both wait."""

    INTERACTIVE = 0
    """A person."""
    BULK = 1
    """A program."""


class Item(NamedTuple):
    """One item to embed."""

    kind: Kind
    data: bytes
    """An encoded image, or a text in UTF-8."""
    model: str = ""
    """Model id; the default model if empty."""
    caller: str = ""
    """Who asks: fairness and the cache keep callers apart."""
    priority: Priority = Priority.BULK
    patch_size: int = 0
    """PATCHES: shorter side that the image is resized to, in pixels; the model's own if 0."""
    patch_scale: float = 0.0
    """PATCHES: factor that the image is scaled by in place of a side; none if 0."""
    standard_levels: bool = False
    """PATCHES: whether its grey levels get the same mean and deviation as all others'."""


class Embedded(NamedTuple):
    """What came of an item."""

    values: bytes
    """Little-endian, C order. IMAGE, TEXT: float32 [dimension], of unit length.
    CROPS, TILES: float32 [1 + crops, dimension], the whole image first.
    PATCHES: float16 [rows, columns, patch dimension]."""
    info: ModelInfo
    """The model that made it."""
    truncated: bool = False
    """TEXT: it was longer than the model's context, and its end was cut."""
    boxes: tuple[Box, ...] = ()
    """CROPS, TILES: what each shows."""
    rows: int = 0
    """PATCHES: rows of the grid; it spans the whole image."""
    columns: int = 0
    """PATCHES: columns of the grid."""
    frame: FrameStats | None = None
    """PATCHES: what the picture looks like as a whole, as the model sees it."""
