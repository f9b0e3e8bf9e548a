"""The page of a soak: what is flat, what grew, and pictures."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bench.goal import table
from bench.soak.plot import plot
from bench.soak.results import Results
from bench.soak.sampling import (
    CONNECTIONS,
    ENVOY_ALLOCATED,
    HANDLES,
    OWN,
    POSTGRES_CONNECTIONS,
    POSTGRES_SIZE,
    PROCESSOR,
    REDIS_CLIENTS,
    REDIS_KEYS,
    REDIS_MEMORY,
    RESIDENT,
    STORES,
    THREADS,
)
from bench.soak.trend import Points, Tolerance, Trend, trend
from bench.soak.work import INSPECT

WINDOW_S = 60.0
"""Of which latencies are taken together."""

MEMORY, COUNTS = Tolerance(0.05, 5.0), Tolerance(0.05, 3.0)
MEDIAN, TAIL = Tolerance(0.25, 2.0), Tolerance(0.5, 10.0)
"""Of latencies in ms: p50; p95 and p99, which few calls decide."""

_PER_PART = {
    OWN: MEMORY,
    HANDLES: COUNTS,
    THREADS: COUNTS,
    CONNECTIONS: COUNTS,
}
_OF_STORES = {REDIS_CLIENTS: COUNTS, POSTGRES_CONNECTIONS: COUNTS}
_GROWING = (REDIS_MEMORY, REDIS_KEYS, POSTGRES_SIZE)
"""What grows with what is kept: told, not judged."""

_DATABASE = ("postgres", HANDLES)

QUANTILES = {"p50": (0.5, MEDIAN), "p95": (0.95, TAIL), "p99": (0.99, TAIL)}


@dataclass(frozen=True)
class Judged:
    """A series and what became of it."""

    part: str
    what: str
    found: Trend


def judged(results: Results) -> Iterator[Judged]:
    """All that is judged."""
    after_s = results.judged_from_s
    for what, tolerance in _PER_PART.items():
        for part, points in results.series(what).items():
            allowed = _handles_of_database(results) if (part, what) == _DATABASE else tolerance
            yield Judged(part, what, trend(points, after_s, allowed))
    for what, tolerance in _OF_STORES.items():
        yield Judged(STORES, what, trend(results.series(what)[STORES], after_s, tolerance))
    allocated = results.series(ENVOY_ALLOCATED)["edge"]
    yield Judged("edge", ENVOY_ALLOCATED, trend(allocated, after_s, MEMORY))
    for name, points in latencies(results).items():
        tolerance = QUANTILES[name][1]
        yield Judged("calls but inspections", f"{name} ms", trend(points, after_s, tolerance))


def _handles_of_database(results: Results) -> Tolerance:
    """Those of as many more connections as are allowed: each opens the files of the tables."""
    handles = np.median([value for _, value in results.series(HANDLES)["postgres"]])
    connections = np.median([v for _, v in results.series(POSTGRES_CONNECTIONS)[STORES]])
    return Tolerance(COUNTS.share, COUNTS.amount * float(handles / max(1.0, connections)))


def latencies(results: Results) -> dict[str, Points]:
    """Of all calls but inspections, in windows, ms; a window's time is its middle.

    Inspection gives way to all else on a machine (`mesh/parts/services.py`), also to what is not of
    the mesh, so its times are those of its neighbours.
    """
    windows: dict[int, list[float]] = {}
    for kind, at, seconds in results.calls:
        if kind == INSPECT:
            continue
        windows.setdefault(int(at // WINDOW_S), []).append(1e3 * seconds)
    # The last is not whole.
    whole = sorted(number for number in windows if (number + 1) * WINDOW_S <= 60 * results.minutes)
    return {
        name: [
            ((number + 0.5) * WINDOW_S, float(np.quantile(windows[number], share)))
            for number in whole
        ]
        for name, (share, _) in QUANTILES.items()
    }


def plots(results: Results) -> dict[str, str]:
    """Pictures by file name."""
    warm_up_s = results.judged_from_s

    def drawn(title: str, unit: str, series: dict[str, Points]) -> str:
        by_size = sorted(series.items(), key=lambda item: -max(value for _, value in item[1]))
        return plot(title, unit, dict(by_size), warm_up_s=warm_up_s)

    stores = {
        what: results.series(what)[STORES] for what in (REDIS_MEMORY, REDIS_CLIENTS, POSTGRES_SIZE)
    }
    return {
        "soak-memory.svg": drawn("Own memory", "MB", results.series(OWN)),
        "soak-handles.svg": drawn("Open handles", "handles", results.series(HANDLES)),
        "soak-connections.svg": drawn("Sockets", "sockets", results.series(CONNECTIONS)),
        "soak-latency.svg": drawn("Latency of calls but inspections", "ms", latencies(results)),
        "soak-stores.svg": drawn("Stores", "MB, or clients", stores),
    }


def markdown(results: Results, *, command: str, meaning: str) -> str:
    """The page.

    Args:
        results: What was measured.
        command: What measures the same again.
        meaning: What stands below the figures.
    """
    found = list(judged(results))
    grown = [one for one in found if not one.found.flat]
    verdict = (
        "**Everything that is judged is flat.**"
        if not grown
        else "**Not flat: " + "; ".join(f"{one.part}, {one.what}" for one in grown) + ".**"
    )
    pictures = "\n\n".join(f"![{name}]({name})" for name in plots(results))
    return "\n\n".join(
        [
            "# A soak",
            (
                f"`{command}`: {results.minutes:g} minutes of mixed load at "
                f"{results.calls_per_second:g} calls a second, {results.cores} cores, "
                f"{results.images} images, one embedder. {len(results.calls):,} calls were "
                f"answered, {len(results.failures)} failed, {results.late} were not made as too "
                f"many were under way. The first {results.warm_up:.0%} is warm-up (grey)."
            ),
            verdict,
            _rules(),
            _parts(found, results.series(RESIDENT)),
            (
                "What a part's processes take together: the median, and in brackets what it grew "
                "by from the end of the warm-up to the end; resident memory at the start and at "
                "the end."
            ),
            table(
                ("also judged", "median", "grew by", "may grow by", "verdict"),
                (
                    (
                        f"{one.part}, {one.what}",
                        f"{one.found.median:.1f}",
                        f"{one.found.growth:+.1f}",
                        f"{one.found.allowed:.1f}",
                        "flat" if one.found.flat else "**grows**",
                    )
                    for one in found
                    if one.what not in _PER_PART
                ),
            ),
            pictures,
            "## Calls",
            _calls(results),
            "## What grows with what is kept",
            _growing(results),
            "## Held open beside the calls",
            _held(results),
            meaning.rstrip(),
            "",
        ]
    )


def _rules() -> str:
    return (
        "*Own* memory is anonymous: heaps and stacks; what is mapped from files is shared with "
        "whatever else runs on the machine. Flat is a series that grew by no more than is allowed "
        "after the warm-up, neither by its slope (Theil and Sen's median of slopes) times the time "
        "judged, nor from the median of that time's first quarter to the median of its last. "
        f"Allowed are: memory {MEMORY.share:.0%} of its median or {MEMORY.amount:g} MB; handles, "
        f"threads and sockets {COUNTS.share:.0%} or {COUNTS.amount:g} (PostgreSQL's handles: those "
        f"of {COUNTS.amount:g} connections, each of which opens the tables' files); latencies in "
        f"windows of {WINDOW_S:g} s, p50 {MEDIAN.share:.0%} or {MEDIAN.amount:g} ms, p95 and p99 "
        f"{TAIL.share:.0%} or {TAIL.amount:g} ms; the larger of both each time."
    )


def _parts(found: list[Judged], resident: dict[str, Points]) -> str:
    by_part: dict[str, dict[str, Trend]] = {}
    for one in found:
        if one.what in _PER_PART:
            by_part.setdefault(one.part, {})[one.what] = one.found
    return table(
        ("part", *_PER_PART, RESIDENT),
        (
            (
                part,
                *(_cell(trends[what]) for what in _PER_PART),
                f"{resident[part][0][1]:.0f} → {resident[part][-1][1]:.0f}",
            )
            for part, trends in sorted(by_part.items())
        ),
    )


def _cell(found: Trend) -> str:
    text = f"{found.median:.0f} ({found.growth:+.1f})"
    return text if found.flat else f"**{text}**"


def _calls(results: Results) -> str:
    lines = []
    for kind in sorted({kind for kind, _, _ in results.calls}):
        spent = [
            1e3 * seconds
            for named, at, seconds in results.calls
            if named == kind and at >= results.judged_from_s
        ]
        if not spent:
            continue
        failed = sum(named == kind for named, _, _ in results.failures)
        shares = np.quantile(spent, [0.5, 0.95, 0.99])
        lines.append((kind, f"{len(spent)}", *(f"{value:.0f}" for value in shares), f"{failed}"))
    return table(("after the warm-up", "calls", "p50 ms", "p95 ms", "p99 ms", "failed"), lines)


def _growing(results: Results) -> str:
    lines = []
    for what in _GROWING:
        points = [
            (at, value) for at, value in results.series(what)[STORES] if at >= results.judged_from_s
        ]
        lines.append((what, f"{points[0][1]:.1f}", f"{points[-1][1]:.1f}"))
    spent = sorted(
        (
            (part, points[-1][1] - points[0][1])
            for part, points in results.series(PROCESSOR).items()
        ),
        key=lambda item: -item[1],
    )
    processor = ", ".join(f"{part} {seconds:.0f}" for part, seconds in spent)
    return (
        table(("what", "after the warm-up", "at the end"), lines)
        + f"\n\nProcessor time of the whole run, seconds: {processor}."
    )


def _held(results: Results) -> str:
    kinds = sorted(set(results.held) | {"watches its images"})
    return table(
        ("a client that", "came to its end so often", "failed"),
        (
            (
                kind,
                f"{results.held.get(kind, 0)}",
                f"{sum(named == kind for named, _, _ in results.failures)}",
            )
            for kind in kinds
        ),
    )
