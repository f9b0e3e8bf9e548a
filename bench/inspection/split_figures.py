"""What random splits of the tiles come to: with one bank, with two, and by known and new parts."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.inspection.features import Features
from bench.inspection.protocol import SeenTiles, choose, learn, scores_by
from services.inspection.verdict.agreement import auroc
from services.inspection.verdict.thresholds import estimate

TARGET = 0.05
PUBLISHED_SHARE = 0.8
"""Normals that are known where published results come from."""
LEAST_TESTED = 8
"""Normals of known or new parts below which no area is told."""


@dataclass(frozen=True)
class SplitFigures:
    """One split."""

    references: int
    tested: int
    one: float
    """AUROC with one bank."""
    two: float
    """With two."""
    one_miss: float
    """Defects missed with one bank at the score that 5 % of the tested normals pass."""
    two_miss: float
    calibrated_miss: float
    """With two banks, at the threshold of a calibration for 5 %."""
    false_alarms: float
    """Tested normals above that threshold."""
    known: float | None
    """AUROC with two banks of tested normals whose tile is among the references too."""
    new: float | None
    """Of those whose tile is not."""
    known_share: float
    chosen: int
    """Banks that AUTO comes to."""
    held_out: NDArray[np.float64]
    """Scores with two banks."""
    normals: NDArray[np.float64]
    defects: NDArray[np.float64]


def split_places(count: int, references: int, seed: int) -> tuple[list[int], list[int]]:
    """Places of references and of tested normals, in the order of their names.

    Shuffled as `tiles.split` does: with Python's `random.Random(seed)`.
    """
    places = list(range(count))
    random.Random(seed).shuffle(places)
    return places[:references], places[references:]


def measure_splits(
    seen: SeenTiles,
    parts: NDArray[np.intp],
    features: Features,
    *,
    references: int,
    seeds: Sequence[int],
    say: Callable[[str], None],
) -> list[SplitFigures]:
    """Measures some splits with so many references."""
    defective = [one for some in seen.defects.values() for one in some]
    found = []
    for seed in seeds:
        known, tested = split_places(len(seen.normals), references, seed)
        banks = learn([seen.normals[place] for place in known], seen.view)
        normals = [seen.normals[place] for place in tested]
        one = scores_by(banks.first, normals), scores_by(banks.first, defective)
        two = scores_by(banks, normals), scores_by(banks, defective)
        threshold = estimate(banks.held_out_scores, TARGET).value
        is_known = np.isin(parts[tested], parts[known])
        found.append(
            SplitFigures(
                references=references,
                tested=len(tested),
                one=auroc(*one),
                two=auroc(*two),
                one_miss=_miss(*one),
                two_miss=_miss(*two),
                calibrated_miss=float((two[1] <= threshold).mean()),
                false_alarms=float((two[0] > threshold).mean()),
                known=_area(two[0][is_known], two[1]),
                new=_area(two[0][~is_known], two[1]),
                known_share=float(is_known.mean()),
                chosen=choose([seen.normals[place] for place in known], features, seen.view)[
                    1
                ].count,
                held_out=banks.held_out_scores,
                normals=two[0],
                defects=two[1],
            )
        )
        last = found[-1]
        say(f"{references} references, split {seed}: {last.one:.3f}, two banks {last.two:.3f}")
    return found


def _miss(normals: NDArray[np.float64], defects: NDArray[np.float64]) -> float:
    return float((defects <= np.quantile(normals, 1 - TARGET)).mean())


def _area(normals: NDArray[np.float64], defects: NDArray[np.float64]) -> float | None:
    return auroc(normals, defects) if len(normals) >= LEAST_TESTED else None
