import numpy as np
import pytest
from numpy.typing import NDArray

from services.inspection.learning.mask import Foreground, learn_foreground

DIMENSION = 24
RANDOM = np.random.default_rng(7)
PART, GROUND = RANDOM.normal(0, 1, (2, DIMENSION))


def picture(
    seed: int, *, rows: int = 20, columns: int = 28, part: bool = True
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Features of a part somewhere on an even background, and where it is."""
    random = np.random.default_rng(seed)
    top, left = random.integers(3, 6), random.integers(3, 8)
    truth = np.zeros((rows, columns), dtype=bool)
    truth[top : top + 10, left : left + 14] = part
    grid = np.where(truth[..., None], PART, GROUND) + random.normal(
        0, 0.3, (*truth.shape, DIMENSION)
    )
    return grid.astype(np.float32), truth


LEARNT = learn_foreground([picture(seed)[0] for seed in range(4)])


def test_the_part_is_found_wherever_it_lies() -> None:
    assert LEARNT.masks
    for seed in range(10, 15):
        grid, truth = picture(seed)
        mask = LEARNT.mask(grid)
        assert mask[truth].all()
        assert mask[~truth].mean() < 0.2
        assert mask.sum() < 1.5 * truth.sum()


def test_a_hole_that_looks_like_the_background_belongs_to_the_part() -> None:
    grid, truth = picture(10)
    rows, columns = np.nonzero(truth)
    hole = (slice(rows.min() + 3, rows.min() + 7), slice(columns.min() + 4, columns.min() + 9))
    grid[hole] = GROUND
    assert LEARNT.mask(grid)[truth].all()


def test_a_part_darker_or_lighter_than_the_background_is_the_part() -> None:
    swapped = [-picture(seed)[0] for seed in range(4)]
    grid, truth = picture(10)
    assert (learn_foreground(swapped).mask(-grid) == LEARNT.mask(grid)).all()
    assert LEARNT.mask(grid)[truth].all()


def test_textures_have_no_background() -> None:
    random = np.random.default_rng(0)
    spread = np.linspace(2, 0.2, DIMENSION)
    textures = [(random.normal(0, 1, (16, 16, DIMENSION)) * spread) for _ in range(4)]
    foreground = learn_foreground(textures)
    assert not foreground.masks
    assert foreground.mask(textures[0]).all()


def test_two_kinds_that_both_reach_the_borders_are_no_background() -> None:
    stripes = [picture(seed)[0] for seed in range(4)]
    for grid in stripes:
        grid[:, ::2] = PART
        grid[:, 1::2] = GROUND
    assert not learn_foreground(stripes).masks


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 2), (6, 6)])
def test_identical_patches_are_all_foreground(shape: tuple[int, int]) -> None:
    grid = np.ones((*shape, DIMENSION), dtype=np.float16)
    foreground = learn_foreground([grid, grid])
    assert not foreground.masks
    assert foreground.mask(grid).shape == shape
    assert foreground.mask(grid).all()


def test_an_image_without_the_part_is_looked_at_whole() -> None:
    empty, _ = picture(3, part=False)
    assert LEARNT.mask(empty).all()


def test_it_survives_an_artifact() -> None:
    grid, _ = picture(11)
    back = Foreground.from_arrays(LEARNT.to_arrays())
    assert (back.mask(grid) == LEARNT.mask(grid)).all()
    assert back.threshold == LEARNT.threshold
    assert not Foreground.from_arrays(Foreground.everything(DIMENSION).to_arrays()).masks
