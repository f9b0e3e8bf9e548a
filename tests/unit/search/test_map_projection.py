"""Places in the plane: near what looks alike, the same every time, also for few and for equal."""

from uuid import UUID

import numpy as np
import pytest

from services.search.mapping.layout import Ids, packed
from services.search.mapping.projection import (
    MOST_LANDMARKS,
    Points,
    Vectors,
    choose_landmarks,
    lay_out,
    place,
)

DIMENSION = 32


def ids_of(count: int) -> Ids:
    return packed(str(UUID(int=(4 << 76) + (8 << 60) + number * 7919)) for number in range(count))


def clusters(count: int, *, kinds: int = 3, seed: int = 0) -> tuple[Vectors, np.ndarray]:
    """Vectors around a few directions far from each other, and around which each is."""
    rng = np.random.default_rng(seed)
    centres = np.eye(kinds, DIMENSION)
    kind = np.arange(count) % kinds
    vectors = centres[kind] + 0.05 * rng.standard_normal((count, DIMENSION))
    return vectors.astype(np.float32), kind


def share_with_nearest_alike(points: Points, kind: np.ndarray) -> float:
    distances = np.square(points[:, None] - points[None]).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    return float((kind[distances.argmin(axis=1)] == kind).mean())


@pytest.mark.parametrize("count", [30, 150])
def test_what_is_alike_is_near(count: int) -> None:
    vectors, kind = clusters(count)
    points = lay_out(vectors)
    assert points.shape == (count, 2)
    assert points.dtype == np.float32
    assert points.min() >= 0
    assert points.max() <= 1
    assert share_with_nearest_alike(points, kind) == 1
    np.testing.assert_array_equal(points, lay_out(vectors))


def test_others_stand_among_the_landmarks_like_them() -> None:
    landmarks, kind = clusters(90)
    points = lay_out(landmarks)
    others, other_kind = clusters(300, seed=1)
    placed = place(others, ids_of(300), landmarks, points)
    assert share_with_nearest_alike(
        np.concatenate([points, placed]), np.concatenate([kind, other_kind])
    ) == pytest.approx(1)
    assert placed.min() >= 0
    assert placed.max() <= 1
    np.testing.assert_array_equal(placed, place(others, ids_of(300), landmarks, points))


def test_an_exact_copy_stands_beside_its_landmark_and_not_on_other_copies() -> None:
    landmarks, _ = clusters(60)
    points = lay_out(landmarks)
    copies = np.repeat(landmarks[7:8], 20, axis=0)
    placed = place(copies, ids_of(20), landmarks, points)
    assert np.abs(placed - points[7]).max() < 0.01
    assert len(np.unique(placed, axis=0)) == 20


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8, 9])
def test_few_images_have_places(count: int) -> None:
    vectors, _ = clusters(count)
    points = lay_out(vectors)
    assert points.shape == (count, 2)
    assert np.isfinite(points).all()
    assert len(np.unique(points, axis=0)) == count
    if count == 1:
        np.testing.assert_allclose(points, [[0.5, 0.5]], atol=1e-6)


@pytest.mark.parametrize("count", [2, 9, 200])
def test_equal_images_are_all_to_be_seen(count: int) -> None:
    points = lay_out(np.ones((count, DIMENSION), np.float32))
    assert np.isfinite(points).all()
    assert len(np.unique(points, axis=0)) == count
    assert np.abs(points - 0.5).max() <= 0.11


def test_one_landmark_is_enough() -> None:
    placed = place(
        clusters(4)[0], ids_of(4), np.ones((1, DIMENSION), np.float32), np.full((1, 2), 0.5, "f4")
    )
    assert np.abs(placed - 0.5).max() < 0.01


def test_vectors_of_one_number_are_laid_out() -> None:
    points = lay_out(np.arange(20, dtype=np.float32)[:, None])
    assert np.isfinite(points).all()


def test_landmarks_are_few_and_always_the_same() -> None:
    assert choose_landmarks(5).tolist() == [0, 1, 2, 3, 4]
    many = choose_landmarks(10 * MOST_LANDMARKS)
    assert len(set(many.tolist())) == MOST_LANDMARKS
    assert many.tolist() == sorted(many.tolist())
    np.testing.assert_array_equal(many, choose_landmarks(10 * MOST_LANDMARKS))
