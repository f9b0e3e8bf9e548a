"""What was worked out lately is kept within bounds."""

from services.search.query.lately import Lately


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def kept(most_bytes: int, keep_s: float = 10.0) -> tuple[Lately[str, str], Clock]:
    clock = Clock()
    return Lately(most_bytes, keep_s, len, clock=clock), clock


def test_the_longest_unused_goes_first_and_the_bytes_stay_within_the_bound() -> None:
    lately, _ = kept(10)
    lately.keep("a", "1234")
    lately.keep("b", "1234")
    assert lately.get("a") == "1234"
    lately.keep("c", "1234")
    assert [lately.get(key) for key in "abc"] == ["1234", None, "1234"]
    assert lately.taken_bytes == 8


def test_a_value_takes_the_place_of_the_one_before() -> None:
    lately, _ = kept(10)
    lately.keep("a", "12345678")
    lately.keep("a", "1")
    lately.keep("b", "12345678")
    assert (lately.get("a"), lately.get("b"), lately.taken_bytes) == ("1", "12345678", 9)


def test_what_is_larger_than_the_bound_is_not_kept_and_drives_nothing_out() -> None:
    lately, _ = kept(4)
    lately.keep("a", "1234")
    lately.keep("b", "12345")
    assert (lately.get("a"), lately.get("b")) == ("1234", None)
    nothing, _ = kept(0)
    nothing.keep("a", "1")
    assert nothing.get("a") is None


def test_age_counts_from_when_it_was_kept_however_often_it_is_used() -> None:
    lately, clock = kept(10, keep_s=10)
    lately.keep("a", "1")
    clock.now = 9.9
    assert lately.get("a") == "1"
    clock.now = 10.0
    assert lately.get("a") is None
    assert lately.taken_bytes == 0
