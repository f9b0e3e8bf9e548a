from collections import Counter

from bench.edge.goals import goals
from bench.edge.report import markdown
from bench.edge.results import BARE, DIRECT, EDGE, Results, Round, Siege, Stretch


def rounds(*p50_and_rate: tuple[float, float]) -> list[Round]:
    return [Round(p50_ms, 2 * p50_ms, per_s, 100.0) for p50_ms, per_s in p50_and_rate]


def besieged(p99_ms: float, *failures: str) -> Siege:
    calm = Stretch([0.010] * 100)
    busy = Stretch([p99_ms / 1e3] * 100, list(failures), uploads=2)
    return Siege([calm, calm], [busy, busy], Counter(guesses=7), newcomers=40, let_in=35)


def test_a_figure_is_reached_up_to_its_goal_and_missed_beyond() -> None:
    reached = Results(
        unary={
            DIRECT: rounds((1.0, 2000), (1.0, 2000), (1.0, 2000)),
            BARE: rounds((1.2, 1000), (1.2, 1000), (1.2, 1000)),
            EDGE: rounds((2.5, 700), (2.4, 900), (9.0, 100)),
        },
        download={DIRECT: [100.0], EDGE: [90.0]},
        one_edge=[0.99, 1.01],
        passwords=5,
        passwords_allowed=5,
        siege=besieged(50.0),
    )
    missed = Results(
        unary={
            DIRECT: rounds((1.0, 2000)),
            BARE: rounds((1.2, 1000)),
            EDGE: rounds((2.6, 690)),
        },
        download={DIRECT: [100.0], EDGE: [89.0]},
        one_edge=[1.0, 1.02],
        two_edges=[2.0],
        passwords=6,
        passwords_allowed=5,
        siege=besieged(51.0, "AioRpcError: overflow"),
    )

    def verdicts(results: Results) -> list[bool]:
        return [goal.reached for goal in goals(results) if goal.reached is not None]

    assert verdicts(reached) == [True] * 7
    assert verdicts(missed) == [False] * 8


def test_of_exact_limits_the_farthest_round_counts() -> None:
    (line,) = goals(Results(one_edge=[1.0, 0.97, 1.02]))

    assert (line.measured, line.detail) == ("0.970", "rounds 0.970 to 1.020")


def test_the_page_says_what_failed_and_what_attackers_did() -> None:
    results = Results(siege=besieged(20.0, "AioRpcError: overflow"), failed={"limits": "no edge"})

    text = markdown(results, machine="2 cores", command="make bench ARGS=edge")

    assert "AioRpcError: overflow" in text
    assert "guesses 7" in text
    assert "| limits | not measured | – | **missed** | no edge |" in text
    assert "2 of 3 goals missed." in text
