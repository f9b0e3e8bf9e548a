"""The parts that come down the simulated line: real tiles, or textures with painted defects."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from bench.inspection.features import Features
from bench.inspection.painter import KINDS, paint
from bench.inspection.textures import pieces
from bench.inspection.tiles import Tiles
from services.embedder.model import PatchGrid
from services.inspection.learning.outlines import corners_of
from services.inspection.model import Box, Polygon

MOST_MARKS = 16
"""Outlines that one correction may have."""

TEXTURES = 320
PAINTED = 140
CHANGED = 6
"""Grey levels by which painting changes a pixel that is part of the defect."""


@dataclass(frozen=True)
class Part:
    """A part, and what is the truth of it."""

    name: str
    kind: str
    """Of defect; empty if it is normal."""
    grid: PatchGrid = field(repr=False)
    marks: Sequence[Polygon] = field(repr=False)
    """Boxes around the pieces of the defect, as an inspector would draw them."""

    @property
    def defective(self) -> bool:
        """Whether it is."""
        return bool(self.kind)


def tile_parts(tiles: Tiles, features: Features) -> list[Part]:
    """All tiles."""
    normals = [
        Part(f"normal {place}", "", features.grid(tile.content), ())
        for place, tile in enumerate(tiles.normals)
    ]
    return normals + [
        Part(f"{kind} {place}", kind, features.grid(tile.content), boxes(tile.mask))
        for kind, some in tiles.defects.items()
        for place, tile in enumerate(some)
    ]


def texture_parts(features: Features) -> list[Part]:
    """Pieces of textures, and others with a defect painted on each."""
    made = pieces(TEXTURES + PAINTED)
    normals = [
        Part(f"normal {place}", "", features.grid(content), ())
        for place, content in enumerate(made[:TEXTURES])
    ]
    kinds = islice(cycle(KINDS), PAINTED)
    defects = []
    for place, (content, kind) in enumerate(zip(made[TEXTURES:], kinds, strict=True)):
        painted = paint(content, kind, place)
        changed = np.abs(_grey(painted) - _grey(content)) > CHANGED
        defects.append(Part(f"{kind} {place}", kind, features.grid(painted), boxes(changed)))
    return normals + defects


def boxes(mask: NDArray[np.bool_] | None) -> list[Polygon]:
    """Boxes around the largest pieces of a mask, as outlines."""
    if mask is None or not mask.any():
        return []
    height, width = mask.shape
    pieces_, _ = ndimage.label(ndimage.binary_dilation(mask, iterations=2))
    found = sorted(
        ndimage.find_objects(pieces_),
        key=lambda one: (one[0].stop - one[0].start) * (one[1].stop - one[1].start),
        reverse=True,
    )
    return [
        corners_of(
            Box(across.start / width, down.start / height, across.stop / width, down.stop / height)
        )
        for down, across in found[:MOST_MARKS]
    ]


def _grey(content: bytes) -> NDArray[np.float32]:
    with Image.open(io.BytesIO(content)) as opened:
        return np.asarray(opened.convert("L"), np.float32)
