"""Near hashes, against comparing all with all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.search.duplicates import near_hashes
from services.search.duplicates.near_hashes import Hashes, assign_near


def led_by(hashes: Hashes, most_distance: int) -> list[int]:
    """Who leads whom, by comparing all with all."""
    leaders = list(range(len(hashes)))
    for one in range(len(hashes)):
        if leaders[one] != one:
            continue
        for other in range(one + 1, len(hashes)):
            differs = int(hashes[one] ^ hashes[other]).bit_count()
            if leaders[other] == other and differs <= most_distance:
                leaders[other] = one
    return leaders


@given(
    base=st.integers(0, 2**64 - 1),
    flips=st.lists(st.sets(st.integers(0, 63), max_size=12), max_size=40),
    most_distance=st.integers(0, near_hashes.MOST_DISTANCE),
)
def test_the_same_are_found_as_by_comparing_all(
    base: int, flips: list[set[int]], most_distance: int
) -> None:
    found = dict.fromkeys(base ^ sum(1 << bit for bit in flip) for flip in flips)
    hashes = np.array(list(found), np.uint64)
    assert assign_near(hashes, most_distance).leader.tolist() == led_by(hashes, most_distance)


@pytest.mark.parametrize("most_distance", [1, 4, 6, 10])
def test_work_in_small_pieces_finds_the_same(
    most_distance: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(most_distance)
    hashes = rng.integers(0, 2**64, 12, np.uint64)[rng.integers(0, 12, 400)]
    for count in (1, 2, 4, 8):
        hashes[::count] ^= np.uint64(1) << rng.integers(0, 64, 400 // count, np.uint64)
    hashes = rng.permutation(np.unique(hashes))
    whole = assign_near(hashes, most_distance)
    assert whole.leader.tolist() == led_by(hashes, most_distance)
    assert not whole.is_free.all()
    monkeypatch.setattr(near_hashes, "LEADERS_AT_ONCE", 7)
    monkeypatch.setattr(near_hashes, "PAIRS_AT_ONCE", 5)
    pieces = assign_near(hashes, most_distance)
    assert pieces.leader.tolist() == whole.leader.tolist()
    assert pieces.closeness.tolist() == whole.closeness.tolist()
    differs = np.bitwise_count(hashes ^ hashes[whole.leader])
    assert whole.closeness.tolist() == differs.tolist()
