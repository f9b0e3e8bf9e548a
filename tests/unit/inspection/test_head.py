from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inspection.errors import FeedbackInsufficient
from services.inspection.learning.head import Head, HeadReport, Judged, References
from services.inspection.learning.head import train_head as train
from services.inspection.verdict.agreement import auroc

DIMENSION = 64


def train_head(**given_: Any) -> HeadReport:
    """Trained from what `feedback` gives."""
    references = References(given_.pop("reference_scores"), given_.pop("reference_descriptors"))
    return train(Judged(**given_), references)


def feedback(
    seed: int, *, count: int = 60, references: int = 30, visible: float = 0.0, scored: float = 0.3
) -> dict[str, Any]:
    """Labelled images, every second a defect.

    Args:
        seed: Of all that is random.
        count: Labelled images.
        references: Normal images of the set.
        visible: How much defects look otherwise than normal images that score high.
        scored: How much higher the log of defects' scores is; normal ones spread by 0.3.
    """
    random = np.random.default_rng(seed)
    defective = np.arange(count) % 2 == 1
    usual = random.normal(0, 1, DIMENSION)
    kind = random.normal(0, 1, DIMENSION) / np.sqrt(DIMENSION)

    def looks(sides: np.ndarray) -> np.ndarray:
        rows = usual + random.normal(0, 0.3, (len(sides), DIMENSION)) + sides[:, None] * kind
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))

    return {
        "scores": np.exp(random.normal(0, 0.3, count) + scored * defective),
        "descriptors": looks(np.where(defective, visible, -visible)),
        "defective": defective,
        "reference_scores": np.exp(random.normal(0, 0.3, references)),
        "reference_descriptors": looks(np.full(references, -visible)),
    }


@cache
def useful() -> HeadReport:
    return train_head(**feedback(0, visible=0.6))


def kept() -> Head:
    head = useful().head
    assert head is not None
    return head


def test_a_head_that_helps_is_kept() -> None:
    report = useful()
    assert report.head is not None
    assert report.auroc_with > report.auroc_without + 0.1
    assert (report.normal_count, report.defect_count) == (30, 30)
    assert report.explanation.startswith("Kept")
    fresh = feedback(0, count=400, visible=0.6)
    corrected = np.array(
        [
            report.head.apply(score, look)
            for score, look in zip(fresh["scores"], fresh["descriptors"], strict=True)
        ]
    )
    truth = fresh["defective"]
    assert auroc(corrected[~truth], corrected[truth]) > 0.05 + auroc(
        fresh["scores"][~truth], fresh["scores"][truth]
    )


def test_what_cannot_help_is_not_kept() -> None:
    reports = [train_head(**feedback(seed)) for seed in range(4)]
    assert not any(report.head for report in reports)
    assert all(report.explanation.startswith("Not kept") for report in reports)
    assert all(report.gain.p_value > 0.01 for report in reports)


def test_what_need_not_help_is_not_kept() -> None:
    report = train_head(**feedback(3, visible=0.6, scored=6.0))
    assert report.auroc_without == 1
    assert report.head is None
    assert "no gain" in report.explanation


def test_the_area_without_is_that_of_the_scores() -> None:
    given_ = feedback(5)
    truth = given_["defective"]
    expected = auroc(given_["scores"][~truth], given_["scores"][truth])
    assert train_head(**given_).auroc_without == expected


def test_references_are_corrected_by_heads_that_did_not_learn_from_them() -> None:
    given_ = feedback(0, visible=0.6)
    head = kept()
    learnt_from = np.array(
        [
            head.apply(score, look)
            for score, look in zip(
                given_["reference_scores"], given_["reference_descriptors"], strict=True
            )
        ]
    )
    held_out = useful().reference_scores
    assert held_out.shape == (30,)
    assert (held_out > 0).all()
    assert held_out.mean() < given_["reference_scores"].mean()
    assert held_out.mean() > learnt_from.mean()


@pytest.mark.parametrize("references", [0, 1, 1203])
def test_any_number_of_references_will_do(references: int) -> None:
    report = train_head(**feedback(0, visible=0.6, references=references))
    assert report.reference_scores.shape == (references,)
    assert report.head is not None


def test_equal_feedback_gives_an_equal_head() -> None:
    again = train_head(**feedback(0, visible=0.6))
    assert again.head is not None
    assert (again.head.weights == kept().weights).all()
    assert (again.reference_scores == useful().reference_scores).all()
    assert again.auroc_with == useful().auroc_with


@pytest.mark.parametrize(("normals", "defects"), [(7, 20), (20, 7), (0, 0)])
def test_few_judgements_are_refused(normals: int, defects: int) -> None:
    given_ = feedback(0, count=normals + defects)
    given_["defective"] = np.arange(normals + defects) < defects
    with pytest.raises(FeedbackInsufficient, match=f"{normals} and {defects}"):
        train_head(**given_)


@given(
    st.floats(0, 100),
    st.floats(0, 100),
    st.lists(st.floats(-1, 1, width=32), min_size=DIMENSION, max_size=DIMENSION),
)
def test_a_corrected_score_keeps_unit_and_order(
    one: float, other: float, looks: list[float]
) -> None:
    descriptor = np.array(looks, dtype=np.float32)
    corrected = [kept().apply(score, descriptor) for score in (one, other)]
    assert (corrected[0] < corrected[1]) <= (one < other)
    for score, result in zip((one, other), corrected, strict=True):
        assert score / 4.001 <= result <= score * 4.001


def test_it_survives_an_artifact() -> None:
    look = feedback(9)["descriptors"][0].astype(np.float32)
    back = Head.from_arrays(kept().to_arrays())
    assert back.apply(1.5, look) == kept().apply(1.5, look) != 1.5


def test_scores_of_nothing_are_fine() -> None:
    given_ = feedback(0, visible=0.6)
    given_["scores"][:3] = 0.0
    given_["reference_scores"][:] = 0.0
    report = train_head(**given_)
    assert np.isfinite(report.reference_scores).all()
    assert kept().apply(0.0, kept().mean) == 0
