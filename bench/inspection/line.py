"""What speed is measured with: references, and what comes along the line."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean

from bench.inspection.textures import pieces
from bench.inspection.tiles import PROTOCOL_SEED, Tiles, split

DEFECTIVE_EVERY = 6


@dataclass(frozen=True)
class Line:
    """Encoded images."""

    references: Sequence[bytes] = field(repr=False)
    inspected: Sequence[bytes] = field(repr=False)
    what: str
    """What they are, for the report."""


def line_of(tiles: Tiles | None, references: int) -> Line:
    """Tiles, every sixth one defective; or pieces of textures if there are none."""
    if tiles is None:
        made = pieces(references + 120)
        what = f"pieces of scikit-image's textures of {_kb(made)} kB"
        return Line(made[:references], made[references:], what)
    normals, tested = split(tiles.normals, PROTOCOL_SEED)
    defective = [tile for some in zip(*tiles.defects.values(), strict=False) for tile in some]
    inspected = [tile.content for tile in tested]
    for place, tile in zip(range(0, len(inspected), DEFECTIVE_EVERY), defective, strict=False):
        inspected[place] = tile.content
    used = [tile.content for tile in normals[:references]]
    return Line(used, inspected, f"magnetic tiles of {_kb(inspected)} kB")


def _kb(contents: Sequence[bytes]) -> str:
    return f"{mean(len(content) for content in contents) / 1000:.0f}"
