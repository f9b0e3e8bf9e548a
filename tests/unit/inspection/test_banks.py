"""Two banks whose scores become one."""

from dataclasses import replace

import numpy as np
import pytest

from services.inspection.artifact import pack, unpack
from services.inspection.errors import ArtifactWrong
from services.inspection.learning.bank import PatchBank
from services.inspection.learning.bank_learning import Painting, extend_bank, learn_bank
from services.inspection.learning.banks import Fusion, TwoBanks, bank_of
from services.inspection.model import Box, FloatArray, Mark, View
from services.inspection.scoring.patch_scorer import find

VIEW = View(scale=0.5)
DIMENSIONS = 16
PLACE = (7, 3)


def grids(seed: int, *, defect: bool = False) -> list[FloatArray]:
    """Features of an image as both banks see it: the second in half as many rows and columns."""
    seen = []
    for number, (rows, columns) in enumerate(((12, 10), (6, 5))):
        values = np.random.default_rng((seed, number)).normal(size=(rows, columns, DIMENSIONS))
        if defect:
            values[PLACE[0] // (number + 1), PLACE[1] // (number + 1)] += 12
        seen.append(values.astype(np.float32))
    return seen


def learnt(count: int) -> TwoBanks:
    seen = [grids(seed) for seed in range(count)]
    names = [f"image-{seed}" for seed in range(count)]
    marks = [Mark("spot", 0.1, 10, 5.0, Box(0, 0.5, 0.5, 1))]
    painted = grids(3, defect=True)
    first, second = (
        learn_bank(
            [one[bank] for one in seen],
            [[]] * count,
            names,
            painted=[Painting(3, painted[bank], marks)],
        )
        for bank in (0, 1)
    )
    return TwoBanks.of(first, second, VIEW)


def test_a_fused_score_grows_with_both_and_lies_between_them_in_the_firsts_unit() -> None:
    rng = np.random.default_rng(1)
    held_out = np.exp(rng.normal(0, 0.2, 200)), np.exp(rng.normal(1, 0.6, 200))
    fusion = Fusion.of(*held_out)
    usual = np.exp(fusion.means[0]) - 0.1, np.exp(fusion.means[1]) - 0.1
    assert fusion(*usual) == pytest.approx(usual[0]), "what is usual by both is so together"
    assert fusion(usual[0], 3 * usual[1]) > fusion(*usual)
    assert fusion(2 * usual[0], usual[1]) > fusion(*usual)
    assert usual[0] < fusion(2 * usual[0], usual[1]) < 2 * usual[0]
    assert fusion(0.0, 0.0) >= 0
    many = fusion(np.linspace(0, 9, 50), np.linspace(0, 9, 50))
    assert (np.diff(many) >= 0).all()
    assert np.isfinite(Fusion.of(np.array([1.0]), np.array([2.0]))(3.0, 4.0))
    same = np.full(9, 2.0)
    assert np.isfinite(Fusion.of(same, same)(3.0, 4.0))


def test_both_say_where_a_defect_is_and_what_is_normal_like_it() -> None:
    banks = learnt(20)
    found = find(banks, grids(100, defect=True), 3)
    assert found.score > banks.held_out_scores.max() > banks.region_threshold
    assert found.anomaly_map is not None
    assert found.anomaly_map.shape == (12, 10)
    assert found.anomaly_map[PLACE] == found.anomaly_map.max() > banks.region_threshold
    assert found.nearest_patch is not None
    assert found.nearest_patch(*PLACE).image_id.startswith("image-")
    assert len(found.nearest) == 3
    normal = find(banks, grids(101), 3)
    assert normal.score < banks.held_out_scores.max()


def test_two_banks_are_kept_and_say_the_same_again() -> None:
    banks = learnt(8)
    arrays = unpack(pack(banks.to_arrays()))
    kept = bank_of(arrays)
    assert isinstance(kept, TwoBanks)
    assert kept.view == VIEW
    one, again = banks.match(grids(50)), kept.match(grids(50))
    assert one.score == again.score
    assert np.array_equal(one.anomaly, again.anomaly)
    assert np.array_equal(kept.first.held_out.scores, banks.first.held_out.scores)
    assert [one.score for one in kept.marks] == pytest.approx([one.score for one in banks.marks])
    assert len(kept.marks) == 1
    assert kept.member_count == 8 * (120 + 30)
    # What learns from an artifact finds there the scores that the threshold is of.
    assert np.array_equal(arrays["held_out.scores"], banks.held_out_scores)
    with pytest.raises(ArtifactWrong, match="two banks"):
        PatchBank.from_arrays(arrays)
    alone = bank_of(unpack(pack(banks.first.to_arrays())))
    assert isinstance(alone, PatchBank), "as versions of earlier releases are"


def test_images_are_added_to_both() -> None:
    banks = bank_of(unpack(pack(learnt(20).to_arrays())))
    assert isinstance(banks, TwoBanks)
    added = [grids(30), grids(31)]
    grown = TwoBanks(
        extend_bank(banks.first, [one[0] for one in added], [[], []], ["a", "b"]),
        extend_bank(banks.second, [one[1] for one in added], [[], []], ["a", "b"]),
        banks.view,
    )
    assert grown.image_ids == (*banks.image_ids, "a", "b")
    assert len(grown.held_out_scores) == 22
    assert len(grown.marks) == 1
    assert grown.match(grids(100, defect=True)).score > grown.held_out_scores.max()


def test_painted_defects_count_where_both_banks_see_them() -> None:
    banks = learnt(6)
    blind = replace(banks.second, marks=[])
    assert TwoBanks.of(banks.first, blind, VIEW).marks == []
