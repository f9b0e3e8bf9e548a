import numpy as np
import pytest

from services.inspection.learning import coreset
from services.inspection.learning.coreset import BLOCK, NearestPoints, choose, farthest_first
from services.inspection.model import FloatArray


def patches(count: int = 400, dimensions: int = 8, seed: int = 1) -> FloatArray:
    return np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)


def test_one_of_each_group_is_chosen_before_two_of_any() -> None:
    centres = 100 * np.eye(6, 8, dtype=np.float32)
    groups = np.concatenate([centre + 0.1 * patches(30) for centre in centres])
    chosen = farthest_first(groups, 6)
    assert sorted(place // 30 for place in chosen) == [0, 1, 2, 3, 4, 5]


def test_more_patches_reach_farther_and_the_same_choose_the_same() -> None:
    seen = patches()
    radii = [choose(seen, size).radius for size in (5, 50, 200, 400)]
    assert radii == sorted(radii, reverse=True)
    assert radii[-1] == pytest.approx(0, abs=1e-2)
    assert np.array_equal(farthest_first(seen, 50), farthest_first(seen, 50))
    assert len(set(farthest_first(seen, 50).tolist())) == 50


def test_it_goes_on_from_what_is_chosen_until_all_is_near() -> None:
    known, new = patches(), np.concatenate([patches(seed=1)[:50], 50 + patches(10, seed=2)])
    choice = choose(new, 100, chosen=known, radius=1.0)
    chosen = choice.indices
    assert set(chosen.tolist()) <= set(range(50, 60)), "what is known is not chosen again"
    gaps, _ = NearestPoints(np.concatenate([known, new[chosen]])).nearest(new)
    assert choice.radius == pytest.approx(np.sqrt(gaps.max()), abs=0.1)
    assert choice.radius <= 1.0 + 1e-3


def test_nothing_and_all_alike() -> None:
    assert len(farthest_first(np.zeros((0, 4), np.float32), 5)) == 0
    assert len(farthest_first(patches(), 0)) == 0
    assert len(farthest_first(np.ones((20, 4), np.float32), 5)) == 1
    assert choose(np.zeros((0, 4), np.float32), 5).radius == 0


@pytest.mark.parametrize("held_at_once", [2**19, 50])
def test_neighbours_are_those_of_brute_force(
    held_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coreset, "_AT_ONCE", held_at_once)
    one, other = patches(30), patches(7, seed=2)
    exact = np.square(one[:, None] - other[None]).sum(-1).min(1)
    squares, members = NearestPoints(other).nearest(one)
    assert squares == pytest.approx(exact, rel=1e-4, abs=1e-4)
    assert np.linalg.norm(one - other[members], axis=1) ** 2 == pytest.approx(
        exact, rel=1e-3, abs=1e-3
    )


def test_many_chosen_at_once_are_those_of_one_by_one() -> None:
    some = patches(3 * BLOCK, seed=3)
    gaps = np.square(some - some.mean(0)).sum(1)
    one_by_one = [int(gaps.argmax())]
    gaps = np.square(some - some[one_by_one[0]]).sum(1)
    while len(one_by_one) < BLOCK:
        one_by_one.append(int(gaps.argmax()))
        gaps = np.minimum(gaps, np.square(some - some[one_by_one[-1]]).sum(1))
    assert farthest_first(some, BLOCK).tolist() == one_by_one


def test_no_patch_is_chosen_twice_where_rounding_is_all_that_parts_them() -> None:
    alike = 1000 + np.float32(1e-4) * patches(300)
    chosen = farthest_first(alike, 300)
    assert len(set(chosen.tolist())) == len(chosen)
