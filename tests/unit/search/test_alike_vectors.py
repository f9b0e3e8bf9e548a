"""Alike vectors, against multiplying all with all."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from services.search.duplicates import alike_vectors
from services.search.duplicates.alike_vectors import VectorRows, assign_alike

LIMIT = 0.95


def some_vectors(count: int, dimension: int, *, seed: int = 0) -> NDArray[np.float16]:
    """Vectors about a few centres; each tenth is nearly the one before."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((20, dimension))
    vectors = centres[rng.integers(0, 20, count)] + rng.standard_normal((count, dimension))
    copies = np.arange(9, count, 10)
    vectors[copies] = vectors[copies - 1] + 0.05 * rng.standard_normal((len(copies), dimension))
    return vectors.astype(np.float16)


def clear_limit(vectors: NDArray[Any]) -> float:
    """A limit about `LIMIT` that no pair's cosine is within rounding of."""
    units = vectors.astype(np.float64)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    cosines = np.unique(units @ units.T)
    near = cosines[(cosines > LIMIT - 0.02) & (cosines < LIMIT + 0.02)]
    edges = np.concatenate([[LIMIT - 0.02], near, [LIMIT + 0.02]])
    widest = int(np.argmax(np.diff(edges)))
    return float(edges[widest : widest + 2].mean())


def led_by(vectors: NDArray[Any], least_cosine: float) -> list[int]:
    """Who leads whom, by multiplying all with all."""
    units = vectors.astype(np.float32)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    alike = units @ units.T >= least_cosine
    leaders = np.arange(len(vectors))
    for one in range(len(vectors)):
        if leaders[one] == one:
            others = np.flatnonzero(alike[one] & (leaders == np.arange(len(vectors))))
            leaders[others[others > one]] = one
    found: list[int] = leaders.tolist()
    return found


def all_of(vectors: NDArray[np.float16]) -> VectorRows:
    return VectorRows(vectors, np.arange(len(vectors)))


@pytest.mark.parametrize("dimension", [3, 63, 64, 200])
def test_the_same_are_found_as_by_multiplying_all(
    dimension: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alike_vectors, "LEADERS_AT_ONCE", 64)
    vectors = some_vectors(900, dimension)
    limit = clear_limit(vectors)
    found = assign_alike(all_of(vectors), limit)
    assert found.leader.tolist() == led_by(vectors, limit)
    assert not found.is_free.all()
    assert (found.closeness[~found.is_free] >= limit).all()


def test_copies_are_found_in_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike_vectors, "ALL_UP_TO", 100)
    monkeypatch.setattr(alike_vectors, "BLOCK", 128)
    vectors = some_vectors(3000, 96)
    found = assign_alike(all_of(vectors), LIMIT)
    assert found.leader.tolist() == led_by(vectors, LIMIT)


def test_many_that_are_all_alike_have_one_leader_also_in_cells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alike_vectors, "ALL_UP_TO", 100)
    monkeypatch.setattr(alike_vectors, "BLOCK", 128)
    rng = np.random.default_rng(0)
    vectors = some_vectors(3000, 96)
    vectors[::2] = vectors[0] + 0.02 * rng.standard_normal((1500, 96))
    found = assign_alike(all_of(vectors), LIMIT)
    assert (found.leader[::2] == 0).all()


def test_the_same_vectors_are_alike_at_the_highest_limit() -> None:
    vectors = np.repeat(some_vectors(30, 70), 2, axis=0)
    found = assign_alike(all_of(vectors), 1.0)
    assert (found.leader[1::2] == np.arange(0, 60, 2))[np.arange(30) % 10 != 9].all()
    assert found.closeness.max() <= 1


@pytest.mark.parametrize("count", [0, 1])
def test_of_fewer_than_two_nobody_leads(count: int) -> None:
    assert assign_alike(all_of(some_vectors(count, 70)), LIMIT).is_free.all()
