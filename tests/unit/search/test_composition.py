"""Several examples as one vector."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.search.errors import ExamplesCancelOut
from services.search.query.composition import compose


def any_of_it(vector: list[float]) -> bool:
    return float(np.linalg.norm(vector)) > 0.1


PARTS = st.lists(
    st.tuples(
        st.lists(st.floats(-1, 1), min_size=3, max_size=3).filter(
            lambda v: np.linalg.norm(v) > 0.1
        ),
        st.floats(0.01, 10) | st.floats(-10, -0.01),
    ),
    min_size=1,
    max_size=17,
).filter(lambda parts: any(weight > 0 for _, weight in parts))


def test_one_example_stays_as_it_is() -> None:
    composed = compose([[3.0, 4.0]], [7.0])
    assert (composed.vector, composed.weights) == ([3.0, 4.0], [1.0])


def test_lengths_do_not_count_and_weights_do() -> None:
    composed = compose([[10.0, 0.0], [0.0, 0.1]], [3.0, 4.0])
    assert composed.vector == pytest.approx([0.6, 0.8])
    assert composed.weights == pytest.approx([0.6, 0.8])


def test_an_unwanted_example_counts_half() -> None:
    composed = compose([[1.0, 0.0], [0.0, 1.0]], [1.0, -1.0])
    assert composed.vector == pytest.approx(np.array([2, -1]) / 5**0.5)


def test_what_cancels_out_is_refused_and_what_is_left_is_not() -> None:
    with pytest.raises(ExamplesCancelOut):
        compose([[1.0, 0.0], [1.0, 0.0]], [1.0, -2.0])
    with pytest.raises(ExamplesCancelOut):
        compose([[1.0, 0.0], [-1.0, 0.0]], [1.0, 1.0])
    assert compose([[1.0, 0.0], [1.0, 0.0]], [1.0, -1.9]).vector == pytest.approx([1, 0])


@given(parts=PARTS)
def test_a_score_is_the_weighted_sum_of_the_cosines(parts: list[tuple[list[float], float]]) -> None:
    vectors = [vector for vector, _ in parts]
    try:
        composed = compose(vectors, [weight for _, weight in parts])
    except ExamplesCancelOut:
        return
    image = np.array([0.6, 0.0, 0.8])
    cosines = [float(image @ np.array(one)) / float(np.linalg.norm(one)) for one in vectors]
    if len(parts) > 1:
        assert np.linalg.norm(composed.vector) == pytest.approx(1)
        score = float(image @ np.array(composed.vector))
        assert np.dot(composed.weights, cosines) == pytest.approx(score, abs=1e-6)
    assert [weight > 0 for weight in composed.weights] == [weight > 0 for _, weight in parts]
