"""What a part has counted since it began, read from what it shows Prometheus."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from services.runtime.declared import Instrument
from services.runtime.telemetry_contract import (
    INDEX_QUEUE,
    INDEX_UNDER_WAY,
    QUEUE_DEPTH,
    RPC_DURATION,
    STORAGE_DEPTH,
)

FAILURES = frozenset(
    {"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}
)
"""Statuses that are the service's fault, as OpenTelemetry's conventions have it."""

_CALLS = RPC_DURATION.prometheus_name
_EDGE = "envoy_http_downstream_rq"
_EDGE_TIME = f"{_EDGE}_time_bucket"
_DEPTHS: Mapping[str, tuple[Instrument, str, str]] = {
    one.prometheus_name: (one, label, said)
    for one, label, said in (
        (STORAGE_DEPTH, "argus_queue", ""),
        (QUEUE_DEPTH, "argus_priority", ""),
        (INDEX_QUEUE, "", "stream"),
        (INDEX_UNDER_WAY, "", "under way"),
    )
}


@dataclass(frozen=True)
class Reading:
    """Counters and what waits, at one time."""

    at_s: float
    """Of a clock that never goes back."""

    calls: float = 0.0
    failures: float = 0.0

    durations: Mapping[float, float] = field(default_factory=dict)
    """Calls that took at most so many seconds, by that bound."""

    depths: Mapping[str, float] = field(default_factory=dict)
    """What waits, by the queue's name."""


def service_reading(text: str, at_s: float) -> Reading:
    """What a service has counted.

    Args:
        text: Of its `/metrics`.
        at_s: When it was asked.
    """
    calls = failures = 0.0
    durations: dict[float, float] = {}
    depths: dict[str, float] = {}
    for name, labels, value in _samples(text, (_CALLS, *_DEPTHS)):
        if name == f"{_CALLS}_count":
            calls += value
            if labels.get("rpc_response_status_code") in FAILURES:
                failures += value
        elif name == f"{_CALLS}_bucket":
            bound = float(labels["le"])
            durations[bound] = durations.get(bound, 0.0) + value
        elif name in _DEPTHS:
            _, label, said = _DEPTHS[name]
            queue = labels.get(label, "") if label else said
            depths[queue] = depths.get(queue, 0.0) + value
    return Reading(at_s, calls, failures, durations, depths)


def edge_reading(text: str, at_s: float) -> Reading:
    """What the edge has counted of its clients: all requests, and of those that failed 5xx.

    Args:
        text: Of its `/stats/prometheus`.
        at_s: When it was asked.
    """
    calls = failures = 0.0
    durations: dict[float, float] = {}
    for name, labels, value in _samples(text, (_EDGE,)):
        if labels.get("envoy_http_conn_manager_prefix") != "public":
            continue
        if name == f"{_EDGE}_total":
            calls += value
        elif name == f"{_EDGE}_xx" and labels.get("envoy_response_code_class") == "5":
            failures += value
        elif name == _EDGE_TIME:
            bound = float(labels["le"]) / 1000  # Envoy's are milliseconds
            durations[bound] = durations.get(bound, 0.0) + value
    return Reading(at_s, calls, failures, durations)


def _samples(
    text: str, prefixes: tuple[str, ...]
) -> Iterator[tuple[str, Mapping[str, str], float]]:
    """Samples whose names begin so; what is not wanted, as thousands of the edge, costs nothing."""
    wanted = "".join(f"{line}\n" for line in text.splitlines() if line.startswith(prefixes))
    for family in text_string_to_metric_families(wanted):
        for sample in family.samples:
            yield sample.name, sample.labels, float(sample.value)
