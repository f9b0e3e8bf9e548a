"""What a service measures, read in this process."""

from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from services.runtime.telemetry import Providers


class Measured:
    """Providers to build a service with, and what came to them."""

    def __init__(self) -> None:
        self._reader = InMemoryMetricReader()
        self.providers = Providers(trace.NoOpTracerProvider(), MeterProvider([self._reader]))

    def values(self, metric: str, *attributes: str) -> dict[tuple[Any, ...], Any]:
        """A metric by the named attributes: the value, or how often a histogram was recorded."""
        data: Any = self._reader.get_metrics_data()
        points = [
            point
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for measured in scope.metrics
            if measured.name == metric
            for point in measured.data.data_points
        ]
        return {
            tuple(point.attributes[name] for name in attributes): point.value
            if hasattr(point, "value")
            else point.count
            for point in points
        }
