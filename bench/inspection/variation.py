"""The method with one part changed, made of the product's own parts."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from services.inspection.learning.bank import (
    CHOSEN_FROM,
    DIMENSIONS,
    LEAST_MEMBERS,
    REDUCED_FROM,
    WORST_PATCHES,
    flat,
    nearest,
    worst_mean,
)
from services.inspection.learning.coreset import NearestPoints, choose_in_parts
from services.inspection.learning.folds import chosen_together, cut_by_part
from services.inspection.learning.places import PlaceSums, Usual, places_of
from services.inspection.learning.reduction import Reduction
from services.inspection.model import FloatArray

Grid = NDArray[Any]

LEVELS = (40, 80, 112)
"""Channels of the patch features' levels, finest first."""


@dataclass(frozen=True)
class Variation:
    """A method; the defaults are the product's."""

    size: int = 0
    """Shorter side in pixels; the model's own if 0."""
    levels: tuple[int, ...] = LEVELS
    """Which levels count, by their channels."""
    neighbourhood: int = 1
    """Patches across that features are the mean of."""
    scaling: Literal["none", "standardised", "whitened"] = "standardised"
    dimensions: int = DIMENSIONS
    """Principal components kept, unless scaling is none."""
    coreset_size: int = LEAST_MEMBERS
    """0: all patches."""
    greedy: bool = True
    places: bool = True
    """Whether distances count by what is usual at their place."""
    worst: float = WORST_PATCHES
    """Share of patches whose mean is the score; the worst one at least."""


@dataclass(frozen=True)
class VariedBank:
    """What a variation learnt."""

    how: Variation
    reduction: Reduction = field(repr=False)
    members: NearestPoints = field(repr=False)
    usual: Usual | None = field(repr=False)

    def score(self, grid: Grid) -> float:
        """An image's score.

        Args:
            grid: Patch features, all levels, [rows, columns, d].
        """
        rows, columns, _ = grid.shape
        reduced = self.reduction(flat(seen(grid, self.how)))
        anomaly, _ = nearest(reduced, self.members)
        if self.usual is not None:
            anomaly = self.usual.anomaly(anomaly, places_of(rows, columns))
        return worst_mean(anomaly, max(1, round(len(anomaly) * self.how.worst)))


def learn(grids: Sequence[Grid], how: Variation) -> VariedBank:
    """Learns from normal images' features as `learn_bank` does, but for what varies.

    What is usual is learnt without an image's own members, and not without those of
    its whole fold.
    """
    looks = [seen(grid, how) for grid in grids]
    share = max(1, REDUCED_FROM // len(looks))
    drawn = [_some(flat(look), share, seed) for seed, look in enumerate(looks)]
    reduction = _reduction(np.concatenate(drawn), how)
    reduced = [reduction(flat(look)) for look in looks]
    share = max(1, CHOSEN_FROM // len(looks))
    some = [_some(one, share, seed) for seed, one in enumerate(reduced)]
    candidates = np.concatenate(some)
    images = np.repeat(np.arange(len(some)), [len(one) for one in some])
    size = how.coreset_size or len(candidates)
    if size >= len(candidates):
        chosen = np.arange(len(candidates))
    elif how.greedy:
        parts = chosen_together(images, cut_by_part(range(len(looks))).cells, size)
        with ThreadPoolExecutor(1) as thread:
            chosen = choose_in_parts(thread, candidates, parts, size).indices
    else:
        chosen = _evenly(len(candidates), size, 0)
    members, images = candidates[chosen], images[chosen]
    usual = None
    if how.places:
        sums = (
            PlaceSums.of(
                nearest(one, NearestPoints(members[images != place]))[0], places_of(*look.shape[:2])
            )
            for place, (one, look) in enumerate(zip(reduced, looks, strict=True))
        )
        usual = reduce(add, sums).usual()
    return VariedBank(how, reduction, NearestPoints(members), usual)


def seen(grid: Grid, how: Variation) -> Grid:
    """What a variation sees of an image's features."""
    edges = np.cumsum((0, *LEVELS))
    if how.levels != LEVELS:
        kept = [
            grid[:, :, edges[place] : edges[place + 1]]
            for place, channels in enumerate(LEVELS)
            if channels in how.levels
        ]
        grid = np.concatenate(kept, axis=-1)
    if how.neighbourhood > 1:
        across = (how.neighbourhood, how.neighbourhood, 1)
        grid = ndimage.uniform_filter(grid.astype(np.float32), across, mode="nearest")
    return grid


def _reduction(features: FloatArray, how: Variation) -> Reduction:
    channels = features.shape[1]
    if how.scaling == "none":
        return Reduction(np.zeros(channels, np.float32), np.eye(channels, dtype=np.float32))
    found = Reduction.of(features, min(how.dimensions, channels))
    if how.scaling == "standardised":
        return found
    return Reduction(found.centre, found.projection / found(features).std(0))


def _some(features: FloatArray, count: int, seed: int) -> FloatArray:
    drawn: FloatArray = features[_evenly(len(features), count, seed)]
    return drawn


def _evenly(total: int, count: int, seed: int) -> NDArray[np.intp]:
    if total <= count:
        return np.arange(total)
    return np.sort(np.random.default_rng(seed).permutation(total)[:count])
