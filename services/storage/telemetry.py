"""What storage measures."""

import json
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from opentelemetry import metrics

from services.runtime import telemetry_contract as contract
from services.runtime.declared import Instrument
from services.runtime.instruments import Observed, counter, gauge, histogram, observe


class StorageMetrics:
    """Storage's instruments.

    Args:
        meters: Where measurements go; the provider of this process if None.
    """

    def __init__(self, meters: metrics.MeterProvider | None = None) -> None:
        self.completions = counter(contract.COMPLETIONS, meters)
        self.verification_s = histogram(contract.VERIFICATION_DURATION, meters)
        self.renderings = counter(contract.RENDERINGS, meters)
        self.retained = counter(contract.RETENTION, meters)
        self.videos = counter(contract.VIDEOS, meters)
        self.video_import_s = histogram(contract.VIDEO_IMPORT_DURATION, meters)
        self._depth = gauge(contract.STORAGE_DEPTH, meters)

    def record_depths(self, depths: Mapping[str, int]) -> None:
        """Records how much waits in each queue."""
        for queue, depth in depths.items():
            self._depth.set(depth, {contract.QUEUE: queue})


def measure_backups(
    backup: Path | None, archive: Path | None, meters: metrics.MeterProvider | None = None
) -> None:
    """Measures how long ago the moments are that a restore can go back to.

    Args:
        backup: JSON whose `taken` is the moment of the last backup, in RFC 3339; None if none is
            kept here.
        archive: JSON whose `reached` is the last moment that is archived; None if nothing is.
        meters: Where measurements go; the provider of this process if None.
    """
    _measure_age(contract.BACKUP_AGE, backup, "taken", meters)
    _measure_age(contract.ARCHIVE_AGE, archive, "reached", meters)


def _measure_age(
    instrument: Instrument, record: Path | None, key: str, meters: metrics.MeterProvider | None
) -> None:
    """Measures nothing as long as there is no such moment."""
    if record is None:
        return

    def age() -> Observed:
        try:
            moment = datetime.fromisoformat(json.loads(record.read_bytes())[key])
        except (OSError, ValueError, KeyError, TypeError):
            return []
        return [(max(0.0, time.time() - moment.timestamp()), {})]

    observe(instrument, age, meters)
