"""How long the nearest of many members takes.

`OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python -m bench.inspection.nearest`: processor time of one
core for an image of 231 patches, by blocks as `NearestPoints` has them, and by one product with all
members, 2**18 distances at a time. With faiss installed, by its flat index too.
"""

import time
from collections.abc import Callable
from importlib import import_module

import numpy as np

from services.inspection.learning.coreset import NearestPoints
from services.inspection.model import FloatArray

MEMBERS = (8_000, 30_000, 150_000)
PATCHES, DIMENSIONS, ROUNDS = 231, 64, 5


def whole(patches: FloatArray, members: FloatArray) -> None:
    """One product for each few patches."""
    turned = np.ascontiguousarray(-2 * members.T)
    norms = np.einsum("mk,mk->m", members, members)
    step = max(1, 2**18 // len(members))
    for start in range(0, len(patches), step):
        (patches[start : start + step] @ turned + norms).argmin(1)


def least_ms(work: Callable[[], object]) -> float:
    """Milliseconds of processor time, the least of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken) * 1000


def main() -> None:
    """Measures, and says so."""
    rng = np.random.default_rng(0)
    patches = rng.normal(size=(PATCHES, DIMENSIONS)).astype(np.float32)
    for count in MEMBERS:
        members = rng.normal(size=(count, DIMENSIONS)).astype(np.float32)
        points = NearestPoints(members)
        said = {
            "blocks": least_ms(lambda: points.nearest(patches)),  # noqa: B023 - called here
            "whole": least_ms(lambda: whole(patches, members)),  # noqa: B023 - called here
        }
        try:
            index = import_module("faiss").IndexFlatL2(DIMENSIONS)
        except ImportError:
            pass
        else:
            index.add(members)
            said["faiss, flat"] = least_ms(lambda: index.search(patches, 1))  # noqa: B023 - called here
        print(f"{count:>7,} members:", ", ".join(f"{how} {ms:.1f} ms" for how, ms in said.items()))


if __name__ == "__main__":
    main()
