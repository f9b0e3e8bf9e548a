"""The heat map over the picture, for people to look at."""

import io
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cache
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from skimage.measure import find_contours

from services.inspection.model import FloatArray, Region
from services.inspection.pictures.heatmap import LEAST_THRESHOLD
from services.inspection.pictures.picture import MAX_SIDE
from services.inspection.pictures.upsampling import smooth

MIN_SIDE = 448
"""Pixels of the longer side at least; smaller pictures are enlarged, so that scores can be read."""

FAINTEST = 0.5
"""Thresholds at which the heat begins to show."""

FULL = 2.0
"""Thresholds from which it shows as strongly as it can."""

OPACITY = 0.6
"""Of the strongest heat; the picture still shows through."""

# "plasma" (van der Walt and Smith 2015, CC0), without its ends, which would be
# mud on dark pictures: equal steps look equal, and worse is lighter, for the colour-blind too.
COLOURS = (
    (70, 3, 159),
    (114, 1, 168),
    (156, 23, 158),
    (189, 55, 134),
    (216, 87, 107),
    (237, 121, 83),
    (251, 159, 58),
    (253, 202, 38),
)
LIGHT_INK = (255, 255, 255)
DARK_INK = (14, 12, 22)

SUPERSAMPLING = 2
"""Lines are drawn so many times larger, and averaged, because Pillow's have jagged edges."""

SAMPLED_SIDE = 256
"""Samples of the longer side that heat is interpolated on, at most."""

WEBP_QUALITY = 86
# libwebp's least effort: a few more bytes, a third of the time.
WEBP_METHOD = 0

Points = Sequence[tuple[float, float]]
Rectangle = tuple[float, float, float, float]


class OverlayFormat(StrEnum):
    """What an overlay is encoded as; the value is the name Pillow has for it."""

    PNG = "PNG"
    WEBP = "WEBP"


def overlay_picture(
    picture: Image.Image,
    anomaly_map: FloatArray,
    threshold: float,
    regions: Sequence[Region],
    format_: OverlayFormat,
) -> bytes:
    """Draws heat, the threshold as a thin contour, and regions' outlines with their scores.

    Heat is in absolute units: nothing below half the threshold, strongest from
    twice the threshold, the same colour for the same anomaly in every picture.

    Args:
        picture: Mode RGB; its longer side ends between 448 and 1024 pixels.
        anomaly_map: Scores of patches, [rows, columns], in the unit of the threshold.
        threshold: Images with a higher score are anomalous.
        regions: Strongest first; a score that would hide another is left out.
        format_: What to encode as.
    """
    picture = _sized(picture)
    # Smooth as the map is, more samples than these would look the same.
    scale = min(1.0, SAMPLED_SIDE / max(picture.size))
    width, height = (max(1, round(side * scale)) for side in picture.size)
    in_thresholds = smooth(anomaly_map, height, width) / np.float32(max(threshold, LEAST_THRESHOLD))
    picture = _heated(picture, in_thresholds)
    contours = _contours(in_thresholds)
    if contours or regions:
        inks = _Inks(picture.size)
        inks.contours(contours)
        inks.outlines([region.polygon for region in regions])
        inks.labels(regions)
        picture = inks.on(picture)
    return _encoded(picture, format_)


def _sized(picture: Image.Image) -> Image.Image:
    longer = max(picture.size)
    scale = min(max(longer, MIN_SIDE), MAX_SIDE) / longer
    if scale == 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


@cache
def _palette() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Colour, [256, 3], and opacity, [256], from no heat to the strongest."""
    heat = np.linspace(0, 1, 256)
    anchors = np.linspace(0, 1, len(COLOURS))
    colours = [np.interp(heat, anchors, channel) for channel in zip(*COLOURS, strict=True)]
    opacity = 255 * OPACITY * heat**0.75
    return (
        np.rint(np.stack(colours, axis=1)).astype(np.uint8),
        np.rint(opacity).astype(np.uint8),
    )


def _heated(picture: Image.Image, in_thresholds: FloatArray) -> Image.Image:
    heat = (in_thresholds - FAINTEST) * np.float32(255 / (FULL - FAINTEST))
    levels = Image.fromarray(heat.clip(0, 255).astype(np.uint8))
    levels = levels.resize(picture.size, Image.Resampling.BILINEAR)
    colours, opacity = _palette()
    coloured = levels.copy()
    coloured.putpalette(colours.tobytes())
    return Image.composite(coloured.convert("RGB"), picture, levels.point(opacity.tolist()))


def _contours(in_thresholds: FloatArray) -> list[NDArray[np.float64]]:
    """Where the threshold is crossed: (x, y) in fractions of width and height, [points, 2]."""
    if not in_thresholds.max() > 1:
        return []
    # An edge of no heat, so that contours close at the picture's.
    sampled = np.pad(in_thresholds, 1)
    found = find_contours(sampled, 1.0)  # type: ignore[no-untyped-call] # no types
    size = np.array(in_thresholds.shape)
    return [((contour - 0.5) / size)[:, ::-1].clip(0, 1) for contour in found]


class _Inks:
    """A dark and a light ink: light lines with dark edges can be seen on anything.

    Args:
        size: Width and height of the picture.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = np.array(size) * SUPERSAMPLING
        self._unit = SUPERSAMPLING * sqrt(size[0] * size[1]) / 640
        self._dark = Image.new("L", tuple(self._size.tolist()))
        self._light = Image.new("L", self._dark.size)
        self._on_dark = ImageDraw.Draw(self._dark)
        self._on_light = ImageDraw.Draw(self._light)

    def contours(self, contours: Iterable[NDArray[np.float64]]) -> None:
        """Thin lines; they need not be closed."""
        for contour in contours:
            points = (contour * self._size).ravel().tolist()
            self._on_dark.line(points, 70, max(2, round(2.6 * self._unit)), "curve")
            self._on_light.line(points, 150, max(1, round(0.9 * self._unit)), "curve")

    def outlines(self, polygons: Iterable[Points]) -> None:
        """Strong lines."""
        rings = [self._ring(polygon) for polygon in polygons]
        for ring in rings:
            self._on_dark.line(ring, 150, max(2, round(4.6 * self._unit)), "curve")
        for ring in rings:
            self._on_light.line(ring, 255, max(1, round(2.2 * self._unit)), "curve")

    def labels(self, regions: Iterable[Region]) -> None:
        """Scores beside their regions."""
        font = _font(max(8, round(15 * self._unit)))
        taken: list[Rectangle] = []
        for region in regions:
            text = f"{region.score:#.3g}".rstrip(".")
            left, _, right, _ = font.getbbox(text, anchor="ls")
            _, top, _, bottom = font.getbbox("0", anchor="ls")
            width = right - left + 12 * self._unit
            height = bottom - top + 11 * self._unit
            place = self._free(region, width, height, taken)
            if place is None:
                continue
            taken.append(place)
            self._on_light.rectangle(place, 0)
            self._on_dark.rounded_rectangle(place, 4 * self._unit, 205)
            baseline = place[3] - 5.5 * self._unit
            self._on_light.text(
                (place[0] + 6 * self._unit - left, baseline), text, 255, font, anchor="ls"
            )

    def on(self, picture: Image.Image) -> Image.Image:
        """The picture with what was drawn."""
        for colour, ink in ((DARK_INK, self._dark), (LIGHT_INK, self._light)):
            picture.paste(colour, (0, 0, *picture.size), ink.reduce(SUPERSAMPLING))
        return picture

    def _ring(self, polygon: Points) -> list[float]:
        """A closed line; its first stretch comes again, so that the joint is round too."""
        corners = [*polygon, *polygon[:2]]
        return [float(value) for value in (np.array(corners) * self._size).ravel()]

    def _free(
        self, region: Region, width: float, height: float, taken: Sequence[Rectangle]
    ) -> Rectangle | None:
        """A place for a label: over, under, right or left of the outline, or on its middle.

        None if all are taken.
        """
        wide, high = (float(side) for side in self._size)
        gap = 6 * self._unit
        outline = np.array(region.polygon) * self._size
        upmost, downmost = outline[outline[:, 1].argmin()], outline[outline[:, 1].argmax()]
        leftmost, rightmost = outline[outline[:, 0].argmin()], outline[outline[:, 0].argmax()]
        middle = (outline.min(axis=0) + outline.max(axis=0)) / 2
        # Each with the axis on which moving it into the picture would hide the region.
        for x, y, fixed in (
            (upmost[0] - width / 2, upmost[1] - gap - height, 1),
            (downmost[0] - width / 2, downmost[1] + gap, 1),
            (rightmost[0] + gap, rightmost[1] - height / 2, 0),
            (leftmost[0] - gap - width, leftmost[1] - height / 2, 0),
            (middle[0] - width / 2, middle[1] - height / 2, None),
        ):
            left, top = _moved_in(x, width, wide, gap), _moved_in(y, height, high, gap)
            place = (left, top, left + width, top + height)
            hides = fixed is not None and place[fixed] != (x, y)[fixed]
            if not hides and not any(_meet(place, other, gap) for other in taken):
                return place
        return None


def _moved_in(start: float, length: float, whole: float, gap: float) -> float:
    """Where a stretch starts when it is moved as little as possible to lie within the whole."""
    return max(min(start, whole - gap / 2 - length), gap / 2)


def _meet(one: Rectangle, other: Rectangle, gap: float) -> bool:
    return (
        one[0] < other[2] + gap
        and other[0] < one[2] + gap
        and one[1] < other[3] + gap
        and other[1] < one[3] + gap
    )


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font, which needs none of the machine's."""
    return ImageFont.load_default(size)


def _encoded(picture: Image.Image, format_: OverlayFormat) -> bytes:
    out = io.BytesIO()
    if format_ is OverlayFormat.WEBP:
        picture.save(out, "WEBP", quality=WEBP_QUALITY, method=WEBP_METHOD)
    else:
        picture.save(out, "PNG", compress_level=1)
    return out.getvalue()
