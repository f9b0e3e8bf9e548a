"""What the clients of other services tell: metrics, by the OpenTelemetry API."""

from opentelemetry import metrics

_meter = metrics.get_meter("argus.clients")

retries = _meter.create_counter(
    "argus.clients.retries",
    description="Calls repeated because a part did not answer; `reason` names the part",
)
