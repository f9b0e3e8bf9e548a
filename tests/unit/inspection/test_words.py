import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inspection.model import Box
from services.inspection.scoring.words import (
    DEFECT_STATES,
    NORMAL_STATES,
    TEMPLATES,
    believe,
    defect_probabilities,
    prompts_for,
    text_directions,
    windows,
)

NORMAL, DEFECT = np.array([1.0, 0.1, 0.0]), np.array([0.9, 0.0, 0.3])
DIRECTIONS = text_directions([NORMAL, 2 * NORMAL], [DEFECT])


def test_each_state_in_each_template() -> None:
    prompts = prompts_for("metal {0} tile")
    assert len(set(prompts.normal)) == len(NORMAL_STATES) * len(TEMPLATES)
    assert len(set(prompts.defect)) == len(DEFECT_STATES) * len(TEMPLATES)
    assert "a photo of a flawless metal {0} tile." in prompts.normal
    assert "a photo of the metal {0} tile with defect." in prompts.defect
    assert all("metal {0} tile" in text for text in [*prompts.normal, *prompts.defect])


def test_given_texts_stay_as_they_are() -> None:
    prompts = prompts_for("tile", normal_texts=["smooth"])
    assert prompts.normal == ["smooth"]
    assert len(prompts.defect) > 1
    assert prompts_for("tile", defect_texts=["cracked"]).defect == ["cracked"]


def test_directions_have_unit_length() -> None:
    assert np.linalg.norm(DIRECTIONS, axis=1) == pytest.approx([1, 1])
    assert DIRECTIONS[0] == pytest.approx(NORMAL / np.linalg.norm(NORMAL))


def test_belief_is_clips_softmax() -> None:
    vectors = np.random.default_rng(0).normal(size=(5, 3))
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    exponents = np.exp(100 * units @ DIRECTIONS.T)
    expected = exponents[:, 1] / exponents.sum(axis=1)
    assert defect_probabilities(7 * vectors, DIRECTIONS) == pytest.approx(expected)
    assert defect_probabilities([NORMAL, DEFECT], DIRECTIONS).round(2).tolist() == [0, 1]


def test_windows_cover_the_image() -> None:
    boxes = windows()
    assert len(boxes) == 9 + 25
    assert len(set(boxes)) == len(boxes)
    for x, y in np.random.default_rng(0).random((50, 2)):
        covering = [box for box in boxes if box.left <= x <= box.right]
        assert any(box.top <= y <= box.bottom for box in covering)
    assert min(box.left for box in boxes) == 0
    assert max(box.bottom for box in boxes) == pytest.approx(1)


def test_the_map_says_where() -> None:
    at = (0.8, 0.2)
    crops = [
        (
            box,
            DEFECT if box.left <= at[0] <= box.right and box.top <= at[1] <= box.bottom else NORMAL,
        )
        for box in windows()
    ]
    belief = believe(NORMAL + DEFECT, crops, DIRECTIONS, rows=15, columns=20)
    assert belief.anomaly_map[3, 16] == belief.anomaly_map.max() > 0.6
    assert belief.anomaly_map[10, 3] < 0.01
    calm = believe(NORMAL, [(box, NORMAL) for box in windows()], DIRECTIONS, rows=15, columns=20)
    assert calm.score < 0.5 < belief.score


def test_places_are_harmonic_means() -> None:
    left, right = Box(0, 0, 0.6, 1), Box(0.4, 0, 1, 1)
    of_left, of_right, of_whole = defect_probabilities(
        [NORMAL, DEFECT, NORMAL + DEFECT], DIRECTIONS
    )
    belief = believe(
        NORMAL + DEFECT, [(left, NORMAL), (right, DEFECT)], DIRECTIONS, rows=1, columns=5
    )
    middle = 2 / (1 / of_left + 1 / of_right)
    expected = [2 / (1 / of_whole + 1 / part) for part in (of_left, middle, of_right)]
    assert belief.anomaly_map[0, [0, 2, 4]].tolist() == pytest.approx(expected, rel=1e-4)


@given(st.lists(st.lists(st.floats(-1, 1), min_size=3, max_size=3), max_size=4))
def test_beliefs_are_shares(vectors: list[list[float]]) -> None:
    crops = list(zip(windows(), vectors, strict=False))
    belief = believe(NORMAL, crops, DIRECTIONS, rows=4, columns=6)
    assert belief.anomaly_map.shape == (4, 6)
    assert belief.anomaly_map.min() >= 0
    assert belief.anomaly_map.max() <= 1
    assert 0 <= belief.score <= 1


def test_without_windows_it_says_the_same_everywhere() -> None:
    belief = believe(DEFECT, [], DIRECTIONS, rows=2, columns=2)
    assert belief.anomaly_map.min() == belief.anomaly_map.max() == pytest.approx(belief.score)
