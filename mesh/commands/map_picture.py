"""A map as a picture: a dot for each image, coloured by the values of a label."""

import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mesh.errors import MeshError

COLOURS = ("#0b62b8", "#e53714", "#068a68", "#77066e", "#638e26", "#3d3d46")
"""As on the page; told apart also by people who see fewer colours."""
GREY = "#a8a8b0"
BACKGROUND = "#ffffff"
MARGIN = 0.02
LEAST_RADIUS, MOST_RADIUS = 0.0012, 0.006
"""Of a dot, as shares of a side; never less than a pixel."""
DENSITY = 0.12
SMOOTHED = 2
"""Times that the picture is drawn larger, and then made smaller."""


@dataclass(frozen=True, slots=True)
class Group:
    """Images of one colour."""

    value: str | None
    """Of the label; None: they have another, or none."""
    name: str
    count: int
    colour: str


def groups_of(values: Sequence[str | None]) -> list[Group]:
    """Groups by value, largest first; of more values than colours the rest are one, and grey.

    Args:
        values: Of each image; None if it has none.
    """
    counts = Counter(value for value in values if value is not None)
    order = sorted(counts, key=lambda value: (-counts[value], value))[: len(COLOURS)]
    groups = [
        Group(value, value or "(empty)", counts[value], colour)
        for value, colour in zip(order, COLOURS, strict=False)
    ]
    if others := counts.total() - sum(group.count for group in groups):
        groups.append(Group(None, "(others)", others, GREY))
    if without := len(values) - counts.total():
        groups.append(Group(None, "(without)", without, GREY))
    return groups


def as_png(
    points: Sequence[tuple[float, float]],
    values: Sequence[str | None],
    groups: Sequence[Group],
    side: int,
) -> bytes:
    """A square PNG with a dot for each image.

    Args:
        points: x and y of each image, 0 to 1, from the left and from the top.
        values: Of each image, which `groups` have.
        groups: Their colours.
        side: Pixels.

    Raises:
        MeshError: What draws is not installed.
    """
    # Not where only an edge is, which has this command line, too.
    try:
        from PIL import Image, ImageDraw  # noqa: PLC0415
    except ImportError as error:
        raise MeshError(
            "Nothing here draws pictures: Pillow is not installed.",
            "Install Argus whole, or write the map as CSV.",
        ) from error
    colours: Mapping[str | None, str] = {group.value: group.colour for group in groups}
    large = side * SMOOTHED
    picture = Image.new("RGB", (large, large), BACKGROUND)
    draw = ImageDraw.Draw(picture)
    share = min(MOST_RADIUS, max(LEAST_RADIUS, DENSITY / math.sqrt(len(points) or 1)))
    radius = max(large * share, SMOOTHED)
    room = large * (1 - 2 * MARGIN)
    # The grey ones first, so that they hide nothing.
    for grey in (True, False):
        for (x, y), value in zip(points, values, strict=True):
            colour = colours.get(value, GREY)
            if (colour == GREY) != grey:
                continue
            left, top = large * MARGIN + x * room, large * MARGIN + y * room
            draw.ellipse((left - radius, top - radius, left + radius, top + radius), fill=colour)
    out = io.BytesIO()
    picture.resize((side, side), Image.Resampling.BOX).save(out, "PNG", optimize=True)
    return out.getvalue()
