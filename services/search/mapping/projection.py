"""From vectors to places in the plane.

At most 2,000 images, the landmarks, are laid out by t-SNE over their 50 principal
components (van der Maaten and Hinton, 2008; exact enough by Barnes and Hut's
trees, 2014), begun from the principal components (Kobak and Berens, 2019) so that
the same vectors give the same map. All others are placed between their nearest
landmarks. Nothing here is drawn by chance but the choice of landmarks, and that
with a fixed seed.
"""

import numpy as np
from numpy.typing import NDArray

from services.search.mapping.layout import Ids

MOST_LANDMARKS = 2000
COMPONENTS = 50
PERPLEXITY = 30.0
ITERATIONS = 750
LEAST_FOR_NEIGHBOURS = 8
"""Fewer images than this are shown by their first two principal components."""
NEAREST = 5
"""Landmarks that an image is placed between."""
CHUNK = 2048
"""Images that are placed at once."""
MARGIN = 0.03
"""Of the map's side, left free on each side."""
SPREAD = 0.004
"""How far from the place between its landmarks an image is, so that copies do not hide each
other."""

Points = NDArray[np.float32]
Vectors = NDArray[np.float32]


def choose_landmarks(count: int) -> NDArray[np.intp]:
    """Which of so many images are landmarks: ascending places, always the same."""
    if count <= MOST_LANDMARKS:
        return np.arange(count)
    chosen = np.random.default_rng(0).choice(count, MOST_LANDMARKS, replace=False)
    return np.sort(chosen)


def lay_out(vectors: Vectors, start: Points | None = None) -> Points:
    """Places of images by all their vectors.

    Args:
        vectors: [n, dimension].
        start: [n, 2] where they were before, so that the new map is like the old one.

    Returns:
        [n, 2] x and y, from 0 to 1.
    """
    count = len(vectors)
    if count == 0:
        return np.zeros((0, 2), np.float32)
    reduced = _Components(vectors).of(vectors)
    scale = float(np.abs(reduced).max())
    if scale < 1e-6:
        # All are alike: nothing says where, so that they are all to be seen is enough.
        return _sunflower(count)
    reduced /= scale
    plane = _two_columns(reduced)
    if count < LEAST_FOR_NEIGHBOURS:
        return _in_square(plane)
    return _in_square(_neighbour_embedding(reduced, plane if start is None else start))


def place(vectors: Vectors, ids: Ids, landmarks: Vectors, points: Points) -> Points:
    """Places of further images between those of the landmarks most like them.

    Args:
        vectors: [n, dimension] of the images.
        ids: [n] the images; each stands a little aside, in a direction of its own.
        landmarks: [m, dimension], m at least 1.
        points: [m, 2] the landmarks' places.

    Returns:
        [n, 2] x and y, from 0 to 1.
    """
    components = _Components(landmarks)
    known = components.of(landmarks)
    lengths = np.square(known).sum(axis=1)
    nearest = min(NEAREST, len(landmarks))
    placed = np.empty((len(vectors), 2), np.float32)
    for begin in range(0, len(vectors), CHUNK):
        some = components.of(np.asarray(vectors[begin : begin + CHUNK], np.float32))
        squares = np.square(some).sum(axis=1)[:, None] + lengths - 2 * some @ known.T
        which = np.argpartition(squares, nearest - 1, axis=1)[:, :nearest]
        near = np.maximum(np.take_along_axis(squares, which, axis=1), 1e-9)
        # By the square of how much farther each is than the nearest: others count little.
        weights = np.square(near.min(axis=1, keepdims=True) / near)
        weights /= weights.sum(axis=1, keepdims=True)
        placed[begin : begin + CHUNK] = np.einsum("nk,nkd->nd", weights, points[which])
    inside: Points = np.clip(placed + _aside(ids), 0, 1).astype(np.float32)
    return inside


class _Components:
    """The principal components of vectors."""

    def __init__(self, vectors: Vectors) -> None:
        self._mean = vectors.mean(axis=0)
        _, _, rows = np.linalg.svd(vectors - self._mean, full_matrices=False)
        rows = rows[:COMPONENTS]
        # An axis has no direction of its own; the largest number of each is made positive.
        largest = np.take_along_axis(rows, np.abs(rows).argmax(axis=1)[:, None], axis=1)
        self._rows = rows * np.where(largest < 0, -1, 1)

    def of(self, vectors: Vectors) -> Vectors:
        """[n, at most 50]: vectors by the components."""
        found: Vectors = ((vectors - self._mean) @ self._rows.T).astype(np.float32)
        return found


def _two_columns(reduced: Vectors) -> Points:
    plane = np.zeros((len(reduced), 2), np.float32)
    width = min(2, reduced.shape[1])
    plane[:, :width] = reduced[:, :width]
    return plane


def _neighbour_embedding(reduced: Vectors, start: Points) -> Points:
    # 100 MiB and a second that only the making of maps needs.
    from sklearn.manifold import TSNE  # noqa: PLC0415

    begin = start - start.mean(axis=0)
    # Equal places would never part.
    begin = begin + np.random.default_rng(0).normal(scale=1e-3, size=begin.shape)
    begin = begin / max(float(begin[:, 0].std()), 1e-6) * 1e-4
    embedding = TSNE(
        perplexity=min(PERPLEXITY, (len(reduced) - 1) / 3),
        init=begin.astype(np.float32),
        max_iter=ITERATIONS,
        random_state=0,
        n_jobs=1,
    )
    found: Points = embedding.fit_transform(reduced)
    return found


def _in_square(points: Points) -> Points:
    """Points moved and scaled, alike in both directions, so that they fill the map."""
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (1 - 2 * MARGIN) / max(float((high - low).max()), 1e-12)
    moved: Points = ((points - (low + high) / 2) * scale + 0.5).astype(np.float32)
    return moved


def _sunflower(count: int) -> Points:
    """Points evenly spread over a disc in the middle (Vogel, 1979)."""
    number = np.arange(count)
    radius = 0.1 * np.sqrt(number / max(count - 1, 1))
    angle = number * np.pi * (3 - np.sqrt(5))
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1) + 0.5
    return points.astype(np.float32)


def _aside(ids: Ids) -> Points:
    """[n, 2] a small step for each image, always the same."""
    halves = np.frombuffer(ids.tobytes(), ">u8").astype(np.uint64).reshape(-1, 2)
    # Fibonacci hashing (Knuth): ids that differ little get steps that differ much.
    mixed = (halves[:, 0] ^ halves[:, 1]) * np.uint64(0x9E3779B97F4A7C15)
    angle = (mixed >> np.uint64(32)) / 2**32 * 2 * np.pi
    radius = SPREAD * np.sqrt((mixed & np.uint64(0xFFFFFFFF)) / 2**32)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32)
