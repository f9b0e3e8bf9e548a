from dataclasses import replace

import numpy as np
import pytest

from bench.inspection.ablation import variations
from bench.inspection.variation import LEVELS, Variation, learn, seen
from services.inspection.learning.bank_learning import learn_bank


def grids(count: int, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((6, 8, sum(LEVELS))).astype(np.float16) for _ in range(count)]


def test_the_default_is_the_product() -> None:
    references, others = grids(12), grids(3, seed=1)
    bank = learn_bank(references, [[]] * 12, [str(place) for place in range(12)])
    varied = learn(references, Variation())
    for grid in others:
        assert varied.score(grid) == pytest.approx(bank.match(grid).score, rel=1e-5)


def test_a_small_coreset_judges_nearly_as_the_products() -> None:
    references, other = grids(12), grids(1, seed=1)[0]
    bank = learn_bank(references, [[]] * 12, [str(place) for place in range(12)], coreset_size=100)
    varied = learn(references, Variation(coreset_size=100))
    assert np.array_equal(varied.members.points, bank.members)
    assert varied.score(3 * other) == pytest.approx(bank.match(3 * other).score, rel=0.5)


def test_levels_are_told_apart_by_their_channels() -> None:
    grid = np.zeros((2, 2, sum(LEVELS)), np.float16)
    grid[:, :, 40:120] = 1
    middle = seen(grid, Variation(levels=(80,)))
    assert middle.shape == (2, 2, 80)
    assert middle.all()
    assert not seen(grid, Variation(levels=(40, 112))).any()


def test_a_neighbourhood_is_a_mean() -> None:
    grid = np.zeros((5, 5, sum(LEVELS)), np.float16)
    grid[2, 2] = 9
    blurred = seen(grid, Variation(neighbourhood=3))
    assert blurred[1:4, 1:4, 0] == pytest.approx(np.ones((3, 3)))
    assert blurred.sum() == pytest.approx(9 * sum(LEVELS))


def test_whitened_components_vary_alike() -> None:
    references = grids(12)
    varied = learn(references, Variation(scaling="whitened", dimensions=16, coreset_size=0))
    assert varied.members.points.std(0) == pytest.approx(np.ones(16), abs=1e-3)


def test_each_variation_changes_one_thing() -> None:
    rows = variations(192)
    assert rows[0][2] == Variation()
    for _, _, how in rows[1:]:
        changed = [
            name
            for name in Variation.__dataclass_fields__
            if getattr(how, name) != getattr(Variation(), name)
        ]
        assert changed
        assert len(changed) == 1 or set(changed) <= {
            "coreset_size",
            "greedy",
            "scaling",
            "dimensions",
        }
    assert len({replace(how) for _, _, how in rows}) == len(rows)
