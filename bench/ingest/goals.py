"""What taking images in was to reach."""

from collections.abc import Iterator
from statistics import median

from bench.goal import Goal
from bench.ingest.results import EMBEDDED, PUT, STORED, STREAMED, Results

LARGE_MB = 64
"""By which large images may raise storage's memory."""


def goals(results: Results) -> Iterator[Goal]:
    """The table of goals."""
    rates = {name: way.rate for name, way in results.ways.items()}
    imported = rates[STREAMED]
    yield _ratio(f"{STREAMED} ÷ {EMBEDDED}", imported, rates[EMBEDDED], 0.6)
    yield _ratio(f"{STREAMED} ÷ sum-of-stages limit", imported, results.limit_per_s, 0.85)
    yield _ratio(f"{PUT} ÷ {STORED}", rates[PUT], rates[STORED], 0.9)
    peer = f"{STREAMED} ÷ the usual service"
    if isinstance(results.peer_per_s, list):
        yield _ratio(peer, imported, median(results.peer_per_s), 3)
    elif results.peer_per_s:
        yield Goal(peer, "not measured", "≥ 3", None, results.peer_per_s)
    if results.large_mb:
        before, peak = results.resident_mb
        yield Goal(
            "storage's memory, large images",
            f"{peak - before:+.0f} MB",
            f"≤ +{LARGE_MB} MB",
            peak - before <= LARGE_MB,
            f"{before:.0f} and {peak:.0f} MB",
        )


def _ratio(what: str, measured: float, of: float, least: float) -> Goal:
    share = measured / of
    return Goal(
        what, f"{share:.2f}", f"≥ {least}", share >= least, f"{measured:.1f} and {of:.1f} images/s"
    )
