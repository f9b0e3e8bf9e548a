"""A picture whose header was read and whose pixels were not."""

from collections.abc import Callable
from dataclasses import dataclass, field

from PIL import Image

Load = Callable[[tuple[int, int] | None], Image.Image]
"""The pixels, in a mode of 8 bits; given a size, at a smaller scale where the format
has one, but no smaller than that."""


@dataclass(frozen=True)
class Source:
    """A picture that can be loaded."""

    size: tuple[int, int]
    """Width and height in pixels as stored."""
    load: Load
    """Raises what decoders raise on damaged bytes."""
    icc: bytes | None = None
    """The colour profile that the loaded pixels have."""
    orientation: int = 1
    """Of EXIF, 1 to 8."""
    memory: int = 0
    """Bytes that loading takes at once beside the pixels that come of it, where they are many."""
    exif: bytes | None = field(default=None, repr=False)
    """The TIFF structure of EXIF as the file has it, perhaps with JPEG's mark in front."""
    xmp: bytes | None = field(default=None, repr=False)
    """The XMP packet as the file has it."""
    page_count: int = 1
    """Pictures of a document of several pages, of which this is the first."""
