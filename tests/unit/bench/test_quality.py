"""What the quality benchmark counts, and whether its list of labels is whole."""

import numpy as np
import pytest

from bench.quality.labels import labels
from bench.quality.measures import measure
from services.search.meaning.references import captions

IMAGES = np.eye(4, dtype=np.float32)
NONE = np.array([-1])


def ranking(*order: int) -> np.ndarray:
    """A query that ranks the images so."""
    query = np.zeros((1, 4), np.float32)
    query[0, list(order)] = [0.9, 0.3, 0.2, 0.1]
    return query


def test_a_right_first_match_is_all_there_is_to_reach() -> None:
    one = measure(ranking(2, 0, 1, 3), IMAGES, np.array([[False, False, True, False]]), NONE)
    assert (one.first, one.in_ten, one.ndcg) == (1.0, None, 1.0)


def test_a_later_match_counts_less() -> None:
    one = measure(ranking(2, 0, 1, 3), IMAGES, np.array([[True, False, False, False]]), NONE)
    assert one.first == 0.0
    assert one.ndcg == pytest.approx(1 / np.log2(3))


def test_of_several_that_are_right_precision_counts_those_among_the_first_ten() -> None:
    one = measure(ranking(2, 0, 1, 3), IMAGES, np.array([[True, False, True, True]]), NONE)
    assert (one.first, one.in_ten) == (1.0, 1.0)
    assert one.ndcg == pytest.approx(
        (1 + 1 / np.log2(3) + 1 / np.log2(5)) / (1 + 1 / np.log2(3) + 0.5)
    )


def test_a_picture_does_not_count_in_its_own_search() -> None:
    relevant = np.array([[True, False, False, False]])
    one = measure(ranking(2, 0, 1, 3), IMAGES, relevant, np.array([2]))
    assert (one.first, one.ndcg) == (1.0, 1.0)


def test_nothing_is_asked_that_cutoffs_are_learnt_from() -> None:
    asked = set(labels().unrelated)
    assert len(asked) == len(labels().unrelated) >= 100
    assert not asked & set(captions())
    assert all(kind.words and len(kind.classes) > 1 for kind in labels().kinds)
