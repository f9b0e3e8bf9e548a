"""What storage measures."""

from collections.abc import Mapping

from opentelemetry import metrics

_meter = metrics.get_meter("argus.storage")

completions = _meter.create_counter(
    "storage.completions", description="Uploads that were verified, by outcome"
)
verification_seconds = _meter.create_histogram(
    "storage.verification.duration", unit="s", description="Time to verify an image's bytes"
)
_depth = _meter.create_gauge(
    "storage.depth", description="Waiting, by queue: outbox, purges, unindexed images, completions"
)


def record_depths(depths: Mapping[str, int]) -> None:
    """Records how much waits in each queue."""
    for queue, depth in depths.items():
        _depth.set(depth, {"queue": queue})
