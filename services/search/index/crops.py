"""Images ranked by the best of the whole and its parts.

The parts' vectors are one multivector of each point, `clip_crops`, and the parts' ranking is by
MaxSim. They are scanned: a graph over multivectors would compare every part of one image with
every part of another, for each of its edges.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import cast

from services.clients.model import Crop, Vector
from services.search.index.ranking import rank
from services.search.model import Hit

CROPS_NAME = "clip_crops"
"""Several vectors of an image, one of each of its parts."""

CROP_BOXES = "crop_boxes"
"""What each part shows, in the order of the vectors: left, top, right, bottom and so on."""

SCANNED = 50_000
"""Images in scope of which all parts are compared: 5,000 of six parts of 512 take 1.8 ms,
so that Edge should be busy for 18 ms. Comparing those of `NEAREST` that were looked up took 12."""

NEAREST = 5_000
"""Of more images, those whose parts are compared: the nearest as a whole."""

Best = Callable[[int], Awaitable[list[Hit]]]
"""Gives the best `n` hits."""


def joined(whole: Best, parts: Best) -> Best:
    """The best by the higher of both scores.

    Whatever is among the best `n` by the higher score is so in the ranking that gave it.
    """

    async def best(count: int) -> list[Hit]:
        higher: dict[str, Hit] = {}
        for hit in [*await whole(count), *await parts(count)]:
            known = higher.get(hit.image_id)
            if known is None or hit.score > known.score:
                higher[hit.image_id] = hit
        return sorted(higher.values(), key=rank)[:count]

    return best


def boxes_of(crops: Sequence[Crop]) -> list[float]:
    """What a point's payload says of its parts."""
    return [round(side, 5) for one in crops for side in (one.left, one.top, one.right, one.bottom)]


def crops_of(vectors: object, boxes: object) -> tuple[Crop, ...] | None:
    """Parts as a point has them; None if nobody has looked for any.

    Args:
        vectors: Its multivector; None if it has none.
        boxes: What its payload says of it; None if it says nothing.
    """
    if not isinstance(boxes, list):
        return None
    rows = cast("Sequence[Vector]", vectors) if isinstance(vectors, list) else []
    if len(boxes) != 4 * len(rows):
        return None
    crops = []
    for number, row in enumerate(rows):
        left, top, right, bottom = map(float, boxes[4 * number : 4 * number + 4])
        crops.append(Crop(left, top, right, bottom, [float(part) for part in row]))
    return tuple(crops)
