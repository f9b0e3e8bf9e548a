"""Behaviour of the bank of normal patches, whatever its constants are."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest

from services.inspection.artifact import pack, unpack
from services.inspection.errors import ImagesUnusable
from services.inspection.learning.bank import PatchBank
from services.inspection.learning.bank_learning import extend_bank, learn_bank
from services.inspection.model import FloatArray
from services.inspection.verdict.strangeness import is_strange

ROWS, COLUMNS, DIMENSIONS = 12, 10, 16
DEFECT = (7, 3)


def grid(seed: int, *, defect: bool = False, rows: int = ROWS) -> FloatArray:
    """Features of an image: alike for all, and a patch with others if it is defective."""
    values = np.random.default_rng(seed).normal(size=(rows, COLUMNS, DIMENSIONS))
    if defect:
        values[DEFECT] += 12
    return values.astype(np.float32)


def bank_of(*seeds: int) -> PatchBank:
    return learn_bank(
        [grid(seed) for seed in seeds], [[] for _ in seeds], [f"image-{seed}" for seed in seeds]
    )


def test_a_defect_scores_above_all_that_was_held_out_and_is_where_it_is() -> None:
    bank = bank_of(*range(20))
    found = bank.match(grid(100, defect=True))
    assert found.score > bank.held_out.scores.max()
    assert found.anomaly[DEFECT] == found.anomaly.max()
    assert not is_strange(found.strangeness, 0.01)
    normal = bank.match(grid(101))
    assert normal.score < found.score
    assert is_strange(bank.match(grid(101) + 40).strangeness, 0.01)


def test_the_same_images_make_the_same_bank_which_says_the_same() -> None:
    one, other = bank_of(*range(8)), bank_of(*range(8))
    assert pack(one.to_arrays()) == pack(other.to_arrays())
    kept = PatchBank.from_arrays(unpack(pack(one.to_arrays())))
    found, again = one.match(grid(50)), kept.match(grid(50))
    assert found.score == again.score
    assert np.array_equal(found.anomaly, again.anomaly)
    assert kept.image_ids == one.image_ids


def test_helpers_change_no_bit_and_are_not_waited_for_when_they_are_busy() -> None:
    bank = bank_of(*range(8))
    large = np.concatenate([grid(seed) for seed in range(60, 70)])
    alone = bank.match(large)
    with ThreadPoolExecutor(1) as idle:
        helped = bank.match(large, idle)
    gate = Event()
    with ThreadPoolExecutor(1) as busy:
        busy.submit(gate.wait, 10)
        unhelped = bank.match(large, busy)
        gate.set()
    for match in (helped, unhelped):
        assert match.score == alone.score
        assert np.array_equal(match.anomaly, alone.anomaly)
        assert np.array_equal(match.members, alone.members)


def test_an_image_is_held_out_by_what_is_not_its_own() -> None:
    """A defect that one image alone has makes that image odd, though the bank knows it by heart."""
    grids = [grid(seed, defect=seed == 3) for seed in range(12)]
    bank = learn_bank(grids, [[] for _ in grids], [str(seed) for seed in range(12)])
    assert int(bank.held_out.scores.argmax()) == 3
    assert bank.match(grids[3]).score < bank.held_out.scores[3]


def test_held_out_scores_are_like_those_of_images_to_come() -> None:
    bank = bank_of(*range(40))
    new = [bank.match(grid(1000 + seed)).score for seed in range(200)]
    assert np.median(new) == pytest.approx(np.median(bank.held_out.scores), rel=0.15)


def test_adding_images_comes_to_nearly_the_same_as_learning_from_all() -> None:
    grown = extend_bank(
        bank_of(*range(20)),
        [grid(seed) for seed in range(20, 30)],
        [[] for _ in range(10)],
        [f"image-{seed}" for seed in range(20, 30)],
    )
    anew = bank_of(*range(30))
    assert grown.image_ids == anew.image_ids
    assert len(grown.held_out.scores) == 30
    for seed, defect in ((200, False), (201, True)):
        mine, theirs = [bank.match(grid(seed, defect=defect)).score for bank in (grown, anew)]
        assert mine == pytest.approx(theirs, rel=0.35)
    assert np.median(grown.held_out.scores) == pytest.approx(
        np.median(anew.held_out.scores), rel=0.25
    )


def test_scores_of_images_too_large_to_be_scored_anew_stay() -> None:
    grids = [grid(seed, rows=800) for seed in range(3)]
    bank = learn_bank(grids, [[]] * 3, ["a", "b", "c"], coreset_size=50)
    grown = extend_bank(bank, [grid(3, rows=800)], [[]], ["d"])
    assert np.array_equal(grown.held_out.scores[:3], bank.held_out.scores)


def test_nothing_added_is_nothing_changed() -> None:
    bank = bank_of(*range(5))
    assert pack(extend_bank(bank, [], [], []).to_arrays()) == pack(bank.to_arrays())


def test_a_single_image_needs_others_of_its_kind() -> None:
    with pytest.raises(ImagesUnusable):
        bank_of(1)
    variants = [grid(1) + 0.1 * grid(seed) for seed in range(2, 6)]
    bank = learn_bank([grid(1)], [variants], ["alone"])
    assert len(bank.held_out.scores) == 1
    assert bank.match(grid(1)).score <= bank.held_out.scores[0]
    assert bank.match(grid(1, defect=True)).score > bank.held_out.scores[0]


def test_a_reference_looks_most_like_itself() -> None:
    bank = bank_of(*range(6))
    place, distance = bank.nearest_images(bank.match(grid(4)).descriptor, 3)[0]
    assert bank.image_ids[place] == "image-4"
    assert distance == pytest.approx(0, abs=1e-4)


def test_images_of_other_shapes_are_compared_too() -> None:
    bank = learn_bank([grid(1), grid(2, rows=5), grid(3, rows=30)], [[], [], []], ["a", "b", "c"])
    found = bank.match(grid(9, rows=7))
    assert found.anomaly.shape == found.members.shape == (7, COLUMNS)
    assert found.score >= 0
