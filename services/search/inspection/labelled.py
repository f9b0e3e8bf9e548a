"""A labelled image as exports show it."""

from dataclasses import dataclass, field

from services.search.inspection.model import LabelledImage


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A labelled image, and what may be told of its record."""

    label: LabelledImage
    filename: str = ""
    """Empty if the image is not the caller's."""
    width: int = 0
    """Pixels; 0 if the image is not the caller's."""
    height: int = 0
    """Pixels; 0 if the image is not the caller's."""
    picture: bytes = field(default=b"", repr=False)
    """A small WebP of it; empty if there is none to show."""
