"""OpenTelemetry: traces and metrics, sent when a collector is named, and metrics to be collected.

Without a collector, trace ids are still made and passed on, so that the log lines of
one request can be found together.
"""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Self

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from services.runtime.instruments import count_from_zero
from services.runtime.telemetry_contract import (
    SERVICE_INSTANCE_ID,
    SERVICE_NAME,
    SERVICE_NAMESPACE,
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Providers:
    """Where a server's spans and measurements go."""

    tracers: trace.TracerProvider
    meters: metrics.MeterProvider

    @classmethod
    def installed(cls) -> Self:
        """Those of this process."""
        return cls(trace.get_tracer_provider(), metrics.get_meter_provider())


@contextmanager
def telemetry(
    service: str, *, replica: str, otlp_url: str = "", metrics_listen: str = ""
) -> Iterator[None]:
    """Installs the providers for this process and flushes them at the end.

    Args:
        service: Its name.
        replica: Which of the service's it is.
        otlp_url: Where to send spans and measurements; empty: nowhere.
        metrics_listen: Where measurements can be collected; empty: nowhere.

    Raises:
        OSError: That address cannot be listened on.
    """
    resource = Resource.create(
        {
            SERVICE_NAME: f"argus-{service}",
            SERVICE_NAMESPACE: "argus",
            SERVICE_INSTANCE_ID: replica,
        }
    )
    tracers = TracerProvider(
        # Spans that nobody sees keep their ids and lose what else they cost each call.
        sampler=None if otlp_url else ALWAYS_OFF,
        resource=resource,
        shutdown_on_exit=False,
    )
    with ExitStack() as stack:
        readers: list[MetricReader] = []
        # Each costs time and memory that nobody needs without it.
        if otlp_url:
            from services.runtime.exporters import metric_exporter, span_exporter  # noqa: PLC0415

            tracers.add_span_processor(span_exporter(otlp_url))
            stack.callback(tracers.shutdown)
            readers.append(metric_exporter(otlp_url))
        if metrics_listen:
            from services.runtime.metrics_endpoint import (  # noqa: PLC0415
                MetricsPage,
                metrics_endpoint,
            )

            page = MetricsPage()
            address = stack.enter_context(metrics_endpoint(metrics_listen, page))
            _log.info("metrics on %s", address)
            readers.append(page.reader)
        trace.set_tracer_provider(tracers)
        if readers:
            meters = MeterProvider(readers, resource=resource, shutdown_on_exit=False)
            metrics.set_meter_provider(meters)
            count_from_zero()
            stack.callback(meters.shutdown)
        yield
