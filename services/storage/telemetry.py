"""What storage measures, by the OpenTelemetry API."""

import json
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

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


def measure_backup_age(record: Path, meters: metrics.MeterProvider | None = None) -> None:
    """Measures how old the last backup is; nothing as long as there is none.

    Args:
        record: JSON whose `taken` is the moment that the backup is of, in RFC 3339.
        meters: Where measurements go; the provider of this process if None.
    """

    def observe(_: metrics.CallbackOptions) -> Iterable[metrics.Observation]:
        try:
            taken = datetime.fromisoformat(json.loads(record.read_bytes())["taken"])
        except (OSError, ValueError, KeyError, TypeError):
            return []
        return [metrics.Observation(max(0.0, time.time() - taken.timestamp()))]

    metrics.get_meter("argus.storage", meter_provider=meters).create_observable_gauge(
        "argus.backup.age",
        [observe],
        unit="s",
        description="Since the moment that the last whole backup is of",
    )
