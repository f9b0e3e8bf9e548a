"""Vectors as those of images are: around centres, of 512 dimensions."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

DIMENSION = 512
LIMIT = 10
_CENTRES, _SPREAD = 500, 0.6


@dataclass(frozen=True)
class Vectors:
    """What is searched, and what for; all of length 1."""

    kept: Floats
    queries: Floats


def drawn(count: int, queries: int) -> Vectors:
    """Always the same vectors; the first of many are those of few."""
    centres = np.random.default_rng(0).standard_normal((_CENTRES, DIMENSION)).astype(np.float32)
    return Vectors(_around(centres, count, 1), _around(centres, queries, 2))


def nearest(vectors: Vectors, within: Flags | None = None) -> list[set[int]]:
    """The ten nearest of each query among all vectors, or some of them, exactly."""
    numbers: Ints = np.arange(len(vectors.kept)) if within is None else np.flatnonzero(within)
    kept = vectors.kept if within is None else vectors.kept[numbers]
    found = []
    for query in vectors.queries:
        scores = kept @ query
        found.append({int(numbers[n]) for n in np.argpartition(-scores, LIMIT - 1)[:LIMIT]})
    return found


def recall(found: list[list[int]], true: list[set[int]]) -> float:
    """Share of the nearest that was found."""
    return float(
        np.mean([len(best & set(some)) / LIMIT for some, best in zip(found, true, strict=True)])
    )


def _around(centres: Floats, count: int, seed: int) -> Floats:
    random = np.random.default_rng(seed)
    made = np.empty((count, DIMENSION), np.float32)
    for start in range(0, count, 10_000):
        rows = made[start : start + 10_000]
        rows[:] = centres[random.integers(0, _CENTRES, len(rows))]
        rows += _SPREAD * random.standard_normal(rows.shape, dtype=np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made
