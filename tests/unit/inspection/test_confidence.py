import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inspection.verdict.confidence import confidence, uncertainty

SHARES = st.floats(1e-6, 1)


@given(SHARES, SHARES)
def test_it_is_the_contracts_formula(p_value: float, target: float) -> None:
    expected = 1 - p_value / target if p_value < target else 1 - target / p_value
    assert confidence(p_value, target) == expected
    assert 0 <= confidence(p_value, target) < 1
    assert confidence(p_value, target) + uncertainty(p_value, target) == pytest.approx(1)


def test_it_is_least_at_the_threshold() -> None:
    assert confidence(0.05, 0.05) == 0
    surer_anomalies = [confidence(p, 0.05) for p in (0.05, 0.04, 0.01, 0.001)]
    surer_normals = [confidence(p, 0.05) for p in (0.05, 0.06, 0.3, 1.0)]
    assert surer_anomalies == sorted(surer_anomalies)
    assert surer_normals == sorted(surer_normals)
