"""References seen turned, mirrored and in other light, where there are few of them."""

import io
import math
from collections.abc import Callable, Sequence

from PIL import Image, ImageStat

from services.imaging.decode import ImageLimits, decode
from services.imaging.resize import REDUCING_GAP, enough_for
from services.inspection.model import Augmentation, Polygon

FEW = 16
"""References up to which they are also seen in other light if nobody said otherwise."""

BRIGHTER = 1.15
DARKER = 0.85
CONTRAST = 0.8

LONGEST_ASPECT = 16
"""Longer pictures are shrunk further, so that a variant has at most 16 squares of the side."""


def chosen(augmentation: Augmentation, image_count: int) -> Augmentation:
    """What AUTO comes to: other light for up to 16 references.

    Never turns: most parts lie the same way in every picture, and one that does
    not is a defect that a turned reference would hide.
    """
    if augmentation is not Augmentation.AUTO:
        return augmentation
    return Augmentation.LIGHTING if image_count <= FEW else Augmentation.NONE


def variants(
    image: bytes, augmentation: Augmentation, limits: ImageLimits, *, side: int
) -> list[bytes]:
    """Other pictures of the same thing, without the image itself.

    Args:
        image: An encoded image.
        augmentation: LIGHTING gives four (mirrored, brighter, darker, of less contrast);
            ROTATION_AND_LIGHTING three more (by quarter turns); NONE gives none.
        limits: What the image may measure.
        side: Pixels of the shorter side that the model sees; a variant has no more.

    Returns:
        PNG files, always in the same order.

    Raises:
        ValueError: the augmentation is AUTO; see `chosen`.
        InvalidInput: the image breaks a limit or cannot be read.
    """
    changes = _changes(augmentation)
    if not changes:
        return []
    picture = _sized(decode(image, limits, short_side=enough_for(side)).image, side)
    return [_encoded(change(picture)) for change in changes]


def moved(areas: Sequence[Polygon], augmentation: Augmentation) -> list[Sequence[Polygon]]:
    """Where areas of an image lie in each of its `variants`."""
    where = {
        Augmentation.NONE: [],
        Augmentation.LIGHTING: _LIGHT_MOVES,
        Augmentation.ROTATION_AND_LIGHTING: [*_LIGHT_MOVES, *_TURN_MOVES],
    }[augmentation]
    return [[[move(x, y) for x, y in area] for area in areas] for move in where]


_LIGHT_MOVES: list[Callable[[float, float], tuple[float, float]]] = [
    lambda x, y: (1 - x, y),
    *3 * [lambda x, y: (x, y)],
]
_TURN_MOVES: list[Callable[[float, float], tuple[float, float]]] = [
    lambda x, y: (y, 1 - x),
    lambda x, y: (1 - x, 1 - y),
    lambda x, y: (1 - y, x),
]


def _changes(augmentation: Augmentation) -> list[Callable[[Image.Image], Image.Image]]:
    light = [_turn(Image.Transpose.FLIP_LEFT_RIGHT), _gain(BRIGHTER), _gain(DARKER), _flattened]
    turns = [
        _turn(Image.Transpose.ROTATE_90),
        _turn(Image.Transpose.ROTATE_180),
        _turn(Image.Transpose.ROTATE_270),
    ]
    match augmentation:
        case Augmentation.NONE:
            return []
        case Augmentation.LIGHTING:
            return light
        case Augmentation.ROTATION_AND_LIGHTING:
            return light + turns
        case Augmentation.AUTO:
            raise ValueError("AUTO depends on how many references there are; choose first")


def _turn(how: Image.Transpose) -> Callable[[Image.Image], Image.Image]:
    return lambda picture: picture.transpose(how)


def _gain(factor: float) -> Callable[[Image.Image], Image.Image]:
    return lambda picture: picture.point(lambda level: min(255, round(level * factor)))


def _flattened(picture: Image.Image) -> Image.Image:
    """Levels drawn towards the mean brightness."""
    mean = ImageStat.Stat(picture.convert("L")).mean[0]
    return picture.point(lambda level: round(mean + (level - mean) * CONTRAST))


def _sized(picture: Image.Image, side: int) -> Image.Image:
    most_pixels = LONGEST_ASPECT * side * side
    scale = min(
        1.0,
        side / min(picture.size),
        math.sqrt(most_pixels / (picture.width * picture.height)),
        most_pixels / max(picture.size),
    )
    if scale == 1:
        return picture
    width, height = (max(1, round(length * scale)) for length in picture.size)
    return picture.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=REDUCING_GAP)


def _encoded(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()
