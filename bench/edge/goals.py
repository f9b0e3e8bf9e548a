"""What was to be reached, and what was."""

from collections.abc import Iterator, Sequence
from statistics import median

import numpy as np

from bench.edge.results import BARE, DIRECT, EDGE, Results, Round, Siege, Stretch
from bench.goal import Goal

ADDED_MS = 1.5
OF_BARE = 0.7
OF_DIRECT = 0.9
EXACT = 0.01
UNDER_ATTACK = 5.0


def goals(results: Results) -> list[Goal]:
    """A line for each figure that was measured, and for each part that could not be."""
    return [
        *_unary(results),
        *_streams(results),
        *_limits(results),
        *(_siege(results.siege) if results.siege else ()),
        *(
            Goal(part, "not measured", "–", reached=False, detail=why)
            for part, why in results.failed.items()
        ),
    ]


def _unary(results: Results) -> Iterator[Goal]:
    if not results.unary:
        return
    direct, bare, edge = (results.unary[way] for way in (DIRECT, BARE, EDGE))
    added = [one.p50_ms - beside.p50_ms for one, beside in zip(edge, direct, strict=True)]
    yield Goal(
        "small call: the edge's p50 − direct",
        f"{median(added):.2f} ms",
        f"≤ {ADDED_MS} ms",
        median(added) <= ADDED_MS,
        f"{_spread(added, 2)}; p50 direct {_p50(direct):.2f}, bare {_p50(bare):.2f}, "
        f"edge {_p50(edge):.2f} ms",
    )
    share = [one.per_s / beside.per_s for one, beside in zip(edge, bare, strict=True)]
    yield Goal(
        "small calls a second: edge ÷ bare Envoy",
        f"{median(share):.2f}",
        f"≥ {OF_BARE}",
        median(share) >= OF_BARE,
        f"{_spread(share, 2)}; direct {_per_s(direct):.0f}, bare {_per_s(bare):.0f}, "
        f"edge {_per_s(edge):.0f} a second",
    )
    yield Goal(
        "Envoy's processor for one of them: edge",
        f"{median(one.envoy_us for one in edge):.0f} µs",
        "–",
        None,
        f"bare {median(one.envoy_us for one in bare):.0f} µs",
    )


def _streams(results: Results) -> Iterator[Goal]:
    for what, found in (
        ("bytes both ways, EmbedImages", results.both_ways),
        ("bytes of a download, DownloadImage", results.download),
    ):
        if not found:
            continue
        share = [one / beside for one, beside in zip(found[EDGE], found[DIRECT], strict=True)]
        yield Goal(
            f"{what}: edge ÷ direct",
            f"{median(share):.2f}",
            f"≥ {OF_DIRECT}",
            median(share) >= OF_DIRECT,
            f"{_spread(share, 2)}; {median(found[EDGE]):.0f} ÷ {median(found[DIRECT]):.0f} MB/s",
        )


def _limits(results: Results) -> Iterator[Goal]:
    for what, found in (
        ("32 clients of one user, one edge: let through ÷ limit", results.one_edge),
        ("the same over two edges", results.two_edges),
        ("the same from 32 addresses, one edge", results.many_addresses),
    ):
        if found:
            # The farthest, not the middle.
            worst = max(found, key=lambda one: abs(one - 1))
            yield Goal(
                what,
                f"{worst:.3f}",
                "within 1 %",
                round(abs(worst - 1), 6) <= EXACT,
                _spread(found, 3),
            )
    for what, count, allowed in (
        ("32 guesses at once, two edges: compared", results.passwords, results.passwords_allowed),
        ("uploads reserved at once, two edges", results.uploads, results.uploads_allowed),
    ):
        if allowed:
            yield Goal(what, str(count), str(allowed), count == allowed, "counted by the service")


def _siege(siege: Siege) -> Iterator[Goal]:
    ratios = [
        _p99_ms([attacked]) / _p99_ms([idle])
        for idle, attacked in zip(siege.idle, siege.under_attack, strict=True)
    ]
    whole = _p99_ms(siege.under_attack) / _p99_ms(siege.idle)
    yield Goal(
        "every attack at once: an honest client's p99 ÷ idle",
        f"{whole:.1f}",
        f"≤ {UNDER_ATTACK:.0f}",
        whole <= UNDER_ATTACK,
        f"{_spread(ratios, 1)}; {_p99_ms(siege.under_attack):.0f} ÷ {_p99_ms(siege.idle):.0f} ms; "
        f"p50 {_p50_ms(siege.under_attack):.1f} ÷ {_p50_ms(siege.idle):.1f} ms",
    )
    failures = [one for stretch in siege.under_attack for one in stretch.failures]
    calls = sum(len(stretch.seconds) + stretch.uploads for stretch in siege.under_attack)
    yield Goal(
        "its calls that failed",
        str(len(failures)),
        "0",
        not failures,
        f"of {calls + len(failures)}, uploads among them"
        + (f"; {failures[0][:80]}" if failures else ""),
    )
    yield Goal(
        "addresses that come meanwhile and are answered",
        f"{siege.let_in} of {siege.newcomers}",
        "–",
        None,
        "one address holds all connections that it may have",
    )


def _spread(found: Sequence[float], digits: int) -> str:
    return f"rounds {min(found):.{digits}f} to {max(found):.{digits}f}"


def _p50(rounds: Sequence[Round]) -> float:
    return median(one.p50_ms for one in rounds)


def _per_s(rounds: Sequence[Round]) -> float:
    return median(one.per_s for one in rounds)


def _p99_ms(stretches: Sequence[Stretch]) -> float:
    return _quantile_ms(stretches, 0.99)


def _p50_ms(stretches: Sequence[Stretch]) -> float:
    return _quantile_ms(stretches, 0.5)


def _quantile_ms(stretches: Sequence[Stretch], share: float) -> float:
    seconds = [one for stretch in stretches for one in stretch.seconds]
    return 1e3 * float(np.quantile(seconds, share)) if seconds else float("inf")
