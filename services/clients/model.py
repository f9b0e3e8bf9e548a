"""What the clients of other services speak of."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

Vector = list[float]


@dataclass(frozen=True, slots=True)
class Space:
    """What one version of one model spans; vectors of two spaces are never compared."""

    model: str
    """Id of the model, such as `compact`."""

    version: str
    """Digest of weights, architecture and preprocessing."""

    dimension: int
    """Length of its vectors."""

    @property
    def name(self) -> str:
        """Name of the space's folder or collection: `images-<model>-<digest>`.

        Letters, digits, `-` and `_` only, at most 64 characters, and different
        for every model, version and dimension.
        """
        return _name(self.model, self.version, self.dimension)


@lru_cache(maxsize=64)
def _name(model: str, version: str, dimension: int) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-")[:40]
    digest = hashlib.sha256(f"{model}\n{version}\n{dimension}".encode())
    return f"images-{slug}-{digest.hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of an image, in fractions of its width and height, and its vector."""

    left: float
    top: float
    right: float
    bottom: float
    vector: Vector = field(repr=False)


@dataclass(frozen=True, slots=True)
class Embedded:
    """A query's or an image's vector."""

    space: Space
    vector: Vector = field(repr=False)
    truncated: bool = False
    """True if a text was longer than the model's context and its end was cut."""
    crops: tuple[Crop, ...] = field(default=(), repr=False)
    """Parts of an image, if they were asked for."""


@dataclass(frozen=True, slots=True)
class ImageContent:
    """Where an image's bytes are, and what the index keeps of it."""

    image_id: str
    user_id: str
    url: str = field(repr=False)
    """Presigned GET; whoever has it can read the image."""
    sha256: str
    size_bytes: int
    content_type: str
    filename: str
    labels: Mapping[str, str]
    create_time_us: int = 0
    """When the id was reserved, in microseconds since 1970."""
    width: int = 0
    """As seen, in pixels."""
    height: int = 0
    """As seen, in pixels."""
    was_indexed: bool = False
    """Whether search ever said that it finds it, with whichever model."""
    note: str = ""
    """What its owner wrote about it."""
    camera: str = ""
    lens: str = ""
    capture_time_us: int | None = None
    """When it was taken, in microseconds since 1970; None if its file does not say."""
    iso: int | None = None
    """Sensitivity; None if its file does not say."""
    data: bytes = field(default=b"", repr=False, compare=False)
    """The bytes, if they came with the link."""
