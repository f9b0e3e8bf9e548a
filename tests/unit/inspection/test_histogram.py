"""Scores by bin."""

import pytest

from services.inspection.verdict.histogram import counted, edges_of


def test_every_score_is_in_one_bin() -> None:
    scores = [0.0, 0.5, 1.0, 1.0, 2.0, 3.0, 4.0]
    edges = edges_of(scores, 2.0, 4)
    assert edges.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert counted(scores, edges) == [2, 2, 1, 2], "an edge is the bin's above; the last one's too"
    assert counted([], edges) == [0, 0, 0, 0]


def test_single_scores_far_out_do_not_squeeze_the_others() -> None:
    scores = [1.0, 1.5, 2.0, 500.0]
    edges = edges_of(scores, 2.0, 7)
    assert edges[-1] == 8.0
    assert counted(scores, edges) == [2, 1, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("scores", [[], [1.0], [3.0, 3.0, 3.0]])
def test_the_threshold_lies_within_the_bins(scores: list[float]) -> None:
    edges = edges_of(scores, 2.0, 3)
    assert edges[0] <= 2.0 <= edges[-1]
    assert sum(counted(scores, edges)) == len(scores)


def test_scores_that_are_all_one_and_no_threshold_to_speak_of_have_bins() -> None:
    edges = edges_of([0.0, 0.0], 0.0, 2)
    assert sorted(set(edges.tolist())) == edges.tolist()
    assert counted([0.0, 0.0], edges) == [2, 0]
