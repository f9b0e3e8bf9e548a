"""Each part of the method changed alone."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
from numpy.typing import NDArray

from bench.inspection import whole_image
from bench.inspection.features import Features
from bench.inspection.painter import KINDS, paint
from bench.inspection.tiles import PROTOCOL_SEED, Tiles, split
from bench.inspection.variation import LEVELS, Variation, learn
from services.embedder.model import PatchGrid
from services.inspection.model import FloatArray
from services.inspection.verdict.agreement import auroc

LEARNT_FROM = 140
"""References that a variation learns from; defects are painted on the others."""

DEFAULT = Variation()

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class AblationRow:
    """What one variation reaches: AUROC of images."""

    factor: str
    what: str
    synthetic: float
    """Painted defects against the same references without them. For choosing."""
    uneven: float
    """For choosing."""
    blowhole: float
    """Reported only."""
    crack: float
    """Reported only."""
    score_ms: float
    """Of one image, features not counted."""


def variations(default_size: int) -> list[tuple[str, str, Variation]]:
    """Factor, value and method of each row; the product's first."""
    rows = [("the product", f"{default_size} px", DEFAULT)]
    rows += [
        ("size", f"{size} px", replace(DEFAULT, size=size))
        for size in (128, 160, 192, 256, 320, 384)
        if size != default_size
    ]
    rows += [
        ("levels", " + ".join(str(level) for level in levels), replace(DEFAULT, levels=levels))
        for levels in ((40,), (80,), (112,), (40, 80), (40, 112), (80, 112))
    ]
    rows.append(("scaling", "none, all channels", replace(DEFAULT, scaling="none")))
    rows += [
        (
            "scaling",
            f"standardised, {'all' if kept == sum(LEVELS) else kept} components",
            replace(DEFAULT, dimensions=kept),
        )
        for kept in (32, 64, 96, sum(LEVELS))
        if kept != DEFAULT.dimensions
    ]
    rows += [
        (
            "scaling",
            f"whitened, {kept} components",
            replace(DEFAULT, scaling="whitened", dimensions=kept),
        )
        for kept in (32, 64)
    ]
    rows.append(("neighbourhood", "mean of 3 × 3", replace(DEFAULT, neighbourhood=3)))
    rows += [
        ("coreset", f"{size or 'all'}", replace(DEFAULT, coreset_size=size))
        for size in (500, 1000, 2000, 5000, 10_000, 20_000, 0)
        if size != DEFAULT.coreset_size
    ]
    rows += [
        ("coreset", f"{size} at random", replace(DEFAULT, coreset_size=size, greedy=False))
        for size in (500, 2000, 10_000, 20_000)
    ]
    rows.append(("place", "not counted", replace(DEFAULT, places=False)))
    rows += [
        ("score", f"worst {share:.1%}" if share else "worst patch", replace(DEFAULT, worst=share))
        for share in (0.0, 0.005, 0.01, 0.05)
        if share != DEFAULT.worst
    ]
    return rows


class Ablation:
    """Measures variations on the protocol's split.

    Args:
        tiles: All tiles.
        features: What the model makes of them.
    """

    def __init__(self, tiles: Tiles, features: Features) -> None:
        references, tested = split(tiles.normals, PROTOCOL_SEED)
        held = [tile.content for tile in references[LEARNT_FROM:]]
        painted = [
            paint(content, kind, seed) for kind in KINDS for seed, content in enumerate(held)
        ]
        self._images: Mapping[str, Sequence[bytes]] = {
            "learnt": [tile.content for tile in references[:LEARNT_FROM]],
            "held": held,
            "synthetic": painted,
            "tested": [tile.content for tile in tested],
            **{kind: [tile.content for tile in some] for kind, some in tiles.defects.items()},
        }
        self._features = features
        self._grids: dict[str, list[PatchGrid]] = {}
        self._size = -1

    def run(self, say: Callable[[str], None]) -> list[AblationRow]:
        """All rows; those of one size follow each other, so that features are taken once."""
        rows = variations(self._features.default_size)
        order = sorted(range(len(rows)), key=lambda place: rows[place][2].size)
        found = {}
        for place in order:
            factor, what, how = rows[place]
            found[place] = self._patches(factor, what, how)
            say(f"{factor}, {what}: {found[place].synthetic:.3f} {found[place].uneven:.3f}")
        return [*(found[place] for place in range(len(rows))), self._whole()]

    def _patches(self, factor: str, what: str, how: Variation) -> AblationRow:
        if how.size != self._size:
            self._size = how.size
            self._grids = {
                name: self._features.grids(contents, how.size)
                for name, contents in self._images.items()
            }
        bank = learn(self._grids["learnt"], how)
        spent: list[float] = []

        def score(grid: PatchGrid) -> float:
            started = time.perf_counter()
            value = bank.score(grid)
            spent.append(time.perf_counter() - started)
            return value

        scores = {
            name: np.array([score(grid) for grid in grids])
            for name, grids in self._grids.items()
            if name != "learnt"
        }
        return _row(factor, what, scores, 1e3 * median(spent))

    def _whole(self) -> AblationRow:
        references = self._features.vectors(self._images["learnt"])
        vectors: dict[str, FloatArray] = {
            name: self._features.vectors(contents)
            for name, contents in self._images.items()
            if name != "learnt"
        }
        started = time.perf_counter()
        scores = {name: whole_image.scores(references, some) for name, some in vectors.items()}
        count = sum(len(some) for some in vectors.values())
        spent_ms = 1e3 * (time.perf_counter() - started) / count
        return _row("scorer", "whole image, nearest 3", scores, spent_ms)


def _row(factor: str, what: str, scores: Mapping[str, Scores], score_ms: float) -> AblationRow:
    return AblationRow(
        factor,
        what,
        synthetic=auroc(scores["held"], scores["synthetic"]),
        uneven=auroc(scores["held"], scores["uneven"]),
        blowhole=auroc(scores["tested"], scores["blowhole"]),
        crack=auroc(scores["tested"], scores["crack"]),
        score_ms=score_ms,
    )
