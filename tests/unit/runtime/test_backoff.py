from services.runtime.backoff import Backoff


def test_the_ceiling_doubles_up_to_a_limit_and_begins_anew() -> None:
    backoff = Backoff(0.1, 0.5, draw=max)
    assert [backoff.next_s() for _ in range(5)] == [0.1, 0.2, 0.4, 0.5, 0.5]
    backoff.reset()
    assert backoff.next_s() == 0.1


def test_waits_are_drawn_from_nothing_up_to_the_ceiling() -> None:
    drawn = []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    backoff = Backoff(1.0, 4.0, draw=draw)
    assert [backoff.next_s() for _ in range(4)] == [0.0] * 4
    assert drawn == [(0, 1.0), (0, 2.0), (0, 4.0), (0, 4.0)]


def test_two_that_fail_together_do_not_come_back_together() -> None:
    one, other = Backoff(1.0, 64.0), Backoff(1.0, 64.0)
    assert [one.next_s() for _ in range(4)] != [other.next_s() for _ in range(4)]
