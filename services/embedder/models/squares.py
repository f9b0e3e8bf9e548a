"""Square parts of images, at the size that a network sees."""

from PIL import Image

from services.embedder.model import Pixels, PreparedCrops
from services.embedder.models.crops import as_box, crop_boxes, tile_boxes
from services.imaging.decode import ImageLimits, decode
from services.imaging.resize import enough_for, resized


def centre_square(
    data: bytes,
    limits: ImageLimits,
    *,
    side: int,
    part: float,
) -> Pixels:
    """Decodes an encoded image and scales its middle square by bicubic interpolation.

    Args:
        data: The encoded image.
        limits: What it may measure.
        side: Of the result, in pixels.
        part: Side of the seen square as a part of the image's shorter side.

    Returns:
        8-bit RGB, [side, side, 3].

    Raises:
        services.imaging.errors: what is wrong with the image.
    """
    image = decode(data, limits, short_side=enough_for(side / part)).image
    seen = min(image.size) * part
    left, top = (image.width - seen) / 2, (image.height - seen) / 2
    return resized(image, side, side, box=(left, top, left + seen, top + seen))


def squares(
    data: bytes,
    limits: ImageLimits,
    *,
    side: int,
    resample: Image.Resampling = Image.Resampling.BICUBIC,
    tiles: bool = False,
) -> PreparedCrops:
    """Decodes an encoded image once and scales its crops (`crop_boxes`), or tiles (`tile_boxes`).

    Args:
        data: The encoded image.
        limits: What it may measure.
        side: Of each result, in pixels.
        resample: How pixels are interpolated.
        tiles: Whether it is its tiles.

    Returns:
        8-bit RGB, [side, side, 3] each.

    Raises:
        services.imaging.errors: what is wrong with the image.
    """
    # The smaller crops are half the image's shorter side.
    image = decode(data, limits, short_side=enough_for(2 * side)).image
    boxes = (tile_boxes if tiles else crop_boxes)(*image.size)
    return PreparedCrops(
        pixels=tuple(resized(image, side, side, box=box, resample=resample) for box in boxes),
        boxes=tuple(as_box(box, *image.size) for box in boxes),
    )


def middle(length: int, short: int, *, scaled_to: int, side: int) -> tuple[float, float]:
    """What of an axis is seen when an image is scaled and its middle square is cut out.

    Sizes and offsets are rounded as torchvision rounds them.

    Args:
        length: Of the axis, in pixels.
        short: Of the image's shorter axis.
        scaled_to: What the shorter axis becomes.
        side: Of the square that is cut out.

    Returns:
        First and last edge, in pixels of the image as it is.
    """
    scaled = scaled_to if length == short else int(scaled_to * length / short)
    start = round((scaled - side) / 2)
    return start * length / scaled, (start + side) * length / scaled
