"""Which of an image's objects is shown for what: thumbnail, preview, display.

Pure, so that what is rendered and what links lead to cannot differ.
"""

from dataclasses import dataclass

from services.storage.model import Image
from services.storage.object_keys import content_key, rendition_key, thumbnail_key

THUMBNAIL_SIDE = 256
PREVIEW_SIDE = 512
DISPLAY_SIDE = 2048
SIDES = (PREVIEW_SIDE, DISPLAY_SIDE)
"""Sides of the renditions that may be kept beside the thumbnail."""

RENDITION_TYPE = "image/webp"
MAX_DISPLAYED_BYTES = 2 * 2**20
"""Longest original that is shown as it is; a rendition of a longer one is loaded sooner."""

BROWSER_TYPES = frozenset(
    {"image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/avif"}
)


@dataclass(frozen=True, slots=True)
class Shown:
    """An object that is shown."""

    key: str
    content_type: str
    original: bool
    """Whether it is what was uploaded."""


def wanted_sides(image: Image) -> tuple[int, ...]:
    """The renditions that an image is to have: none that is as good as a smaller object."""
    longer = max(image.width, image.height)
    preview = (PREVIEW_SIDE,) if longer > THUMBNAIL_SIDE else ()
    display = (DISPLAY_SIDE,) if longer > PREVIEW_SIDE and not _is_displayable(image) else ()
    return preview + display


def preview_suffices(image: Image) -> bool:
    """Whether an image is to have no rendition that is larger than its preview."""
    return max(wanted_sides(image), default=0) <= PREVIEW_SIDE


def held(image: Image, side: int) -> str | None:
    """The key of what is there of a picture to fit in a square of `side` pixels; None if nothing.

    The thumbnail of a picture that is no larger fits in any.
    """
    if side == THUMBNAIL_SIDE or max(image.width, image.height) <= THUMBNAIL_SIDE:
        return thumbnail_of(image).key
    rendition = _rendition(image, side)
    return None if rendition is None else rendition.key


def thumbnail_of(image: Image) -> Shown:
    """The thumbnail of a kept image."""
    return Shown(thumbnail_key(image.user_id, image.image_id), RENDITION_TYPE, original=False)


def thumbnail_size(image: Image) -> tuple[int, int]:
    """Width and height of the thumbnail of a kept image."""
    longer = max(image.width, image.height)
    if longer <= THUMBNAIL_SIDE:
        return image.width, image.height
    scale = THUMBNAIL_SIDE / longer
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))


def preview_of(image: Image) -> Shown:
    """The best that is there of at most 512 x 512 pixels."""
    return _rendition(image, PREVIEW_SIDE) or thumbnail_of(image)


def display_of(image: Image) -> Shown:
    """The best that is there of at most 2048 x 2048 pixels and that browsers show.

    Until its rendition is there, a larger original is shown as it is, if browsers can.
    """
    original = content_of(image)
    if _is_displayable(image):
        return original
    rendition = _rendition(image, DISPLAY_SIDE)
    if rendition is not None:
        return rendition
    large = max(image.width, image.height) > PREVIEW_SIDE
    return original if large and image.content_type in BROWSER_TYPES else preview_of(image)


def content_of(image: Image) -> Shown:
    """What was uploaded."""
    return Shown(content_key(image.user_id, image.image_id), image.content_type, original=True)


def _is_displayable(image: Image) -> bool:
    """Whether the original itself is what browsers are given."""
    return (
        image.content_type in BROWSER_TYPES
        and max(image.width, image.height) <= DISPLAY_SIDE
        and image.size_bytes <= MAX_DISPLAYED_BYTES
    )


def _rendition(image: Image, side: int) -> Shown | None:
    if side not in image.renditions:
        return None
    key = rendition_key(image.user_id, image.image_id, side)
    return Shown(key, RENDITION_TYPE, original=False)
