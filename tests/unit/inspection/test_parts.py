"""Several pictures of one part: how references are held out, and what thresholds then hold."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from services.inspection.finding import Learnt
from services.inspection.learning.bank import PatchBank
from services.inspection.learning.bank_learning import learn_bank
from services.inspection.learning.folds import (
    FEW,
    FOLDS,
    chosen_together,
    cut_by_part,
    parts_arrays,
    parts_from,
    several,
)
from services.inspection.learning.part_figures import part_figures_of, threshold_of
from services.inspection.model import CalibrationSettings, FloatArray, Threshold
from services.inspection.verdict.thresholds import estimate

CELLS, DIMENSION = 8, 12
PARTS, EXPOSURES = 60, 4
TARGET = 0.1
SIZE = 1_500
"""Members of a bank, so that choosing takes no time."""


def exposure(part: int, number: int) -> FloatArray:
    """Features of a picture: of the surface that all parts have, of marks of this part alone."""
    rng = np.random.default_rng([part])
    grid = np.tile(np.arange(DIMENSION, dtype=float) % 3, (CELLS, CELLS, 1))
    marks = rng.integers(0, CELLS, (4, 2))
    strength = rng.gamma(4, 0.5)
    grid[marks[:, 0], marks[:, 1]] += strength * rng.normal(size=(4, DIMENSION))
    light = np.random.default_rng([part, number])
    return np.asarray(
        grid + 0.1 * light.normal(size=grid.shape) + 0.05 * light.normal(), np.float32
    )


def learnt(parts: Sequence[int], grids: Sequence[FloatArray]) -> PatchBank:
    names = [str(place) for place in range(len(grids))]
    return learn_bank(grids, [[] for _ in grids], names, coreset_size=SIZE, parts=parts)


@pytest.fixture(scope="module")
def pictures() -> list[FloatArray]:
    return [exposure(part, number) for part in range(PARTS) for number in range(EXPOSURES)]


@pytest.fixture(scope="module")
def numbers() -> list[int]:
    return [part for part in range(PARTS) for _ in range(EXPOSURES)]


@pytest.fixture(scope="module")
def by_part(pictures: list[FloatArray], numbers: list[int]) -> PatchBank:
    return learnt(numbers, pictures)


def result(bank: PatchBank, parts: Sequence[int]) -> Learnt:
    return Learnt(
        settings=CalibrationSettings(),
        model_version="1",
        arrays={},
        image_ids=bank.image_ids,
        held_out=[float(score) for score in bank.held_out.scores],
        parts=parts,
        known=bank.known,
        marks=bank.marks,
    )


def false_alarms(bank: PatchBank, threshold: Threshold) -> float:
    """Share of pictures of other parts that are above a threshold."""
    new = [bank.match(exposure(part, 0)).score for part in range(1_000, 1_200)]
    return float((np.array(new) > threshold.value).mean())


def test_by_image_the_threshold_is_too_low_for_new_parts_and_by_part_its_interval_holds(
    pictures: list[FloatArray], numbers: list[int], by_part: PatchBank
) -> None:
    by_image = learnt((), pictures)
    naive = estimate(by_image.held_out.scores, TARGET)
    honest = threshold_of(result(by_part, numbers), TARGET)

    assert honest.value > 1.2 * naive.value
    assert false_alarms(by_image, naive) > naive.high
    assert honest.low <= false_alarms(by_part, honest) <= honest.high
    assert (honest.part_count, honest.held_out_count) == (PARTS, PARTS * EXPOSURES)


def test_both_figures_are_told(by_part: PatchBank, numbers: list[int]) -> None:
    whole = result(by_part, numbers)
    threshold = threshold_of(whole, TARGET)

    figures = part_figures_of(whole, threshold)

    assert figures is not None
    assert figures.new.threshold == threshold
    assert not figures.new.threshold.parts_known
    assert figures.known.threshold.parts_known
    assert figures.known.threshold.value < threshold.value
    assert figures.known.median < figures.new.median
    assert figures.known.false_alarm_rate < figures.new.false_alarm_rate <= TARGET


def test_a_picture_is_held_out_by_members_of_other_parts_and_known_by_its_own(
    by_part: PatchBank,
) -> None:
    """Marks that a part has alone are far from all others, and near in its other exposures."""
    new, known = by_part.held_out.scores, by_part.known
    assert known is not None
    assert len(known.scores) == len(new)
    assert np.median(np.array(known.scores) / new) < 0.5


def test_parts_of_one_picture_are_no_known_ones(pictures: list[FloatArray]) -> None:
    some = pictures[: 8 * EXPOSURES] + [exposure(part, 0) for part in range(100, 130)]
    parts = [part for part in range(8) for _ in range(EXPOSURES)] + list(range(100, 130))

    known = learnt(parts, some).known

    assert known is not None
    assert list(known.parts) == parts[: 8 * EXPOSURES]


def test_of_one_part_nothing_tells_of_others(pictures: list[FloatArray]) -> None:
    bank = learnt([0] * 20, pictures[:20])

    whole = result(bank, [0] * 20)
    threshold = threshold_of(whole, TARGET)

    assert bank.known is None
    assert threshold == replace(
        estimate(bank.held_out.scores, TARGET), part_count=1, parts_known=True
    )
    assert part_figures_of(whole, threshold) is None


def test_images_that_are_each_a_part_of_their_own_are_held_out_as_without_parts(
    pictures: list[FloatArray],
) -> None:
    plain, numbered = learnt((), pictures[:40]), learnt(range(100, 140), pictures[:40])
    assert numbered.known is None
    assert np.array_equal(plain.held_out.scores, numbered.held_out.scores)


@pytest.mark.parametrize(
    "parts",
    [
        [0, 0, 1, 1],
        [part for part in range(10) for _ in range(7)],
        [part for _ in range(7) for part in range(30)],
        [0] * 50 + list(range(1, 60)),
    ],
)
def test_no_part_is_in_two_folds_and_its_pictures_are_told_apart(parts: list[int]) -> None:
    cut = cut_by_part(parts)
    assert cut.known is not None
    for part in set(parts):
        own = np.array(parts) == part
        assert len(set(cut.folds.of[own])) == 1
        assert len(set(cut.known.of[own])) == min(own.sum(), cut.known.count)
    different = len(set(parts))
    assert cut.folds.count == (different if different <= FEW else FOLDS)
    assert set(cut.folds.of) == set(range(cut.folds.count))
    together = chosen_together(np.arange(len(parts)), cut.cells, 10_000)
    assert sorted(np.concatenate(together)) == list(range(len(parts)))
    for group in together:
        assert len({(cut.folds.of[place], cut.known.of[place]) for place in group}) == 1


def test_pictures_of_parts_that_have_several() -> None:
    assert several([7, 8, 7, 9, 9]) == [0, 2, 3, 4]


def test_parts_are_kept_in_artifacts() -> None:
    assert parts_from(parts_arrays([3, 3, -1])) == [3, 3, -1]
    assert parts_from(parts_arrays([])) == []
