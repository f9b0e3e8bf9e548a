"""Traces that are examples of what a bucket has counted, in OpenMetrics.

OpenTelemetry's exporter for Prometheus drops them; over OTLP they are sent without this.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics.export import Histogram, HistogramDataPoint, MetricsData
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Exemplar, Sample

_Bucket = tuple[str, frozenset[tuple[str, str]]]
"""A histogram's name there, without its unit, and its labels with `le`."""


class ExemplaryReader(PrometheusMetricReader):
    """The reader of OpenTelemetry's exporter, which remembers the examples that it was given."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(scope_info_enabled=False, registry=registry)
        self.examples: dict[_Bucket, Exemplar] = {}

    def _receive_metrics(
        self,
        metrics_data: MetricsData,
        timeout_millis: float = 10_000,
        **kwargs: Any,  # noqa: ANN401 - as declared
    ) -> None:
        self.examples = dict(_examples(metrics_data))
        super()._receive_metrics(metrics_data, timeout_millis, **kwargs)


@dataclass(frozen=True)
class WithExamples:
    """A registry whose buckets have examples."""

    registry: CollectorRegistry
    reader: ExemplaryReader

    def collect(self) -> Iterator[Metric]:
        """All metrics."""
        for family in self.registry.collect():
            if family.type == "histogram" and self.reader.examples:
                family.samples = [self._with_example(family, one) for one in family.samples]
            yield family

    def _with_example(self, family: Metric, sample: Sample) -> Sample:
        name = family.name.removesuffix(f"_{family.unit}") if family.unit else family.name
        found = self.reader.examples.get((name, frozenset(sample.labels.items())))
        return sample._replace(exemplar=found) if found else sample


def _examples(data: MetricsData) -> Iterator[tuple[_Bucket, Exemplar]]:
    for resource in data.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                if isinstance(metric.data, Histogram):
                    for point in metric.data.data_points:
                        yield from _of_point(metric.name.replace(".", "_"), point)


def _of_point(name: str, point: HistogramDataPoint) -> Iterator[tuple[_Bucket, Exemplar]]:
    labels = {key.replace(".", "_"): str(value) for key, value in (point.attributes or {}).items()}
    ends = [*(f"{bound}" for bound in point.explicit_bounds), "+Inf"]
    for one in point.exemplars:
        if one.trace_id is None or one.span_id is None:
            continue
        bucket = ends[bisect_left(point.explicit_bounds, one.value)]
        yield (
            (name, frozenset({**labels, "le": bucket}.items())),
            Exemplar(
                {"trace_id": f"{one.trace_id:032x}", "span_id": f"{one.span_id:016x}"},
                one.value,
                one.time_unix_nano / 1e9,
            ),
        )
