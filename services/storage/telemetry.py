"""What storage measures, by the OpenTelemetry API."""

from collections.abc import Mapping

from opentelemetry import metrics


class StorageMetrics:
    """Storage's instruments.

    Args:
        meters: Where measurements go; the provider of this process if None.
    """

    def __init__(self, meters: metrics.MeterProvider | None = None) -> None:
        meter = metrics.get_meter("argus.storage", meter_provider=meters)
        self.completions = meter.create_counter(
            "storage.completions", description="Uploads that were verified, by outcome"
        )
        self.verification_s = meter.create_histogram(
            "storage.verification.duration", unit="s", description="Time to verify an image's bytes"
        )
        self.renderings = meter.create_counter(
            "storage.renderings", description="Images of which renditions were made, by outcome"
        )
        self._depth = meter.create_gauge(
            "storage.depth",
            description="Waiting, by queue: outbox, purges, trash, images that are unindexed or "
            "unrendered, completions",
        )

    def record_depths(self, depths: Mapping[str, int]) -> None:
        """Records how much waits in each queue."""
        for queue, depth in depths.items():
            self._depth.set(depth, {"queue": queue})
