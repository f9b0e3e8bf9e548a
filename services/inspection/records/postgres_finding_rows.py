"""What inspections found, between rows of `findings` and the domain's objects."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import asyncpg
import numpy as np

from services.inspection.model import (
    AnomalyGrid,
    Box,
    Findings,
    NearestImage,
    NearestPatch,
    Region,
)

DECIMALS = 5
"""Of coordinates in fractions: a tenth of a pixel of a picture of 10,000."""


def regions_json(regions: Sequence[Region]) -> list[dict[str, Any]]:
    """Regions as `jsonb`."""
    return [
        {
            "box": _box_json(one.box),
            "polygon": [[round(x, DECIMALS), round(y, DECIMALS)] for x, y in one.polygon],
            "score": one.score,
            "area": one.area,
            "peak": list(one.peak),
            "nearest": None
            if one.nearest is None
            else {
                "image_id": one.nearest.image_id,
                "box": _box_json(one.nearest.box),
                "distance": one.nearest.distance,
            },
        }
        for one in regions
    ]


def regions_of(json: Sequence[Mapping[str, Any]]) -> list[Region]:
    """Regions from `jsonb`."""
    return [
        Region(
            box=Box(*one["box"]),
            polygon=[(x, y) for x, y in one["polygon"]],
            score=one["score"],
            area=one["area"],
            peak=(one["peak"][0], one["peak"][1]),
            nearest=None
            if one["nearest"] is None
            else NearestPatch(
                one["nearest"]["image_id"], Box(*one["nearest"]["box"]), one["nearest"]["distance"]
            ),
        )
        for one in json
    ]


def nearest_json(nearest: Sequence[NearestImage]) -> list[dict[str, Any]]:
    """The nearest images as `jsonb`."""
    return [asdict(one) for one in nearest]


def packed_grid(grid: AnomalyGrid) -> bytes:
    """A grid's values: half-precision numbers, little-endian, low bytes before high ones, deflated.

    High bytes of neighbours are much alike, and so shrink by themselves.
    """
    halves = np.ascontiguousarray(grid.in_thresholds.astype("<f2"))
    planes = halves.view(np.uint8).reshape(-1, 2).T
    return zlib.compress(planes.tobytes(), 1)


def findings_of(row: asyncpg.Record) -> Findings | None:
    """What a row has of `findings`; None if nothing was kept."""
    if row["regions"] is None:
        return None
    return Findings(
        regions_of(row["regions"]),
        [NearestImage(**one) for one in row["nearest"]],
        _grid_of(row),
    )


def _grid_of(row: asyncpg.Record) -> AnomalyGrid | None:
    if row["grid"] is None:
        return None
    rows, columns = row["grid_rows"], row["grid_columns"]
    planes = np.frombuffer(zlib.decompress(row["grid"]), np.uint8).reshape(2, -1)
    halves = np.ascontiguousarray(planes.T).view("<f2").reshape(rows, columns)
    return AnomalyGrid(halves.astype(np.float32), row["image_width"], row["image_height"])


def _box_json(box: Box) -> list[float]:
    return [round(edge, DECIMALS) for edge in (box.left, box.top, box.right, box.bottom)]
