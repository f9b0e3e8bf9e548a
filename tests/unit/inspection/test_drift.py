import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from services.inspection.model import Drift
from services.inspection.verdict.drift import LEAST_RECENT, drift_of

SCORES = st.lists(st.floats(0, 10), min_size=0, max_size=40)
SIZES = pytest.mark.parametrize(("recent", "held_out"), [(20, 20), (60, 30), (200, 200)])


def normal_scores(random: np.random.Generator, count: int) -> np.ndarray:
    """Of normal images: about 1, a fifth of that either way."""
    return random.gamma(25, 1 / 25, count)


def drift(recent: np.ndarray, held_out: np.ndarray) -> Drift:
    return drift_of("set", 3, recent.tolist(), held_out.tolist())


@settings(deadline=None)
@given(SCORES, SCORES)
def test_the_distance_is_that_of_kolmogorov_and_smirnov(
    recent: list[float], held_out: list[float]
) -> None:
    found = drift_of("set", 3, recent, held_out)
    assert (found.set_id, found.version, found.recent_count) == ("set", 3, len(recent))
    if not recent or not held_out:
        assert (found.distance, found.p_value, found.warning) == (0, 1, False)
        return
    at = np.array(recent + held_out)[:, None]
    shares = [(np.array(scores) <= at).mean(axis=1) for scores in (recent, held_out)]
    assert found.distance == pytest.approx(np.abs(shares[0] - shares[1]).max())
    assert 0 <= found.p_value <= 1
    assert found.median_ratio >= 0
    assert not found.warning or len(recent) >= LEAST_RECENT


@SIZES
def test_the_probability_is_nearly_the_exact_one(recent: int, held_out: int) -> None:
    random = np.random.default_rng(1)
    for factor in (1.0, 1.1, 1.2):
        scores = factor * normal_scores(random, recent)
        calibration = normal_scores(random, held_out)
        exact = stats.ks_2samp(scores, calibration, method="exact").pvalue
        assert drift(scores, calibration).p_value == pytest.approx(exact, abs=0.1)


@SIZES
def test_nothing_changed_and_nothing_warns(recent: int, held_out: int) -> None:
    random = np.random.default_rng(recent)
    calibration = normal_scores(random, held_out)
    assert not any(drift(normal_scores(random, recent), calibration).warning for _ in range(150))


@SIZES
@pytest.mark.parametrize("defect_score", [1.3, 5.0])
def test_a_fifth_of_defects_does_not_warn(recent: int, held_out: int, defect_score: float) -> None:
    random = np.random.default_rng(recent)
    calibration = normal_scores(random, held_out)
    for _ in range(60):
        scores = normal_scores(random, recent)
        scores[: recent // 5] *= defect_score
        assert not drift(scores, calibration).warning


@pytest.mark.parametrize(
    ("recent", "held_out", "factor"),
    [(20, 30, 2.0), (40, 30, 1.6), (200, 200, 1.3), (20, 30, 0.5), (200, 200, 0.7)],
)
def test_a_change_of_all_scores_warns(recent: int, held_out: int, factor: float) -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        found = drift(factor * normal_scores(random, recent), normal_scores(random, held_out))
        assert found.warning
        assert found.median_ratio == pytest.approx(factor, rel=0.2)


def test_a_change_is_seen_through_defects() -> None:
    random = np.random.default_rng(0)
    scores = 1.4 * normal_scores(random, 200)
    scores[:30] *= 4
    assert drift(scores, normal_scores(random, 100)).warning


def test_a_certain_difference_that_does_not_matter_does_not_warn() -> None:
    random = np.random.default_rng(0)
    held_out = 1 + 1e-4 * random.random(300)
    found = drift(held_out[:200] + 0.01, held_out)
    assert found.p_value < 1e-20
    assert found.distance == 1
    assert not found.warning


def test_the_same_part_again_and_again_does_not_warn() -> None:
    random = np.random.default_rng(0)
    held_out = normal_scores(random, 100)
    assert not drift(1 + 0.01 * random.random(200), held_out).warning


def test_few_do_not_warn() -> None:
    held_out = normal_scores(np.random.default_rng(0), 100)
    assert not drift(np.full(LEAST_RECENT - 1, 50.0), held_out).warning
    assert drift(np.full(LEAST_RECENT, 50.0), held_out).warning


def test_scores_of_nothing_compare() -> None:
    zeros = np.zeros(30)
    assert drift(zeros, zeros).median_ratio == 1
    assert drift(zeros + 1, zeros).warning


def test_a_camera_that_shows_nothing_any_more_is_a_warning_whatever_its_frames_score() -> None:
    held_out = [1.0 + 0.01 * place for place in range(40)]
    for blind, inspected, warns in ((200, 0, True), (3, 27, True), (2, 198, False), (19, 0, False)):
        found = drift_of("set", 3, held_out[:inspected], held_out, uninspectable=blind)
        expected = min(inspected, 40) + blind
        assert (found.warning, found.recent_count) == (warns, expected), (blind, inspected)
