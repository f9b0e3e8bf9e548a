"""Which defects are painted into which references, to see what a version finds."""

import io
from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.imaging.decode import ImageLimits, decode
from services.imaging.resize import enough_for
from services.inspection.learning.painting import KINDS, mark, own_contrast
from services.inspection.model import Box, Mark, MarkScore, Polygon

SIZES = (1 / 80, 1 / 32, 1 / 12, 1 / 6)
"""Lengths and diameters, as shares of the shorter side."""

CONTRASTS = (2.0, 5.0)
"""Faint and clear, in units of the picture's own."""

LEAST_IMAGES = 4
"""References below which it cannot be estimated: what the others teach is too little."""

MANY = 60
"""References from which on twice as much is painted: before, it would take longer than the rest."""

PAINTINGS = 16
"""Pictures that are painted, of all references together: every defect as often."""

MOST_PAINTED = 20
"""References that are painted, some of them twice."""

STRIP = 3
"""Pictures longer than that have their marks in a row."""

EDGE = 0.35
"""A mark's middle is farther from the edges of its window, as a share of its length."""

_EACH = tuple(product(KINDS, SIZES, CONTRASTS))


def paintings(count: int) -> dict[int, list[int]]:
    """Numbers of the paintings of each reference that is painted, by its place.

    Args:
        count: References.
    """
    if count < LEAST_IMAGES:
        return {}
    used = np.linspace(0, count - 1, min(count, MOST_PAINTED)).round().astype(int).tolist()
    found: dict[int, list[int]] = {place: [] for place in used}
    for number in range(PAINTINGS if count < MANY else 2 * PAINTINGS):
        found[used[number % len(used)]].append(number)
    return found


def paint(
    image: bytes,
    number: int,
    limits: ImageLimits,
    *,
    side: int,
    areas: Sequence[Polygon] = (),
) -> tuple[bytes, Sequence[Mark]]:
    """A reference with up to six defects, far from each other; all kinds take turns.

    Args:
        image: The encoded reference.
        number: Of the painting; tells which defects, and where.
        limits: What the image may measure.
        side: Pixels of the shorter side that the model sees.
        areas: Where an image counts; everywhere if there are none. There it is painted, as many
            defects as there is room for.

    Returns:
        A PNG, and what is on it.

    Raises:
        InvalidInput: the image breaks a limit or cannot be read.
    """
    decoded = decode(image, limits, short_side=enough_for(side), grey_stays=True)
    picture = np.asarray(decoded.image, np.float32)
    levels = picture.reshape(*picture.shape[:2], -1)
    short = min(decoded.width, decoded.height)
    scale = min(levels.shape[:2]) / short
    unit = own_contrast(levels.mean(-1))
    rng = np.random.default_rng(number)
    marks = []
    height, width = levels.shape[:2]
    windows = _windows(height, width, _around_all(areas))
    for window, (kind, size, contrast) in zip(windows, _turn(number, len(windows)), strict=True):
        marks.append(Mark(kind, size, size * short, contrast, window))
        around = _around(window, levels.shape[:2], size * short * scale, rng)
        levels[around] = mark(
            levels[around],
            kind,
            size=size * short,
            contrast=contrast,
            unit=unit,
            scale=scale,
            seed=int(rng.integers(2**31)),
        )
    out = io.BytesIO()
    shown = levels.reshape(picture.shape).clip(0, 255).round().astype(np.uint8)
    Image.fromarray(shown).save(out, "PNG", compress_level=1)
    return out.getvalue(), marks


def middle_of(window: Box) -> Box:
    """Where in a window its mark has its middle."""
    across, down = window.right - window.left, window.bottom - window.top
    return Box(
        window.left + EDGE * across,
        window.top + EDGE * down,
        window.right - EDGE * across,
        window.bottom - EDGE * down,
    )


def _around_all(areas: Sequence[Polygon]) -> Box:
    """The smallest box around areas; the whole picture if there are none."""
    if not areas:
        return Box(0, 0, 1, 1)
    corners = np.concatenate([np.asarray(area, np.float64) for area in areas])
    (left, top), (right, bottom) = corners.min(0).tolist(), corners.max(0).tolist()
    return Box(left, top, right, bottom)


def _windows(height: int, width: int, within: Box) -> list[Box]:
    """Six parts of a box in a picture; fewer, if they were smaller than those of a picture."""
    rows, columns = (2, 3) if width >= height else (3, 2)
    if max(height, width) > STRIP * min(height, width):
        rows, columns = (1, 6) if width >= height else (6, 1)
    across, down = within.right - within.left, within.bottom - within.top
    rows, columns = max(1, round(rows * down)), max(1, round(columns * across))
    return [
        Box(
            within.left + across * column / columns,
            within.top + down * row / rows,
            within.left + across * (column + 1) / columns,
            within.top + down * (row + 1) / rows,
        )
        for row, column in np.ndindex(rows, columns)
    ]


def _turn(number: int, count: int) -> list[tuple[str, float, float]]:
    """The defects of a painting: each is painted as often, in a mixed order."""
    found = []
    for place in range(number * count, (number + 1) * count):
        cycle, position = divmod(place, len(_EACH))
        order = np.random.default_rng(cycle).permutation(len(_EACH))
        found.append(_EACH[order[position]])
    return found


def _around(
    window: Box, shape: tuple[int, ...], size: float, rng: np.random.Generator
) -> tuple[slice, slice]:
    """The pixels around a place in the middle of a window, as far as a mark reaches."""
    slices = []
    for low, high, length in (
        (window.top, window.bottom, shape[0]),
        (window.left, window.right, shape[1]),
    ):
        middle = round(length * (low + (high - low) * rng.uniform(EDGE, 1 - EDGE)))
        reach = min(round(size) + 8, middle, length - middle)
        slices.append(slice(middle - max(reach, 1), middle + max(reach, 1)))
    return slices[0], slices[1]


def to_array(scores: Sequence[MarkScore]) -> NDArray[np.float64]:
    """For an artifact, [n, 5]."""
    kinds = list(KINDS)
    return np.array(
        [
            (kinds.index(one.mark.kind), one.mark.size, one.mark.size_px, one.mark.contrast,
             one.score)
            for one in scores
        ],
        np.float64,
    ).reshape(-1, 5)  # fmt: skip


def from_array(array: NDArray[np.float64]) -> list[MarkScore]:
    """What `to_array` was given, without windows."""
    kinds, everywhere = list(KINDS), Box(0, 0, 1, 1)
    return [
        MarkScore(Mark(kinds[int(kind)], size, size_px, contrast, everywhere), score)
        for kind, size, size_px, contrast, score in array.tolist()
    ]
