import pytest

from services.inspection.model import FrameProblem, FrameReason, Threshold
from services.inspection.verdict.confidence import confidence
from services.inspection.verdict.judgement import judged
from services.inspection.verdict.strangeness import Strangeness, is_strange
from services.inspection.verdict.thresholds import PValues, estimate

HELD_OUT = [1.0 + 0.01 * place for place in range(60)]


def threshold(target: float) -> Threshold:
    return estimate(HELD_OUT, target)


@pytest.mark.parametrize("target", [1e-4, 0.01, 0.2])
@pytest.mark.parametrize("score", [0.01, 1.2, 5.0])
@pytest.mark.parametrize("strangeness", [1.0, 0.02, 5e-4, 1e-9])
def test_a_verdict_never_contradicts_itself(
    target: float, score: float, strangeness: float
) -> None:
    limit = threshold(target)
    verdict = judged(score, strangeness, PValues(HELD_OUT, limit), limit)
    assert verdict.score == score
    assert verdict.anomalous == (verdict.p_value <= target)
    assert verdict.anomalous == (verdict.off_distribution or score > limit.value)
    assert 0 <= confidence(verdict.p_value, target) < 1


def test_a_blank_frame_is_surely_anomalous_whatever_it_scores() -> None:
    limit = threshold(0.01)
    verdict = judged(0.0, 1e-8, PValues(HELD_OUT, limit), limit)
    assert verdict.anomalous
    assert verdict.off_distribution
    assert confidence(verdict.p_value, limit.target) > 0.99


@pytest.mark.parametrize("target", [1e-4, 0.01, 0.2])
@pytest.mark.parametrize("strangeness", [1.0, 1e-9])
def test_a_frame_that_cannot_be_inspected_is_an_alarm_and_says_why(
    target: float, strangeness: float
) -> None:
    limit = threshold(target)
    dark = FrameProblem(FrameReason.TOO_DARK, 12.0, 58.0, 131.0)
    verdict = judged(0.0, strangeness, PValues(HELD_OUT, limit), limit, frame=([dark], 1e-5))
    assert verdict.anomalous
    assert verdict.off_distribution
    assert list(verdict.problems) == [dark], "what it shows is no news of a dark frame"
    assert verdict.p_value == min(strangeness, 1e-5) <= target


def test_another_thing_says_how_unlike_it_is() -> None:
    limit = threshold(0.01)
    verdict = judged(0.0, 1e-8, PValues(HELD_OUT, limit), limit)
    assert list(verdict.problems) == [FrameProblem(FrameReason.FOREIGN, 1e-8, 1e-3)]


def test_what_is_as_near_as_a_reference_is_not_strange() -> None:
    known = [[1.0, 10.0], [1.2, 12.0], [0.8, 8.0], [1.1, 11.0]]
    found = Strangeness(known, least=0.01)
    assert found.p_value([1.9, 19.0]) == 1, "as a part in another light is"
    for distances in (*known, [0.0, 0.0]):
        assert found.p_value(distances) == 1
    assert found.p_value([5.0, 50.0]) < found.p_value([3.0, 30.0]) < 1
    assert is_strange(found.p_value([9.0, 90.0]), 0.01)
    assert not is_strange(0.0005, 0.0001), "a lower target is kept too"


def test_references_that_are_all_alike_are_no_reason_to_divide_by_nothing() -> None:
    found = Strangeness([[0.0], [0.0]], least=0.1)
    assert found.p_value([0.0]) == 1
    assert 0 < found.p_value([100.0]) < 1e-3
