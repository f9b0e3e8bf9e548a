"""What the process that makes maps is given, and gives back: files in a folder of its own."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from services.search.mapping.layout import ID_TYPE, Ids, Layout, are_in
from services.search.mapping.projection import Points, Vectors, choose_landmarks, lay_out, place

GROWTH = 1.25
"""A map of so many times the images that it was computed from is computed anew."""
LEAST_LANDMARKS = 0.5
"""Of its landmarks; with fewer left it is computed anew."""

_IDS, _VECTORS, _FORMER, _RESULT = "ids", "vectors", "former.npz", "result.npz"


def needs_building(former: Layout | None, count: int) -> bool:
    """Whether a map of `count` images must be computed, and not only added to.

    Args:
        former: The map so far, without what is gone.
        count: How many images there are now.
    """
    if former is None or not len(former.landmark_ids):
        return True
    first = len(choose_landmarks(former.built_count))
    return count > GROWTH * former.built_count or len(former.landmark_ids) < LEAST_LANDMARKS * first


@dataclass(frozen=True, slots=True)
class MapTask:
    """A folder with images' vectors, and the map so far.

    Attributes:
        folder: Where everything is.
    """

    folder: Path

    @property
    def vectors_path(self) -> Path:
        """32-bit floats, one image after the other, in the order of the ids."""
        return self.folder / _VECTORS

    def describe(self, ids: Ids, former: Layout | None) -> Self:
        """Writes down whose vectors they are, and the map so far."""
        (self.folder / _IDS).write_bytes(ids.tobytes())
        if former is not None:
            former.save(self.folder / _FORMER)
        return self

    def result(self) -> Layout:
        """The map that was made.

        Raises:
            OSError, ValueError: there is none.
        """
        return Layout.load(self.folder / _RESULT)

    def run(self) -> None:
        """Makes the map: of all the vectors, or by adding them to what is there."""
        ids: Ids = np.frombuffer((self.folder / _IDS).read_bytes(), ID_TYPE)
        vectors: Vectors = np.memmap(self.vectors_path, np.float32, "r").reshape(len(ids), -1)
        path = self.folder / _FORMER
        former = Layout.load(path) if path.exists() else None
        if former is not None and not are_in(former.ids, ids).any():
            made = _added(former, ids, vectors)
        else:
            made = _built(former, ids, vectors)
        made.save(self.folder / _RESULT)


def _added(former: Layout, ids: Ids, vectors: Vectors) -> Layout:
    return former.with_more(ids, _placed(former, ids, vectors))


def _placed(former: Layout, ids: Ids, vectors: Vectors) -> Points:
    return place(
        vectors,
        ids,
        former.landmarks.astype(np.float32),
        former.points_of(former.landmark_ids),
    )


def _built(former: Layout | None, ids: Ids, vectors: Vectors) -> Layout:
    chosen = choose_landmarks(len(ids))
    landmarks = np.asarray(vectors[chosen], np.float32)
    start: Points | None = None
    if former is not None and len(former.landmark_ids):
        # Begun from where they were, a new map looks like the old one.
        start = _placed(former, ids[chosen], landmarks)
        known = are_in(ids[chosen], former.ids)
        start[known] = former.points_of(ids[chosen][known])
    layout = Layout(
        ids=ids[chosen],
        points=lay_out(landmarks, start),
        landmark_ids=ids[chosen],
        landmarks=landmarks.astype(np.float16),
        built_at=time.time(),
        built_count=len(ids),
    )
    others = np.setdiff1d(np.arange(len(ids)), chosen)
    if not len(others):
        return layout
    return layout.with_more(ids[others], _placed(layout, ids[others], _rows(vectors, others)))


def _rows(vectors: Vectors, which: np.ndarray) -> Vectors:
    found: Vectors = vectors[which]
    return found
