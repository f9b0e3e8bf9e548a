"""OTLP's messages as rows, pure. What cannot be kept is left out, never an error."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from mesh.observe.model import LogRow, PointRow, SpanRow

MAX_TEXT = 4096
"""Characters of a value; longer ones are cut."""

REQUEST_IDS = ("guid:x-request-id", "argus.request_id", "x-request-id")
"""Attributes under which a span tells the request's id."""

_KINDS = ("", "internal", "server", "client", "producer", "consumer")
_FAILED = 2
_MAX_INT = 2**63 - 1
_LEVELS = ((21, "CRITICAL"), (17, "ERROR"), (13, "WARNING"), (9, "INFO"), (0, "DEBUG"))


def span_rows(request: Any) -> Iterator[SpanRow]:  # noqa: ANN401 - the stubs are untyped
    """Rows of an `ExportTraceServiceRequest`."""
    for resource in request.resource_spans:
        service, instance = _process(resource.resource)
        for scope in resource.scope_spans:
            for span in scope.spans:
                if len(span.trace_id) != 16 or len(span.span_id) != 8:
                    continue
                attributes = values_of(span.attributes)
                yield SpanRow(
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    service=service,
                    instance=instance,
                    name=span.name[:MAX_TEXT],
                    kind=_KINDS[span.kind] if 0 <= span.kind < len(_KINDS) else "",
                    start_ns=_time(span.start_time_unix_nano),
                    end_ns=_time(max(span.start_time_unix_nano, span.end_time_unix_nano)),
                    failed=span.status.code == _FAILED,
                    message=span.status.message[:MAX_TEXT],
                    attributes=_json(attributes),
                    events=_json(
                        [
                            {
                                "time_ns": _time(event.time_unix_nano),
                                "name": event.name[:MAX_TEXT],
                                "attributes": values_of(event.attributes),
                            }
                            for event in span.events
                        ]
                    ),
                    request_id=next(
                        (str(attributes[name]) for name in REQUEST_IDS if name in attributes), ""
                    ),
                    links=tuple(
                        (link.trace_id.hex(), link.span_id.hex())
                        for link in span.links
                        if len(link.trace_id) == 16
                    ),
                )


def log_rows(request: Any) -> Iterator[LogRow]:  # noqa: ANN401 - the stubs are untyped
    """Rows of an `ExportLogsServiceRequest`."""
    for resource in request.resource_logs:
        service, _ = _process(resource.resource)
        for scope in resource.scope_logs:
            for record in scope.log_records:
                attributes = values_of(record.attributes)
                body = value_of(record.body)
                yield LogRow(
                    time_ns=_time(record.time_unix_nano or record.observed_time_unix_nano),
                    level=next(name for least, name in _LEVELS if record.severity_number >= least),
                    service=service,
                    message=(body if isinstance(body, str) else _json(body))[:MAX_TEXT],
                    trace_id=record.trace_id.hex(),
                    span_id=record.span_id.hex(),
                    request_id=str(attributes.pop("request_id", "")),
                    rest=_json(attributes),
                )


def point_rows(request: Any) -> Iterator[PointRow]:  # noqa: ANN401 - the stubs are untyped
    """Rows of an `ExportMetricsServiceRequest`: sums, gauges, cumulative histograms."""
    for resource in request.resource_metrics:
        service, instance = _process(resource.resource)
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                yield from _points(service, instance, metric)


def _points(service: str, instance: str, metric: Any) -> Iterator[PointRow]:  # noqa: ANN401 - untyped
    kind = metric.WhichOneof("data")
    if kind not in {"sum", "gauge", "histogram"}:
        return
    data = getattr(metric, kind)
    for point in data.data_points:
        histogram = kind == "histogram"
        number = point.WhichOneof("value") if not histogram else "sum"
        yield PointRow(
            service=service,
            instance=instance,
            name=metric.name[:MAX_TEXT],
            attributes=json.dumps(values_of(point.attributes), sort_keys=True),
            kind=kind,
            monotonic=kind == "sum" and data.is_monotonic,
            unit=metric.unit,
            bounds=json.dumps(list(point.explicit_bounds)) if histogram else "[]",
            time_ns=_time(point.time_unix_nano),
            value=float(getattr(point, number)) if number else 0.0,
            buckets=json.dumps(list(point.bucket_counts)) if histogram else "",
        )


def values_of(attributes: Iterable[Any]) -> dict[str, Any]:
    """Attributes as JSON has them, each no longer than `MAX_TEXT`."""
    return {one.key: value_of(one.value) for one in attributes}


def value_of(value: Any) -> Any:  # noqa: ANN401 - any value of JSON
    """An `AnyValue` as JSON has it."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    found = getattr(value, kind)
    if kind == "string_value":
        return found[:MAX_TEXT]
    if kind == "bytes_value":
        return found.hex()[:MAX_TEXT]
    if kind == "array_value":
        return [value_of(one) for one in found.values]
    if kind == "kvlist_value":
        return values_of(found.values)
    return found


def _process(resource: Any) -> tuple[str, str]:  # noqa: ANN401 - untyped
    attributes = values_of(resource.attributes)
    return (
        str(attributes.get("service.name", "unknown")),
        str(attributes.get("service.instance.id", "")),
    )


def _time(nanoseconds: int) -> int:
    return min(int(nanoseconds), _MAX_INT)


def _json(value: Any) -> str:  # noqa: ANN401 - any value of JSON
    return json.dumps(value, ensure_ascii=False, default=str)
