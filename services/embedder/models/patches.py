"""What a patch network sees of an image."""

from services.embedder.errors import PatchSizeUnsupported
from services.embedder.model import PatchInfo, Pixels
from services.imaging.decode import ImageLimits, decode, size_of
from services.imaging.resize import enough_for, resized
from services.imaging.standard_levels import with_standard_levels

MAX_ASPECT = 4
"""Longer images are squeezed to this many times their shorter side."""

MAX_SIDE = 2048
"""Of the longer side in pixels; bounds the memory that one image's features take."""


def whole_image(
    data: bytes,
    limits: ImageLimits,
    patches: PatchInfo,
    *,
    size: int,
    multiple: int,
    scale: float = 0.0,
    standard_levels: bool = False,
) -> Pixels:
    """Decodes an encoded image and scales the whole of it.

    Args:
        data: The encoded image.
        limits: What it may measure.
        patches: Sizes that the model can work at.
        size: Shorter side in pixels; the model's own if 0.
        multiple: What sides are rounded to, in pixels.
        scale: Factor that the image is scaled by in place of a size, if not 0, as far as the model
            can work at what comes of it.
        standard_levels: Whether its grey levels get the same mean and deviation as all others'.

    Returns:
        8-bit RGB, [height, width, 3]; of a model of one size a square of it.

    Raises:
        services.imaging.errors: what is wrong with the image.
        PatchSizeUnsupported: if the model cannot work at that size.
    """
    if scale:
        short_side = scale * min(size_of(data, limits))
        size = round(min(max(short_side, patches.min_size), patches.max_size))
    size = size or patches.size
    if not patches.min_size <= size <= patches.max_size:
        raise PatchSizeUnsupported(
            f"the shorter side of {size} pixels is not within {patches.min_size} to "
            f"{patches.max_size}, which the model can work at",
            metadata={"min_size": str(patches.min_size), "max_size": str(patches.max_size)},
        )
    # Cameras on a line are often grey, and one channel is scaled three times as fast.
    image = decode(data, limits, short_side=enough_for(size), grey_stays=True).image
    sides = size, size
    if patches.min_size != patches.max_size:
        sides = patch_sides(image.width, image.height, size=size, multiple=multiple)
    pixels = resized(image, *sides)
    return with_standard_levels(pixels) if standard_levels else pixels


def patch_sides(width: int, height: int, *, size: int, multiple: int) -> tuple[int, int]:
    """Width and height that an image is scaled to.

    Args:
        width: Of the image.
        height: Of the image.
        size: What its shorter side should become.
        multiple: What both sides are rounded to.
    """
    aspect = min(max(width, height) / min(width, height), MAX_ASPECT)
    wanted = size, min(size * aspect, MAX_SIDE)
    short, long = (max(1, round(side / multiple)) * multiple for side in wanted)
    return (long, short) if width >= height else (short, long)
