"""How expensive a hash is, by what it takes on the machine."""

from collections.abc import Callable

import bcrypt
import pytest

from services.auth.bcrypt_cost import PROBE_ROUNDS, choose_rounds, rounds_of


def always(seconds: float) -> Callable[[], float]:
    return lambda: seconds


@pytest.mark.parametrize(
    ("probe_s", "rounds"),
    [
        (0.010, PROBE_ROUNDS + 4),  # 160 ms at that cost, 320 ms at the next
        (0.020, PROBE_ROUNDS + 3),
        (10.0, 8),
        (1e-9, 14),
        (0.0, 14),
    ],
)
def test_the_largest_cost_within_the_target_and_the_bounds(probe_s: float, rounds: int) -> None:
    assert choose_rounds(0.3, least=8, most=14, probe_s=always(probe_s)) == rounds


def test_what_else_the_machine_does_at_one_moment_does_not_make_hashes_cheap() -> None:
    probes = iter([5.0, 0.010, 3.0, 2.0, 9.0])
    assert choose_rounds(0.3, least=8, most=14, probe_s=lambda: next(probes)) == PROBE_ROUNDS + 4


def test_measures_bcrypt_itself_and_reads_a_cost_back() -> None:
    assert choose_rounds(0.05, least=4, most=6) in range(4, 7)
    assert rounds_of(bcrypt.hashpw(b"x", bcrypt.gensalt(5))) == 5
